"""All pairs of arms in one picture, without a p-value: intervals that can be compared by eye.

An arm's interval is of its distance from the mean of all arms on the same questions, so that what is hard for
all is not in it (Morey, Tutorials in Quantitative Methods for Psychology 2008, 4: 61-64), and by 1 / sqrt(2)
shorter: where two do not overlap, that pair alone differs at about 95 % (Goldstein and Healy, Journal of the
Royal Statistical Society A 1995, 158: 175-177). One pass over the arms, however many pairs there are.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from remem.report import svg, words
from remem.scoring.differences import MARGIN, Values, common, of_runs, of_units, reach, table, units_of
from remem.studies.comparing.levels import LEVEL, Cell

WIDTH, ROW, TOP, BOTTOM, GAP = 1040, 22, 34, 30, 26  # px


@dataclass(frozen=True)
class Panel:
    """One measure of all arms, in [0, 1]."""

    title: str
    cells: Mapping[str, Cell]  # by arm
    goal: str | None  # the arm around which the margin is shaded


def comparable(
    arms: Mapping[str, Sequence[Values]], people: Mapping[str, str], facts: Mapping[str, Hashable]
) -> dict[str, Cell]:
    """Every arm's mean and comparison interval, over the questions that all of them have a value of.

    Arms without any value get none, and do not take the questions from the others.
    """
    there = {name: runs for name, runs in arms.items() if common(runs)[0]}
    cells = {name: Cell(None) for name in arms}
    ids, _ = common([run for runs in there.values() for run in runs]) if there else ([], 0)
    if not ids:
        return cells
    _, owner, unit = units_of(ids, people, facts)
    tables = {name: table(runs, ids) for name, runs in there.items()}
    usual = np.mean([found.mean(0) for found in tables.values()], axis=0)
    # An arm is part of the mean that it is compared with.
    wider = (len(tables) / max(1, len(tables) - 1)) ** 0.5
    for name, found in tables.items():
        units = of_units((found.mean(0) - usual) * wider, owner, unit, 0.5**0.5)
        mean, seeds = float(found.mean()), of_runs(found, "seeds")
        if units is None:
            cells[name] = Cell(mean)
            continue
        far = reach([units, *([seeds] if seeds else [])], 1 - LEVEL) / 2**0.5
        cells[name] = Cell(mean, max(0.0, mean - far), min(1.0, mean + far))
    return cells


def picture(panels: Sequence[Panel]) -> svg.Figure:
    """Arms one below the other, a panel for each measure."""
    title = "All arms, to be compared by eye"
    said = "; ".join(
        f"{panel.title}: {', '.join(f'{name} {words.interval(cell)}' for name, cell in panel.cells.items())}"
        for panel in panels
    )
    height = TOP + ROW * max(len(panel.cells) for panel in panels) + BOTTOM
    names = 20 + max(len(name) for panel in panels for name in panel.cells) * svg.FONT * svg.CHARACTER
    each = (WIDTH - names - 12 - GAP * (len(panels) - 1)) / len(panels)
    parts: list[Markup] = []
    for place, panel in enumerate(panels):
        left = names + place * (each + GAP)
        parts += _panel(panel, left, left + each, labels=place == 0)
    drawn = svg.drawing(WIDTH, height, title, said, *parts)
    return svg.Figure(title, said, drawn, drawn)


def _panel(panel: Panel, left: float, right: float, labels: bool) -> list[Markup]:
    across = svg.Axis(0, 1, left + 4, right - 4)
    first, last = float(TOP), float(TOP + ROW * len(panel.cells))
    parts = [svg.text((left + right) / 2, 16, panel.title, class_="axis-title", text_anchor="middle")]
    goal = panel.cells.get(panel.goal or "")
    if goal is not None and goal.mean is not None:
        low, high = max(0.0, goal.mean - MARGIN), min(1.0, goal.mean + MARGIN)
        wide = across(high) - across(low)
        parts.append(
            svg.element(
                "rect", x=across(low), y=first - 4, width=wide, height=last - first + 4, class_="near"
            )
        )
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(svg.line(across(tick), first - 4, across(tick), last, class_="grid"))
        parts.append(
            svg.text(across(tick), last + 16, words.score(tick, 0), class_="tick", text_anchor="middle")
        )
    if goal is not None and goal.mean is not None:
        parts.append(svg.line(across(goal.mean), first - 4, across(goal.mean), last, class_="level of-goal"))
    for row, (name, cell) in enumerate(panel.cells.items()):
        middle = first + ROW * (row + 0.5)
        if labels:
            parts.append(svg.text(left - 8, middle + 4, name, class_="label", text_anchor="end"))
        parts.append(_mark(name, cell, across, middle, name == panel.goal))
    return parts


def _mark(name: str, cell: Cell, across: svg.Axis, middle: float, goal: bool) -> Markup:
    if cell.mean is None:
        return svg.text(across(0), middle + 4, "no value", class_="tick")
    parts = [svg.element("title", f"{name}: {words.interval(cell)}")]
    if cell.low is not None and cell.high is not None:
        parts.append(svg.line(across(cell.low), middle, across(cell.high), middle, class_="interval"))
    x = across(cell.mean)
    parts.append(svg.star(x, middle, 7) if goal else svg.element("circle", cx=x, cy=middle, r=4))
    return svg.element("g", *parts, class_=f"mark {'goal' if goal else 'method'}")
