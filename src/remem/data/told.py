"""Cells of the side tables, each of its type, or one error that names file, row and column."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from remem.data import table
from remem.data.pebench.cut import CELLS
from remem.data.tablefile import intact
from remem.errors import UserError

At = tuple[str, int]  # split, row
WORDS = {"text": "text", "number": "whole numbers", "texts": "lists of texts"}


def column(found: Any, name: str, kind: str, path: Path, cure: str, *, blank: bool = False) -> list[Any]:
    """A column of an Arrow table: "text" (numbered people, too, as text), "number" or "texts". `blank`: cells
    may be empty, which is None. UserError for another type, an absent column, an empty cell."""
    import pyarrow as pa

    if name not in found.column_names:
        raise UserError(f"{path} has no column {name}; it has: {', '.join(found.column_names)}. {cure}")
    cells = found.column(name)
    type = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    fits = (
        pa.types.is_null(type)
        or {
            "text": _text(type) or (name == "person" and pa.types.is_integer(type)),
            "number": pa.types.is_integer(type),
            "texts": (pa.types.is_list(type) or pa.types.is_large_list(type)) and _text(type.value_type),
        }[kind]
    )
    if not fits:
        raise UserError(f"{path}, column {name}: it holds {type}, and must hold {WORDS[kind]}. {cure}")
    with intact(path, cure):  # texts that are not UTF-8
        values = cells.to_pylist()
    for number, value in enumerate(values):
        lacks = value is None or value == "" or (kind == "texts" and any(one is None for one in value))
        if lacks and not (blank and value in (None, "")):
            raise UserError(f"{path} row {number}, column {name}: the cell is empty. Fill it. {cure}")
    if kind != "text":
        return values
    return [None if one in (None, "") else unicodedata.normalize("NFC", str(one)) for one in values]


def _text(type: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(type) or pa.types.is_large_string(type))


def rows(
    found: Any, path: Path, counts: Mapping[str, int] | None, cure: str
) -> tuple[dict[At, str], dict[At, str]]:
    """What rows.parquet tells: (split, row) -> person, and -> event. `counts`: the rows that each split has.

    A row whose person is empty is told nothing of. UserError for a row that is not there, and for one that is
    told to be of two people.
    """
    splits, numbers = (column(found, *of, path, cure) for of in (("split", "text"), ("row", "number")))
    told: list[dict[At, str]] = []
    for name in ("person", "event"):
        about: dict[At, str] = {}
        if name == "person" or name in found.column_names:
            values = column(found, name, "text", path, cure, blank=True)
            for line, (split, number, value) in enumerate(zip(splits, numbers, values, strict=True)):
                _there(f"{path} row {line}", split, number, counts, cure)
                if value is None:
                    continue
                known = about.setdefault((split, number), value)
                if known != value:
                    raise UserError(
                        f"{path} row {line} says that {split} row {number} is about {value}, and another row "
                        f"says {known}. Keep one of them. {cure}"
                    )
        told.append(about)
    return told[0], told[1]


def _there(where: str, split: str, number: int, counts: Mapping[str, int] | None, cure: str) -> None:
    if counts is None or (split not in counts and (split in table.SPLITS or split in CELLS)):
        return  # of a split that was left out
    if split not in counts:
        near = table.nearest(split, list(counts))
        raise UserError(f"{where} speaks of the split {split}, which is not there.{near} {cure}")
    if not 0 <= number < counts[split]:
        raise UserError(
            f"{where} speaks of {split} row {number}, but {split} has {counts[split]:,} rows, from 0 on. "
            f"{cure}"
        )


def named(people: Sequence[Mapping[str, Any]], path: Path, cure: str) -> dict[str, str]:
    """id -> full name of the people of people.json. UserError for one id with two names."""
    names: dict[str, str] = {}
    for person in people:
        known = names.setdefault(unicodedata.normalize("NFC", person["id"]), person["name"])
        if known != person["name"]:
            raise UserError(
                f"{path} has two people of the id {person['id']}: {known} and {person['name']}. Give each an "
                f"id of their own. {cure}"
            )
    return names
