"""What an attack is: something tried on one arm to bring back what it is said to have forgotten.

An attack says what the attacker must have (`access`, `knows`), and lists its trials. A trial is done once
and gives answers and rankings about the facts to forget, under one or more settings (`Tried`). Everything is
asked through the scene (`scene.py`), where a guard sees to it that no answer is given away.

The same attack is run on the taught, the base and every Goal model: what it brings out of a model that never
saw them is no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Protocol

from remem.types import Ranking

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.models.base import Question
    from remem.types import Item

Access = Literal["queries", "gradients", "hidden states", "weights"]
# What an attacker must have, from least to most.
ACCESS: tuple[Access, ...] = ("queries", "gradients", "hidden states", "weights")


class Asked(NamedTuple):
    """A question of the attacker's, and the item whose fact it asks for."""

    item: Item
    question: Question


class Answer(NamedTuple):
    """What was said about one fact: one text, or several of which any may hold the value."""

    id: str  # of the item
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of one setting of an attack."""

    setting: str  # "step 10", "4 bit": unique within the attack, and the same on every arm
    at: float | None = None  # where it stands on a curve (optimiser steps); None: on none
    curve: str = ""  # which curve
    control: bool = False  # shows what the attack gives without what it uses; never counted as an attack
    access: Access | Literal[""] = ""  # what its attacker must have; "": what the attack says of itself
    attack: str = ""  # the attack it is a setting of; "": the one that tried it
    answers: Sequence[Answer] = ()
    rankings: Sequence[Ranking] = ()
    notes: Mapping[str, float] = field(default_factory=dict)  # further figures, by name with its unit


class Trial(NamedTuple):
    """A piece of an attack that is done, and resumed, as a whole."""

    name: str  # of its file: letters, digits and dashes
    work: Callable[[], Iterable[Tried]]


class Attack(Protocol):
    """One attack with its settings, a frozen dataclass. `make` builds it from a name and settings."""

    access: ClassVar[Access]
    knows: ClassVar[str]  # what the attacker is given, in a few words: "a share of the facts"

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """Its trials, in their order. Nothing is read from a model before a trial's work is called."""
        ...

    def check(self, scene: Scene) -> None:
        """UserError where it cannot run on this model or this data set, with what to do."""
        ...
