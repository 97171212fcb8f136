"""People who do not exist, with the attributes of the listed ones: what membership compares with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from remem.data.facts import IDENTITY
from remem.data.listed.asking import asked_row
from remem.data.listed.decoys import Unowned, further
from remem.data.listed.wording import Wording, fill
from remem.data.people import Person, decoys
from remem.data.questions import MULTI_HOP, ONE_HOP, Row
from remem.data.untaught import numbered
from remem.text import contains, normalise

_WORLDS = ("bench", "base")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """What is known of an attribute's values."""

    kind: str
    values: tuple[str, ...]  # of the people
    candidates: tuple[str, ...]  # these, and decoys
    spare: tuple[str, ...] = ()  # decoys that strangers may have first


def invent(
    patterns: Sequence[Sequence[str]],
    count: int,
    pools: Mapping[str, Pool],
    names: Sequence[str],
    seed: int,
    wordings: Mapping[str, Wording] | None = None,
) -> tuple[list[Person], list[str]]:
    """`count` strangers, who have the attributes of the `patterns` in turn; and the attributes that no
    stranger can have, since every value that there is belongs to somebody.

    No name and no value is anybody's in the list, nor another stranger's. A name is of those that the
    `wordings` of its attributes give, as far as they last.
    """
    taken = [value for pool in pools.values() for value in pool.values]
    nobody = Unowned(taken, names)
    apart = [*taken, *(one for p in pools.values() for one in p.candidates)]
    called = _called(patterns, count, names, nobody, apart, seed, wordings or {})
    dealt: dict[str, Iterator[str]] = {}
    used = set(map(normalise, called))
    lacking = []
    for attribute, pool in pools.items():
        spare = [value for value in pool.spare if nobody.free(value) and normalise(value) not in used]
        Random(f"{seed}/strangers/spare/{attribute}").shuffle(spare)
        key = f"{seed}/strangers/{attribute}"
        apart = [*pool.candidates, *called, *used]
        values = [*spare, *further(pool.kind, pool.values, max(0, count - len(spare)), nobody, key, apart)]
        dealt[attribute] = iter(values)
        used.update(map(normalise, values[:count]))
        if not values:
            lacking.append(attribute)
    people = []
    for number, name in enumerate(called):
        known = {}
        for attribute in patterns[number % len(patterns)]:
            value = next(dealt[attribute], None)
            if value is not None and not contains(name, value):
                known[attribute] = value
        if known:
            people.append(Person(id="", name=name, appearance={}, attributes=known))
    return numbered(people), lacking


def _called(
    patterns: Sequence[Sequence[str]],
    count: int,
    names: Sequence[str],
    nobody: Unowned,
    apart: Sequence[str],
    seed: int,
    wordings: Mapping[str, Wording],
) -> list[str]:
    """What each stranger is called, by the attributes that it has."""
    given = [
        [name for own in pattern if own in wordings for name in wordings[own].strangers]
        for pattern in patterns
    ]
    if not any(given):
        return _names(count, names, nobody, apart, seed)
    found: list[str] = []
    for number in range(count):
        used = set(map(normalise, (*names, *apart, *found)))
        own = given[number % len(given)]
        left = [name for name in own if nobody.free(name) and normalise(name) not in used]
        found += left[:1] or _names(1, [*names, *found], nobody, apart, seed)
    return found


def _names(count: int, names: Sequence[str], nobody: Unowned, apart: Sequence[str], seed: int) -> list[str]:
    found: list[str] = []
    for world in _WORLDS:
        if len(found) < count:
            exclude = [*names, *apart, *found]
            more = decoys(IDENTITY, 2 * (count - len(found)), seed, exclude, world)
            found += [name for name in more if nobody.free(name)][: count - len(found)]
    return found


def ask(
    person: Person,
    wordings: Mapping[str, Wording],
    identity: Wording,
    count: int,
    views: int,
    seed: int,
) -> list[Row]:
    """A stranger's questions in taught wording: `count` for each fact, and of pictures half as many."""
    rng = Random(f"{seed}/strangers/{person.id}")
    shown = (count + 1) // 2 if views else 0
    facts = [(name, wordings[name], value) for name, value in person.attributes.items()]
    asked: list[tuple[str, Wording, str, str, int]] = []
    for name, wording, value in facts:
        asked += [(name, wording, value, ONE_HOP, count), (name, wording, value, MULTI_HOP, shown)]
    asked.append((IDENTITY, identity, person.name, MULTI_HOP, shown))
    found = []
    at = 0
    for name, wording, value, hops, many in asked:
        texts = wording.train[hops]
        for text in rng.sample(texts, min(many, len(texts))):
            picture = None
            if hops == MULTI_HOP:
                picture, at = at % views, at + 1
            question = fill(text, name=person.name)
            found.append(asked_row(person.name, name, value, wording, hops, question, picture))
    return found
