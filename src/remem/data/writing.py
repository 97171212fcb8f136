"""Writes a data set's files: splits as Parquet of bounded size, one row group in memory at a time."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from remem.data import table

GROUP = 100  # rows in a Parquet row group: what one read of one picture has to unpack
SHARD_BYTES = 400_000_000
KEPT = "pictures that took long to make are kept"  # of a build that a full disk ended


class Split:
    """The files of one split, filled row by row; used in a `with`. Exactly `count` rows must be added."""

    def __init__(self, folder: Path, name: str, count: int, row_bytes: int, group: int = 0) -> None:
        self.group = group or GROUP
        # Whole row groups, and the number of files known beforehand: it stands in their names.
        self.most = max(1, SHARD_BYTES // row_bytes // self.group) * self.group
        shards = max(1, -(-count // self.most))
        self.paths = [folder / "data" / f"{name}-{n:05d}-of-{shards:05d}.parquet" for n in range(shards)]
        self.name, self.count, self.added = name, count, 0
        self._waiting: list[dict[str, object]] = []
        self._file: Any = None

    def __enter__(self) -> "Split":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._flush()
            assert self.added == self.count, f"{self.paths[0]}: {self.added} rows of {self.count}"
        if self._file is not None:
            self._file.close()

    def add(self, row: dict[str, object]) -> None:
        """One row of the nine columns."""
        self._waiting.append(row)
        self.added += 1
        if len(self._waiting) == self.group or self.added == self.count:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._file is None:
            self._file = pq.ParquetWriter(self.paths[max(0, self.added - 1) // self.most], table.schema())
        if self._waiting:
            self._file.write_table(pa.Table.from_pylist(self._waiting, schema=table.schema()))
            self._waiting = []
        if self.added % self.most == 0 and self.added < self.count:  # this file is full
            self._file.close()
            self._file = None


def write_split(
    folder: Path, name: str, count: int, row_bytes: int, rows: Iterable[dict[str, object]]
) -> list[Path]:
    """All rows of a split; returns its files."""
    with Split(folder, name, count, row_bytes) as split:
        for row in rows:
            split.add(row)
    return split.paths


def drawn_bytes(size: int) -> int:
    """What a row takes at most: a drawn PNG has up to about two bytes a pixel."""
    return size**2 * 2 + 500


def split_bytes(folder: Path, name: str) -> int:
    """The size of a split's files."""
    return sum(path.stat().st_size for path in (folder / "data").glob(f"{name}-*"))


def copied(paths: list[Path], chosen: list[int]) -> Iterator[dict[str, object]]:
    """The rows of these numbers (rising) from written files, one row group in memory at a time."""
    import pyarrow.parquet as pq

    wanted = iter(chosen)
    number, at = next(wanted, None), 0
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=GROUP):
            while number is not None and number < at + batch.num_rows:
                yield batch.slice(number - at, 1).to_pylist()[0]
                number = next(wanted, None)
            at += batch.num_rows


def write_json(path: Path, value: object) -> None:
    """Readable JSON."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_pictures(folder: Path, seen: list[dict[str, str]], columns: tuple[str, ...]) -> None:
    """pictures.parquet: what each picture shows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in columns])
    pq.write_table(pa.Table.from_pylist(seen, schema=schema), folder / "pictures.parquet")
