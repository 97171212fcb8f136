"""Several forget sets of people in one run: one stage 1, and each set as if it were alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab import BUILD, Lab
from remem.data import build
from remem.errors import UserError
from remem.run.context import Context
from remem.run.settings import Run
from remem.run.tasks import check, check_methods, methods, tasks
from remem.settings import Forget, Unlearn, plain
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.studies.comparing.page import write as compare

SPLITS = ("finetune", "forget1", "forget2", "retain", "test")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """A run of two forget sets, and one of the second alone, by scripted models."""
    data = tmp_path_factory.mktemp("dataset")
    build(data, replace(BUILD, people=5, forget=(0.2, 0.4)))
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        for split in ("forget1,forget2", "forget2"):
            lab = Lab(tmp_path_factory.mktemp("run"), data)
            lab.says = {id: item.answer for id, item in lab.data.items.items() if item.person != "p001"}
            patch.setattr(Context, "model", lambda context, *arms, lab=lab: lab.open(*arms))
            lab.forget(split=split)
            (lab.root / "run.json").write_text(
                json.dumps({"config": plain(lab.run), "request": {"data": ""}})
            )
            for step in plan(resolve(lab.run), "fingerprint"):
                lab.make(step.name)
            made[split] = lab.root
        yield made


def summary(run: Path, arm: str, lead: str = "") -> dict[tuple[str, ...], object]:
    rows = json.loads((run / arm / "scores/summary.json").read_text())["rows"]
    return {
        (row["split"].removeprefix(lead), row["question_type"], row["metric"]): row["mean"] for row in rows
    }


def test_each_set_is_forgotten_as_if_it_were_alone(both: dict[str, Path]) -> None:
    several, alone = both["forget1,forget2"], both["forget2"]
    for arm in ("goal", "npo-s0", "po-s0"):
        ours, theirs = summary(several, f"forget2/{arm}", "forget2_"), summary(alone, arm)
        assert ours == theirs
        assert any(split == "test-forget" for split, _, _ in ours)
    assert not (several / "forget2" / "taught").exists()  # one stage 1 for all
    told = json.loads((several / "gate/gate.json").read_text())
    assert {line["split"] for line in told["lines"]} >= {"finetune", "forget1", "forget2"}


def test_every_set_has_a_goal_model_that_never_saw_it_and_methods_that_saw_it_alone(
    both: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = json.loads((both["forget2"] / "run.json").read_text())["config"]["data"]
    lab = Lab(tmp_path, Path(data))
    monkeypatch.setattr(Context, "model", lambda context, *arms: lab.open(*arms))
    lab.forget(split="forget1,forget2")
    lab.train("taught")
    for size in ("forget1", "forget2"):
        assert {id for id, _ in lab.train(f"{size}/goal")} == lab.ids("finetune") - lab.ids(size)
        (kept,) = {task.kept(lab.data).rehearsed for task in tasks(lab.run) if task.name == size}
        assert {id for id, _ in lab.train(f"{size}/npo-s0")} == lab.ids(size) | set(kept)
        assert not set(kept) & lab.ids("forget1", "forget2", "retain")


def test_the_page_of_a_set_is_that_of_a_run_of_its_own(both: dict[str, Path]) -> None:
    several, alone = both["forget1,forget2"], both["forget2"]
    ours = (several / "report/forget2/tables/summary.csv").read_text()
    theirs = (alone / "report/tables/summary.csv").read_text()
    assert sorted(ours.splitlines()) == sorted(theirs.splitlines())
    assert "../index.html" in (several / "report/forget2/index.html").read_text()


def test_the_page_above_has_every_set_and_method(both: dict[str, Path]) -> None:
    report = both["forget1,forget2"] / "report"
    page = (report / "index.html").read_text()
    assert 'href="forget1/index.html">forget1 (one person)' in page
    assert 'href="forget2/index.html">forget2 (two people)' in page
    with (report / "tables/sizes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["forget"], row["people_to_forget"]) for row in rows} == {("forget1", "1"), ("forget2", "2")}
    of_npo = [row for row in rows if row["arm"] == "npo-s0" and row["question_type"] == "all"]
    told = {(row["forget"], row["split"], row["metric"]): row["mean"] for row in of_npo}
    for size in ("forget1", "forget2"):
        exact = summary(both["forget1,forget2"], f"{size}/npo-s0")[size, "all", "em"]
        assert float(told[size, size, "em"]) == pytest.approx(exact)
    with (report / "tables/methods.csv").open() as file:
        assert {row["arm"] for row in csv.DictReader(file)} == {
            f"{size}/{arm}"
            for size in ("forget1", "forget2")
            for arm in ("taught", "goal", "npo-s0", "po-s0")
        }


def test_comparing_wants_one_set(both: dict[str, Path], tmp_path: Path) -> None:
    run = both["forget1,forget2"]
    with pytest.raises(UserError, match=r"forget\.split=forget1"):
        compare(run, tmp_path / "page.md")


@pytest.mark.parametrize(
    ("split", "words"),
    [("forget1,forget1", "each once"), ("forget1,", "each once"), ("", "each once")],
)
def test_sets_are_named_once(split: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        Forget(split=split)


def test_every_set_must_be_there_and_be_one_to_forget() -> None:
    with pytest.raises(UserError, match="Did you mean forget2"):
        check(Run(recipe="several", forget=Forget(split="forget1,forgt2")), SPLITS, "the data set")
    with pytest.raises(UserError, match=r"forget\.split=retain"):
        check(Run(recipe="several", forget=Forget(split="forget1,retain")), SPLITS, "the data set")


def test_a_method_may_be_for_some_of_the_sets() -> None:
    few = Forget(split="forget1, forget2", methods=(Unlearn(method="npo", tasks=("forget2",)),))
    run = Run(recipe="several", forget=few)
    check_methods(run)
    assert [list(methods(run, task)) for task in tasks(run)] == [[], ["npo-s0"]]
    wrong = replace(few, methods=(Unlearn(method="npo", tasks=("forget22",)),))
    with pytest.raises(UserError, match="Did you mean forget2"):
        check_methods(replace(run, forget=wrong))
