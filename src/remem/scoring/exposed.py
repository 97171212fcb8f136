"""Exposure by item, as it was scored, with what it compares with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Exposed(NamedTuple):
    """Exposure of one item's value as a share of its maximum, and what else it could be."""

    value: float | None  # exposure_norm; None where nothing can be told apart
    chance: float | None  # of a random rank among as many; None with one candidate
    expected: float | None  # of a Goal model; None where it cannot be told


def read_exposed(folder: Path) -> Mapping[str, Exposed]:
    """Item id -> exposure, from the scores of one arm; UserError when the folder has none."""
    from remem.asking.records import read_table
    from remem.scoring.metrics import EXPOSURE
    from remem.scoring.score import EXPOSURES

    level = EXPOSURE["exposure_norm"].expected
    assert level is not None
    found = {}
    for row in read_table(folder / EXPOSURES, ["id", "candidates", "known", "exposure_norm"]):
        size, known = row["candidates"], row["known"]
        chance = level(size, 0) if size > 1 else None
        expected = level(size, known) if size > 1 and known is not None else None
        found[row["id"]] = Exposed(row["exposure_norm"], chance, expected)
    return found
