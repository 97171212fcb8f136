"""The side files of a data set, as far as they are there: none is needed, but none may be damaged."""

import typing
from collections.abc import Mapping
from pathlib import Path
from typing import NotRequired, TypedDict, TypeVar

from remem import jsonfile
from remem.data import told
from remem.data.tablefile import opened, present

_FILES = ("candidates.json", "rows.parquet", "people.json")
_CURE = "Mend it, or delete it: it is not needed."

Kind = TypeVar("Kind")
Traits = dict[str, str | float | None]


class Known(TypedDict):
    """A person of people.json, as far as it is read."""

    id: str
    name: str
    appearance: NotRequired[Traits]
    profile: NotRequired[Traits]
    attributes: NotRequired[Traits]
    forgotten: NotRequired[bool | None]


class Scene(TypedDict):
    """An event of events.json, as far as it is read."""

    name: str
    forgotten: NotRequired[bool | None]


class Side:
    """What the side files say. UserError, naming the file, where one cannot be read, or speaks of rows that
    are not there (`rows`: how many each split has)."""

    files: list[Path]  # those that are there
    candidates: dict[str, list[str]]  # attribute -> values
    names: dict[str, str]  # person -> full name
    looks: dict[str, Traits]  # person -> what people.json says of their looks
    people: dict[tuple[str, int], str]  # (split, row) -> person
    events: dict[tuple[str, int], str]  # (split, row) -> event, where the data set has events

    def __init__(self, root: Path, rows: Mapping[str, int] | None = None) -> None:
        self.files = [root / name for name in _FILES if present(root / name)]
        self.candidates = _read(root / "candidates.json", dict[str, list[str]])
        known = read_people(root)
        self.names = told.named(known, root / "people.json", _CURE)
        self.looks = {one["id"]: one["appearance"] for one in known if one.get("appearance")}
        self.people, self.events = _rows(root / "rows.parquet", rows)


def read_people(root: Path) -> list[Known]:
    """The people of people.json, each with `id` and `name`; none without the file. UserError if damaged."""
    return _read(root / "people.json", list[Known])


def read_events(root: Path) -> list[Scene]:
    """The events of events.json, each with `name`; none without the file. UserError if damaged."""
    return _read(root / "events.json", list[Scene])


def _read(path: Path, kind: type[Kind]) -> Kind:
    """An empty `kind` without the file."""
    if not present(path):
        return (typing.get_origin(kind) or kind)()
    return jsonfile.read(path, kind, _CURE)


def _rows(
    path: Path, counts: Mapping[str, int] | None
) -> tuple[dict[tuple[str, int], str], dict[tuple[str, int], str]]:
    if not present(path):
        return {}, {}
    with opened(path, _CURE) as file:
        names = file.schema_arrow.names
        found = file.read(columns=[name for name in ("split", "row", "person", "event") if name in names])
    return told.rows(found, path, counts, _CURE)
