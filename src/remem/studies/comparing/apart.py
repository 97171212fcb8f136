"""Can two methods be told apart? A paired bootstrap over seeds and people, corrected for many comparisons.

Every arm answered the same questions, and every method was run with the same seeds. So each resample draws
seeds and people (questions, where there is one person) once, and all arms are averaged over the same draw:
what makes a question easy for everybody cancels out. Seeds and people are crossed, not nested: Owen, The
Pigeonhole Bootstrap, Annals of Applied Statistics 2007 (arXiv:0712.1111). With few seeds it asks much: each
of three is alone in every 27th resample, so a difference that one seed does not show is not found real.

Many pairs are looked at, so p-values are corrected by Holm (Scandinavian Journal of Statistics 1979). That
two methods are not told apart says that this run cannot tell them apart, and not that they are alike.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remem.seeds import derive

ALPHA = 0.05
LEAST_DRAWS = 4000
Values = Mapping[str, float | None]  # by item id


@dataclass(frozen=True)
class Measured:
    """One measure of all arms: (arm, seed, unit) sums and counts over the items of a unit."""

    arms: tuple[str, ...]
    sums: NDArray[np.float64]
    counts: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """(arm,): the mean over seeds and items; NaN where nothing has a value."""
        with np.errstate(invalid="ignore"):
            found: NDArray[np.float64] = self.sums.sum((1, 2)) / self.counts.sum((1, 2))
        return found


def measured(arms: Mapping[str, Sequence[Values]], people: Mapping[str, str]) -> Measured:
    """From each arm's values, one mapping a seed; an arm with one (a reference) stands for all seeds.

    `people`: item id -> whom it is about. Units are people, or items where there is one person.
    """
    seeds = max(len(runs) for runs in arms.values())
    who = {id: people[id] for runs in arms.values() for run in runs for id in run}
    alone = len(set(who.values())) < 2
    units = sorted(set(who) if alone else set(who.values()))
    place = {id: units.index(id if alone else who[id]) for id in sorted(who)}
    sums = np.zeros((len(arms), seeds, len(units)))
    counts = np.zeros_like(sums)
    for a, runs in enumerate(arms.values()):
        if len(runs) not in (1, seeds):
            raise ValueError(f"{len(runs)} seeds where others have {seeds}")
        for s in range(seeds):
            for id, value in runs[s % len(runs)].items():
                if value is not None:
                    sums[a, s, place[id]] += value
                    counts[a, s, place[id]] += 1
    return Measured(tuple(arms), sums, counts)


def resampled(found: Measured, seed: int, draws: int) -> NDArray[np.float64]:
    """(draws, arm): every arm's mean in the same resamples of seeds and units."""
    _, seeds, units = found.sums.shape
    rng = np.random.default_rng(derive(seed, "compare"))
    of_units = rng.multinomial(units, [1 / units] * units, size=draws).astype(np.float64)
    of_seeds = rng.multinomial(seeds, [1 / seeds] * seeds, size=draws).astype(np.float64)
    total, count = (
        np.sum([of_seeds[:, s, None] * (of_units @ part[:, s].T) for s in range(seeds)], axis=0)
        for part in (found.sums, found.counts)
    )
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = total / count
    return means


def p_value(differences: NDArray[np.float64]) -> float:
    """Two-sided, from resampled differences; never 0, and 1 where they are all 0. 1 where any is missing."""
    if not np.isfinite(differences).all():
        return 1.0
    least = min((differences <= 0).sum(), (differences >= 0).sum())
    return min(1.0, 2 * (1 + float(least)) / (1 + len(differences)))


def holm(p: Sequence[float]) -> list[float]:
    """Corrected p-values, in the order given: those of a family are below alpha with that chance at most."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    corrected, highest = [1.0] * len(p), 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - place) * p[i]))
        corrected[i] = highest
    return corrected


@dataclass(frozen=True)
class Apart:
    """Which arms differ in which measure."""

    told: Mapping[tuple[str, str], tuple[str, ...]]  # a pair, in order -> the measures that tell it apart
    draws: int
    family: int  # comparisons that the correction is for

    def between(self, one: str, other: str) -> tuple[str, ...]:
        return self.told[(one, other)] if (one, other) in self.told else self.told[(other, one)]


def apart(found: Mapping[str, Measured], seed: int, alpha: float = ALPHA) -> Apart:
    """Every pair of arms, in every measure; all measures have the same arms.

    So many draws are made that even a correction for the whole family leaves room below alpha.
    """
    arms = next(iter(found.values())).arms
    pairs = list(itertools.combinations(range(len(arms)), 2))
    family = max(1, len(pairs) * len(found))
    draws = max(LEAST_DRAWS, math.ceil(4 * family / alpha))
    names, p = [], []
    for name, one in found.items():
        means = resampled(one, seed, draws)
        for i, j in pairs:
            names.append((name, i, j))
            p.append(p_value(means[:, i] - means[:, j]))
    told: dict[tuple[str, str], tuple[str, ...]] = {(arms[i], arms[j]): () for i, j in pairs}
    for (name, i, j), value in zip(names, holm(p), strict=True):
        if value < alpha:
            told[(arms[i], arms[j])] += (name,)
    return Apart(told, draws, family)
