"""How much of what teaching added does an attack bring out, beyond what it brings out of the Goal models?

    recovered    R = (arm after - Goals after) / (taught - Goals), the divisor before any attack
    brought back B = R after - R before: what the attack adds to what the arm says anyway

1 is what the taught model has, 0 what the same attack brings out of models that never saw them; below 0 and
above 1 happen and are left as they are. A setting that works on the Goal models as well recovers nothing.

Both are ratios of means. They are linearised (Cochran, Sampling Techniques, 1977, section 2.11): by item,
u = after - R * taught of each seed, v = after - R * before of each Goal model. Their difference has mean 0,
and the reach of its interval over what teaching added is that of R. So units, seeds and Goal models are
terms as everywhere (differences.py), and with one seed or one Goal model its part is not 0 but unknown: the
interval then speaks of these models, and `unknown` names what it leaves out. The taught model is one, as all
arms start from it; another one is no part of the question.

Where teaching added less than TAUGHT there is nothing to recover, and R and B are None. Where it is not shown
to have added anything (the 90 % interval of the divisor reaches 0) they have no interval: it has no end
(Fieller, J. R. Stat. Soc. B 1954, 16: 175-185).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from remem.scoring.differences import Difference, Values, common, difference, reach
from remem.scoring.evidence import TAUGHT


class Sides(NamedTuple):
    """The same questions, asked of a method's seeds and of the Goal models: by item id, from 0 to 1."""

    ours: Sequence[Values]  # one for each seed
    goals: Sequence[Values]  # one for each Goal model


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of what teaching added. Its interval is not cut off at 0 and 1."""

    mean: float
    added: float  # the divisor
    sure: bool  # whether the divisor is shown to be above 0
    rest: Difference  # u - v, whose mean is 0

    def ends(self, level: float = 0.95) -> tuple[float, float] | None:
        """The interval; None where the spread cannot be told."""
        if self.rest.se is None or not self.sure:
            return None
        far = reach(self.rest.terms, 1 - level) / self.added
        return self.mean - far, self.mean + far

    @property
    def unknown(self) -> tuple[str, ...]:
        """What varies and is not counted, as there is only one: ("seeds", "goal models")."""
        return self.rest.unknown


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """What one setting of an attack, or the worst of several, brought out of a method's seeds."""

    ours: float  # mean after the attack
    goal: float  # the Goal models' mean after the same attack
    excess: Difference  # ours less goal, item by item
    added: float | None  # taught less Goals before any attack; None where that was not measured
    share: Share | None  # R; None where there is nothing to recover
    back: Share | None  # B; None also where the arm was not asked before


def recovered(
    after: Sides,
    before: Sides,
    taught: Values,
    people: Mapping[str, str],
    facts: Mapping[str, Hashable],
) -> Recovered | None:
    """What an attack recovers; None where no item was asked of all seeds and Goal models.

    `before`: the same runs in the same order without an attack; a side is empty where it was not asked.
    Levels and the excess are over the items that all runs after the attack have, R and B over those that were
    also asked before. ValueError where `after` lacks a side, or a side before has another number of runs.
    """
    excess = difference(*after, people, facts)
    if excess.mean is None:
        return None
    ids, _ = common([*after.ours, *after.goals])
    ours, goal = (_mean(side, ids) for side in after)
    share = back = added = None
    if before.goals:
        there, _ = common([*after.ours, *after.goals, taught, *before.goals])
        added, share = _share(after, before.goals, taught, there, people, facts)
        if before.ours and share is not None:
            change = Sides(_less(after.ours, before.ours), _less(after.goals, before.goals))
            there, _ = common([*change.ours, *change.goals, taught, *before.goals])
            _, back = _share(change, before.goals, taught, there, people, facts)
    return Recovered(ours=ours, goal=goal, excess=excess, added=added, share=share, back=back)


def _share(
    found: Sides,
    goals: Sequence[Values],
    taught: Values,
    ids: Sequence[str],
    people: Mapping[str, str],
    facts: Mapping[str, Hashable],
) -> tuple[float | None, Share | None]:
    """What teaching added, and the share of it that ours have beyond the Goals'."""
    if not ids:
        return None, None
    known = {id: taught[id] for id in ids}
    asked = [{id: one[id] for id in ids} for one in goals]
    teaching = difference([known], asked, people, facts)
    added = teaching.mean
    if added is None or added < TAUGHT:
        return added, None
    ends = teaching.ends(0.9)
    sure = ends is not None and ends[0] > 0
    mean = (_mean(found.ours, ids) - _mean(found.goals, ids)) / added
    ours = [_from(one, known, mean, ids) for one in found.ours]
    theirs = [_from(one, base, mean, ids) for one, base in zip(found.goals, asked, strict=True)]
    return added, Share(mean=mean, added=added, sure=sure, rest=difference(ours, theirs, people, facts))


def _from(values: Values, base: Values, share: float, ids: Sequence[str]) -> dict[str, float | None]:
    return {id: _number(values[id]) - share * _number(base[id]) for id in ids}


def _less(after: Sequence[Values], before: Sequence[Values]) -> list[Values]:
    """Run by run; None where one of both has no value."""
    return [
        {
            id: value - then
            for id, value in one.items()
            if value is not None and (then := other.get(id)) is not None
        }
        for one, other in zip(after, before, strict=True)
    ]


def _mean(runs: Sequence[Values], ids: Sequence[str]) -> float:
    return sum(_number(one[id]) for one in runs for id in ids) / (len(runs) * len(ids))


def _number(value: float | None) -> float:
    assert value is not None  # `common` left those out
    return value
