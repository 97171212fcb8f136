"""The mean of one arm with its interval, from the same parts as a difference: units, and seeds.

Shares have their intervals on the logit scale (Agresti, Categorical Data Analysis, 2013, section 1.3), so
that they stay on it, with half a unit's questions added, half of them right: 0 and 1 are no certainty.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from remem.scoring.differences import (
    Bounds,
    Term,
    Values,
    common,
    length,
    of_runs,
    of_units,
    reach,
    table,
    units_of,
)
from remem.scoring.stats import Side, placements

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
    _, owner, unit = units_of(ids, people, facts)
    terms = [_of_units(found.mean(0), owner, unit, length(bounds)), of_runs(found, "seeds")]
    return _cell(float(found.mean()), terms, len(ids) / (owner.max() + 1), len(ids), bounds)


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
    terms = [
        _of_units(of_ours, ours[0], ours[1], 1.0),
        _of_units(of_theirs, theirs[0], f"strangers: {theirs[1]}", 1.0),
        of_runs(areas, "seeds"),
    ]
    if terms[1] is None:  # one stranger
        terms[0] = None
    sides = [(len(side[0]), int(side[0].max()) + 1) for side in (ours, theirs)]
    rows, units = min(sides, key=lambda one: one[1])
    return _cell(float(areas.mean()), terms, rows / units, rows, (0.0, 1.0))


def _of_units(
    values: NDArray[np.float64], owner: NDArray[np.intp], name: str, scale: float | None
) -> Term | None:
    """As of a difference, with half its smoothing: one side's questions disagree with themselves."""
    return of_units(values, owner, name, None if scale is None else scale * 0.5**0.5)


def _cell(mean: float, terms: Sequence[Term | None], held: float, items: int, bounds: Bounds) -> Cell:
    known = [term for term in terms if term is not None]
    if terms[0] is None:
        return Cell(mean)
    far, (low, high) = reach(known, 1 - LEVEL), bounds
    if low is None or high is None:
        return Cell(mean, mean - far, mean + far) if far else Cell(mean)
    size = high - low
    share = ((mean - low) / size * items + held / 4) / (items + held / 2)
    wide = far / size / (share * (1 - share))
    ends = special.expit(special.logit(share) + np.array([-wide, wide]))
    return Cell(mean, min(mean, low + size * float(ends[0])), max(mean, low + size * float(ends[1])))
