"""Who stands nearest to what is forgotten: where forgetting spills over first.

On pictures in events: what else is asked of the pictures, or the event, of what is forgotten. Else the people
who are most alike, in look as far as it is told (people.json), and in name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from remem.text import normalise
from remem.types import Questions

NEAREST = 2  # people most alike in look, and as many in name, to each person who is forgotten

Looks = Mapping[str, Mapping[str, object]]  # person -> trait -> word


def neighbours(
    data: Questions,
    forgotten: Sequence[str],
    kept: Sequence[str],
    names: Mapping[str, str],
    looks: Looks,
) -> tuple[str, ...]:
    """Those of the `kept` ids that ask about the nearest of whom the `forgotten` ids are about."""
    lost = set(forgotten)
    gone = [data.items[id] for id in forgotten]
    rows = [data.items[id] for id in kept if id not in lost]
    targets = {item.target for item in gone}
    if any(item.event for item in gone):
        return tuple(item.id for item in rows if {item.person, item.event} & targets)
    others = list(dict.fromkeys(item.person for item in rows if item.person not in targets))
    near = set(targets)  # where some of their facts stay
    for person in targets:
        near.update(_most(others, {one: _same(looks.get(person), looks.get(one)) for one in others}))
        near.update(_most(others, {one: _alike(names.get(person), names.get(one)) for one in others}))
    return tuple(item.id for item in rows if item.person in near)


def _most(people: Sequence[str], alike: Mapping[str, float]) -> list[str]:
    """Those who are most alike, in their order where they are equally so; none who have nothing in common.

    Never more than half: of two people both would be neighbours of everybody.
    """
    found = sorted((one for one in people if alike[one] > 0), key=lambda one: -alike[one])
    return found[: min(NEAREST, len(people) // 2)]


def _same(one: Mapping[str, object] | None, other: Mapping[str, object] | None) -> float:
    """The share of traits that two people have in common."""
    if not one or not other:
        return 0.0
    return sum(other.get(trait) == word for trait, word in one.items()) / len(one)


def _alike(one: str | None, other: str | None) -> float:
    if not one or not other:
        return 0.0
    return SequenceMatcher(None, normalise(one), normalise(other), autojunk=False).ratio()
