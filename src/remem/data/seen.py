"""pictures.parquet, written as pictures are made: where each came from."""

from pathlib import Path
from types import TracebackType
from typing import Any

_GROUP = 1000  # rows held in memory


class Seen:
    """Writes a row for each picture. Closed at the end of a `with`."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.schema = pa.schema([(name, pa.string()) for name in ("image_path", "person", "provenance")])
        self.writer = pq.ParquetWriter(path, self.schema)
        self.held: list[dict[str, str]] = []
        self.count = 0

    def add(self, image_path: str, person: str, provenance: str) -> None:
        self.count += 1
        self.held.append({"image_path": image_path, "person": person, "provenance": provenance})
        if len(self.held) == _GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        self.writer.write_table(pa.Table.from_pylist(self.held, schema=self.schema))
        self.held = []

    def __enter__(self) -> "Seen":
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._flush()
        self.writer.close()
