"""What no run can mean is refused by one rule, with the figure and the setting that makes it so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from remem.errors import UserError
from remem.run.amounts import check, rows
from remem.run.overrides import override
from remem.run.recipes import RECIPES, recipe, tiny
from remem.studies.tuning.rule import Rule
from remem.studies.tuning.study import tuning

MANY = "forget.seeds=" + ",".join(map(str, range(13_000)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["learn.epochs=1e6"], "learn.epochs: that makes 160,000,000 questions to go over in stage 1"),
        (["forget.train.epochs=1e6"], "forget.train.epochs: that makes 40,000,000 questions to go over"),
        (
            ["methods=npo", "npo.epochs=1e6"],
            "npo.epochs: that makes 40,000,000 questions",
        ),
        (["attacks=soft_prompt", "soft_prompt.steps=1000000"], "soft_prompt.steps: that makes 40,000,000"),
        (["attacks=relearn", "relearn.epochs=1e7"], "relearn.epochs: that makes 400,000,000 passes"),
        (
            ["attacks=sampling", "sampling.samples=20000000"],
            "sampling.samples: that makes 20,000,000",
        ),
        (["evaluate.candidates=10000001"], "evaluate.candidates: that makes 10,000,001 candidates"),
        (["evaluate.max_new_tokens=1" + "0" * 17], "100,000,000,000,000,000 max_new_tokens"),
        (["methods=npo,ga", MANY], "forget.seeds, forget.goals, methods and attacks: that makes"),
        (["learn.batch=161"], "learn.batch=161: the data set teaches 160 questions"),
        (["methods=npo", "npo.batch=4000"], "npo.batch=4,000: the data set teaches 160 questions"),
    ],
)
def test_nonsense_is_refused(settings: list[str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = override(tiny(), settings)
    with pytest.raises(UserError) as error:
        check(run)
    assert message in str(error.value)
    if "batch" not in message:
        monkeypatch.setenv("REMEM_MOST", "1" + "0" * 17)  # who means it says so
        check(run)


def test_what_recipes_have_is_meant() -> None:
    for name in RECIPES:
        check(recipe(name))


def own(count: int) -> Any:
    ids = tuple(f"q{number}" for number in range(count))
    return SimpleNamespace(
        splits={"finetune": ids, "forget1": ids[:2], "retain": (), "test": ()}, items={}, people=()
    )


def test_of_the_users_own_data_the_rows_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remem.run.tasks.Task.parts", lambda self, data: {})
    run = override(tiny(), ["data=mine", "learn.batch=30"])
    check(run)  # nothing is known of it yet
    check(run, own(30))
    with pytest.raises(UserError, match=r"learn\.batch=30: the data set teaches 29"):
        check(run, own(29))
    assert rows(run, own(29)).taught == 29
    check(override(tiny(), ["data=mine"]), own(5))  # nobody chose the recipe's batch


def test_a_tuning_has_as_many_trials_as_somebody_can_mean() -> None:
    for seeds, over in ((10**9, ()), (1, [f"lr={','.join(str(n / 1e5) for n in range(1, 1500))}"] * 2)):
        run = override(tiny(), ["methods=npo"])
        many = [*over, f"npo.beta={','.join(str(n) for n in range(1, 1500))}"] if over else ()
        with pytest.raises(UserError, match=r"trials|points of npo"):
            tuning(run, Rule(), 8, many, seeds=seeds)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("build.picture_folder=photos", "picture_folder is for source=folder, and source=drawn"),
        ("build.pipeline.name=a/b", "pipeline is for source=diffusers, and source=drawn"),
        ("build.images=10000", None),
    ],
)
def test_settings_that_make_no_sense_together(setting: str, message: str | None) -> None:
    build = override(tiny(), [setting]).build
    if message is None:
        build.check()
        with pytest.raises(UserError, match="that makes 100,040,000 pictures"):
            override(tiny(), [setting, "build.people=10000"]).build.check()
        return
    with pytest.raises(UserError, match=message):
        build.check()
