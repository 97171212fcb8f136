"""What comes back, as the page tells it: the worst of each access, every attack, curves, what it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from remem.attacks.base import ACCESS
from remem.report import words
from remem.report.attacked import MEASURES, Attacked, Key, Setting, Worked
from remem.report.panels import Mark, Panel, Series, panels
from remem.report.read import RunRecord
from remem.report.svg import Figure
from remem.scoring.differences import MARGIN, difference
from remem.scoring.recovered import Recovered

CHOSEN = (
    "the same attack brings out of the Goal models. The attack is chosen on one half of the people (of one "
    "person's facts) and counted on the other, and the reverse."
)
MOST = 7  # methods in one figure: the palette has one colour more, which is the Goal models'
GOAL = 7


@dataclass(frozen=True)
class Cell:
    """What a setting found in a method's seeds."""

    after: float | None
    found: Recovered | None

    @property
    def share(self) -> str:
        """ "84 (60 to 108)", in % of what teaching added; "" where there is nothing to recover."""
        return share(self.found)


@dataclass(frozen=True)
class Row:
    """One setting, on every method."""

    setting: Setting
    taught: float | None
    goal: float | None
    works: bool  # on the Goal models, too
    cells: tuple[Cell, ...]  # one for each method


@dataclass(frozen=True)
class Table:
    """All attacks with one kind of access, by one measure; of a curve its last step."""

    access: str
    measure: str
    rows: tuple[Row, ...]
    controls: tuple[Row, ...]
    left_out: int  # steps of curves


@dataclass(frozen=True)
class Most:
    """The worst attack with one kind of access, for every method."""

    access: str
    measure: str
    cells: tuple[Worked | None, ...]


@dataclass(frozen=True)
class Took:
    """What one attack took, and what its attacker must have."""

    attack: str
    access: str
    knows: str
    seconds: float  # on one arm, on average
    arms: int


@dataclass(frozen=True)
class Returning:
    """What comes back, of one kind of question; `tables` is empty where nothing was attacked."""

    title: str  # "forget people: names"; "" where there is one
    methods: tuple[str, ...]
    most: tuple[Most, ...]
    tables: tuple[Table, ...]
    figure: Figure | None
    drawn: int  # methods in the figure
    took: tuple[Took, ...]
    untried: tuple[str, ...]
    goals: int  # Goal models that were attacked
    unpaired: tuple[str, ...]  # settings that some seed or Goal model has not

    @property
    def measures(self) -> list[str]:
        return list(dict.fromkeys(one.measure for one in self.most))


def returning(run: RunRecord, found: Attacked, title: str = "") -> Returning:
    """All that attacks brought out of a run's arms."""
    tables = []
    for measure in MEASURES:
        for access in ACCESS:
            table = _table(run, found, access, measure)
            if table.rows or table.controls:
                tables.append(table)
    figure, drawn = _curves(run, found)
    return Returning(
        title=title,
        methods=tuple(run.methods),
        most=_most(run, found),
        tables=tuple(tables),
        figure=figure,
        drawn=drawn,
        took=tuple(_took(found)),
        untried=found.untried,
        goals=len(found.attacked(run.goals)),
        unpaired=_unpaired(run, found),
    )


def share(found: Recovered | None) -> str:
    """What was recovered, in % of what teaching added, with its interval; "" where there is nothing to."""
    if found is None or found.share is None:
        return ""
    ends = found.share.ends()
    told = f" ({words.score(ends[0], 0)} to {words.score(ends[1], 0)})" if ends else ""
    return f"{words.score(found.share.mean, 0)}{told}"


def _table(run: RunRecord, found: Attacked, access: str, measure: str) -> Table:
    sides = []
    left_out = 0
    for controls in (False, True):
        settings = found.of(access, controls)
        last = {(one.key.step, one.curve): one.key for one in settings if one.curve}
        shown = [one for one in settings if not one.curve or last[one.key.step, one.curve] == one.key]
        left_out += len(settings) - len(shown)
        rows = [_row(run, found, one, measure) for one in shown]
        sides.append(tuple(row for row in rows if any(cell.after is not None for cell in row.cells)))
    return Table(access, found.named(measure), rows=sides[0], controls=sides[1], left_out=left_out)


def _row(run: RunRecord, found: Attacked, setting: Setting, measure: str) -> Row:
    taught = [arm for arm in run.arms.values() if arm.role == "taught"]
    return Row(
        setting=setting,
        taught=found.level(found.attacked(taught), setting.key, measure),
        goal=found.level(found.attacked(run.goals), setting.key, measure),
        works=works(run, found, setting.key, measure),
        cells=tuple(
            Cell(
                found.level(found.attacked(arms), setting.key, measure),
                found.recovered(arms, setting.key, measure),
            )
            for arms in run.methods.values()
        ),
    )


def works(run: RunRecord, found: Attacked, key: Key, measure: str) -> bool:
    """Whether an attack raises the Goal models' level by more than MARGIN, and is shown to raise it."""
    goals = found.attacked(run.goals)
    after, before = (
        [found.values(arm, key, measure) for arm in goals],
        [found.before(arm, measure) for arm in goals],
    )
    if not goals or not all(after) or not all(before):
        return False
    rise = difference(after, before, *found.whose, paired_seeds=True)
    ends = rise.ends(0.9)
    return rise.mean is not None and rise.mean > MARGIN and ends is not None and ends[0] > 0


def _most(run: RunRecord, found: Attacked) -> tuple[Most, ...]:
    worked = [{(one.access, one.measure): one for one in found.worst(arms)} for arms in run.methods.values()]
    return tuple(
        Most(access, found.named(measure), cells)
        for measure in MEASURES
        for access in ACCESS
        if any(cells := tuple(one.get((access, measure)) for one in worked))
    )


def _unpaired(run: RunRecord, found: Attacked) -> tuple[str, ...]:
    """What cannot be set beside the Goal models, as not all seeds and Goal models have it."""
    sides = [found.attacked(arms) for arms in (*run.methods.values(), run.goals)]
    every = [arm for side in sides for arm in side]
    return tuple(
        one.label
        for key, one in found.settings.items()
        if any(key in found.outcomes[arm.name] for arm in every)
        and not all(key in found.outcomes[arm.name] for arm in every)
    )


def _curves(run: RunRecord, found: Attacked) -> tuple[Figure | None, int]:
    """Exact match after so many steps, a panel for each curve: methods beside the Goal models."""
    curves: dict[tuple[str, str], list[Setting]] = {}
    for one in found.settings.values():
        if one.curve and one.at is not None:
            curves.setdefault((one.key.step, one.curve), []).append(one)
    curves = {
        name: sorted(steps, key=lambda one: one.at or 0.0) for name, steps in curves.items() if len(steps) > 1
    }
    if not curves:
        return None, 0
    chosen = _chosen(run, found, curves)
    members = [
        f"{at:g}"
        for at in sorted({one.at for steps in curves.values() for one in steps if one.at is not None})
    ]
    drawn = [
        Panel(_title(steps[0], curve), True, tuple(_series(run, found, steps, chosen, members)))
        for (_, curve), steps in curves.items()
    ]
    return panels(
        f"What comes back, step by step: {found.named('exact match')}",
        "optimiser steps",
        members,
        drawn,
        joined=True,
    ), len(chosen)


def _title(first: Setting, curve: str) -> str:
    return f"{first.label.partition(':')[0]}: {curve}" + (" (control)" if first.control else "")


def _chosen(run: RunRecord, found: Attacked, curves: dict[tuple[str, str], list[Setting]]) -> list[str]:
    """The methods to draw, in their own order: all, or those of which most comes back at the curves' ends."""

    def most(method: str) -> float:
        ends = [
            found.recovered(run.methods[method], steps[-1].key, "exact match") for steps in curves.values()
        ]
        return max((one.excess.mean or 0.0 for one in ends if one), default=-1.0)

    there = [method for method, arms in run.methods.items() if found.attacked(arms)]
    first = sorted(there, key=lambda method: (-most(method), there.index(method)))[:MOST]
    return [method for method in there if method in first]


def _series(
    run: RunRecord, found: Attacked, steps: list[Setting], chosen: list[str], members: list[str]
) -> list[Series]:
    lines = []
    for number, method in enumerate(chosen):
        marks = []
        for one in steps:
            there = found.recovered(run.methods[method], one.key, "exact match")
            if there is not None:
                ends = there.excess.ends()
                # The interval of the difference to the Goal models, drawn about the method's own mean.
                low, high = (
                    (max(0.0, there.goal + ends[0]), min(1.0, there.goal + ends[1])) if ends else (None, None)
                )
                marks.append(Mark(members.index(f"{one.at:g}"), there.ours, low, high))
        lines.append(Series(words.method(method), number, tuple(marks)))
    goals = found.attacked(run.goals)
    levels = [(one, found.level(goals, one.key, "exact match")) for one in steps]
    marks = [Mark(members.index(f"{one.at:g}"), mean, None, None) for one, mean in levels if mean is not None]
    return [line for line in (*lines, Series("Goal", GOAL, tuple(marks))) if line.marks]


def _took(found: Attacked) -> Sequence[Took]:
    rows = []
    for step, by_arm in found.costs.items():
        first = next(iter(by_arm.values()))
        seconds = [one.seconds for one in by_arm.values()]
        name = step.replace("_", " ")
        rows.append(Took(name, first.access, first.knows, sum(seconds) / len(seconds), len(seconds)))
    return rows
