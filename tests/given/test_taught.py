"""A model that was made elsewhere is taken as taught: nothing is taught here, and methods unlearn from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from given.judged import Finished, do
from remem.cli.request import wanted
from remem.data import load
from remem.errors import UserError
from remem.estimate import foresee
from remem.estimate.cards import card
from remem.report.read import read_run
from remem.report.reproduce import command
from remem.run.settings import Given, Run
from remem.settings import Unlearn
from remem.story.plan import plan
from remem.story.resolve import resolve

STRANGERS = "strangers/responses.parquet"


def taken(finished: Finished) -> Run:
    """What the run did with the model that it taught, asked of that model as somebody else's."""
    run, source = finished.run_settings, str(finished.model("taught"))
    return replace(
        run,
        model=replace(run.model, name=source),
        forget=replace(run.forget, methods=run.forget.methods[:1]),
        given=(Given(role="taught", source=source),),
    )


@pytest.fixture(scope="module")
def unlearnt(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("unlearnt") / "run"
    do(root, taken(finished))
    return root


def test_a_method_makes_of_it_what_it_makes_of_the_runs_own(finished: Finished, unlearnt: Path) -> None:
    for arm in ("taught", "npo-s0"):
        for file in ("responses/responses.parquet", STRANGERS):
            assert (unlearnt / arm / file).read_bytes() == (finished.run / arm / file).read_bytes(), (
                arm,
                file,
            )
    assert not (unlearnt / "goal").exists()


def test_strangers_are_its_floor_and_the_report_says_why(unlearnt: Path) -> None:
    page = (unlearnt / "report/index.html").read_text("utf-8")
    assert "Did the given model know it?" in page
    assert "The model given as taught says 100.0 % of what is asked about four people." in page
    assert "There is no goal model, for nothing was taught here that could be left out" in page
    assert "What the given models rehearsed is not known" not in page
    assert (unlearnt / "npo-s0/strangers/rankings.parquet").is_file()


def test_no_stage_1_and_no_goal_and_every_attack_has_its_control(finished: Finished) -> None:
    run = taken(finished)
    tried = replace(run, attacks=wanted("demo", None, "", "", ["attacks=prefill"], None, False).run.attacks)
    steps = {step.name: step for step in plan(resolve(tried), "f", True)}
    assert {name for name in steps if name.endswith("/model")} == {"taught/model", "npo-s0/model"}
    assert steps["npo-s0/model"].needs == ("kept", "taught/model")
    assert {name for name in steps if "prefill" in name} == {
        "npo-s0/attack-prefill",
        "npo-s0/control-prefill",
    }


def test_the_command_line_asks_for_it_and_the_report_tells_the_same(
    finished: Finished, tmp_path: Path
) -> None:
    source, data = str(finished.model("taught")), str(finished.data)
    settings = ["methods=npo", "npo.lr=0.002", "evaluate.world=none"]
    asked = wanted("tiny", tmp_path, data, "", settings, None, False, source)
    assert asked.ignore_gate  # what it knows is told, and stops nothing
    assert asked.run.given == (Given(role="taught", source=source),)
    assert asked.run.gate.one_hop == 0.5
    assert (
        wanted("tiny", tmp_path, data, "", ["gate.one_hop=0.9"], None, False, source).run.gate.one_hop == 0.9
    )


def test_a_dry_run_of_it_counts_no_stage_1(finished: Finished) -> None:
    data, run = load(str(finished.data)), resolve(taken(finished))
    found = foresee(run, card(""), data)
    assert list(found.steps) == ["npo"]
    assert found.hours["stage 1, taught and goal"] == 0
    assert "stage 1" in foresee(resolve(finished.run_settings), card(""), data).steps


def test_the_report_has_the_command_that_makes_it_again(unlearnt: Path, finished: Finished) -> None:
    record = read_run(unlearnt, load(str(finished.data)))
    said = command(replace(record, recipe="tiny"))
    assert said.startswith("remem run tiny --data")
    assert "--taught" in said
    assert "--ignore-gate" not in said
    assert "given" not in said


Change = Callable[[Run], Run]


def by(method: str) -> Change:
    return lambda run: replace(run, forget=replace(run.forget, methods=(Unlearn(method=method),)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (by("retrain"), "retrain needs the goal model"),
        (
            lambda run: replace(run, given=(Given(role="given", label="x", source=run.model.name),)),
            "--taught",
        ),
        (lambda run: replace(run, data=""), "give it with --data"),
    ],
)
def test_what_misses_a_model_that_nobody_gave_is_refused_before_any_work(
    finished: Finished, change: Change, said: str
) -> None:
    resolve(by("gd")(taken(finished)))
    with pytest.raises(UserError, match=said):
        resolve(change(taken(finished)))


def test_a_taught_model_has_a_recipe_and_no_other_model_beside_it(finished: Finished, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="leave out --model"):
        wanted("tiny", tmp_path, str(finished.data), "tiny", [], None, False, "tiny")
    with pytest.raises(UserError, match="--data"):
        wanted("tiny", tmp_path, "", "", [], None, False, "tiny")
