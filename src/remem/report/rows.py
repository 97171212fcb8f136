"""Rows of a run's tables, as much of them as the report reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from remem.asking.records import once, read_rows, read_values
from remem.jsonfile import Count, Number
from remem.scoring.metrics import OWN, State
from remem.scoring.units import scale


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """A row of exposure.parquet."""

    id: str
    candidates: Count | None  # |R|
    known: Count | None = None  # of them, values that the Goal model is taught about others; None: not told

    def __post_init__(self) -> None:
        if self.known is not None and self.known >= self.size:
            raise ValueError(f"{self.known} of {self.size} candidates cannot be known")

    @property
    def size(self) -> int:
        return self.candidates or 0


@dataclass(frozen=True, kw_only=True)
class Said:
    """A row of responses.parquet."""

    id: str
    text: str | None


@dataclass(frozen=True, kw_only=True)
class StateOf:
    """A row of scores.parquet."""

    id: str
    state: State | None


@dataclass(frozen=True, kw_only=True)
class World:
    """A row of world.parquet."""

    id: str
    group: str
    split: str
    value: Number


@dataclass(frozen=True, kw_only=True)
class Made:
    """As much as is read of step.json, of whatever format."""

    settings: dict[str, Any] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)


Row = TypeVar("Row", Candidates, Said, StateOf, World)


@lru_cache(maxsize=512)
def values_in(path: Path, metric: str, of: int) -> Mapping[str, float | None]:
    """A column by item id. `of`: when the file was last written."""
    return read_values(path, metric, (None, None) if metric in OWN else scale(metric))


def rows_in(path: Path, kind: type[Row]) -> list[Row]:
    """One an item; none where there is no such file."""
    found = read_rows(path, kind) if path.is_file() else []
    once(path, [one.id for one in found])
    return found
