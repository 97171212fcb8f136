"""Means of one arm with their intervals; the area under a ROC curve by ranks."""

from __future__ import annotations

import numpy as np
import pytest

from remem.scoring.metrics.membership import auc
from remem.studies.comparing.levels import area, level


def test_a_share_stays_on_its_scale_and_is_never_certain() -> None:
    people = {f"p{p}q{q}": f"p{p}" for p in range(20) for q in range(4)}
    for share in (0.0, 1.0):
        cell = level([dict.fromkeys(people, share)] * 3, people, people)
        assert cell.mean == share
        assert 0 <= (cell.low or 0) <= share <= (cell.high or 0) <= 1
        assert 0.05 < (cell.high or 0) - (cell.low or 0) < 0.25
    assert level([dict.fromkeys(people)], people, people).mean is None


def test_seeds_that_differ_widen_the_interval() -> None:
    people = {f"p{p}q{q}": f"p{p}" for p in range(20) for q in range(4)}
    steady, moved = (
        level([dict.fromkeys(people, 0.5 + step) for step in (-by, 0, by)], people, people) for by in (0, 0.1)
    )
    assert (moved.high or 0) - (moved.low or 0) > (steady.high or 0) - (steady.low or 0) + 0.1


@pytest.mark.parametrize("mean", [0.1, 0.5, 0.9])
def test_intervals_hold_the_truth(mean: float) -> None:
    rng = np.random.default_rng(4)
    people = {f"p{p}q{q}": f"p{p}" for p in range(12) for q in range(8)}
    held = 0
    for _ in range(200):
        chance = rng.beta(mean * 9, (1 - mean) * 9, size=12)
        hit = rng.random((12, 8)) < chance[:, None]
        cell = level([{f"p{p}q{q}": float(hit[p, q]) for p, q in np.ndindex(12, 8)}], people, people)
        held += (cell.low or 0) <= mean <= (cell.high or 1)
    assert held >= 186


def test_the_area_is_by_hand_and_within_kinds() -> None:
    ours, theirs = [1.0, 3.0, 3.0], [0.0, 3.0, 5.0, 3.0]
    groups = [(np.arange(len(side)), "people") for side in (ours, theirs)]
    assert area([ours], [theirs], *groups).mean == pytest.approx(auc(ours, theirs)) == pytest.approx(1.25 / 3)
    kinds = (["a", "b", "b"], ["a", "a", "b", "b"])  # 1 beats 0 and not 3; each 3 ties with one of 5, 3
    assert area([ours], [theirs], *groups, kinds=kinds).mean == pytest.approx((0.5 + 0.25 + 0.25) / 3)


def test_few_strangers_widen_the_area() -> None:
    rng = np.random.default_rng(0)
    ours = [list(rng.normal(0.5, 1, size=120))]
    owner = np.arange(120) // 6

    def wide(strangers: int) -> float:
        theirs = [list(np.random.default_rng(1).normal(size=strangers * 12))]
        cell = area(ours, theirs, (owner, "people"), (np.arange(strangers * 12) // 12, "people"))
        return (cell.high or 0) - (cell.low or 0)

    assert wide(3) > 1.5 * wide(30)
    nobody = area(ours, [[]], (owner, "people"), (np.arange(0), "people"))
    assert nobody.mean is None
    one = area(ours, [[0.0, 1.0]], (owner, "people"), (np.zeros(2, dtype=np.intp), "facts"))
    assert (one.low, one.high) == (None, None)


def test_areas_of_chance_hold_one_half() -> None:
    """Rows of a person go together on both sides; few strangers."""
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(200):
        sides = [[list((rng.normal(size=(n, 1)) + rng.normal(size=(n, 8))).ravel())] for n in (12, 8)]
        owners = [(np.repeat(np.arange(n), 8), "people") for n in (12, 8)]
        cell = area(sides[0], sides[1], owners[0], owners[1])
        held += (cell.low or 0) <= 0.5 <= (cell.high or 1)
    assert held >= 186
