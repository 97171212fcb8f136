"""A loaded data set: items by id, splits of ids, people; pictures are read when asked for."""

import copy
import hashlib
from collections.abc import Mapping
from threading import Lock
from typing import Protocol

from PIL import Image

from remem.data.opening import decode
from remem.text import find
from remem.types import Item


class Pictures(Protocol):
    """The image column, on disk."""

    def read(self, split: str, row: int) -> bytes | None:
        """The encoded picture of a row (from 0); None where there is none."""
        ...

    def rows(self) -> dict[str, int]:
        """How many rows each split has, as they lie on disk."""
        ...


class Dataset:
    """Items and who they are about. The same row in finetune and in forget1 is one item.

    Methods take an item's id; one that is not in `items` is a KeyError.
    """

    root: str  # the folder or hub id that it was loaded from
    fingerprint: str  # hexadecimal; see load.py for what it covers
    splits: dict[str, tuple[str, ...]]  # split -> item ids, in the order of the rows
    items: dict[str, Item]  # by id
    people: tuple[str, ...]  # in the order of finetune
    names: dict[str, str]  # person -> full name, where known
    recovered: dict[str, int]  # person -> of how many rows nothing but the columns tells them (recover.py)
    looks: Mapping[str, Mapping[str, object]]  # person -> trait -> word, where known
    pictures: Pictures  # the image column, on disk
    where: Mapping[str, tuple[str, int]]  # item id -> (split, row) of its picture

    def __init__(
        self,
        *,
        root: str,
        fingerprint: str,
        splits: dict[str, tuple[str, ...]],
        items: dict[str, Item],
        names: dict[str, str],
        pictures: Pictures,
        where: Mapping[str, tuple[str, int]],  # item id -> (split, row) of its picture
        candidates: Mapping[str, list[str]] | None = None,
        keys: Mapping[str, str] | None = None,  # item id -> key of its picture, as far as they are known
        recovered: Mapping[str, int] | None = None,
        looks: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.root, self.fingerprint, self.splits, self.items, self.names = (
            root,
            fingerprint,
            splits,
            items,
            names,
        )
        self.people = tuple(dict.fromkeys(item.person for item in items.values()))
        self.pictures, self.where = pictures, where
        self._keys: dict[str, str] = dict(keys or {})
        self.recovered = dict(recovered or {})
        self.looks = looks or {}
        self._reading = Lock()
        self._values: dict[str, dict[str, None]] = {}
        for item in items.values():
            self._values.setdefault(item.attribute, {})[value(item)] = None
        for attribute, extra in (candidates or {}).items():
            self._values.setdefault(attribute, {}).update(dict.fromkeys(extra))

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(ids):,}" for name, ids in self.splits.items())
        return f"Dataset({self.root}: {len(self.people)} people; {rows})"

    def candidates(self, item: Item) -> tuple[str, ...]:
        """What the item's value is ranked among: its attribute's values over all people, then decoys.

        Distinct, in an order that is the same for every item of the attribute; holds `value(item)`.
        """
        return tuple(self._values[item.attribute])

    def with_splits(self, splits: dict[str, tuple[str, ...]], fingerprint: str) -> "Dataset":
        """The same rows, divided otherwise: split -> item ids. `fingerprint` is the new set's."""
        other = copy.copy(self)
        other.splits, other.fingerprint = splits, fingerprint
        return other

    def rank_among(self, other: "Dataset") -> None:
        """Takes over what another set's values are ranked among."""
        self._values = other._values

    def image(self, item: str) -> Image.Image | None:
        """The picture of an item, upright, RGB; None where it has none. UserError if it cannot be opened."""
        found = self.image_bytes(item)
        return None if found is None else decode(found, f"{self.root}, {self.place(item)}")

    def image_bytes(self, item: str) -> bytes | None:
        """The encoded picture of an item, as it lies on disk; None where it has none."""
        if not self.items[item].image_path:
            return None
        with self._reading:  # pictures are opened by threads, ahead of time
            return self.pictures.read(*self.where[item])

    def places(self) -> list[tuple[str, int]]:
        """Every row on disk, as (split, row): more than there are items, where rows are repeated."""
        return [(split, row) for split, count in self.pictures.rows().items() for row in range(count)]

    def picture_at(self, split: str, row: int) -> bytes | None:
        """The encoded picture of a row on disk; None where it has none."""
        with self._reading:
            return self.pictures.read(split, row)

    def path_at(self, split: str, row: int) -> str:
        """The image_path of a row on disk; "" where it has no picture, or its split is put together anew."""
        ids = self.splits.get(split, ())
        return self.items[ids[row]].image_path if row < len(ids) else ""

    def image_key(self, item: str) -> str:
        """A digest of the picture, "" where there is none. The same picture has the same key."""
        if item not in self._keys:
            found = self.image_bytes(item)
            self._keys[item] = hashlib.blake2b(found, digest_size=16).hexdigest() if found else ""
        return self._keys[item]

    def place(self, item: str) -> str:
        """Where an item stands, for messages: "finetune row 12"."""
        return "{} row {}".format(*self.where[item])


def value(item: Item) -> str:
    """The item's value as a continuation of its cloze prompt: its keyword, or the stretch of answer from the
    first keyword to the last. Without a cloze prompt several keywords are no value: then it is the answer."""
    if len(item.keywords) == 1:
        return item.keywords[0]
    if not item.keywords or not item.cloze:
        return item.answer
    first, last = (find(item.answer, item.keywords[place]) for place in (0, -1))
    if not first or not last or last[-1] < first[0]:
        return ", ".join(item.keywords)
    return item.answer[first[0][0] : last[-1][1]]
