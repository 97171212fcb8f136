"""What a verdict reads, and what several seeds become."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from remem.report.findings import findings, pooled
from remem.report.read import Arm, read_run
from remem.run.arms import Arm as Record
from remem.scoring.estimate import Estimate
from report.invented_run import Invented


def arm(seed: int, mean: float, low: float, high: float) -> Arm:
    record = Record(name=f"npo-s{seed}", role="method", label="npo", method="npo", seed=seed)
    found = {("forget1", "all", "em"): Estimate(mean=mean, low=low, high=high)}
    return Arm(record=record, name=record.name, estimates=found)


def test_seeds_are_pooled_to_the_mean_of_all_and_the_widest_ends() -> None:
    seeds = [arm(0, 0.1, 0.05, 0.2), arm(1, 0.4, 0.3, 0.6), arm(2, 0.7, 0.65, 0.72)]
    found = pooled(seeds, "forget1", "em")
    assert found is not None
    assert found.mean == pytest.approx(0.4)
    assert (found.low, found.high) == (0.05, 0.72)
    assert pooled(list(reversed(seeds)), "forget1", "em") == found


def test_a_verdict_reads_its_floor_from_the_goal_model_and_its_start_from_the_taught_one(
    made: tuple[Path, Invented],
) -> None:
    folder, data = made
    run = read_run(folder, data)
    for number, one in enumerate(run.arms.values()):  # no two arms have a number in common
        one.estimates.update({key: replace(e, mean=0.01 * number) for key, e in one.estimates.items()})
    told = {
        role: {
            (split, metric): arm.get(split, "all", metric).mean  # type: ignore[union-attr]
            for split, metric in (("forget1", "em"), ("forget1", "exposure_norm"), ("retain", "em"))
        }
        for role in ("base", "taught", "goal")
        for arm in run.arms.values()
        if arm.role == role
    }
    for one in findings(run, data):
        seen = one.evidence
        assert (seen.goal_em, seen.goal_exposure, seen.goal_retain) == tuple(told["goal"].values())
        assert (seen.taught_em, seen.taught_exposure, seen.taught_retain) == tuple(told["taught"].values())
