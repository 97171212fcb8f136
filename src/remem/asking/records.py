"""What a model was asked and what it said, as Parquet: one row per response, one per ranking.

Numbers are stored as float32, which is what models compute in. Equal records give equal bytes.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from remem import jsonfile
from remem.errors import UserError
from remem.types import Ranking, Response

_FLOATS = pa.list_(pa.float32())
_RESPONSE = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("finished", pa.bool_()),
        ("logp", _FLOATS),
        ("hit", pa.list_(pa.bool_())),
        ("mean", _FLOATS),
        ("sd", _FLOATS),
    ]
)
_RANKING = pa.schema(
    [
        ("id", pa.string()),
        ("candidates", pa.list_(pa.string())),
        ("truth", pa.int32()),
        ("logp", _FLOATS),
        ("tokens", pa.list_(pa.int32())),
    ]
)

Record = TypeVar("Record", Response, Ranking)
Row = TypeVar("Row")
Bounds = tuple[float | None, float | None]  # the ends of a scale; None: unbounded
ROUNDING = 1e-4  # by how much a number may lie beyond them


def write_responses(path: Path, responses: Iterable[Response]) -> None:
    """Writes responses.parquet, in the order given."""
    _write(path, responses, _RESPONSE)


def read_responses(path: Path) -> list[Response]:
    """The responses in a file; UserError when it is not there or not whole."""
    found = _read(path, Response)
    for one in found:
        if len({len(one.logp), len(one.hit), len(one.mean), len(one.sd)}) > 1:
            raise UserError(f"{path}: item {one.id} has numbers of more tokens than others. {_cure(path)}")
    return found


def write_rankings(path: Path, rankings: Iterable[Ranking]) -> None:
    """Writes rankings.parquet, in the order given."""
    _write(path, rankings, _RANKING)


def read_rankings(path: Path) -> list[Ranking]:
    """The rankings in a file; UserError when it is not there or not whole."""
    found = _read(path, Ranking)
    for one in found:
        values = len(one.candidates)
        if {len(one.logp), len(one.tokens)} != {values} or not 0 <= one.truth < values:
            raise UserError(f"{path}: item {one.id} ranks other values than it has numbers of. {_cure(path)}")
    return found


def write_table(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Writes rows as Parquet; equal rows give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """The rows of a Parquet file as `kind`, a dataclass whose fields are columns; one with a default may be
    absent. UserError where a value is none that its field can have."""
    own = fields(kind)  # type: ignore[arg-type]
    there = set(_columns(path))
    needed = [one.name for one in own if one.name in there or one.default is MISSING]
    rows = read_table(path, needed)
    return jsonfile.shaped(rows, list[kind], str(path), _cure(path))  # type: ignore[valid-type]


def read_values(path: Path, column: str, bounds: Bounds) -> dict[str, float | None]:
    """A column of numbers by the ids of the items; none where there is no such column.

    UserError for an id that comes twice, and for a number beyond these ends.
    """
    if column not in _columns(path):
        return {}
    rows = read_table(path, ["id", column])
    pairs = [(row["id"], row[column]) for row in rows]
    found = dict(jsonfile.shaped(pairs, list[tuple[str, float | None]], str(path), _cure(path)))
    once(path, [id for id, _ in pairs])
    low, high = bounds
    for id, value in found.items():
        least, most = -math.inf if low is None else low, math.inf if high is None else high
        if value is not None and not (least - ROUNDING <= value <= most + ROUNDING and math.isfinite(value)):
            raise UserError(
                f"{path}: {column} of item {id} is {value:g}, beyond its scale ({least:g} to {most:g}). "
                f"{_cure(path)}"
            )
    return found


def once(path: Path, ids: Collection[str]) -> None:
    """UserError for an item that has two rows in a file: one of them would be lost."""
    id, count = Counter(ids).most_common(1)[0] if ids else ("", 0)
    if count > 1:
        raise UserError(f"{path} holds item {id} {count} times. {_cure(path)}")


def _columns(path: Path) -> list[str]:
    read_table(path, [])  # an error for what is no table
    names: list[str] = pq.read_schema(path).names
    return names


def _cure(path: Path) -> str:
    return f"Delete {path.parent} and run again."


def read_table(path: Path, columns: list[str]) -> list[dict[str, Any]]:
    """The rows of a Parquet file; UserError when it is absent, damaged or lacks a column."""
    if not path.is_file():
        raise UserError(
            f"{path} is not there. Delete the folder that should hold it, and run the same command again."
        )
    try:
        with pq.ParquetFile(path) as file:
            absent = [name for name in columns if name not in file.schema_arrow.names]
            table = None if absent else file.read(columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}). Delete {path.parent} and run again.") from error
    if table is None:
        raise UserError(f"{path} lacks {', '.join(absent)}. Delete {path.parent} and run again.")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _write(path: Path, records: Iterable[Record], schema: pa.Schema) -> None:
    write_table(path, [{name: getattr(one, name) for name in schema.names} for one in records], schema)


def _read(path: Path, kind: type[Record]) -> list[Record]:
    found = read_rows(path, kind)
    once(path, [one.id for one in found])
    return found
