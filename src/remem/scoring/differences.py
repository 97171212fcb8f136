"""How far is one arm from another, and are they alike? Differences over units, seeds and retrained models.

Both answered the same questions, so a question that is hard for both cancels out. What is left varies with
the people (or the facts of the one person), with the seeds of a method, and with each retraining of the Goal
model. Each is a term of the variance, and the terms are added:

- units: var of the units' differences / units, each averaged over seeds, models and its items;
- seeds: var of the seeds' means / seeds; models: the same of the other side.

What seeds and people do together is in both terms and so counted twice: intervals are rather too wide than
too narrow. Each term brings its own t quantile: reach^2 = sum of t_k^2 * variance_k (Banerjee, Sankhya 1960,
22: 357-358), which holds its level whatever the terms' sizes. Satterthwaite's approximation (Biometrics
Bulletin 1946, 2: 110-114) takes three seeds that agree by chance for certainty; its degrees of freedom are
told as `df`.

Where all units agree, their variance is not 0 but unknown. For measures with ends, one pair of questions that
disagree is added, as Agresti and Min do for paired proportions (Statistics in Medicine 2005,
doi 10.1002/sim.1781), with the variance of whole units whose questions stand together half way: see
docs/decisions/0031-comparisons.md for what was simulated. The mean is left as it is.

Alike is not "not told apart": two one-sided tests (Schuirmann, J. Pharmacokinet. Biopharm. 1987, 15: 657-680)
must show that the difference is within a margin. What varies more is shown less easily.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

FEW = 0.05  # of the items: so many may be missing
MARGIN = 0.10  # of a measure's scale: less than that counts as alike
_LEAST = math.log(1e-12)  # no p is told below
Values = Mapping[str, float | None]  # by item id
Bounds = tuple[float | None, float | None]  # a measure's ends; None where it has none


@dataclass(frozen=True)
class Term:
    """One part of a mean's variance."""

    name: str  # what varies: "people", "facts", "seeds", "goal models"
    variance: float
    df: float


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Ours less theirs. What could not be computed is None, and `unknown` says what was not seen to vary."""

    mean: float | None  # over items that every run of both has
    se: float | None  # None without a mean or with a single unit
    df: float | None  # Satterthwaite's, of se
    terms: tuple[Term, ...]  # what varies and is counted
    unknown: tuple[str, ...]  # what varies and is not, as there is only one: ("goal models",)
    units: int  # people, or facts of the one person
    seeds: int
    models: int  # runs of the other side
    items: int
    missing: int  # items left out, as some run has no value of them
    scale: float | None  # a measure's length; None without ends

    @property
    def over(self) -> tuple[str, ...]:
        """What varies and is counted: ("people", "seeds", "goal models"), or ("facts",) for one person."""
        return tuple(term.name for term in self.terms)

    def ends(self, level: float = 0.95) -> tuple[float, float] | None:
        """The interval, within what differences can be; None where the spread cannot be told."""
        if self.mean is None or self.se is None:
            return None
        far = reach(self.terms, 1 - level)
        low, high = self.mean - far, self.mean + far
        return (low, high) if self.scale is None else (max(low, -self.scale), min(high, self.scale))

    def within(self, margin: float = MARGIN, alpha: float = 0.05) -> bool:
        """Whether the difference is shown to be less than `margin`, in the measure's own unit.

        Two one-sided tests: the interval of level 1 - 2 alpha lies inside. False where there is none, or
        where some run lacks more than FEW of the items: what is left does not speak for them. It speaks of
        what is counted: see `unknown`.
        """
        if self.missing > FEW * (self.items + self.missing):
            return False
        ends = self.ends(1 - 2 * alpha)
        return ends is not None and -margin < ends[0] and ends[1] < margin

    def p(self) -> float | None:
        """Two-sided: 1 less the level of the interval that just reaches 0, and no less than 2 / 4^units.

        That is how often all units differ in one direction, where each arm knows a unit as a whole or not,
        by a fair coin. None where there is no interval, and with one seed: nothing then says what another
        would give.
        """
        if self.mean is None or self.se is None or "seeds" not in self.over:
            return None
        distance = abs(self.mean)

        def above(log_p: float) -> float:
            return reach(self.terms, math.exp(log_p)) - distance

        found = _LEAST if above(_LEAST) < 0 else float(optimize.brentq(above, _LEAST, 0.0))
        return max(math.exp(found), 2 * 0.25**self.units)


def difference(
    ours: Sequence[Values],
    theirs: Sequence[Values],
    people: Mapping[str, str],
    facts: Mapping[str, Hashable],
    *,
    bounds: Bounds = (0.0, 1.0),
    paired_seeds: bool = False,
    others: str = "goal models",
) -> Difference:
    """Ours (one mapping per seed) less theirs (one per retraining, or per seed of another method).

    `people` and `facts` say by item id whom a question is about, and what it asks for: facts are the units
    where there is one person. `others`: what the other side's runs are called. With `paired_seeds` run n of
    both shares its seed, and the differences by seed are one term. ValueError when a side has no run, or
    paired ones are not equally many.
    """
    if not ours or not theirs:
        raise ValueError("a side has no run")
    if paired_seeds and len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} seeds cannot be paired with {len(theirs)}")
    ids, missing = common([*ours, *theirs])
    a, b = table(ours, ids), table(theirs, ids)
    names, owner, unit = units_of(ids, people, facts)
    size = length(bounds)
    terms: list[Term | None] = []
    unknown: list[str] = []
    mean = float(a.mean() - b.mean()) if ids else None
    if ids:
        terms.append(of_units(a.mean(0) - b.mean(0), owner, unit, size))
        unknown += [unit] if terms[0] is None else []
        sides = [("seeds", a - b)] if paired_seeds else [("seeds", a), (others, b)]
        for name, runs in sides:
            terms.append(of_runs(runs, name))
            unknown += [name] if terms[-1] is None else []
    known = [term for term in terms if term is not None]
    se, df = together(known) if known and terms[0] is not None else (None, None)
    return Difference(
        mean=mean,
        se=se,
        df=df,
        terms=tuple(known),
        unknown=tuple(unknown),
        units=names,
        seeds=len(ours),
        models=len(theirs),
        items=len(ids),
        missing=missing,
        scale=size,
    )


def common(runs: Sequence[Values]) -> tuple[list[str], int]:
    """The items of which every run has a value, in order of their ids; and how many others any run has."""
    every = set.intersection(*({id for id, value in run.items() if value is not None} for run in runs))
    any_of = {id for run in runs for id, value in run.items() if value is not None}
    return sorted(every), len(any_of) - len(every)


def table(runs: Sequence[Values], ids: Sequence[str]) -> NDArray[np.float64]:
    """(runs, items). ValueError for a value that is no finite number."""
    found = np.array([[run[id] for id in ids] for run in runs], dtype=np.float64).reshape(len(runs), len(ids))
    if not np.isfinite(found).all():
        raise ValueError("leave missing values out: a difference is of finite numbers")
    return found


def units_of(
    ids: Sequence[str], people: Mapping[str, str], facts: Mapping[str, Hashable]
) -> tuple[int, NDArray[np.intp], str]:
    """How many units, each item's, and their name: people, or the facts of the one person."""
    whom: list[Hashable] = [people[id] for id in ids]
    alone = len(set(whom)) == 1
    if alone:
        whom = [facts[id] for id in ids]
    place = {one: number for number, one in enumerate(dict.fromkeys(whom))}
    return len(place), np.array([place[one] for one in whom], dtype=np.intp), "facts" if alone else "people"


def length(bounds: Bounds) -> float | None:
    low, high = bounds
    return None if low is None or high is None else high - low


def of_units(
    values: NDArray[np.float64], owner: NDArray[np.intp], name: str, scale: float | None
) -> Term | None:
    """The variance of the mean of `values` (one per item) over units; None with a single unit.

    Linearised ratio, as units have unlike numbers of items: e_u = sum over its items of (value - mean),
    U / (U - 1) * sum(e_u^2) / N^2, which is var(unit means) / U where all have as many. With ends, the
    smoothing adds scale^2 * m / N^2, m items being a unit's. Degrees of freedom: N^2 / sum(n_u^2) - 1, that
    is U - 1 where all have as many.
    """
    sizes = np.bincount(owner)
    units, items = len(sizes), len(values)
    if units < 2:
        return None
    rest = np.bincount(owner, weights=values - values.mean())
    squares = float(rest @ rest) * units / (units - 1)
    held = float(sizes @ sizes) / items  # items of the unit that an item is of
    smooth = 0.0 if scale is None else scale**2 * held
    return Term(name, (squares + smooth) / items**2, max(1.0, items / held - 1))


def of_runs(runs: NDArray[np.float64], name: str) -> Term | None:
    """The variance of the mean over runs (runs, items); None with a single run."""
    count = len(runs)
    return Term(name, float(runs.mean(1).var(ddof=1)) / count, count - 1) if count > 1 else None


def reach(terms: Sequence[Term], alpha: float) -> float:
    """Half the width of an interval of level 1 - alpha."""
    return math.sqrt(sum(float(stats.t.isf(alpha / 2, term.df)) ** 2 * term.variance for term in terms))


def together(terms: Sequence[Term]) -> tuple[float | None, float | None]:
    """Standard error and degrees of freedom of the sum; None where nothing was seen to vary."""
    whole = sum(term.variance for term in terms)
    if whole <= 1e-24:  # rounding
        return None, None
    return math.sqrt(whole), whole**2 / sum(term.variance**2 / term.df for term in terms)
