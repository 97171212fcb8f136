"""Values that a model is to choose among, shown so that none of them stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from remem.models.base import Question
    from remem.types import Item

LETTERS = "ABCDEFGH"
YES, NO = "Yes", "No"


class Offer(NamedTuple):
    """One way of showing values: put behind the question, in this order. A single one is asked about."""

    item: Item
    question: Question  # holds none of the values itself
    values: tuple[str, ...]
    replies: tuple[str, ...]  # what the model may go on with, where its answer begins or has begun


def written(offer: Offer) -> Question:
    """The question as the model sees it."""
    if len(offer.values) == 1:
        shown = f"Is it {offer.values[0]}? Answer yes or no."
    else:
        pairs = zip(LETTERS, offer.values, strict=False)
        shown = "\n".join(f"{letter}. {one}" for letter, one in pairs)
    between = " " if len(offer.values) == 1 else "\n"
    return replace(offer.question, text=f"{offer.question.text}{between}{shown}")


def turned(values: Sequence[str]) -> list[tuple[str, ...]]:
    """As many orders as there are values; over all of them each value stands at each place once."""
    return [(*values[start:], *values[:start]) for start in range(len(values))]
