"""The picture of all pairs: what can be read from it by eye is about right, and it is drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from remem.studies.comparing.levels import Cell
from remem.studies.comparing.pairs import Panel, comparable, picture

PEOPLE = {f"p{p}q{q}": f"p{p}" for p in range(12) for q in range(6)}


def arms(rng: np.random.Generator, count: int) -> dict[str, list[dict[str, float | None]]]:
    """Arms without a true difference; people differ much."""
    chance = np.repeat(rng.beta(0.5, 0.5, size=12), 6)
    return {
        f"m{n}": [
            dict(zip(PEOPLE, (rng.random(72) < chance).astype(float).tolist(), strict=True)) for _ in range(3)
        ]
        for n in range(count)
    }


def test_intervals_that_do_not_overlap_are_rare_without_a_difference() -> None:
    rng = np.random.default_rng(0)
    apart = pairs = 0
    for _ in range(20):
        cells = comparable(arms(rng, 8), PEOPLE, PEOPLE)
        for one, other in itertools.combinations(cells.values(), 2):
            pairs += 1
            apart += (one.high or 0) < (other.low or 0) or (other.high or 0) < (one.low or 0)
    assert apart / pairs <= 0.05


def test_what_is_hard_for_all_does_not_widen_the_intervals() -> None:
    cells = comparable(arms(np.random.default_rng(0), 8), PEOPLE, PEOPLE)
    people = np.random.default_rng(0).beta(0.5, 0.5, size=12)
    plain = 2 * 2.2 * people.std(ddof=1) / 12**0.5 / 2**0.5  # t of 11 degrees of freedom, as drawn
    assert np.mean([(cell.high or 0) - (cell.low or 0) for cell in cells.values()]) < 0.7 * plain


def test_an_arm_without_values_leaves_the_others_theirs() -> None:
    whole = arms(np.random.default_rng(0), 2)
    cells = comparable({**whole, "none": [dict.fromkeys(PEOPLE)]}, PEOPLE, PEOPLE)
    assert cells["none"] == Cell(None)
    assert cells["m0"] == comparable(whole, PEOPLE, PEOPLE)["m0"]
    assert comparable({"none": [{}]}, PEOPLE, PEOPLE) == {"none": Cell(None)}


def test_it_is_drawn() -> None:
    cells = {"a": Cell(0.2, 0.1, 0.3), "<b>": Cell(None), "goal": Cell(0.0, 0.0, 0.1)}
    drawn = str(picture([Panel("EM", cells, "goal"), Panel("exposure", cells, None)]).wide)
    assert drawn.count("<polygon") == 1
    assert drawn.count("no value") == 2
    assert "&lt;b&gt;" in drawn
    assert "a: 20.0 (10.0–30.0)" in drawn
    with pytest.raises(ValueError, match="empty"):
        picture([])
