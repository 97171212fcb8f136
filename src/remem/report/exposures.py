"""Every variant of exposure, with what it means to guess: the number of candidates, chance, Goal's level."""

from __future__ import annotations

import math

from remem.report.read import Data, RunRecord
from remem.report.rows import Candidates
from remem.scoring.metrics import EXPOSURE

HEADER = [
    "arm",
    "split",
    "question_type",
    "metric",
    "mean",
    "low",
    "high",
    "items",
    "candidates",
    "chance",
    "known",
    "expected",
]


def exposure_rows(run: RunRecord, data: Data) -> list[list[object]]:
    """One row for each arm, split, question type and metric.

    `candidates` is the least and the greatest |R| of the rankings behind a row, as "32" or "20-32", `known`
    the same of those among them that the Goal model is taught about others. `chance` is what random ranking
    earns, `expected` what a model earns that ranks the known ones above and the rest at random: the Goal
    model, where it never saw the true value. Both are None where a metric has no such level, and `expected`
    where the run does not tell what is known.
    """
    rankings = run.rankings
    rows: list[list[object]] = []
    for name, arm in run.arms.items():
        for (split, kind, metric), found in arm.estimates.items():
            if metric not in EXPOSURE or not found.items:
                continue
            here = _rankings(rankings, data, split, kind)
            told = [(one.size, one.known) for one in here if one.known is not None]
            rows.append(
                [
                    *(name, split, kind, metric, found.mean, found.low, found.high, found.items),
                    _ends([one.size for one in here]),
                    _level(metric, [(one.size, 0) for one in here]),
                    _ends([known for _, known in told]),
                    _level(metric, told),
                ]
            )
    return rows


def _level(metric: str, rankings: list[tuple[int, int]]) -> float | None:
    level = EXPOSURE[metric].expected
    return math.fsum(level(*one) for one in rankings) / len(rankings) if level and rankings else None


def _ends(numbers: list[int]) -> str:
    return "-".join(map(str, sorted({min(numbers), max(numbers)}))) if numbers else ""


def _rankings(rankings: dict[str, Candidates], data: Data, split: str, kind: str) -> list[Candidates]:
    """Those of a split and question type."""
    kind = kind.removesuffix(", no picture")
    return [
        rankings[id]
        for id in data.splits.get(split, ())
        if id in rankings and rankings[id].size > 1 and kind in ("all", data.items[id].question_type)
    ]
