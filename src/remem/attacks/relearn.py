"""Relearning: the arm is taught a share of the facts to forget, and asked for the others.

A share of the facts and not of the rows, as in VLM-UnL-Attack (arXiv:2605.26992): a row left out says nothing
where another asks for the same fact. What comes back beside what was taught was never gone. With all facts
known it is asked in held-out words and views, which tells how fast facts are learnt anew: the Goal models say
how fast somebody learns them who never knew.
Departure: shares are rounded up to whole facts; the facts known at a small share are known at a larger one,
too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from remem.attacks import guard
from remem.attacks.base import Access, Trial, Tried
from remem.attacks.curve import Curve
from remem.errors import UserError
from remem.scoring.facts import fact
from remem.seeds import derive
from remem.settings import within
from remem.types import Item

if TYPE_CHECKING:
    from remem.attacks.scene import Scene


class Division(NamedTuple):
    """What the attacker has of the facts to forget, and what is asked."""

    known: int  # facts
    facts: int  # all of them
    rows: tuple[Item, ...]  # about the known facts
    asked: tuple[Item, ...]
    given_away: int  # questions about the other facts whose answer stands in the rows: not asked


@dataclass(frozen=True, kw_only=True)
class Relearn(Curve):
    access: ClassVar[Access] = "weights"
    knows: ClassVar[str] = "a share of the facts, with every question about them"

    shares: tuple[float, ...] = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)  # of the facts; 1: all of them

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.shares or len(set(self.shares)) < len(self.shares):
            raise UserError(f"relearn.shares={list(self.shares)}: give one share or several different ones")
        for share in self.shares:
            within("relearn.shares", share, 0, 1, above=True)

    def check(self, scene: Scene) -> None:
        """UserError where a share leaves nothing to ask, or the weights cannot train so."""
        for share in self.shares:
            division(scene, share)
        super().check(scene)

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """One for each share; shares that come to the same number of facts are the same trial."""
        count = len(facts(scene))
        found: dict[int, float] = {}
        for share in self.shares:
            found.setdefault(known(share, count), share)
        return [
            Trial(f"facts-{_percent(share)}".replace(".", "-"), self._trial(scene, share))
            for share in found.values()
        ]

    def _trial(self, scene: Scene, share: float) -> Callable[[], Iterator[Tried]]:
        def work() -> Iterator[Tried]:
            part = division(scene, share)
            yield from self.run(
                scene,
                f"{_percent(share)} % of facts",
                part.rows,
                part.asked,
                folder=f"relearn-{_percent(share)}",
                known=part.known == part.facts,
                notes={
                    "facts known": float(part.known),
                    "facts": float(part.facts),
                    "questions given away": float(part.given_away),
                },
            )

        return work


def facts(scene: Scene) -> list[tuple[str, ...]]:
    """The facts to forget, in the order in which an attacker comes to know them."""
    found = sorted({fact(item) for item in scene.forget})
    Random(derive(scene.seed, "relearn", "facts")).shuffle(found)
    return found


def known(share: float, count: int) -> int:
    """How many of so many facts a share is: at least one."""
    return math.ceil(share * count - 1e-9)


def division(scene: Scene, share: float) -> Division:
    """Who knows what at a share; UserError where nothing is left to ask."""
    order = facts(scene)
    count = known(share, len(order))
    if share == 1:
        if not scene.again:
            raise UserError(
                "relearn.shares has 1, all facts, and this data set has no held-out questions about them: "
                "leave it out, as in shares=[0.1, 0.5]"
            )
        return Division(count, len(order), scene.forget, scene.again, 0)
    if count >= len(order):
        most = math.floor(100 * (len(order) - 1) / len(order)) / 100 if order else 0
        cure = f"choose shares of at most {most:g}, or 1" if most else "only shares=[1] can be"
        raise UserError(
            f"relearn.shares has {share:g}: of {len(order)} facts to forget it takes {count} and leaves none "
            f"to ask: {cure}"
        )
    told = set(order[:count])
    rows = tuple(item for item in scene.forget if fact(item) in told)
    other = [item for item in scene.secrets if fact(item) not in told]
    asked = guard.unspoilt(rows, other)
    if not asked:
        raise UserError(
            f"relearn.shares has {share:g}: the rows about these {count} of {len(order)} facts hold the "
            "answers to all other questions, too: choose a smaller share, or leave it out"
        )
    return Division(count, len(order), rows, asked, len(other) - len(asked))


def _percent(share: float) -> str:
    return f"{100 * share:.6g}"
