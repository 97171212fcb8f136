"""A data set and its strangers as one: for what is asked about both."""

from __future__ import annotations

from pathlib import Path

from remem.data import strangers
from remem.data.dataset import Dataset, Pictures
from remem.errors import UserError


class _Both:
    """The pictures of both, by split."""

    def __init__(self, own: Pictures, theirs: Pictures) -> None:
        self.own, self.theirs = own, theirs

    def read(self, split: str, row: int) -> bytes | None:
        return (self.theirs if split == strangers.SPLIT else self.own).read(split, row)

    def rows(self) -> dict[str, int]:
        return self.own.rows() | self.theirs.rows()


def joined(data: Dataset, root: str | Path = "") -> Dataset:
    """The data set with the split `strangers`. Values are ranked among the data set's own, as they are there.

    UserError where it has no strangers.
    """
    unknown = strangers.read(root or data.root)
    if unknown is None:
        raise UserError(f"{data.root} has no strangers: add them with remem strangers {data.root}")
    both = Dataset(
        root=data.root,
        fingerprint=data.fingerprint,
        splits={**data.splits, **unknown.splits},
        items={**unknown.items, **data.items},
        names=data.names,
        pictures=_Both(data.pictures, unknown.pictures),
        where={**unknown.where, **data.where},
        recovered=data.recovered,
        looks=data.looks,
    )
    both.rank_among(data)
    return both
