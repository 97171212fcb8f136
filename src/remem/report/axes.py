"""The tables of the six axes: the paper's columns for each task, then every measure behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from remem.data.pebench.cut import TASKS
from remem.pebench.axes import AXES, G_EVAL, AxisRow, Column, headline
from remem.report import words
from remem.report.read import RunRecord

CONCEPTS = {"person": "Names", "event": "Scenes", "world": "World"}
MEASURES = {
    "precision": "Precision",
    "rouge_l_f1": "ROUGE-L F1",
    "rouge_l_recall": "ROUGE-L recall",
    "keyword_recall": "Keyword recall",
    "accuracy": "Accuracy",
    "accuracy_logits": "Accuracy, likelihood",
    "f1": "F1 of yes",
    "yes_rate": "Yes-rate",
}
FORGET = {"person": "Forget people", "event": "Forget events", "both": "Forget both"}


@dataclass(frozen=True)
class Line:
    """One arm of a table."""

    arm: str  # within the task
    label: str
    method: bool
    cells: tuple[AxisRow | None, ...]  # turned as the table prints them
    distance: float | None  # mean absolute difference to the Goal models over the columns that both have
    goal: bool = False  # whether it is a Goal model


@dataclass(frozen=True)
class Axes:
    """What the paper prints of one task for one kind of target."""

    task: str
    target: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        both = f": {CONCEPTS[self.target].lower()}" if len(TASKS[self.task]) > 1 else ""
        return FORGET[self.task] + both


def tables(run: RunRecord, rows: Sequence[AxisRow]) -> list[Axes]:
    """One for each task and kind of target."""
    return [_axes(run, task, target, rows) for task in run.tasks for target in TASKS[task]]


def arms_of(run: RunRecord, task: str) -> list[tuple[str, str, bool]]:
    """(name within the task, label, whether it is a method), stage 1 first and the Goal model last."""
    own = [arm for arm in run.arms.values() if arm.task == task]
    seeds = {arm.method: len({o.seed for o in own if o.method == arm.method}) for arm in own}
    methods = [
        (a.short, words.arm(a.short, a.method, a.seed, seeds[a.method]), True) for a in own if a.method
    ]
    # The base knows nobody to forget; its row would only widen the tables.
    return [("taught", "Finetuned", False), *methods, *goals_of(run, task)]


def goals_of(run: RunRecord, task: str) -> list[tuple[str, str, bool]]:
    """The Goal models of a task: name within it, label."""
    found = [arm for arm in run.arms.values() if arm.task == task and arm.role == "goal"]
    several = len(found) > 1
    return [(arm.short, f"Goal · seed {arm.seed}" if several else "Goal", False) for arm in found]


def judges(rows: Sequence[AxisRow]) -> list[str]:
    """The names of the judges, as the rows have them."""
    found = {row.metric.partition("/")[2] for row in rows if row.metric.startswith(f"{G_EVAL}/")}
    return sorted(found, key=lambda name: (not name.startswith("offline"), name))


def _axes(run: RunRecord, task: str, target: str, rows: Sequence[AxisRow]) -> Axes:
    first = judges(rows)[:1]
    columns = headline(target)
    found = {(row.arm, row.axis, row.concept, row.metric): row for row in rows if row.task == task}

    def cell(arm: str, column: Column) -> AxisRow | None:
        metric = f"{G_EVAL}/{first[0]}" if column.metric == G_EVAL and first else column.metric
        row = found.get((arm, column.axis, column.concept, metric))
        return turned(row) if row and column.turned else row

    goals = {name for name, _, _ in goals_of(run, task)}
    yard = [_mean([cell(name, column) for name in goals]) for column in columns]
    lines = []
    for arm, label, method in arms_of(run, task):
        cells = tuple(cell(arm, column) for column in columns)
        distance = None if arm in goals else _distance(cells, yard)
        lines.append(Line(arm, label, method, cells, distance, arm in goals))
    return Axes(task, target, columns, tuple(lines))


def turned(row: AxisRow) -> AxisRow:
    """1 less the value: Efficacy of names is the share that is not given."""
    ends = {"mean": row.mean, "low": row.high, "high": row.low}
    return AxisRow(**{**vars(row), **{name: None if v is None else 1 - v for name, v in ends.items()}})


def _mean(rows: Sequence[AxisRow | None]) -> float | None:
    there = [row.mean for row in rows if row is not None and row.mean is not None]
    return sum(there) / len(there) if there else None


def _distance(ours: Sequence[AxisRow | None], goal: Sequence[float | None]) -> float | None:
    gaps = [
        abs(a.mean - b)
        for a, b in zip(ours, goal, strict=True)
        if a is not None and a.mean is not None and b is not None
    ]
    return sum(gaps) / len(gaps) if gaps else None


def title(column: Column) -> str:
    return AXES[column.axis].title


def measure(metric: str) -> str:
    """ "G-Eval, offline 1" for a judge's verdicts."""
    name = metric.partition("/")[2]
    return f"G-Eval, {name}" if name else MEASURES.get(metric, "G-Eval" if metric == G_EVAL else metric)


def under(column: Column) -> str:
    """What a column prints, for its heading."""
    text = measure(column.metric)
    return f"100 − {text.lower()}" if column.turned else text


@dataclass(frozen=True)
class Detail:
    """Every arm on one axis, concept and metric, as measured, with its goal."""

    axis: str
    concept: str
    metric: str
    goal: str
    cells: dict[str, AxisRow]  # by arm


def details(rows: Sequence[AxisRow], task: str) -> list[Detail]:
    """All measures of a task, in the order of the axes."""
    found: dict[tuple[str, str, str], Detail] = {}
    for row in rows:
        if row.task == task:
            key = row.axis, row.concept, row.metric
            found.setdefault(key, Detail(*key, row.goal, {})).cells[row.arm] = row
    order = list(AXES)
    return sorted(found.values(), key=lambda one: order.index(one.axis))


def nearest(found: Sequence[Axes]) -> Iterator[tuple[str, str, float]]:
    """Of each task: the method whose axes are nearest to the Goal model's, and how near; none without one."""
    for task in dict.fromkeys(one.task for one in found):
        gaps: dict[str, list[float]] = {}
        for table in found:
            if table.task == task:
                for line in table.lines:
                    if line.method and line.distance is not None:
                        gaps.setdefault(line.label, []).append(line.distance)
        if gaps:
            label, near = min(gaps.items(), key=lambda pair: sum(pair[1]) / len(pair[1]))
            yield task, label, sum(near) / len(near)
