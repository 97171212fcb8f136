"""What an attacked run says of these people and these models: the tables of docs/results/attacks.md.

    python benchmarks/recovered.py runs/attacks

A report's intervals speak of other people, seeds and Goal models too, and are wide with three of one and two
of the others. Here the people, seeds and Goal models of the run are all that is spoken of: seeds and Goal
models are averaged, and the interval is over facts. The worst attack is chosen on half of
them, as in reports.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from remem.attacks.base import ACCESS
from remem.data import load
from remem.report.attacked import MEASURES, Attacked
from remem.report.read import Arm, read_run
from remem.scoring.differences import Values
from remem.scoring.recovered import Share, Sides, recovered
from remem.scoring.worst import worst


def mean(runs: Sequence[Values]) -> Values:
    """By item id, over the runs; of items of which all have a value."""
    asked = set.intersection(*(set(run) for run in runs))
    found: dict[str, float | None] = {}
    for id in sorted(asked):
        values = [value for run in runs if (value := run[id]) is not None]
        found[id] = sum(values) / len(values) if len(values) == len(runs) else None
    return found


def share(found: Share | None) -> str:
    """In %, with the 95 % interval."""
    if found is None or found.mean is None:
        return ""
    ends = found.ends()
    return f"{100 * found.mean:.0f}" + (f" ({100 * ends[0]:.0f} to {100 * ends[1]:.0f})" if ends else "")


def row(found: Attacked, name: str, arms: Sequence[Arm], access: str, measure: str, taught: Arm) -> str:
    """One method's worst attack with one kind of access, as a line of Markdown; "" where there is none."""
    whom, facts = found.whose
    these = dict.fromkeys(whom, "these people")
    sides = {
        one.label: Sides([mean(there.ours)], [mean(there.goals)])
        for one in found.of(access)
        if (there := found.sides(arms, one.key, measure))
    }
    most = worst(sides, these, facts) if sides else None
    if most is None:
        return ""
    before = Sides(
        *([mean([found.before(arm, measure) for arm in side])] for side in (arms, found.run.goals))
    )
    told = recovered(most.sides, before, found.before(taught, measure), these, facts)
    if told is None:
        return ""
    ours, goal = (f"{100 * (value or 0.0):.0f}" for value in (told.ours, told.goal))
    return f"| {name} | {most.setting} | {ours} | {goal} | {share(told.share)} | {share(told.back)} |"


def main(folder: Path) -> None:
    """Prints a table for each measure and kind of access."""
    data = load(str(folder / "dataset"))
    found = Attacked(read_run(folder, data), data)
    taught = next(arm for arm in found.run.arms.values() if arm.role == "taught")
    for measure in MEASURES:
        for access in ACCESS:
            lines = [
                row(found, name, arms, access, measure, taught) for name, arms in found.run.methods.items()
            ]
            if any(lines):
                print(f"\n**{access}, {measure}**\n")
                head = "| method | chosen | after | goal | recovered | brought back |"
                print(head)
                print("|---|---|---:|---:|---:|---:|")
                print("\n".join(filter(None, lines)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
