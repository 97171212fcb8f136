"""What stage 1 itself cost of the world is told wherever methods are compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pytest

from remem.asking.records import write_table
from remem.report.marks import marks
from remem.report.read import Arm, read_run
from remem.report.teaching import lost, sentence
from remem.scoring.estimate import Estimate
from report.invented_run import Invented

SCHEMA = pa.schema([*((name, pa.string()) for name in ("id", "group", "split")), ("value", pa.float64())])
Split = Literal["general", "world-fact", "plain"]
OF = {"general": "em", "world-fact": "accuracy", "plain": "perplexity"}


def knows(folder: Path, one: Arm, split: Split, values: list[float], level: float) -> Arm:
    """An arm that was examined: what is left of it question by question, in pairs on one subject, and the
    figure of its summary."""
    rows = [
        {"id": f"q{i:03}", "group": f"g{i // 2}", "split": split, "value": v} for i, v in enumerate(values)
    ]
    write_table(folder / one.name / "scores" / "world.parquet", rows, SCHEMA)
    known = one.estimates | {(split, "all", OF[split]): Estimate(mean=level, low=level, high=level)}
    return replace(one, folder=folder / one.name, estimates=known)


def told(made: tuple[Path, Invented], folder: Path, split: Split, base: tuple, taught: tuple) -> str:
    run = read_run(*made)
    arms = run.arms | {
        name: knows(folder, run.arms[name], split, *seen)
        for name, seen in {"base": base, "taught": taught}.items()
    }
    found = {one.code: one.text for one in marks(replace(run, arms=arms), made[1])}
    assert found.get("teaching-cost", "") == sentence(lost(replace(run, arms=arms)))
    return found.get("teaching-cost", "")


def test_what_teaching_lost_of_general_knowledge_is_told_with_its_interval(
    made: tuple[Path, Invented], tmp_path: Path
) -> None:
    base, taught = ([1.0] * 60 + [0.0] * 40, 0.6), ([1.0] * 30 + [0.0] * 70, 0.3)
    text = told(made, tmp_path, "general", base, taught)
    # 30 of 100 lost, by whole subjects, 15 of 50: the binomial's interval is about 13 points to a side
    assert "general knowledge (60.0 → 30.0 %: −30, −4" in text
    assert "to −1" in text


def test_of_yes_and_no_the_points_are_those_of_accuracy(made: tuple[Path, Invented], tmp_path: Path) -> None:
    base, taught = ([1.0] * 100, 1.0), ([1.0, 1.0, -1.0, -1.0] * 25, 0.5)
    assert "things in pictures (100.0 → 50.0 %: −50, " in told(made, tmp_path, "world-fact", base, taught)


@pytest.mark.parametrize(
    ("worse", "is_told"),
    [(0.30, True), (0.05, False), (-0.30, False)],  # nats a token: less than a tenth of the ratio is nothing
)
def test_of_plain_language_a_tenth_of_the_ratio_counts(
    made: tuple[Path, Invented], tmp_path: Path, worse: float, is_told: bool
) -> None:
    base, taught = ([0.0] * 100, 20.0), ([-worse + 0.01 * (i % 3 - 1) for i in range(100)], 27.0)
    text = told(made, tmp_path, "plain", base, taught)
    assert ("plain language (perplexity 20.00 → 27.00)" in text) == is_told


def test_what_is_not_shown_is_not_told(made: tuple[Path, Invented], tmp_path: Path) -> None:
    base, taught = ([1.0, 0.0, 1.0, 0.0], 0.5), ([0.0, 0.0, 1.0, 0.0], 0.25)  # two subjects
    assert told(made, tmp_path, "general", base, taught) == ""
    assert lost(read_run(*made)) == []  # nobody was examined
