"""What is tried: every method's own grid, as many points of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace

import pytest

from remem.errors import UserError
from remem.methods import METHODS, make, searched
from remem.run.overrides import override
from remem.run.recipes import drawn, methods
from remem.run.settings import Run
from remem.settings import Train
from remem.story.resolve import resolve
from remem.studies.tuning.space import points, spaces, trials

IDLE = ("prompt", "retrain")  # nothing in them can be set
BUDGET = 8  # the default


@pytest.mark.parametrize("name", METHODS)
def test_a_method_searches_over_settings_that_it_has(name: str) -> None:
    space = searched(name)
    own = {field.name for field in fields(make(name, {}))}
    assert set(space) <= own | {field.name for field in fields(Train)}
    assert bool(space) == (name not in IDLE)
    if name not in (*IDLE, "manu"):  # manu prunes and trains nothing
        assert next(iter(space)) == "lr"
    for values in space.values():
        assert list(values) == sorted(set(values))


def test_every_grid_has_room_for_the_budget_and_all_of_it_can_be_run() -> None:
    run = methods()
    found = spaces(run)
    assert set(found) == set(METHODS) - set(IDLE)
    made = trials(run, found, 1000)
    sizes = Counter(one.method for one, _ in made.values())
    assert min(sizes.values()) >= BUDGET
    whole = tuple(one for one, _ in made.values())
    resolve(replace(run, forget=replace(run.forget, methods=whole)))  # an error for a value out of range
    equal = Counter(one.method for one, _ in trials(run, found, BUDGET).values())
    assert set(equal.values()) == {BUDGET}


def test_the_published_value_of_a_methods_own_setting_is_among_those_tried() -> None:
    for name in set(METHODS) - set(IDLE):
        made = make(name, {})
        for key, values in searched(name).items():
            if hasattr(made, key):
                assert getattr(made, key) in values, (name, key)


def test_points_are_all_there_once_evenly_over_the_first_setting_and_the_same_each_time() -> None:
    space = {"lr": (1.0, 2.0, 3.0), "beta": (0.1, 0.5), "epochs": (4, 8)}
    found = points(space, 0, "npo")
    assert len(found) == len({tuple(point.items()) for point in found}) == 12
    for start in range(0, 12, 3):
        assert [point["lr"] for point in found[start : start + 3]] == [1.0, 2.0, 3.0]
    assert found == points(space, 0, "npo")
    assert found != points(space, 1, "npo")
    assert found != points(space, 0, "dpo")


def test_a_larger_budget_adds_to_a_smaller_one() -> None:
    run = override(drawn(), ["methods=npo,ga"])
    few, many = (trials(run, spaces(run), count) for count in (3, 7))
    assert [name for name in many if name.endswith(("00", "01", "02"))] == list(few)
    assert all(many[name] == few[name] for name in few)


def test_what_is_not_searched_stays_as_the_run_has_it() -> None:
    run = override(methods(), ["methods=rmu,l1", "rmu.warmup=0.2"])
    made = trials(run, spaces(run), 2)
    rmu, point = made["rmu-t01"]
    assert rmu.settings == {
        "layer": 2,
        "steering": point["steering"],
        "retain_weight": point["retain_weight"],
    }
    assert rmu.train == {"lr": point["lr"], "warmup": 0.2}
    assert made["l1-t00"][0].adapt["language"] == "lora"


def test_spaces_can_be_changed() -> None:
    run = override(drawn(), ["methods=npo,ga,prompt"])
    found = spaces(run, ["lr=1e-5,3e-5", "npo.beta=0.05", "npo.retain_weight=1,2"])
    assert found["ga"] == {"lr": (1e-5, 3e-5), "epochs": (4, 8)}
    assert found["npo"]["beta"] == (0.05,)
    assert found["npo"]["retain_weight"] == (1, 2)
    assert "prompt" not in found


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ("npoo.beta=1", "unknown method of --over: npoo. Did you mean npo"),
        ("betta=1", "Did you mean beta"),
        ("npo.betta=1", "Did you mean beta"),
        ("npo.beta=0", "npo.beta must be above 0"),
        ("npo.beta=", "takes a setting and its values"),
        ("npo.beta=high", "takes a setting and its values"),
        ("lr=0", "lr must be above 0"),
    ],
)
def test_values_that_cannot_be_are_refused_before_anything_is_trained(over: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        tried(override(drawn(), ["methods=npo"]), over)


def tried(run: Run, over: str) -> None:
    made = trials(run, spaces(run, [over]), 100)
    resolve(replace(run, forget=replace(run.forget, methods=tuple(one for one, _ in made.values()))))
