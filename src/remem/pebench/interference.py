"""What forgetting one thing does to another: changes against stage 1, by axis and by picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from remem.pebench.axes import AXES, PRECISION, AxisRow, Values, asked
from remem.run.tasks import Task
from remem.scoring.facts import fact
from remem.scoring.stats import paired_difference
from remem.scoring.units import unit
from remem.types import Questions

TOLD_BY = {"person": (PRECISION,), "event": ("rouge_l_f1", "keyword_recall")}


@dataclass(frozen=True, kw_only=True)
class Change:
    """How far an arm is from stage 1 on the answers of one axis to one concept, the same questions asked."""

    task: str
    arm: str
    axis: str
    concept: str
    metric: str
    mean: float | None
    low: float | None
    high: float | None
    over: str
    groups: int
    items: int


@dataclass(frozen=True, kw_only=True)
class Picture:
    """How far an arm is from stage 1 on one question about one picture."""

    task: str
    arm: str
    id: str
    image_path: str
    person: str
    event: str
    concept: str
    part: str  # "forget", "again" or "retain": what the question is to the task
    shown: bool  # its picture is one that was unlearnt
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


def changes(task: Task, data: Questions, arm: str, ours: Values, taught: Values) -> list[Change]:
    """Of every axis that is asked of the data; over its groups, and both arms answered the same."""
    found = []
    for axis in AXES.values():
        for concept, items in (asked(task, data, axis) if axis.part else {}).items():
            for metric in TOLD_BY[concept]:
                both = [i for i in items if metric in ours.get(i.id, {}) and metric in taught.get(i.id, {})]
                gap = paired_difference(
                    {item.id: ours[item.id][metric] for item in both},
                    {item.id: taught[item.id][metric] for item in both},
                    {item.id: item.target for item in both},
                    facts={item.id: fact(item) for item in both},
                    unit=unit(both),
                )
                found.append(
                    Change(
                        task=task.name,
                        arm=arm,
                        axis=axis.key,
                        concept=concept,
                        metric=metric,
                        mean=gap.mean,
                        low=gap.low,
                        high=gap.high,
                        over=gap.over,
                        groups=gap.people,
                        items=gap.items,
                    )
                )
    return found


def world_changes(task: Task, arm: str, ours: Sequence[AxisRow], taught: Sequence[AxisRow]) -> list[Change]:
    """Of the exam: differences of means, without an interval."""
    before = {(row.axis, row.metric): row.mean for row in taught if row.concept == "world"}
    found = []
    for row in ours:
        if row.concept == "world" and (row.axis, row.metric) in (
            ("real", PRECISION),
            ("world-fact", "accuracy"),
        ):
            then = before.get((row.axis, row.metric))
            found.append(
                Change(
                    task=task.name,
                    arm=arm,
                    axis=row.axis,
                    concept="world",
                    metric=row.metric,
                    mean=None if row.mean is None or then is None else row.mean - then,
                    low=None,
                    high=None,
                    over="",
                    groups=row.groups,
                    items=row.items,
                )
            )
    return found


def pictures(task: Task, data: Questions, arm: str, ours: Values, taught: Values) -> list[Picture]:
    """One for each question of the task, in the data's order."""
    shown = {data.items[id].image_path for id in data.splits[task.forget]}
    found = []
    for part in ("forget", "again", "retain"):
        for id in data.splits[getattr(task, part)]:
            item = data.items[id]
            metric = TOLD_BY[item.category][0]
            found.append(
                Picture(
                    task=task.name,
                    arm=arm,
                    id=id,
                    image_path=item.image_path,
                    person=item.person,
                    event=item.event,
                    concept=item.category,
                    part=part,
                    shown=item.image_path in shown,
                    before=taught.get(id, {}).get(metric),
                    after=ours.get(id, {}).get(metric),
                )
            )
    return found


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far two judges agree over the answers that both scored."""

    one: str
    other: str
    items: int
    correlation: float | None  # Pearson's; None where one of them always says the same
    rank_correlation: float | None  # Spearman's
    difference: float | None  # mean absolute


def agreements(scores: dict[str, dict[str, float | None]]) -> list[Agreement]:
    """Of every two judges. `scores`: judge -> answer (arm and item) -> score."""
    found = []
    for one, other in combinations(sorted(scores), 2):
        pairs = [
            (a, b)
            for name, a in scores[one].items()
            if a is not None and (b := scores[other].get(name)) is not None
        ]
        ours, theirs = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
        found.append(
            Agreement(
                one=one,
                other=other,
                items=len(pairs),
                correlation=_correlation(ours, theirs),
                rank_correlation=_correlation(_ranks(ours), _ranks(theirs)),
                difference=float(np.abs(ours - theirs).mean()) if pairs else None,
            )
        )
    return found


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < 3 or one.std() == 0 or other.std() == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ties share the middle rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2
    ranks: np.ndarray = middle[place] if len(values) else values
    return ranks


def worst(found: Sequence[Picture], most: int) -> list[Picture]:
    """The kept questions that lost most, worst first: what suffers though nobody asked to forget it."""
    lost = [one for one in found if one.part == "retain" and (one.change or 0) < 0]
    return sorted(lost, key=lambda one: (one.change or 0, not one.shown, one.image_path))[:most]
