"""The mean of one arm with its interval: that of its units (scoring/stats.py), widened by what seeds vary."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from remem.scoring.differences import (
    Bounds,
    Values,
    common,
    of_runs,
    table,
    units_of,
)
from remem.scoring.stats import Side, Spread, area_spread, placements

LEVEL = 0.95
Groups = tuple[NDArray[np.intp], str]  # each row's unit, and what units are


@dataclass(frozen=True)
class Cell:
    """A mean over seeds and items, with its interval; None where there is nothing to compute it from."""

    mean: float | None
    low: float | None = None
    high: float | None = None


def level(
    runs: Sequence[Values],
    people: Mapping[str, str],
    facts: Mapping[str, Hashable],
    bounds: Bounds = (0.0, 1.0),
) -> Cell:
    """One arm, one mapping per seed: over people (facts of the one person), and seeds where several."""
    ids, _ = common(runs)
    if not ids:
        return Cell(None)
    found = table(runs, ids)
    _, owner, _ = units_of(ids, people, facts)
    return _cell(Spread.of(list(found.mean(0)), owner.tolist(), bounds), found, bounds)


def area(
    members: Sequence[Sequence[float]],
    others: Sequence[Sequence[float]],
    ours: Groups,
    theirs: Groups,
    kinds: tuple[Sequence[Hashable], Sequence[Hashable]] = ((), ()),
) -> Cell:
    """The area under a ROC curve, one row of numbers per seed on each side; strangers, too, are a sample.
    Rows are compared with those of their kind.

    Placements by ranks (DeLong et al., Biometrics 1988), summed over whole units (Obuchowski, Biometrics
    1997). O(n log n).
    """
    if not len(members[0]) or not len(others[0]):
        return Cell(None)
    placed = []
    for numbers in zip(members, others, strict=True):
        one, other = (
            Side(values=values, people=(), facts=(), kinds=of)
            for values, of in zip(numbers, kinds, strict=True)
        )
        placed.append((placements(one, other), 1 - placements(other, one)))
    areas = np.array([[side.mean()] for side, _ in placed])
    of_ours = np.mean([side for side, _ in placed], axis=0)
    of_theirs = np.mean([side for _, side in placed], axis=0)
    spread = area_spread(of_ours, of_theirs, ours[0].tolist(), theirs[0].tolist())
    return _cell(spread, areas, (0.0, 1.0))


def _cell(spread: Spread | None, runs: NDArray[np.float64], bounds: Bounds) -> Cell:
    """The units' interval of the mean of `runs` (seeds, items), and beyond each of its ends what seeds vary.

    Each end's distance is the root of the sum of the squares of the parts' (Zou and Donner, Statistics in
    Medicine 2008, 27: 1693-1702): the units' is not the same on both sides, near an end of the scale.
    """
    mean = float(runs.mean())
    if spread is None:
        return Cell(mean)
    seeds = of_runs(runs, "seeds")
    far = 0.0 if seeds is None else float(stdtrit(seeds.df, (1 + LEVEL) / 2)) * seeds.variance**0.5
    low, high = spread.ends(LEVEL)
    if seeds is None and low == high:  # without ends of the scale agreement has no width
        return Cell(mean)
    ends = mean - ((mean - low) ** 2 + far**2) ** 0.5, mean + ((high - mean) ** 2 + far**2) ** 0.5
    least, most = bounds
    return Cell(
        mean,
        ends[0] if least is None else max(ends[0], least),
        ends[1] if most is None else min(ends[1], most),
    )
