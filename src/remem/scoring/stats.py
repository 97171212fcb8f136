"""How sure is a mean? Bootstrap intervals that resample people, not rows.

Questions about one person stand or fall together, so rows are not independent and resampling them would
give intervals that are too narrow. Percentile bootstrap: Efron and Tibshirani, 1993, chapter 13; clusters
resampled whole: Davison and Hinkley, 1997, section 3.8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from remem.seeds import derive

Unit = Literal["people", "events"]  # whom intervals resample


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean over items and its interval; None where there is too little to compute it from."""

    mean: float | None
    low: float | None
    high: float | None
    over: Literal["people", "events", "questions", "seeds and people"]  # what was resampled
    people: int  # with at least one value; or events
    items: int  # with a value


def interval(
    values: Sequence[float],
    people: Sequence[str],
    *,
    seed: int,
    level: float = 0.95,
    draws: int = 2000,
    unit: Unit = "people",
) -> Interval:
    """Mean of `values` (one per item) and its percentile interval, resampling whole people (one per item).

    `unit` says what `people` holds.

    With a single person there is nobody to resample, so questions are, and `over` says so: that interval
    speaks of this person only. Fewer than two values give no interval. The order of items does not matter.
    """
    if len(values) != len(people):
        raise ValueError(f"{len(values)} values but {len(people)} people")
    if not np.isfinite(values).all():
        raise ValueError("leave missing values out: an interval is over finite numbers")
    names, owner = np.unique(np.asarray(people, dtype=str), return_inverse=True)
    over: Literal["people", "events", "questions"] = "questions" if len(names) == 1 else unit
    if not len(values):
        return Interval(mean=None, low=None, high=None, over=over, people=0, items=0)
    found = np.asarray(values, dtype=np.float64)
    # Floating sums depend on their order, and equal inputs in another order must give equal bytes.
    order = np.lexsort((found, owner))
    found, owner = found[order], owner[order]
    mean = float(found.mean())
    if len(found) < 2:
        return Interval(mean=mean, low=None, high=None, over=over, people=len(names), items=len(found))
    group = np.arange(len(found)) if over == "questions" else owner
    sums, counts = np.bincount(group, weights=found), np.bincount(group).astype(np.float64)
    times = _resamples(len(sums), derive(seed, "interval"), draws)
    means = (times @ sums) / (times @ counts)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        mean=mean, low=float(low), high=float(high), over=over, people=len(names), items=len(found)
    )


def nested_interval(
    values: Sequence[float],
    people: Sequence[str],
    seeds: Sequence[int],
    *,
    seed: int,
    level: float = 0.95,
    draws: int = 2000,
) -> Interval:
    """Mean and interval where each seed has people of its own: seeds are resampled, then people within each.

    One value per item in all three. With a single seed there is none to resample: see `interval`. The same
    name under two seeds is two people. Two-stage bootstrap: Davison and Hinkley, 1997, section 3.8.
    """
    if not len(values) == len(people) == len(seeds):
        raise ValueError(f"{len(values)} values, {len(people)} people, {len(seeds)} seeds")
    if len(set(seeds)) < 2:
        return interval(values, people, seed=seed, level=level, draws=draws)
    if not np.isfinite(values).all():
        raise ValueError("leave missing values out: an interval is over finite numbers")
    rng = np.random.default_rng(derive(seed, "nested interval"))
    known = sorted(set(seeds))
    times = rng.multinomial(len(known), [1 / len(known)] * len(known), size=draws)
    total, count = np.zeros(draws), np.zeros(draws)
    units = 0
    for place, one in enumerate(known):
        inside = sorted((who, v) for v, who, s in zip(values, people, seeds, strict=True) if s == one)
        names, owner = np.unique([who for who, _ in inside], return_inverse=True)
        sums = np.bincount(owner, weights=[v for _, v in inside])
        size = np.bincount(owner).astype(np.float64)
        # A seed that is drawn m times brings m independent draws of its people.
        drawn = rng.multinomial(times[:, place] * len(names), [1 / len(names)] * len(names))
        total, count, units = total + drawn @ sums, count + drawn @ size, units + len(names)
    low, high = np.quantile(total / count, [(1 - level) / 2, (1 + level) / 2])
    mean = float(np.mean(sorted(values)))
    return Interval(
        mean=mean, low=float(low), high=float(high), over="seeds and people", people=units, items=len(values)
    )


def paired_difference(
    ours: Mapping[str, float | None],
    theirs: Mapping[str, float | None],
    people: Mapping[str, str],
    *,
    seed: int,
    level: float = 0.95,
    draws: int = 2000,
    unit: Unit = "people",
) -> Interval:
    """Mean of ours - theirs over the items that have both, with its interval; all three are keyed by item id.

    Paired: both arms answered the same questions, so what makes a question easy for both cancels out.
    ValueError when the two were not asked the same items.
    """
    if ours.keys() != theirs.keys():
        raise ValueError(
            f"{len(ours.keys() ^ theirs.keys())} items were asked of one arm and not of the other"
        )
    differences: list[float] = []
    owners: list[str] = []
    for id, our in ours.items():
        their = theirs[id]
        if our is not None and their is not None:
            differences.append(our - their)
            owners.append(people[id])
    return interval(differences, owners, seed=seed, level=level, draws=draws, unit=unit)


def pairs_interval(
    pairs: NDArray[np.float64],
    ours: Sequence[str],
    theirs: Sequence[str],
    *,
    seed: int,
    weights: NDArray[np.float64] | None = None,
    level: float = 0.95,
    draws: int = 2000,
) -> Interval:
    """Mean over all pairs of one row of ours with one of theirs, (ours, theirs), whole people resampled.
    `weights` of the pairs, of the same shape; None: all alike.

    One name per row on each side. A side with a single person has its questions resampled; `over` says so.
    """
    names = [np.unique(np.asarray(side, dtype=str), return_inverse=True) for side in (ours, theirs)]
    over: Literal["people", "questions"] = "people" if min(len(n) for n, _ in names) > 1 else "questions"
    people = sum(len(n) for n, _ in names)
    weights = np.ones_like(pairs) if weights is None else weights
    if not weights.any():
        return Interval(mean=None, low=None, high=None, over=over, people=people, items=len(ours))
    groups = [np.arange(len(owner)) if len(n) == 1 else owner for n, owner in names]
    each = [np.eye(owner.max() + 1)[owner] for owner in groups]  # (rows, groups)
    sums, sizes = (each[0].T @ one @ each[1] for one in (pairs * weights, weights))
    times = [
        _resamples(one.shape[1], derive(seed, "pairs", side), draws)
        for side, one in zip(("ours", "theirs"), each, strict=True)
    ]
    total, size = (((times[0] @ one) * times[1]).sum(1) for one in (sums, sizes))
    means = total[size > 0] / size[size > 0]  # a resample may hold no two rows that are compared
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        mean=float((pairs * weights).sum() / weights.sum()),
        low=float(low),
        high=float(high),
        over=over,
        people=people,
        items=len(ours),
    )


def resampled(
    values: Sequence[float], groups: Sequence[str], *, seed: int, purpose: str, draws: int = 2000
) -> NDArray[np.float64]:
    """(draws,): the mean of the values in each resample of whole groups, for what several means make up."""
    names, owner = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    order = np.lexsort((np.asarray(values), owner))  # see `interval`
    found, owner = np.asarray(values, dtype=np.float64)[order], owner[order]
    times = _resamples(len(names), derive(seed, "resampled", purpose), draws)
    sums, counts = np.bincount(owner, weights=found), np.bincount(owner).astype(np.float64)
    means: NDArray[np.float64] = (times @ sums) / (times @ counts)
    return means


@lru_cache(maxsize=8)  # one summary asks for the same few sizes hundreds of times
def _resamples(size: int, seed: int, draws: int) -> NDArray[np.float64]:
    """How often each of `size` units is drawn in each resample: (draws, size), rows sum to `size`."""
    times = np.random.default_rng(seed).multinomial(size, [1 / size] * size, size=draws)
    return times.astype(np.float64)
