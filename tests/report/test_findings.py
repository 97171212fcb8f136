"""What a verdict reads, and what several seeds become."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from remem.report.evidence import pooled
from remem.report.findings import findings, story
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
        role: [
            arm.get(split, "all", metric).mean  # type: ignore[union-attr]
            for split, metric in (("forget1", "em"), ("forget1", "exposure_norm"), ("retain", "em"))
        ]
        for role in ("taught", "goal")
        for arm in run.arms.values()
        if arm.role == role
    }
    for one in findings(run, data):
        seen = one.evidence
        read = (seen.said, seen.exposure, seen.kept["rehearsed rows"])
        assert [one.goal for one in read] == told["goal"]
        assert [one.taught for one in read] == told["taught"]
        assert seen.rehearsed


def test_several_goal_models_are_one_yardstick(made: tuple[Path, Invented]) -> None:
    folder, data = made
    one = read_run(folder, data)
    first = one.arms["goal"]
    moved = {key: replace(e, mean=(e.mean or 0.0) + 0.2) for key, e in first.estimates.items()}
    record = replace(first.record, name="goal-s1", seed=1)
    two = replace(
        one, arms={**one.arms, "goal-s1": replace(first, record=record, name="goal-s1", estimates=moved)}
    )
    for before, after in zip(findings(one, data), findings(two, data), strict=True):
        assert (before.evidence.goals, after.evidence.goals) == (1, 2)
        assert after.evidence.said.goal == pytest.approx((before.evidence.said.goal or 0.0) + 0.1)


def test_the_headline_says_how_far_it_reaches(made: tuple[Path, Invented]) -> None:
    folder, data = made
    run = read_run(folder, data)
    said = story(run, data, findings(run, data))
    assert "one person" in said
    assert "one Goal model" in said
    assert "whether it comes back, which was not tested" in said
