"""The nearest to what is forgotten, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.invented import data, of, row, rows
from data.pebench.conftest import loaded, scenes  # noqa: F401
from remem.data import Dataset
from remem.data.neighbours import neighbours
from remem.data.pebench.cut import TASKS
from remem.run.settings import Run
from remem.run.tasks import Task, tasks
from remem.settings import Forget

PEOPLE = ["gone", "hair", "both", "none", "name", "far"]
NAMES = {
    "gone": "Ann Lee",
    "name": "Anna Lee",
    "hair": "Bob Fox",
    "both": "Cid Ray",
    "none": "Zu",
    "far": "Qi",
}
LOOKS = {
    "gone": {"hair": "red", "eyes": "blue", "glasses": False},
    "both": {"hair": "red", "eyes": "blue", "glasses": True},
    "hair": {"hair": "red", "eyes": "green", "glasses": True},
    "none": {"hair": "black", "eyes": "brown", "glasses": True},
    "far": {"hair": "black", "eyes": "brown", "glasses": True},
}


def near(names: dict[str, str], looks: dict[str, dict[str, object]]) -> set[str]:
    every = rows(PEOPLE, 2, 1)
    found = data(every, forget1=of(every, ["gone"]))
    ids = neighbours(found, found.splits["forget1"], found.splits["finetune"], names, looks)
    assert all({f"{id.partition('-')[0]}-f{n}-0" for n in range(2)} <= set(ids) for id in ids)  # whole people
    assert [id for id in found.splits["finetune"] if id in ids] == list(ids)
    return {id.partition("-")[0] for id in ids}


def test_the_most_alike_in_look_are_near_and_none_who_share_nothing() -> None:
    assert near({}, LOOKS) == {"both", "hair"}
    assert near({}, {**LOOKS, "hair": LOOKS["none"]}) == {"both"}


def test_the_most_alike_in_name_are_near() -> None:
    found = near(NAMES, {})
    assert "name" in found
    assert len(found) <= 2
    assert near(NAMES, LOOKS) == found | {"both", "hair"}


def test_of_whom_nothing_is_known_nobody_is_near() -> None:
    assert near({}, {}) == set()
    assert near({"gone": "Ann Lee"}, {"gone": LOOKS["gone"]}) == set()


def test_of_two_people_one_is_near_at_most() -> None:
    every = rows(["gone", "one", "two"], 1, 1)
    found = data(every, forget1=of(every, ["gone"]))
    names = {"gone": "Ann Lee", "one": "Ann Lea", "two": "Ann Leo"}
    ids = neighbours(found, found.splits["forget1"], found.splits["finetune"], names, {})
    assert len(ids) == 1


def test_each_who_is_forgotten_has_neighbours_and_none_of_the_forgotten_is_one() -> None:
    every = rows(["a", "b", "c", "d", "e", "f"], 1, 1)
    found = data(every, forget1=of(every, ["a", "b"]))
    looks = {
        who: {"hair": hair}
        for who, hair in zip("abcdef", ("red", "grey", "red", "grey", "x", "y"), strict=True)
    }
    ids = neighbours(found, found.splits["forget1"], found.splits["finetune"], {}, looks)
    assert ids == ("c-f0-0", "d-f0-0")


def test_on_pictures_in_events_the_other_questions_about_them_are_near() -> None:
    def asks(who: str, event: str, category: str):
        return replace(
            row(who, category, value=event), id=f"{who}-{event}-{category}", event=event, category=category
        )

    every = [
        asks(who, event, kind) for who in "ab" for event in ("zoo", "fair") for kind in ("person", "event")
    ]
    found = data(every, gone=[one for one in every if one.target == "a"])
    kept = [one.id for one in every if one.target != "a"]
    assert neighbours(found, found.splits["gone"], kept, {}, {}) == ("a-zoo-event", "a-fair-event")
    scene = data(every, gone=[one for one in every if one.target == "zoo"])
    kept = [one.id for one in every if one.target != "zoo"]
    assert neighbours(scene, scene.splits["gone"], kept, {}, {}) == ("a-zoo-person", "b-zoo-person")


@pytest.mark.parametrize("name", TASKS)
def test_of_a_task_they_are_rows_that_nobody_goes_over(loaded: Dataset, name: str) -> None:
    [task] = tasks(Run(recipe="x", forget=Forget(tasks=(name,))))
    parts, kept = task.parts(loaded), task.kept(loaded)
    found = set(parts[task.part("neighbours")])
    assert found
    assert not found & {*kept.rehearsed, *loaded.splits[task.forget], *loaded.splits[task.again]}
    targets = {loaded.items[id].target for id in loaded.splits[task.forget]}
    assert all({loaded.items[id].person, loaded.items[id].event} & targets for id in found)
    assert all(loaded.items[id].target not in targets for id in found)


def test_nobody_near_is_no_part() -> None:
    every = rows(["a", "b"], 1, 1)
    found = data(every, forget1=of(every, ["a"]), retain=[])
    assert "neighbours" not in Task().parts(found)
