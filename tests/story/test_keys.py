"""Which steps are made again when a setting changes: all that depend on it, and no others."""

from __future__ import annotations

import sys
from dataclasses import replace
from fnmatch import fnmatch

import pytest

from remem.errors import UserError
from remem.run.overrides import override
from remem.run.recipes import recipe, remem
from remem.run.settings import Run
from remem.settings import Train, Unlearn
from remem.steps.store import keys
from remem.story.plan import plan
from remem.story.resolve import resolve

BASE = override(remem(), ["methods=npo,po"])
MODELS = ("taught/model", "goal/model", "npo-s0/*", "po-s0/*")
WORLD = ("*/world", "*/scores", "gate", "report")
STRANGERS = ("*/strangers", "*/scores", "gate", "report")
ASKED = ("*/responses", "*/scores", "gate", "report")
LEARN = (*MODELS, "taught/*", "goal/*", "gate", "report")  # the base and the data set stay
UNLEARNT = ("npo-s0/*", "po-s0/*", "report")


def made(run: Run, fingerprint: str = "", ignore_gate: bool = False) -> dict[str, str]:
    return keys(plan(resolve(run), fingerprint, ignore_gate))


def changed(one: dict[str, str], other: dict[str, str]) -> set[str]:
    assert one.keys() == other.keys()
    return {name for name in one if one[name] != other[name]}


def among(names: dict[str, str], patterns: tuple[str, ...]) -> set[str]:
    return {name for name in names if any(fnmatch(name, pattern) for pattern in patterns)}


# Every field of Train that decides a result, and a value that is not its default.
TRAIN = {
    "lr": "0.00017", "epochs": "3", "batch": "9", "schedule": "constant", "warmup": "0.21",
    "weight_decay": "0.03", "clip": "0.7", "beta2": "0.9",
}  # fmt: skip

TABLE: dict[str, tuple[str, ...]] = {
    # The base knows its world whatever is built: base/world stays.
    "build.people=5": ("dataset", "kept", *LEARN, *ASKED, *STRANGERS),
    "build.seed=1": ("dataset", "kept", *LEARN, *ASKED, *STRANGERS),
    "seed=1": LEARN,
    **{f"learn.{name}={value}": LEARN for name, value in TRAIN.items()},
    **{f"npo.{name}={value}": ("npo-s0/*", "report") for name, value in TRAIN.items()},
    **{f"forget.train.{name}={value}": UNLEARNT for name, value in TRAIN.items()},
    "npo.beta=0.3": ("npo-s0/*", "report"),
    "po.retain_weight=2": ("po-s0/*", "report"),
    "forget.split=forget2": (
        "kept",
        "goal/model",
        "goal/world",
        "goal/strangers",
        "npo-s0/*",
        "po-s0/*",
        *ASKED,
    ),
    "forget.outside=2": ("kept", *ASKED, "npo-s0/*", "po-s0/*"),
    "evaluate.max_new_tokens=7": (*ASKED, *WORLD, *STRANGERS),
    "evaluate.world_items=20": WORLD,
    "evaluate.exposure_people=1": ASKED,
    "evaluate.items=5": ASKED,
    "npo.rank=3": ("npo-s0/*", "report"),
    "model.dtype=bfloat16": (*LEARN, *ASKED, *WORLD, *STRANGERS),
    "model.device=cpu": ("report",),  # it shows where things ran
    "gate.one_hop=0.5": ("gate", "report"),
    "gate.multi_hop=0.5": ("gate", "report"),
    "gate.exposure=0.5": ("gate", "report"),
    "gate.held_out=0.5": ("gate", "report"),
    "gate.split=retain": ("taught/responses", "taught/scores", "gate", "report"),
}


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    # Neither stage sets these by its own, so that a change of one stage's training is a change.
    return made(plain_training(BASE))


def plain_training(run: Run) -> Run:
    methods = tuple(replace(one, train={}) for one in run.forget.methods)
    return replace(run, learn=Train(), forget=replace(run.forget, methods=methods, train=Train()))


@pytest.mark.parametrize("setting", TABLE)
def test_a_setting_changes_the_keys_of_what_depends_on_it(setting: str, before: dict[str, str]) -> None:
    after = made(override(plain_training(BASE), [setting]))
    assert changed(before, after) == among(before, TABLE[setting])


TRAINED = [f"adapt.{one}" for one in ("rank=3", "alpha=3", "dropout=0.3", "language=lora", "vision=full")]


@pytest.mark.parametrize("setting", [*TRAINED, "rehearse=0.5"])
def test_what_trains_changes_everything_trained(setting: str, before: dict[str, str]) -> None:
    after = made(override(plain_training(BASE), [f"model.{setting}"]))
    found = changed(before, after)
    assert found >= among(before, LEARN)
    assert "dataset" not in found


def test_the_name_of_a_recipe_changes_nothing(before: dict[str, str]) -> None:
    assert changed(before, made(replace(plain_training(BASE), recipe="other"))) == {"report"}


def test_an_ignored_gate_is_told(before: dict[str, str]) -> None:
    assert changed(before, made(plain_training(BASE), ignore_gate=True)) == {"gate", "report"}


def test_another_competitor_leaves_the_others_alone(before: dict[str, str]) -> None:
    fewer = made(override(plain_training(BASE), ["methods=npo"]))
    more = made(override(plain_training(BASE), ["forget.seeds=0,1"]))
    for other in (fewer, more):
        shared = before.keys() & other.keys()
        assert {name for name in shared if before[name] != other[name]} == {"report"}
    assert fewer.keys() == {name for name in before if not name.startswith("po-")}
    assert more.keys() > before.keys()
    assert "npo-s1/model" in more


def test_questions_about_strangers_are_a_step_of_their_own(before: dict[str, str]) -> None:
    after, before = before, made(override(plain_training(BASE), ["evaluate.membership=false"]))
    assert made(override(plain_training(BASE), ["evaluate.membership=true"])).keys() == after.keys()
    arms = {name.partition("/")[0] for name in before if name.endswith("/scores")}
    assert after.keys() - before.keys() == {f"{arm}/strangers" for arm in arms}
    same = {name for name in before if before[name] == after[name]}
    assert same == {name for name in before if not name.endswith("/scores")} - {"gate", "report"}


def test_a_second_goal_model_leaves_all_else_alone(before: dict[str, str]) -> None:
    after = made(override(plain_training(BASE), ["forget.goals=2"]))
    assert after.keys() - before.keys() == {
        f"goal-s1/{part}" for part in ("model", "world", "responses", "strangers", "scores")
    }
    assert {name for name in before if before[name] != after[name]} == {"report"}


def test_several_settings_of_one_method_have_names(before: dict[str, str]) -> None:
    two = (Unlearn(method="npo"), Unlearn(method="npo", settings={"beta": 0.5}, name="npo-b"))
    run = plain_training(BASE)
    after = made(replace(run, forget=replace(run.forget, methods=two)))
    assert after["npo-s0/model"] == before["npo-s0/model"]
    assert "npo-b-s0/model" in after
    with pytest.raises(UserError, match="has npo twice"):
        replace(run.forget, methods=(two[0], two[0]))


def test_data_of_ones_own_is_known_by_its_content_and_not_by_its_place() -> None:
    here, there = (replace(plain_training(BASE), data=place) for place in ("/here", "/there"))
    known = made(here, "one")
    assert "dataset" not in known
    assert changed(known, made(there, "one")) == {"report"}
    assert changed(known, made(here, "two")) == known.keys() - {"base/world"}


# A change here makes every finished run stale: say so in the changelog, and raise `store.FORMAT` where the
# meaning of what is stored has changed.
BYTES = {
    "dataset": "8830b7869f352f385c8b",
    "taught/model": "0980e2eab89d82fc0d52",
    "taught/scores": "71359369335739d2382f",
    "goal/model": "4fd8dc50d668c8e46c65",
    "npo-s0/model": "b080a938889ee49c262f",
    "npo-s0/responses": "40f3600cf8399b74ee7f",
}


def test_keys_are_what_they_were() -> None:
    now = made(recipe("tiny"))
    assert {name: now[name] for name in BYTES} == BYTES


def test_another_version_makes_nothing_stale_but_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports print the version and are made again; what was built, trained, asked or attacked stays."""
    runs = (override(BASE, ["attacks=quick"]), recipe("pebench-tiny"))
    former = [made(run) for run in runs]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "remem" and hasattr(module, "__version__"):
            monkeypatch.setattr(module, "__version__", "99.0.0")
    assert [changed(made(run), old) for run, old in zip(runs, former, strict=True)] == [{"report"}] * 2
