"""Arms × metrics for every split and question type: what the page shows and the papers print."""

from dataclasses import dataclass

from remem.report import words
from remem.report.findings import distance_to_goal
from remem.report.read import Arm, RunRecord
from remem.report.world import SPLITS as WORLD
from remem.scoring.estimate import Estimate
from remem.scoring.metrics import STATES

COLUMNS = ("em", "rouge_l_f1", "probability", "exposure_norm")
STATE_COLUMNS = tuple(f"state_{state}" for state in STATES)
SPLIT_ORDER = (
    "kept",
    "kept-people",
    "kept-facts",
    "kept-same",
    "test-retain",
    "neighbours",
    "rehearsed",
    "retain",
    "test-forget",
    "finetune",
)  # after the forget split
TYPE_ORDER = ("all", "1-hop", "multi-hop")
UNRELIABLE = "Stage 1 did not pass the gate: every number here is unreliable."


@dataclass(frozen=True)
class Row:
    arm: Arm
    label: str
    cells: tuple[Estimate | None, ...]  # one for each column
    states: tuple[Estimate | None, ...]  # one for each of STATES
    bits: Estimate | None  # exposure in bits, beside the normalised one
    distance: float | None


@dataclass(frozen=True)
class Comparison:
    """Arms × metrics for one split and question type: a table of the page and of a paper."""

    split: str
    question_type: str
    rows: tuple[Row, ...]
    has_goal: bool
    reliable: bool
    columns: tuple[str, ...] = COLUMNS  # metrics

    @property
    def title(self) -> str:
        return f"{words.split(self.split)} · {words.TYPES.get(self.question_type, self.question_type)}"

    @property
    def intervals(self) -> str:
        """The units of the intervals, in words."""
        seen = sorted(
            {_over(cell) for row in self.rows for cell in row.cells if cell and cell.low is not None}
        )
        return (
            f"Intervals (low–high) are over {words.listing(seen)}."
            if seen
            else "No intervals: none were computed."
        )

    @property
    def caption(self) -> str:
        warning = [] if self.reliable else [UNRELIABLE]
        goal = (
            ["Distance: mean absolute difference to the goal model over the four metrics."]
            if self.has_goal
            else []
        )
        return " ".join([*warning, "Scores × 100.", self.intervals, *goal])


def _over(cell: Estimate) -> str:
    return "the facts of one person" if cell.over == "facts" else f"{cell.over} (n = {cell.people})"


def labels(run: RunRecord) -> dict[str, str]:
    """Arm -> its name on the page; the seed is named only where a method has several."""
    seeds = {method: len({arm.seed for arm in arms}) for method, arms in run.methods.items()}
    several = {arm.name for arm in run.goals if sum(one.task == arm.task for one in run.goals) > 1}
    return {
        name: words.task(arm.task)
        + (
            f"Goal · seed {arm.seed}"
            if name in several
            else words.arm(arm.short, arm.method, arm.seed, seeds.get(arm.method or "", 1))
        )
        for name, arm in run.arms.items()
    }


def comparisons(run: RunRecord) -> list[Comparison]:
    """Every split and question type of the data set that at least one arm has numbers for."""
    seen = {(split, kind) for arm in run.arms.values() for split, kind, _ in arm.estimates}
    there = {(split, kind) for split, kind in seen if split not in WORLD}
    splits = ordered({split for split, _ in there}, (run.forget or "", *SPLIT_ORDER))
    types = ordered({kind for _, kind in there}, TYPE_ORDER)
    return [_comparison(run, split, kind) for split in splits for kind in types if (split, kind) in there]


def ordered(found: set[str], first: tuple[str, ...]) -> list[str]:
    """Those of `first` that were found, then the others by name."""
    return [name for name in first if name in found] + sorted(found - set(first))


def _comparison(run: RunRecord, split: str, kind: str) -> Comparison:
    names, columns = labels(run), (*COLUMNS, *run.own_metrics)
    rows = [
        Row(
            arm=arm,
            label=names[arm.name],
            cells=tuple(arm.get(split, kind, metric) for metric in columns),
            states=tuple(arm.get(split, kind, metric) for metric in STATE_COLUMNS),
            bits=arm.get(split, kind, "exposure_bits"),
            distance=distance_to_goal(run, arm, split, kind) if arm.role != "goal" else None,
        )
        for arm in run.arms.values()
        if any(key[:2] == (split, kind) for key in arm.estimates)
    ]
    has_goal = any(row.arm.role == "goal" for row in rows)
    return Comparison(
        split=split,
        question_type=kind,
        rows=tuple(rows),
        has_goal=has_goal,
        reliable=run.reliable,
        columns=columns,
    )
