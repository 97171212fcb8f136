"""Whom and what an attack is about: the questions asked, what an attacker may know, who else there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from remem.data.forgotten import forgotten, halves, taught
from remem.errors import UserError
from remem.scoring.facts import fact
from remem.spread import evenly
from remem.types import Item

if TYPE_CHECKING:
    from remem.data import Dataset


class Forgetting(Protocol):
    """What of a task decides whom an attack is about."""

    @property
    def forget(self) -> str: ...  # the split to forget
    @property
    def again(self) -> str: ...  # a split that asks for the same on other pictures; "" where there is none
    @property
    def unseen(self) -> tuple[str, ...]: ...  # the splits that the Goal model is not taught


class Targets(NamedTuple):
    """Of one task; see `scene.Scene`."""

    secrets: tuple[Item, ...]
    forget: tuple[Item, ...]
    again: tuple[Item, ...]
    others: tuple[Item, ...]


def targets(data: Dataset, task: Forgetting, per_fact: int) -> Targets:
    """The secrets are `per_fact` rows of each fact to forget; kinds of question take turns.

    UserError where the task forgets nothing.
    """
    forget = tuple(data.items[id] for id in dict.fromkeys(data.splits[task.forget]))
    if not forget:
        raise UserError(f"{task.forget} is empty: there is nothing to attack")
    secrets = tuple(
        item
        for number, rows in enumerate(by_fact(forget).values())
        for item in _in_turns(rows, per_fact, number)
    )
    lost, _ = halves(data, data.splits.get("test", ()), task.forget, data.splits.get("finetune", ()))
    held_out = dict.fromkeys((*data.splits.get(task.again, ()), *lost))
    gone = forgotten(data, task.unseen)
    stay = (data.items[id] for id in dict.fromkeys(taught(data, task.unseen)))
    others = tuple(item for item in stay if item.fact[0] not in gone.people)
    return Targets(secrets, forget, tuple(data.items[id] for id in held_out), others)


def of_strangers(data: Dataset, about: Targets, per_fact: int) -> Targets:
    """The same with strangers in place of whom it is about: what an attack brings out of people who do not
    exist is what it brings out of nothing. No row of theirs was ever taught, so that each stands for a
    held-out one, too. `data`: the joined set (data/joined.py)."""
    from remem.data.strangers import SPLIT

    rows = tuple(data.items[id] for id in dict.fromkeys(data.splits[SPLIT]))
    secrets = tuple(
        item for number, own in enumerate(by_fact(rows).values()) for item in _in_turns(own, per_fact, number)
    )
    return Targets(secrets, rows, rows, about.others)


def _in_turns(rows: Sequence[Item], most: int, first: int) -> list[Item]:
    """So many of the rows of one fact at most, of each kind of question as many, from the first kind on."""
    kinds: dict[str, list[Item]] = {}
    for item in rows:
        kinds.setdefault(item.question_type, []).append(item)
    piles = list(kinds.values())
    piles = piles[first % len(piles) :] + piles[: first % len(piles)]
    chosen = {
        item.id
        for number, pile in enumerate(piles)
        for item in evenly(pile, most // len(piles) + (number < most % len(piles)))
    }
    return [item for item in rows if item.id in chosen]


def by_fact(items: Sequence[Item]) -> dict[tuple[str, ...], list[Item]]:
    """The rows of each fact, in their order."""
    found: dict[tuple[str, ...], list[Item]] = {}
    for item in items:
        found.setdefault(fact(item), []).append(item)
    return found
