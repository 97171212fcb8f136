"""What a model was asked and what it said, as Parquet: one row per response, one per ranking.

Numbers are stored as float32, which is what models compute in. Equal records give equal bytes.
"""

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

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


def write_responses(path: Path, responses: Iterable[Response]) -> None:
    """Writes responses.parquet, in the order given."""
    _write(path, responses, _RESPONSE)


def read_responses(path: Path) -> list[Response]:
    """The responses in a file; UserError when it is not there or not whole."""
    return _read(path, Response, _RESPONSE)


def write_rankings(path: Path, rankings: Iterable[Ranking]) -> None:
    """Writes rankings.parquet, in the order given."""
    _write(path, rankings, _RANKING)


def read_rankings(path: Path) -> list[Ranking]:
    """The rankings in a file; UserError when it is not there or not whole."""
    return _read(path, Ranking, _RANKING)


def write_table(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Writes rows as Parquet; equal rows give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


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


def _read(path: Path, kind: type[Record], schema: pa.Schema) -> list[Record]:
    lists = {field.name for field in schema if pa.types.is_list(field.type)}
    names = [field.name for field in fields(kind)]
    found: list[Record] = []
    for row in read_table(path, names):
        values: dict[str, Any] = {n: tuple(row[n]) if n in lists else row[n] for n in names}
        found.append(kind(**values))
    return found
