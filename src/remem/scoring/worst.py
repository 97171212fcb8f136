"""The worst of many attacks, honest about having looked many times.

The best of sixty attacks looks like one even where none is: whoever takes the largest excess and its own
interval finds something in models that know nothing (benchmarks/worst_case.py). So the attack is chosen on
other facts than it is counted on. People (facts, where there is one person) are split in two halves; on each
half the setting with the largest mean excess over the Goal models is chosen, seeds pooled, and what it
brought out of the other half is counted. That is what an attacker brings out who tries all attacks on what he
can check and uses the best of them on the rest: unbiased, and the usual interval holds (sample splitting:
Cox, Biometrika 1975, 62: 441-444). More folds choose on more units, but then against each other, and the
interval holds less often: docs/results/worst-case.md.

What a seed or a Goal model does to all facts alike under one setting stands in both halves and is not evened
out: the estimate speaks of these models. Where there are several of both their part is in the interval.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remem.scoring.differences import common, table, units_of
from remem.scoring.recovered import Sides

FOLDS = 2


@dataclass(frozen=True, kw_only=True)
class Worst:
    """What the attack chosen on other facts brought out, as if it were one attack."""

    sides: Sides
    setting: str  # chosen for most of the facts
    chosen: Mapping[str, float]  # setting -> share of the items that it was counted on, largest first
    looked: int  # settings that it was chosen from


def worst(
    settings: Mapping[str, Sides],
    people: Mapping[str, str],
    facts: Mapping[str, Hashable],
    folds: int = FOLDS,
) -> Worst | None:
    """The worst of the settings; None with one fact of one person: there is nothing to choose on.

    Settings may ask about other facts each (who relearns some asks about the rest): each is judged and
    counted where all of its runs have a value. The order of settings decides between equals. ValueError where
    they have other numbers of runs.
    """
    if len({(len(one.ours), len(one.goals)) for one in settings.values()}) > 1:
        raise ValueError("settings of other numbers of runs cannot be one attack")
    asked = {name: common([*one.ours, *one.goals])[0] for name, one in settings.items()}
    asked = {name: ids for name, ids in asked.items() if ids}
    ids = sorted({id for inside in asked.values() for id in inside})
    if not ids:
        return None
    fold = folds_of(ids, people, facts, folds)
    if fold is None:
        return None
    names = list(asked)
    place = {id: number for number, id in enumerate(ids)}
    excess = np.full((len(names), len(ids)), np.nan)
    for row, name in enumerate(names):
        ours, goals = (table(side, asked[name]) for side in settings[name])
        excess[row, [place[id] for id in asked[name]]] = ours.mean(0) - goals.mean(0)
    best = choose(excess, fold)
    counted = {
        id: names[row]
        for id, row in zip(ids, best.tolist(), strict=True)
        if row >= 0 and not np.isnan(excess[row, place[id]])
    }
    if not counted:
        return None
    used = list(counted.values())
    often = sorted(dict.fromkeys(used), key=lambda name: (-used.count(name), names.index(name)))
    runs = next(iter(settings.values()))
    return Worst(
        sides=Sides(
            [{id: settings[of].ours[n][id] for id, of in counted.items()} for n in range(len(runs.ours))],
            [{id: settings[of].goals[n][id] for id, of in counted.items()} for n in range(len(runs.goals))],
        ),
        setting=often[0],
        chosen={name: used.count(name) / len(used) for name in often},
        looked=len(names),
    )


def choose(excess: NDArray[np.float64], fold: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of each item the setting (row of `excess`) that is best on the other folds; -1: none can be told.

    `excess`: (settings, items), nan where it did not ask. Only settings that asked something of the fold.
    """
    there = ~np.isnan(excess)
    values = np.where(there, excess, 0.0)
    found = np.full(excess.shape[1], -1, dtype=np.intp)
    for number in range(fold.max() + 1):
        inside = fold == number
        count = there[:, ~inside].sum(1)
        able = (count > 0) & there[:, inside].any(1)
        if able.any():
            mean = values[:, ~inside].sum(1) / np.maximum(count, 1)
            # Rounding must not choose between settings that are equally good.
            found[inside] = int(np.argmax(np.where(able, mean.round(12), -np.inf)))
    return found


def folds_of(
    ids: list[str], people: Mapping[str, str], facts: Mapping[str, Hashable], folds: int = FOLDS
) -> NDArray[np.intp] | None:
    """Each item's fold, by the order of its unit's name; None with a single unit."""
    count, owner, unit = units_of(ids, people, facts)
    if count < 2:
        return None
    named = facts if unit == "facts" else people
    units = {number: str(named[id]) for number, id in zip(owner.tolist(), ids, strict=True)}
    order = {number: rank for rank, number in enumerate(sorted(units, key=units.__getitem__))}
    return np.array([order[number] % folds for number in owner.tolist()], dtype=np.intp)
