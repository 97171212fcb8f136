"""strangers.parquet as it is written: rows about people who are never taught, in any shape of set."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from remem.data import table
from remem.data.people import Person

FILE = "strangers.parquet"


def numbered(people: Iterable[Person]) -> list[Person]:
    """With ids of their own."""
    return [replace(person, id=f"s{number:03d}") for number, person in enumerate(people)]


def write(
    folder: Path, people: Sequence[Person], counts: Iterable[int], rows: Iterable[dict[str, object]]
) -> None:
    """Writes strangers.parquet: the nine columns and `person`, so many rows of each. Nothing without them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not people:
        return
    schema = table.schema().append(pa.field("person", pa.string())).remove_metadata()
    feed = iter(rows)
    with pq.ParquetWriter(folder / FILE, schema) as writer:
        for person, count in zip(people, counts, strict=True):
            group: list[dict[str, Any]] = [next(feed) | {"person": person.id} for _ in range(count)]
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
