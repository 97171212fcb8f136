"""The comparison of a whole run of scripted models, down to its page."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from remem.data import BuildSettings, build, load
from remem.errors import UserError
from remem.report.read import read_run
from remem.run.context import Context, open_run
from remem.run.settings import Run
from remem.scoring.score import read_summary
from remem.settings import Evaluate, Forget, ModelSettings, Train, Unlearn
from remem.story.pipeline import carry_out
from remem.studies.comparing.numbers import Numbers
from remem.studies.comparing.page import write
from remem.studies.tuning.chosen import Chosen, Tuned, trained
from scripted import Scripted


class Silent:
    def start(self, step: str) -> None: ...
    def update(self, step: str, done: int, total: int, note: str) -> None: ...
    def finish(self, step: str, seconds: float) -> None: ...


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two methods and two seeds: the taught model knows everything, npo forgot, manu did not."""
    folder = tmp_path_factory.mktemp("people")
    build(
        folder,
        BuildSettings(
            people=4, qa=12, images=3, test_qa=4, test_images=2, size=16, candidates=6, forget=(0.5,)
        ),
    )
    data = load(str(folder))
    gone = {data.items[i].person for i in data.splits["forget1"]}
    everything = {item.id: item.answer for item in data.items.values()}
    kept = {id: text for id, text in everything.items() if data.items[id].person not in gone}

    def says(context: Context, *arms: str) -> Scripted:
        forgot = "goal" in arms or any(arm.startswith("npo") for arm in arms)
        return Scripted(arms, kept if forgot else everything if arms else {})

    run = Run(
        recipe="methods",
        data=str(folder),
        learn=Train(lr=1e-3, batch=16),
        forget=Forget(
            methods=(Unlearn(method="npo"), Unlearn(method="ga")), train=Train(batch=8), seeds=(0, 1)
        ),
        evaluate=Evaluate(max_new_tokens=200, batch=64, exposure_people=2, world="none", membership=True),
        model=ModelSettings(rehearse=0.0, name="tiny"),
    )
    made = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Context, "model", says)
        carry_out(made, run, Silent(), fingerprint=data.fingerprint)
    return made


def cells(page: str, name: str) -> list[str]:
    """The row of the first table that begins with this name."""
    line = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_says_what_the_files_say(root: Path, tmp_path: Path) -> None:
    page = write(root, tmp_path / "docs" / "methods.md").read_text("utf-8")
    assert page.startswith("# All methods on forget1\n")
    assert "Settings were not tuned" in page
    means = {row.split: row.mean for row in read_summary(root / "npo-s0" / "scores")
             if (row.metric, row.question_type) == ("em", "all")}  # fmt: skip
    assert (means["forget1"], means["retain"]) == (0.0, 1.0)
    npo, ga, goal = cells(page, "npo"), cells(page, "ga"), cells(page, "*goal*")
    # Of two people little can be said, however many questions they are asked.
    assert npo[1] == goal[1] == "0.0 (0.0–84.2)"
    assert ga[1] == "100.0 (15.8–100.0)"
    assert npo[5].startswith("100.0 (")
    auc = next(row.mean for row in read_summary(root / "npo-s0" / "scores") if row.metric == "loss_auc")
    assert npo[7].startswith(f"{100 * auc:.1f} (")


def test_each_method_is_compared_with_the_goal_model_and_with_the_one_named(
    root: Path, tmp_path: Path
) -> None:
    page = write(root, tmp_path / "page.md").read_text("utf-8")
    goal = page.partition("## Against the goal model")[2]
    assert "## Against npo" not in page
    assert cells(goal, "npo")[1].startswith("0.0 (")
    assert cells(goal, "ga")[1].startswith("+100.0 (0.0 to 100.0), p ") or cells(goal, "ga")[1].startswith(
        "+100.0 ("
    )
    assert "Counted: people and seeds. Not counted, as there is only one: goal models." in goal
    assert "corrected by Holm for all six tests" in goal
    again = write(root, tmp_path / "page.md", against="npo").read_text("utf-8")
    named = again.partition("## Against npo")[2]
    assert cells(named, "ga")[1].startswith("+100.0 (")
    assert "\n| npo |" not in named.partition("##")[0]
    assert "corrected by Holm for all nine tests" in again
    assert "--against npo" in again
    with pytest.raises(UserError, match=r"unknown arm to compare with: npp\. Did you mean npo"):
        write(root, tmp_path / "page.md", against="npp")


def test_the_picture_lies_beside_the_page(root: Path, tmp_path: Path) -> None:
    page = write(root, tmp_path / "a page.md")
    assert "![All arms with comparison intervals](a%20page.svg)" in page.read_text("utf-8")
    drawn = (tmp_path / "a page.svg").read_text("utf-8")
    assert all(f">{name}</text>" in drawn for name in ("npo", "ga", "goal", "taught"))


def test_cost_is_told_as_a_share_of_retraining(root: Path, tmp_path: Path) -> None:
    for arm, seconds in (("goal", 40.0), ("npo-s0", 9.0), ("npo-s1", 11.0)):
        path = root / arm / "model" / "provenance.json"
        told = json.loads(path.read_text()) | {"seconds": seconds}
        told.pop("sha256", None)
        path.write_text(json.dumps(told))
    page = write(root, tmp_path / "page.md").read_text("utf-8")
    assert cells(page.partition("## Cost")[2], "npo") == ["npo", "10.0", "25 %"]


def test_the_settings_file_is_told_of(root: Path, tmp_path: Path) -> None:
    run = open_run(root)[0].run
    npo = run.forget.methods[0]
    tuned = Tuned(
        settings=npo.settings, train=trained(run, npo), adapt={}, trial="npo-t00", kept=False, why="few"
    )
    chosen = Chosen(
        rule="the lowest forget:em", trials=8, seeds=[0], split="forget1", people={"build.seed": 1},
        model={"name": "tiny", "content": "x"}, adapt={}, methods={"npo": tuned},
    )  # fmt: skip
    chosen.write(tmp_path)
    page = write(root, tmp_path / "page.md", tmp_path).read_text("utf-8")
    assert "8 trials a method, on other people (build.seed 1): the lowest forget:em." in page
    assert "No trial of npo kept that much" in page
    assert "Not tuned: ga." in page
    assert "Set otherwise" not in page
    other = replace(tuned, train=tuned.train | {"lr": 0.5})
    replace(chosen, methods={"npo": other}).write(tmp_path)
    page = write(root, tmp_path / "page.md", tmp_path).read_text("utf-8")
    assert "Set otherwise than tuned: npo." in page


def test_the_interval_of_a_mean_over_seeds_holds_it(root: Path) -> None:
    data = open_run(root)[0].data()
    numbers = Numbers(root, read_run(root, data), data)
    for cell in (numbers.cell("npo", ("retain", "probability")), numbers.membership("npo")):
        assert cell.mean is not None
        assert cell.low is not None
        assert cell.high is not None
        assert cell.low <= cell.mean <= cell.high
    assert numbers.cell("npo", ("no-such-split", "em")).mean is None


def test_a_run_that_is_not_finished_is_refused(root: Path, tmp_path: Path) -> None:
    import shutil

    copy = shutil.copytree(root, tmp_path / "run")
    shutil.rmtree(copy / "npo-s1")
    with pytest.raises(UserError, match="is not finished: npo lacks a seed"):
        write(copy, tmp_path / "page.md")
    for arm in ("npo-s0", "ga-s0", "ga-s1"):
        shutil.rmtree(copy / arm)
    with pytest.raises(UserError, match="no methods to compare"):
        write(copy, tmp_path / "page.md")
    with pytest.raises(UserError, match="Give the folder of a run"):
        write(tmp_path / "nowhere", tmp_path / "page.md")


def test_a_method_without_scores_is_not_passed_over(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(root, copy)
    for seed in (0, 1):
        shutil.rmtree(copy / f"npo-s{seed}" / "scores")
    with pytest.raises(UserError, match="npo lacks its scores"):
        write(copy, tmp_path / "page.md")


def test_without_a_goal_model_the_page_says_so(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(root, copy)
    shutil.rmtree(copy / "goal" / "scores")
    assert "There is no Goal model with scores" in write(copy, tmp_path / "page.md").read_text()
