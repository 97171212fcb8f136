"""What stage 2 may go over to keep it, and what is held out from that: decided by fact, and here alone.

Methods that rehearse keep what they rehearse; whether they keep anything else, only rows that they never went
over can tell. So the taught rows of people whom no forget set holds are divided: into those that a method may
train on, other questions about the same facts, facts that are held out, and people (or events) of whom
nothing is gone over. Rows of the retain split are for asking: they are gone over only where the data set has
no others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from remem.data.forgotten import Forgotten
from remem.text import contains, normalise
from remem.types import Fact, Item, Questions

T = TypeVar("T")

FACTS = 0.2  # of the facts of each person who is rehearsed are held out, at least one where they have several
SHOWN = 60  # rehearsed rows that arms are asked, at most: they decide nothing


@dataclass(frozen=True, kw_only=True)
class Division:
    """Item ids, each once, in the data's order. No id is in two parts."""

    rehearsed: tuple[str, ...] = ()  # what a method may train on
    same: tuple[str, ...] = ()  # other questions (or pictures) about facts that are rehearsed
    facts: tuple[str, ...] = ()  # facts held out, of people who are rehearsed
    people: tuple[str, ...] = ()  # about those of whom nothing is rehearsed
    outside: tuple[str, ...] = ()  # these people, or events
    spare: bool = True  # False: there is nothing but the retain split to rehearse

    @property
    def kept(self) -> tuple[str, ...]:
        """What tells whether a method keeps: what it never went over, as far as the data set has it."""
        return (*self.facts, *self.people) or self.same or self.rehearsed

    @property
    def told_by(self) -> str:
        """In words, what `kept` is."""
        if self.facts or self.people:
            return "never rehearsed"
        return "other questions about what is rehearsed" if self.same else "rehearsed"

    @cached_property
    def digest(self) -> str:
        """Of what is rehearsed and of what is held out."""
        parts = (self.rehearsed, self.same, self.facts, self.people, self.outside)
        return hashlib.sha256("\n\n".join("\n".join(part) for part in parts).encode()).hexdigest()[:20]


def divide(
    data: Questions,
    *,
    retain: str,
    unseen: Collection[str],
    forgets: Collection[str],
    every: Collection[str],
    outside: int,
    withheld: Collection[str] = (),
) -> Division:
    """The division for one task.

    `retain`, `unseen`: splits, of what is to be kept and of what the Goal model is not taught. `forgets`: all
    splits that the run forgets, by whatever task; `every`: all that the data set has. Who is in one of these
    is never rehearsed, so that sizes and tasks of a run compare. `outside`: how many people (and events) to
    rehearse nothing of, at least; those of `every` whom the run does not forget come first, then others, up
    to half of all. `withheld`: ids that are left out besides.
    """
    gone, mine, here = (_asks(data, splits) for splits in ({*every, *forgets}, forgets, unseen))
    never = {id for split in (*unseen, "test") for id in data.splits.get(split, ())}
    asked = set(data.splits.get(retain, ()))

    def stays(split: str) -> list[Item]:
        rows = dict.fromkeys(data.splits.get(split, ()))
        return [data.items[id] for id in rows if id not in never and data.items[id] not in here]

    taught = stays("finetune") or stays(retain)
    pool = [item for item in taught if item.fact[0] not in gone.people]
    beyond = [item for item in taught if item.fact[0] in gone.people - mine.people]
    if not pool:  # everybody is in some forget set: what else is known of them is all that there is
        pool, beyond = [item for item in taught if item not in gone] or taught, []
    free = [item for item in pool if item.id not in asked]
    chosen = free or pool
    open_to = {item.fact[0] for item in chosen}
    beyond += [item for item in pool if item.fact[0] not in open_to]  # only asked about, in retain
    out = {item.fact[0] for item in beyond} | _outside(chosen, beyond, outside)
    inside = [item for item in chosen if item.fact[0] not in out]
    held = _held(inside)
    shown = {item.fact for item in inside} - held
    values: dict[str, set[str]] = {}
    for who, attribute, value in {item.fact for item in pool} - shown:
        if attribute:
            values.setdefault(who, set()).add(value)
    # A picture of somebody, or of an event, of whom nothing is rehearsed is not shown either.
    off = [item for item in inside if out & {item.person, item.event}]
    dropped = {item.id for item in off} | set(withheld)
    gone_over = tuple(
        item.id
        for item in inside
        if item.id not in dropped and item.fact not in held and not _holds(item, values.get(item.person, ()))
    )

    facts = {data.items[id].fact for id in gone_over}
    whom = {who for who, _, _ in facts}
    trained = set(gone_over)
    seen = whom | {one for id in gone_over for one in (data.items[id].person, data.items[id].event)}
    out |= {item.fact[0] for item in pool} - seen
    apart = set(withheld)  # a part of its own
    rest = [item for item in pool if item.id not in trained | apart and item.fact[0] in whom]
    # Of whom some facts are forgotten, the others stay, and nothing of them is rehearsed.
    partly = {item.fact[0] for item in taught if item.fact[0] in here.people} - whom
    alone = [item for item in taught if item.fact[0] in out | partly]
    there = {item.fact[0] for item in alone if item.id not in apart}
    # A fact that only retain asks for is no secret where a row about another gives it away.
    said: dict[str, list[str]] = {}
    for id in gone_over:
        said.setdefault(data.items[id].fact[0], []).append(_text(data.items[id]))
    untold = {item.fact for item in rest if item.fact not in facts and item.fact[1]}
    facts |= {fact for fact in untold if any(_gives(text, fact[2]) for text in said.get(fact[0], ()))}
    same = tuple(item.id for item in rest if item.fact in facts and (item.id in asked or item.id in dropped))
    return Division(
        rehearsed=gone_over,
        same=same,
        facts=tuple(item.id for item in rest if item.fact[1] and item.fact not in facts),
        people=tuple(item.id for item in alone if item.id not in apart or item.fact[0] not in there),
        outside=tuple(sorted(out)),
        spare=bool(free),
    )


def _asks(data: Questions, splits: Iterable[str]) -> Forgotten:
    return Forgotten(data.items[id] for split in splits for id in data.splits.get(split, ()))


def _outside(items: Sequence[Item], beyond: Sequence[Item], wanted: int) -> set[str]:
    """So many of each kind (people, events) as lack to those `wanted`; never more than half."""
    found: set[str] = set()
    for events in (False, True):
        names, there = (
            {item.fact[0] for item in rows if (item.fact[0] != item.person) == events}
            for rows in (items, beyond)
        )
        lack = min(max(0, wanted - len(there)), len(names) // 2)
        found.update(_drawn(names, lambda name: name)[:lack])
    return found


def _held(items: Iterable[Item]) -> set[Fact]:
    """The facts that are held out: a share of each person's, and one is always left.

    What rows that ask for something else give away cannot be held out: a name stands in every question.
    """
    rows: dict[str, list[tuple[Fact, str]]] = {}
    for item in items:
        rows.setdefault(item.fact[0], []).append((item.fact, _text(item)))
    found: set[Fact] = set()
    for own in rows.values():
        known = dict.fromkeys(fact for fact, _ in own if fact[1])
        secret = [
            fact
            for fact in known
            if not any(other != fact and other[1] and _gives(text, fact[2]) for other, text in own)
        ]
        count = min(max(1, round(FACTS * len(known))), len(known) - 1)
        found.update(_drawn(secret, "/".join)[: max(0, count)])
    return found


def _holds(item: Item, values: Collection[str]) -> bool:
    """Whether a row of several facts, or of none that can be told, gives away one that is held out."""
    return not item.fact[1] and any(_gives(_text(item), value) for value in values)


def _text(item: Item) -> str:
    return normalise(f"{item.question} {item.answer} {' , '.join(item.keywords)}")


def _gives(text: str, value: str) -> bool:
    return value in text and contains(text, value)  # both in normal form


def _drawn(things: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """In an order that depends on nothing but their names."""
    return sorted(things, key=lambda one: hashlib.sha256(f"held out/{name(one)}".encode()).digest())
