"""Every variant of exposure, with what it means to guess: the number of candidates and the chance level."""

from __future__ import annotations

import math

from remem.report.read import Data, RunRecord
from remem.scoring.metrics import EXPOSURE

HEADER = ["arm", "split", "question_type", "metric", "mean", "low", "high", "items", "candidates", "chance"]


def exposure_rows(run: RunRecord, data: Data) -> list[list[object]]:
    """One row for each arm, split, question type and metric; chance is None where a metric has none.

    `candidates` is the least and the greatest |R| of the rankings behind a row, as "32" or "20-32".
    """
    sizes = {ranking.id: ranking.size for arm in run.arms.values() for ranking in arm.rankings}
    rows: list[list[object]] = []
    for name, arm in run.arms.items():
        for (split, kind, metric), found in arm.estimates.items():
            if metric not in EXPOSURE or not found.items:
                continue
            here = _sizes(sizes, data, split, kind)
            few_and_many = sorted({min(here), max(here)}) if here else []
            guess = EXPOSURE[metric].chance
            chance = math.fsum(guess(n) for n in here) / len(here) if guess and here else None
            shown = "-".join(map(str, few_and_many))
            rows.append(
                [name, split, kind, metric, found.mean, found.low, found.high, found.items, shown, chance]
            )
    return rows


def _sizes(sizes: dict[str, int], data: Data, split: str, kind: str) -> list[int]:
    """|R| of the rankings of a split and question type."""
    kind = kind.removesuffix(", no picture")
    return [
        sizes[id]
        for id in data.splits.get(split, ())
        if sizes.get(id, 0) > 1 and kind in ("all", data.items[id].question_type)
    ]
