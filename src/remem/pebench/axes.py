"""The six axes of PEBench, by what was to be forgotten, from the scores of single answers. Needs no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from remem.data.pebench.cut import TASKS
from remem.run.tasks import Task
from remem.scoring.facts import fact
from remem.scoring.score import Row
from remem.scoring.stats import Interval, interval
from remem.scoring.units import scale, unit
from remem.types import Item, Questions

Values = Mapping[str, Mapping[str, float | None]]  # item id -> metric -> value; absent: not measured on it

PRECISION = "precision"  # of names: the name stands in the answer
SCENE = ("rouge_l_f1", "rouge_l_recall", "keyword_recall")  # of descriptions
G_EVAL = "g_eval"  # "g_eval/NAME OF THE JUDGE"


@dataclass(frozen=True, kw_only=True)
class Axis:
    key: str
    title: str
    part: str  # the field of Task whose questions it reads; "": the world's exam
    goal: Literal["lower", "higher"]  # of what was to be learnt of the answer, not of G-Eval
    what: str


AXES = {
    axis.key: axis
    for axis in (
        Axis(key="efficacy", title="Efficacy", part="forget", goal="lower", what="targets, as unlearnt"),
        Axis(key="generality", title="Generality", part="again", goal="lower", what="on other pictures"),
        Axis(key="retain", title="Retain", part="retain", goal="higher", what="all else that was taught"),
        Axis(key="scope", title="Scope", part="scope", goal="higher", what="the rest of unlearnt pictures"),
        Axis(key="real", title="Real", part="", goal="higher", what="people known before"),
        Axis(key="world-fact", title="World Fact", part="", goal="higher", what="things in pictures"),
    )
}
WORLD = {"real": ("em", "rouge_l_f1"), "world-fact": ("accuracy", "f1", "yes_rate", "accuracy_logits")}


@dataclass(frozen=True, kw_only=True)
class AxisRow:
    """One number of one arm: the mean of a metric over the answers of an axis that ask for one concept."""

    task: str
    arm: str  # within the task: "taught", "goal", "gd-s0"
    axis: str
    concept: str  # "person", "event"; "world" for the exam
    metric: str
    goal: str  # "lower", "higher": the reference is the Goal model's value, not the end of the scale
    mean: float | None
    low: float | None
    high: float | None
    over: str  # the units of the interval
    groups: int
    items: int
    missing: int  # asked, without a value; never counted as 0


def axes(task: Task, data: Questions, arm: str, values: Values, world: Sequence[Row]) -> list[AxisRow]:
    """All rows of one arm. `world` are the summary's rows; those of the exam are taken over as they are."""
    rows = []
    for axis in AXES.values():
        if axis.part:
            for concept, items in asked(task, data, axis).items():
                rows += _of_concept(task, arm, axis, concept, items, values)
        for row in world:
            if row.split == axis.key and row.metric in WORLD[axis.key]:
                metric = PRECISION if row.metric == "em" else row.metric
                rows.append(_row(task, arm, axis, "world", metric, axis.goal, row, row.missing))
    return rows


def asked(task: Task, data: Questions, axis: Axis) -> dict[str, list[Item]]:
    """Concept -> the questions of an axis that ask for it; an axis of targets asks for those alone."""
    items = [data.items[id] for id in data.splits[getattr(task, axis.part)]]
    found = {concept: [item for item in items if item.category == concept] for concept in TASKS["both"]}
    return {concept: inside for concept, inside in found.items() if inside}


def metrics(concept: str, values: Values) -> list[str]:
    """The metrics of a concept: of scenes also those of every judge that was asked."""
    if concept == "person":
        return [PRECISION]
    judged = {name for found in values.values() for name in found if name.startswith(f"{G_EVAL}/")}
    return [*SCENE, *sorted(judged)]


def _of_concept(
    task: Task, arm: str, axis: Axis, concept: str, items: list[Item], values: Values
) -> list[AxisRow]:
    rows = []
    for metric in metrics(concept, values):
        looked = [item for item in items if metric in values.get(item.id, {})]
        there = [(item, value) for item in looked if (value := values[item.id][metric]) is not None]
        if not looked:
            continue
        found = interval(
            [value for _, value in there],
            [item.target for item, _ in there],
            facts=[fact(item) for item, _ in there],
            bounds=scale("em" if metric == PRECISION else metric),
            unit=unit(item for item, _ in there),
        )
        # A judge compares with the Goal model, so more is better wherever it is asked.
        goal = "higher" if metric.startswith(G_EVAL) else axis.goal
        rows.append(_row(task, arm, axis, concept, metric, goal, found, len(looked) - len(there)))
    return rows


def _row(
    task: Task,
    arm: str,
    axis: Axis,
    concept: str,
    metric: str,
    goal: str,
    found: Interval | Row,
    missing: int,
) -> AxisRow:
    return AxisRow(
        task=task.name,
        arm=arm,
        axis=axis.key,
        concept=concept,
        metric=metric,
        goal=goal,
        mean=found.mean,
        low=found.low,
        high=found.high,
        over=found.over,
        groups=found.people,
        items=found.items,
        missing=missing,
    )


@dataclass(frozen=True)
class Column:
    """A number of the paper's table: of which axis, concept and metric, and whether it is turned round."""

    axis: str
    concept: str
    metric: str  # "g_eval": of the first judge
    turned: bool = False  # printed as 100 less the value: Efficacy and Generality of names


def headline(target: str) -> tuple[Column, ...]:
    """The paper's six columns for what was to be forgotten, "person" or "event"; higher is better in all."""
    person = target == "person"
    own = PRECISION if person else G_EVAL
    return (
        Column("efficacy", target, own, person),
        Column("generality", target, own, person),
        Column("retain", target, own),
        Column("scope", "event", "rouge_l_f1") if person else Column("scope", "person", PRECISION),
        Column("real", "world", PRECISION if person else "rouge_l_f1"),
        Column("world-fact", "world", "accuracy"),
    )
