"""Which fact an answer is about: the unit of intervals about a single person."""

from __future__ import annotations

from remem.text import normalise
from remem.types import Item


def fact(item: Item) -> tuple[str, ...]:
    """Which fact an item asks for, whatever its wording and picture.

    Where no single one can be told (`Item.fact`), all that its answer must hold stands for it: its keywords,
    or its answer where it has none.
    """
    if item.fact[1]:
        return item.fact
    held = sorted(normalise(word) for word in item.keywords or (item.answer,))
    return item.person, normalise(item.attribute), *held
