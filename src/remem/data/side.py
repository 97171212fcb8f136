"""The side files of a data set, as far as they are there: none is needed, but none may be damaged."""

import json
from pathlib import Path
from typing import Any

from remem.data.tablefile import opened, present
from remem.errors import UserError

_FILES = ("candidates.json", "rows.parquet", "people.json")
_CURE = "Mend it, or delete it: it is not needed."


class Side:
    """What the side files say. UserError, naming the file, where one cannot be read."""

    files: list[Path]  # those that are there
    candidates: dict[str, list[str]]  # attribute -> values
    names: dict[str, str]  # person -> full name
    people: dict[tuple[str, int], str]  # (split, row) -> person
    events: dict[tuple[str, int], str]  # (split, row) -> event, where the data set has events

    def __init__(self, root: Path) -> None:
        self.files = [root / name for name in _FILES if (root / name).is_file()]
        self.candidates = _candidates(root / "candidates.json")
        self.names = {person["id"]: person["name"] for person in read_people(root)}
        self.people, self.events = _rows(root / "rows.parquet")


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


def _rows(path: Path) -> tuple[dict[tuple[str, int], str], dict[tuple[str, int], str]]:
    if not present(path):
        return {}, {}
    with opened(path, _CURE) as file:
        names = file.schema_arrow.names
        for name in ("split", "row", "person"):
            if name not in names:
                raise UserError(f"{path} has no column {name}; it has: {', '.join(names)}. {_CURE}")
        told = [name for name in ("person", "event") if name in names]
        rows = file.read(columns=["split", "row", *told]).to_pydict()
    where = list(zip(rows["split"], rows["row"], strict=True))
    people, events = (
        {at: str(value) for at, value in zip(where, rows.get(name, []), strict=False) if value is not None}
        for name in ("person", "event")
    )
    return people, events
