"""Several Goal models: retrainings of one task from seeds of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab import BUILD, Lab
from remem.data import build
from remem.errors import UserError
from remem.run.context import Context
from remem.run.overrides import override
from remem.run.recipes import recipe, remem
from remem.run.settings import Run
from remem.run.tasks import goal_names
from remem.settings import Forget, Unlearn
from remem.steps.store import Step, keys
from remem.story.plan import plan
from remem.story.resolve import resolve


def steps(run: Run, *settings: str) -> dict[str, Step]:
    return {step.name: step for step in plan(resolve(override(run, list(settings))), "x")}


def test_one_unless_more_are_asked_for() -> None:
    run = override(remem(), ["methods=npo"])
    assert goal_names(run) == ["goal"]
    assert [name for name in steps(run) if name.endswith("/model")] == [
        "taught/model", "goal/model", "npo-s0/model",
    ]  # fmt: skip
    for wrong in (0, -1):
        with pytest.raises(UserError, match=r"forget\.goals"):
            Forget(goals=wrong)


@pytest.mark.parametrize("seed", [0, 7])
def test_their_seeds_follow_the_runs_and_all_else_is_the_same(seed: int) -> None:
    found = steps(remem(), "methods=npo,retrain", "forget.goals=3", f"seed={seed}")
    names = ["goal", "goal-s1", "goal-s2"]
    arms = [found[f"{name}/model"].arm for name in names]
    assert [(arm["role"], arm["seed"], arm["name"], arm["chain"]) for arm in arms] == [
        ("goal", seed + number, name, [name]) for number, name in enumerate(names)
    ]
    first, *others = (found[f"{name}/model"].settings for name in names)
    for number, other in enumerate(others, 1):
        assert other == first | {"seed": seed + number}
    made = keys(list(found.values()))
    assert len({made[f"{name}/model"] for name in names}) == 3
    for name in names:
        assert set(found) >= {f"{name}/{part}" for part in ("model", "world", "responses", "scores")}
        assert f"{name}/model" in found[f"{name}/responses"].needs
    # The first is the yardstick of what needs one.
    assert "goal/model" in found["retrain-s0/model"].needs
    assert not {"goal-s1/model", "goal-s2/model"} & set(found["retrain-s0/model"].needs)
    assert {f"{name}/scores" for name in names} <= set(found["report"].needs)


def test_of_sizes_and_of_people_in_events_each_has_as_many() -> None:
    sizes = steps(remem(), "methods=npo", "forget.goals=2", "forget.split=forget1,forget2")
    assert {f"{size}/{name}/model" for size in ("forget1", "forget2") for name in ("goal", "goal-s1")} <= set(
        sizes
    )
    scenes = steps(recipe("pebench"), "methods=po", "forget.goals=2")
    for task in ("person", "event", "both"):
        arm = scenes[f"{task}/goal-s1/model"].arm
        assert (arm["role"], arm["task"], arm["seed"]) == ("goal", task, 1)
        assert f"{task}/goal-s1/scores" in scenes["axes"].needs
    judged = [name for name in scenes if name.startswith("event/goal-s1/judged-")]
    assert judged
    assert "event/goal/responses" in scenes[judged[0]].needs


def test_each_is_taught_the_same_in_an_order_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "set"
    build(folder, BUILD)
    lab = Lab(tmp_path / "run", folder)
    monkeypatch.setattr(Context, "model", lambda context, *arms: lab.open(*arms))
    lab.run = replace(lab.run, forget=replace(lab.run.forget, goals=2))
    one, other = lab.train("goal"), lab.train("goal-s1")
    assert sorted(one) == sorted(other)
    assert one != other
    assert [model.adapted for model in lab.opened] == [[0], [1]]
    lab.make("goal-s1/responses")
    assert lab.opened[-1].arms == ("goal-s1",)


def test_a_competitor_may_not_lie_where_a_goal_model_does() -> None:
    named = (Unlearn(method="npo", name="goal"),)
    with pytest.raises(UserError, match="goal-s1 is the folder of a Goal model"):
        Forget(methods=named, seeds=(0, 1), goals=2)
    assert Forget(methods=named, seeds=(0,), goals=2).goals == 2
