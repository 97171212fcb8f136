"""Numbers that moved without their room's number, or the other way round, are seen: keys hold the number."""

from __future__ import annotations

import json

import pytest

from remem.rooms import NUMBERS
from story.golden import FILE, ROOMS, wrong

GOLDEN = json.loads(FILE.read_text())


@pytest.mark.parametrize("room", ROOMS)
def test_numbers_and_the_number_of_a_room_move_together(room: str) -> None:
    assert wrong(room, ROOMS[room](), NUMBERS[room], GOLDEN[room]) == ""


def test_every_room_that_decides_numbers_has_golden_ones() -> None:
    assert set(GOLDEN) == set(ROOMS) == set(NUMBERS)


def test_either_alone_is_told() -> None:
    golden = {"number": 1, "values": {"loss": 1.5}}
    assert wrong("training", {"loss": 1.5}, 1, golden) == ""
    assert "the numbers of training have moved" in wrong("training", {"loss": 1.6}, 1, golden)
    assert "was raised though nothing moved" in wrong("training", {"loss": 1.5}, 2, golden)
    assert wrong("training", {"loss": 1.6}, 2, golden) == "run python tests/story/golden.py"
