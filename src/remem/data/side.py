"""The side files of a data set, as far as they are there: none is needed, but none may be damaged."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remem.data import reading, told
from remem.errors import UserError

_FILES = ("candidates.json", "rows.parquet", "people.json")
_CURE = "Mend it, or delete it: it is not needed."


class Side:
    """What the side files say. UserError, naming the file, where one cannot be read, or speaks of rows that
    are not there (`rows`: how many each split has)."""

    files: list[Path]  # those that are there
    candidates: dict[str, list[str]]  # attribute -> values
    names: dict[str, str]  # person -> full name
    people: dict[tuple[str, int], str]  # (split, row) -> person
    events: dict[tuple[str, int], str]  # (split, row) -> event, where the data set has events

    def __init__(self, root: Path, rows: Mapping[str, int] | None = None) -> None:
        self.files = [root / name for name in _FILES if (root / name).is_file()]
        self.candidates = _candidates(root / "candidates.json")
        self.names = told.named(read_people(root), root / "people.json", _CURE)
        self.people, self.events = _rows(root / "rows.parquet", rows)


def read_people(root: Path) -> list[dict[str, Any]]:
    """The people of people.json, each with `id` and `name`; none without the file. UserError if damaged."""
    return _records(root / "people.json", "id", "name")


def read_events(root: Path) -> list[dict[str, Any]]:
    """The events of events.json, each with `name`; none without the file. UserError if damaged."""
    return _records(root / "events.json", "name")


def _records(path: Path, *keys: str) -> list[dict[str, Any]]:
    found = _json(path, [])
    whole = isinstance(found, list) and all(
        isinstance(one, dict) and all(isinstance(one.get(key), str) for key in keys) for one in found
    )
    if not whole:
        named = " and ".join(keys) + (", both text" if len(keys) > 1 else ", a text")
        raise UserError(f"{path} must hold a list of objects with {named}. {_CURE}")
    return found


def _candidates(path: Path) -> dict[str, list[str]]:
    found = _json(path, {})
    if not isinstance(found, dict):
        raise UserError(f"{path} must hold an object: attribute -> list of texts. {_CURE}")
    for attribute, values in found.items():
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise UserError(f"{path}: {attribute} must be a list of texts. {_CURE}")
    return found


def _json(path: Path, default: Any) -> Any:
    if not path.is_file():
        return default
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not readable JSON ({error}). {_CURE}") from error


def _rows(
    path: Path, counts: Mapping[str, int] | None
) -> tuple[dict[tuple[str, int], str], dict[tuple[str, int], str]]:
    if not path.is_file():
        return {}, {}
    import pyarrow.parquet as pq

    with reading.intact(path, _CURE), pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        found = file.read(columns=[name for name in ("split", "row", "person", "event") if name in names])
    return told.rows(found, path, counts, _CURE)
