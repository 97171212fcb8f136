"""The nouns of attacks: what is asked, what comes of it, and what an attacker must have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from remem.types import Ranking

if TYPE_CHECKING:
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
    answers: Sequence[Answer] = ()  # one for each question asked, or none
    rankings: Sequence[Ranking] = ()  # one for each cloze prompt, or none
    notes: Mapping[str, float] = field(default_factory=dict)  # further figures, by name with its unit


class Trial(NamedTuple):
    """A piece of an attack that is done, and resumed, as a whole."""

    name: str  # of its file: letters, digits and dashes
    work: Callable[[], Iterable[Tried]]  # does it; what comes is kept when it has ended
