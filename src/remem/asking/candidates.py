"""What a value is ranked among when exposure is measured: the data's candidates, topped up or cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from remem.data.dataset import value
from remem.text import normalise
from remem.types import Item

if TYPE_CHECKING:
    from remem.data import Dataset

_PIECE = re.compile(r"\d+|[^\W\d_]+|[\W_]")  # a number, a word, or one of what stands between
_TRIES = 50  # draws for each decoy that is wanted, before the form is taken to be exhausted


class Ranked:
    """Candidates of a given size for the items of a data set; 0 leaves them as the data has them."""

    def __init__(self, data: Dataset, size: int) -> None:
        self.data, self.size = data, size
        # By attribute, the same for all its items, and where each value stands, by its normal form.
        self.sets: dict[str, tuple[tuple[str, ...], dict[str, int]]] = {}

    def among(self, item: Item) -> tuple[str, ...]:
        """Distinct values, the item's own among them; fewer than the size where the form has no more."""
        if item.attribute not in self.sets:
            found = self._set(item)
            self.sets[item.attribute] = found, {normalise(one): place for place, one in enumerate(found)}
        found, places = self.sets[item.attribute]
        truth = value(item)
        at = places.get(normalise(truth), len(found) - 1)
        return (*found[:at], truth, *found[at + 1 :])

    def _set(self, item: Item) -> tuple[str, ...]:
        spelt: dict[str, str] = {}  # one value in two spellings is one candidate
        for one in self.data.candidates(item):
            spelt.setdefault(normalise(one), one)
        known = tuple(spelt.values())
        if not self.size or len(known) == self.size:
            return known
        if len(known) > self.size:
            return tuple(Random(f"candidates/{item.attribute}").sample(known, self.size))
        return (*known, *recombined(known, self.size - len(known), item.attribute))


def recombined(values: Sequence[str], count: int, purpose: str) -> list[str]:
    """Up to `count` further values in the form of these, put together from their pieces.

    A piece (a word, a number) changes places only with its fellow in a value of the same build: days with
    days, domains with domains. For data sets that bring no decoys of their own.
    """
    drawn = Random(f"decoys/{purpose}")
    built: dict[tuple[str, ...], list[list[str]]] = {}
    for text in values:
        pieces = _PIECE.findall(text)
        built.setdefault(tuple(map(_build, pieces)), []).append(pieces)
    kinds = list(built.values())
    taken = set(map(normalise, values))
    made: list[str] = []
    for _ in range(count * _TRIES):
        if len(made) == count:
            break
        fellows = drawn.choices(kinds, [len(kind) for kind in kinds])[0]
        text = "".join(drawn.choice(fellows)[place] for place in range(len(fellows[0])))
        if normalise(text) not in taken:
            taken.add(normalise(text))
            made.append(text)
    return made


def _build(piece: str) -> str:
    return "0" if piece.isdigit() else "a" if piece.isalpha() else piece
