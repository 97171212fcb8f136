"""How sure is a mean? Intervals whose units are seeds, people, events or facts, never single questions.

Questions about one person stand or fall together, so a person is one unit however much is asked of them. An
interval is a t interval of the units' means, which may weigh unequally: the variance is linearised (Cochran,
Sampling Techniques, 1977, section 9A.1) and its degrees of freedom are Satterthwaite's (Biometrics Bulletin
2, 1946). Between two known ends of a scale it is formed on the logit scale (Korn and Graubard, Survey
Methodology 24, 1998, equation 2.1), with the smoothing of `Spread.of`. How often it covers, and what else was
tried: docs/decisions/0030-intervals-that-cover.md.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, logit, stdtrit

Unit = Literal["people", "events"]  # whom `people` names
Over = Literal["people", "events", "facts", "seeds"]
Bounds = tuple[float | None, float | None]  # the ends of a scale; None: unbounded

SHARE: Bounds = (0.0, 1.0)
DIFFERENCE: Bounds = (-1.0, 1.0)  # of two shares

# By how much of one unit that lands on an end of the scale by the toss of a coin the variance is smoothed.
# Units that agree by chance would else give an interval that knows everything. Means of people near an end
# are skewed, and their few exceptions easily missed; differences, areas and means of seeds are hardly so.
_PERSON, _LEAST = 0.2, 0.02


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean over items and its interval; None where there is too little to compute it from."""

    mean: float | None
    low: float | None
    high: float | None
    over: Over  # the units that the interval generalises over
    people: int  # with at least one value; or events
    items: int  # with a value


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Where the truth behind a mean may lie: a t distribution, on the logit scale between two ends."""

    mean: float
    variance: float  # of the mean
    freedom: float  # degrees of it
    units: float  # effective number: 1 over the sum of squared weights
    items: int
    bounds: Bounds

    @classmethod
    def of(
        cls, values: Sequence[float], units: Sequence[Hashable], bounds: Bounds, coin: float = _PERSON
    ) -> Spread | None:
        """Of the plain mean of `values` (one per item); None with fewer than two units (one per item).

        A unit's weight is its share of the items. Between two ends of a scale the variance is at least that
        of as many independent items, and grows by `coin` times the items' variance over the squared number of
        units. Both count half an item (half a unit) more at each end, so units that agree leave some width.
        Order does not matter, to the last bit.
        """
        found, owner, counts = _sorted(values, units)
        if len(counts) < 2:
            return None
        mean = float(found.mean())
        weights = counts / len(found)
        gaps = np.bincount(owner, weights=found) / counts - mean
        s2, s3, s4, s5 = ((weights**power).sum() for power in (2, 3, 4, 5))
        # The expectation of the sum of squares, and its variance, where all units vary alike.
        expected = s2 - 2 * s3 + s2**2
        doubled = s4 * (1 + 2 * s2) - 4 * s5 + s2**4 + 2 * s4 * s2 - 4 * s2**2 * s3 + 2 * s3**2
        number = 1 / s2
        variance = float((weights**2 * gaps**2).sum() * s2 / expected)
        low, high = bounds
        if low is not None and high is not None:
            alone = _square(found, len(found), low, high) / len(found)
            variance = max(variance, alone) + coin * _square(found, number, low, high) / number**2
        return cls(
            mean=mean,
            variance=variance,
            freedom=float(expected**2 / doubled),
            units=float(number),
            items=len(found),
            bounds=bounds,
        )

    def below(self, chance: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value that the truth lies below with this confidence, for each chance from 0 to 1."""
        quantiles = np.where(chance > 1e-300, stdtrit(self.freedom, chance), -np.inf)  # scipy has +inf at 0
        deviations = quantiles * self.variance**0.5
        low, high = self.bounds
        if low is None or high is None:
            return np.clip(
                self.mean + deviations, -np.inf if low is None else low, np.inf if high is None else high
            )
        share = min(1.0, max(0.0, (self.mean - low) / (high - low)))
        # Half an item at each end keeps the logit finite.
        centre = (self.items * share + 0.5) / (self.items + 1)
        found = expit(logit(centre) + deviations / (high - low) / (centre * (1 - centre)))
        # Means of units between two ends vary at most as coins do: no wider than Clopper and Pearson, 1934.
        least = _coins(self.units * share, self.units * (1 - share) + 1, chance)
        most = _coins(self.units * share + 1, self.units * (1 - share), chance)
        below = np.minimum(np.maximum(found, least), share)
        above = np.maximum(np.minimum(found, most), share)
        found = np.where(chance < 0.5, below, above)
        return low + (high - low) * found

    def ends(self, level: float) -> tuple[float, float]:
        """Of the two-sided interval."""
        low, high = self.below(np.array([(1 - level) / 2, (1 + level) / 2]))
        return float(low), float(high)


@dataclass(frozen=True, kw_only=True)
class Side:
    """Numbers of the rows on one side of a comparison, one of each per row."""

    values: Sequence[float]
    people: Sequence[str]
    facts: Sequence[Hashable]
    kinds: Sequence[Hashable] = ()  # rows are compared with those of their kind; (): with all


def interval(
    values: Sequence[float],
    people: Sequence[str],
    *,
    facts: Sequence[Hashable] | None = None,
    bounds: Bounds = SHARE,
    level: float = 0.95,
    unit: Unit = "people",
) -> Interval:
    """Mean of `values` and its interval over people; one of each per item. `unit` says what `people` holds.

    With a single person it is over the facts (one per item) and speaks of this person only; `over` says so.
    Fewer than two units, or no facts for a single person, give no interval. `bounds` are the ends of the
    scale: without both there is no smoothing, and units that agree give no width.
    """
    if len(values) != len(people) or (facts is not None and len(facts) != len(values)):
        raise ValueError(f"{len(values)} values but {len(people)} people or not as many facts")
    return _plain(values, people, facts, bounds, level, unit, _PERSON)


def _plain(
    values: Sequence[float],
    people: Sequence[str],
    facts: Sequence[Hashable] | None,
    bounds: Bounds,
    level: float,
    unit: Unit,
    coin: float,
) -> Interval:
    _finite(values)
    names = len(set(people))
    over: Over = "facts" if names == 1 else unit
    if not len(values):
        return Interval(mean=None, low=None, high=None, over=over, people=0, items=0)
    units: Sequence[Hashable] = people if names > 1 else (facts or ["one"] * len(values))
    return _told(Spread.of(values, units, bounds, coin), values, over, names, level)


def nested_interval(
    values: Sequence[float],
    people: Sequence[str],
    seeds: Sequence[int],
    *,
    facts: Sequence[Hashable] | None = None,
    bounds: Bounds = SHARE,
    level: float = 0.95,
) -> Interval:
    """Mean and interval over seeds, each of which has people of its own. One value per item in all of them.

    With a single seed: see `interval`. The same name under two seeds is two people.
    """
    if not len(values) == len(people) == len(seeds):
        raise ValueError(f"{len(values)} values, {len(people)} people, {len(seeds)} seeds")
    if len(set(seeds)) < 2:
        return interval(values, people, facts=facts, bounds=bounds, level=level)
    _finite(values)
    who = len(set(zip(seeds, people, strict=True)))
    return _told(Spread.of(values, seeds, bounds, _LEAST), values, "seeds", who, level)


def paired_difference(
    ours: Mapping[str, float | None],
    theirs: Mapping[str, float | None],
    people: Mapping[str, str],
    *,
    facts: Mapping[str, Hashable] | None = None,
    bounds: Bounds = DIFFERENCE,
    level: float = 0.95,
    unit: Unit = "people",
) -> Interval:
    """Mean of ours - theirs over the items that have both, with its interval; all are keyed by item id.

    Paired: both arms answered the same questions, so what makes a question easy for both cancels out.
    `bounds` are those of a difference. ValueError when the two were not asked the same items.
    """
    if ours.keys() != theirs.keys():
        raise ValueError(
            f"{len(ours.keys() ^ theirs.keys())} items were asked of one arm and not of the other"
        )
    gaps = {
        id: our - their
        for id, our in ours.items()
        if our is not None and (their := theirs[id]) is not None
    }  # fmt: skip
    asked = None if facts is None else [facts[id] for id in gaps]
    who = [people[id] for id in gaps]
    return _plain(list(gaps.values()), who, asked, bounds, level, unit, _LEAST)


def area_interval(ours: Side, theirs: Side, *, level: float = 0.95) -> Interval:
    """The area under the ROC curve, rows of ours against theirs, and its interval over people on both sides.

    A side with a single person is one of her facts, and `over` says so; one fact gives no interval. `people`
    counts both sides, `items` ours. Placement values by ranks (DeLong et al., Biometrics 44, 1988), summed by
    unit (Obuchowski, Biometrics 53, 1997); the sides' variances add up, their degrees of freedom by
    Satterthwaite.
    """
    who = sum(len(set(side.people)) for side in (ours, theirs))
    over: Over = "facts" if any(len(set(side.people)) == 1 for side in (ours, theirs)) else "people"
    if not len(ours.values) or not len(theirs.values):
        return Interval(mean=None, low=None, high=None, over=over, people=who, items=len(ours.values))
    places = placements(ours, theirs), 1 - placements(theirs, ours)
    units = [side.people if len(set(side.people)) > 1 else side.facts for side in (ours, theirs)]
    both = area_spread(*places, *units)
    return _told(both, sorted(places[0]), over, who, level)


def area_spread(
    ours: Sequence[float] | NDArray[np.float64],
    theirs: Sequence[float] | NDArray[np.float64],
    units: Sequence[Hashable],
    others: Sequence[Hashable],
) -> Spread | None:
    """Of an area, from both sides' placements (theirs turned round) and units; None with one unit a side."""
    one, other = (
        Spread.of(list(place), whose, SHARE, _LEAST) for place, whose in ((ours, units), (theirs, others))
    )
    if one is None or other is None:
        return None
    variance = one.variance + other.variance
    shares = [(part.variance / variance) ** 2 / part.freedom for part in (one, other)]
    return replace(one, variance=variance, freedom=1 / sum(shares), units=min(one.units, other.units))


def placements(ours: Side, theirs: Side) -> NDArray[np.float64]:
    """For each of ours the share of theirs of its kind that lies below it, ties counting one half: (ours,).

    ValueError for a kind that theirs have none of.
    """
    mine, rank = (np.asarray(side.values, dtype=np.float64) for side in (ours, theirs))
    number = {kind: n for n, kind in enumerate(dict.fromkeys([*ours.kinds, *theirs.kinds]))}
    whose, others = (
        np.array([number[kind] for kind in side.kinds] or [0] * len(side.values)) for side in (ours, theirs)
    )
    found = np.empty(len(mine))
    for kind in np.unique(whose):
        here, there = mine[whose == kind], np.sort(rank[others == kind])
        if not len(there):
            raise ValueError("a row has nothing of its kind to be compared with")
        below = np.searchsorted(there, here, "left") + np.searchsorted(there, here, "right")
        found[whose == kind] = below / (2 * len(there))
    return found


def _told(spread: Spread | None, values: Sequence[float], over: Over, people: int, level: float) -> Interval:
    low, high = (None, None) if spread is None else spread.ends(level)
    mean = float(np.sort(values).mean()) if spread is None else spread.mean
    return Interval(mean=mean, low=low, high=high, over=over, people=people, items=len(values))


def _finite(values: Sequence[float]) -> None:
    if not np.isfinite(values).all():
        raise ValueError("leave missing values out: an interval is over finite numbers")


def _sorted(
    values: Sequence[float], units: Sequence[Hashable]
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Values, their unit's number, and how many values each unit has.

    Floating sums depend on their order, and equal inputs in another order must give equal bytes.
    """
    inside: dict[Hashable, list[float]] = {}
    for unit, value in zip(units, values, strict=True):
        inside.setdefault(unit, []).append(value)
    groups = sorted(sorted(group) for group in inside.values())
    counts = np.array([len(group) for group in groups], dtype=np.float64)
    owner = np.repeat(np.arange(len(groups)), counts.astype(int))
    return np.array([value for group in groups for value in group], dtype=np.float64), owner, counts


def _square(found: NDArray[np.float64], number: float, low: float, high: float) -> float:
    """Variance of the values, weighing `number`, with a half at each end of the scale."""
    middle = (number * found.mean() + (low + high) / 2) / (number + 1)
    ends = ((low - middle) ** 2 + (high - middle) ** 2) / 2
    return float((number * ((found - middle) ** 2).mean() + ends) / (number + 1))


def _coins(one: float, other: float, chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of the beta distribution; with nothing on a side, that end."""
    if one <= 0 or other <= 0:
        return np.full_like(chance, 0.0 if one <= 0 else 1.0)
    found: NDArray[np.float64] = betaincinv(one, other, chance)
    return found
