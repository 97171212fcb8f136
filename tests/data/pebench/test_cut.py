"""The three tasks: who is forgotten, on which pictures, and what the Goal model is taught."""

from collections import Counter

import pytest

from remem.data.pebench.cut import CELLS, TASKS, Cell, compose, cut, splits_of, task, tasks
from remem.errors import UserError

# Worked out by hand. A picture shows a person and an event; P and E: that one is to be forgotten.
#   (question, targets, half) -> its parts in the tasks person, event, both
BY_HAND = [
    ("person", (), "", "retain", "retain", "retain"),
    ("event", (), "", "retain", "retain", "retain"),
    ("person", ("person",), "train", "forget_train", "retain", "forget_train"),
    ("person", ("person",), "test", "forget_test", "retain", "forget_test"),
    ("event", ("person",), "train", "retain scope", "retain", "retain scope"),
    ("event", ("person",), "test", "retain", "retain", "retain"),
    ("event", ("event",), "train", "retain", "forget_train", "forget_train"),
    ("person", ("event",), "train", "retain", "retain scope", "retain scope"),
    ("person", ("event",), "test", "retain", "retain", "retain"),
    ("person", ("person", "event"), "train", "forget_train", "retain scope", "forget_train"),
    ("event", ("person", "event"), "train", "retain scope", "forget_train", "forget_train"),
    ("event", ("person", "event"), "test", "retain", "forget_test", "forget_test"),
]


@pytest.mark.parametrize(("concept", "targets", "half", "person", "event", "both"), BY_HAND)
def test_the_parts_of_a_row_are_those_worked_out_by_hand(concept, targets, half, person, event, both):
    cell = Cell(concept=concept, targets=targets, half=half)
    assert cell in CELLS.values()
    assert {name: " ".join(cell.parts(name)) for name in TASKS} == {
        "person": person,
        "event": event,
        "both": both,
    }


@pytest.mark.parametrize(("people", "events"), [(20, 10), (7, 5), (200, 40), (2, 2), (3, 2)])
def test_the_halves_are_halves_of_every_person_and_of_every_event(people, events):
    made = cut(people, events, {"person": 0.3, "event": 0.3}, seed=0)
    for rows, columns, first in ((made.people, range(events), True), (made.events, range(people), False)):
        for row in rows:
            at = [(row, column) if first else (column, row) for column in columns]
            halves = Counter(made.cell("person", *place).half for place in at)
            assert abs(halves["train"] - halves["test"]) <= 1
            assert min(halves.values()) >= 1
            assert set(halves) == {"train", "test"}


def test_targets_are_nested_for_rising_shares_and_never_all():
    def chosen(share):
        made = cut(20, 10, {"person": share, "event": share}, seed=3)
        return made.people, made.events

    sizes = [tuple(map(len, chosen(share))) for share in (0.0, 0.001, 0.05, 0.1, 0.25, 0.99)]
    assert sizes == [(0, 0), (1, 1), (1, 1), (2, 1), (5, 2), (19, 9)]
    for less, more in ((0.05, 0.1), (0.1, 0.25), (0.25, 0.99)):
        assert all(a <= b for a, b in zip(chosen(less), chosen(more), strict=True))
    others = {cut(20, 10, {"person": 0.1, "event": 0.1}, seed).people for seed in range(5)}
    assert len(others) > 1


def test_one_kind_of_target_is_one_task():
    made = cut(6, 4, {"person": 0.3, "event": 0.0}, seed=0)
    cells = {made.cell(c, p, e).name for c in ("person", "event") for p in range(6) for e in range(4)}
    assert tasks(cells) == ("person",)
    assert set(splits_of(cells)) == {"person"}
    stored = {name: (name,) for name in cells}
    with pytest.raises(UserError, match=r"forgets at least one event, but mine forgets none.* person\."):
        task("both", compose("mine", stored), "mine")
    with pytest.raises(UserError, match="Did you mean person"):
        task("persn", compose("mine", stored))
    with pytest.raises(UserError, match="not in the shape of PEBench"):
        task("person", {"finetune": (), "retain": ()})


def test_a_missing_file_is_named():
    whole = {name: (name,) for name in CELLS}
    with pytest.raises(UserError, match=r"who_kept has 1 rows and scene_kept 0"):
        compose("mine", {name: ids for name, ids in whole.items() if name != "scene_kept"})
    with pytest.raises(UserError, match="mine has no data/who_kept"):
        compose("mine", {name: ids for name, ids in whole.items() if not name.endswith("kept")})
    with pytest.raises(UserError, match="mine has no data/who_person"):
        compose("mine", {name: ids for name, ids in whole.items() if name.endswith("kept")})
