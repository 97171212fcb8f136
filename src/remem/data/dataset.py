"""A loaded data set: items by id, splits of ids, people; pictures are read when asked for."""

import hashlib
import io
from collections.abc import Mapping
from threading import Lock
from typing import Protocol

from PIL import Image

from remem.errors import UserError
from remem.types import Item

# What Pillow raises at a damaged picture: unidentified ones are OSErrors, broken PNG chunks SyntaxErrors.
DAMAGE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
PIXEL_LIMIT = 50_000_000  # per picture; more is a mistake, or an attack on memory


class Pictures(Protocol):
    """The image column, on disk."""

    def read(self, split: str, row: int) -> bytes | None:
        """The encoded picture of a row; None where there is none."""
        ...


class Dataset:
    """Items and who they are about. The same row in finetune and in forget1 is one item."""

    root: str  # the folder or hub id that it was loaded from
    fingerprint: str  # hexadecimal; see load.py for what it covers
    splits: dict[str, tuple[str, ...]]  # split -> item ids, in the order of the rows
    items: dict[str, Item]
    people: tuple[str, ...]  # in the order of finetune
    names: dict[str, str]  # person -> full name, where known
    recovered: dict[str, int]  # person -> of how many rows nothing but the columns tells them (recover.py)

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
    ) -> None:
        self.root, self.fingerprint, self.splits, self.items, self.names = (
            root,
            fingerprint,
            splits,
            items,
            names,
        )
        self.people = tuple(dict.fromkeys(item.person for item in items.values()))
        self._pictures, self._where = pictures, where
        self._keys: dict[str, str] = dict(keys or {})
        self.recovered = dict(recovered or {})
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

    def image(self, item: str) -> Image.Image | None:
        """The picture of an item, RGB; None where it has none. UserError when it cannot be opened."""
        found = self.image_bytes(item)
        return None if found is None else decode(found, f"{self.root}, {self.place(item)}")

    def image_bytes(self, item: str) -> bytes | None:
        """The encoded picture of an item; None where it has none."""
        if not self.items[item].image_path:
            return None
        with self._reading:  # pictures are opened by threads, ahead of time
            return self._pictures.read(*self._where[item])

    def image_key(self, item: str) -> str:
        """A digest of the picture, "" where there is none. The same picture has the same key."""
        if item not in self._keys:
            found = self.image_bytes(item)
            self._keys[item] = hashlib.blake2b(found, digest_size=16).hexdigest() if found else ""
        return self._keys[item]

    def place(self, item: str) -> str:
        """Where an item stands, for messages: "finetune row 12"."""
        return "{} row {}".format(*self._where[item])


def value(item: Item) -> str:
    """The item's value as a continuation of its cloze prompt: its keyword, or the stretch of answer from the
    first keyword to the last. Without a cloze prompt several keywords are no value: then it is the answer."""
    if len(item.keywords) == 1:
        return item.keywords[0]
    if not item.keywords or not item.cloze:
        return item.answer
    answer = item.answer.lower()
    start, last = answer.find(item.keywords[0].lower()), answer.rfind(item.keywords[-1].lower())
    if start < 0 or last < start:
        return ", ".join(item.keywords)
    return item.answer[start : last + len(item.keywords[-1])]


def decode(found: bytes, where: str) -> Image.Image:
    """An encoded picture as RGB pixels. UserError, naming `where`, when it does not open or is enormous."""
    try:
        with Image.open(io.BytesIO(found)) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise UserError(
                    f"{where}: the picture has {image.width} x {image.height} pixels; "
                    f"at most {PIXEL_LIMIT:,} are read. Shrink it."
                )
            return image.convert("RGB")
    except DAMAGE as error:
        raise UserError(
            f"{where}: the picture does not open ({error}). Replace it or drop the row."
        ) from error
