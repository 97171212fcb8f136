"""The report of a run over several forget sets: what grows with them, and a page of its own for each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from remem.outgoing import csv_text
from remem.report import words
from remem.report.alone import of_size
from remem.report.comparison import TYPE_ORDER, UNRELIABLE, ordered
from remem.report.evidence import pooled
from remem.report.findings import Finding, distance_to_goal, findings, forgotten_people, outcome, taught
from remem.report.marks import marks, noted
from remem.report.page import write_people
from remem.report.panels import Mark, Panel, Series, panels
from remem.report.read import Arm, Data, RunRecord
from remem.report.svg import Figure, standalone
from remem.report.tables import Text, methods_table, summary, write_table
from remem.report.template import environment
from remem.scoring.estimate import Estimate

FORGET = "forget"  # stands for the forget set of each size
MEASURES = (
    (FORGET, "em", "Forgotten: exact match"),
    (FORGET, "exposure_norm", "Forgotten: exposure, share of its maximum"),
    ("test-forget", "em", "Forgotten, held-out wording and views: exact match"),
    ("kept", "em", "Kept, never rehearsed: exact match"),
    ("test-retain", "em", "Kept, held-out wording and views: exact match"),
    ("kept", "rouge_l_f1", "Kept, never rehearsed: ROUGE-L F1"),
)
GOAL = 7  # of the palette's colours
MOST = 7  # methods in one figure


@dataclass(frozen=True)
class Size:
    """One forget set, and the run as if it were the only one."""

    name: str
    people: int
    run: RunRecord
    found: list[Finding]

    @property
    def label(self) -> str:
        return f"{self.name} ({words.count(self.people, 'person', 'people')})"

    @property
    def outcome(self) -> str:
        return outcome(self.found) or "No method has been run yet."

    def arms(self, who: str) -> list[Arm]:
        """The seeds of a method, or the one model of a reference."""
        return self.run.methods.get(who) or [arm for name, arm in self.run.arms.items() if name == who]

    def value(self, who: str, split: str, kind: str, metric: str) -> Estimate | None:
        return pooled(self.arms(who), self.name if split == FORGET else split, metric, kind)


@dataclass(frozen=True)
class Section:
    """One kind of question."""

    kind: str
    title: str
    figure: Figure
    table: Text


def write(run: RunRecord, out: Path, data: Data) -> Path:
    """Writes index.html, tables/, figures/ and a folder for each forget set into `out`; returns the page."""
    sizes = []
    for name in run.sizes:
        alone = of_size(run, name)
        sizes.append(Size(name, len(forgotten_people(alone, data)), alone, findings(alone, data)))
        write_people(alone, out / name, data, above="../index.html")
    kinds = {kind for size in sizes for arm in size.run.arms.values() for _, kind, _ in arm.estimates}
    there = {data.items[i].question_type for i in data.splits[run.sizes[0]]} | {"all"}
    sections = [_section(run, sizes, kind) for kind in ordered(kinds & there, TYPE_ORDER)]
    (out / "tables").mkdir(parents=True, exist_ok=True)
    (out / "figures").mkdir(parents=True, exist_ok=True)
    for one in sections:
        (out / "figures" / f"sizes-{one.kind}.svg").write_text(standalone(one.figure), "utf-8")
    cautions = marks(run, data)
    (out / "tables" / "summary.csv").write_text(csv_text(*noted(*summary(run), cautions)), "utf-8")
    (out / "tables" / "methods.csv").write_text(csv_text(*noted(*_methods(sizes), cautions)), "utf-8")
    write_table(out / "tables", "sizes", *_numbers(sizes), [one.table for one in sections], cautions)
    page = out / "index.html"
    html = environment().get_template("sizes.html")
    left_out = max(0, len(run.methods) - MOST)
    page.write_text(
        html.render(
            run=run,
            taught=taught(run, data),
            sizes=sizes,
            sections=sections,
            left_out=left_out,
            unreliable="" if run.reliable else UNRELIABLE,
            cautions=[mark.text for mark in cautions if mark.code != "gate-failed"],
            words=words,
        ),
        "utf-8",
    )
    return page


def _section(run: RunRecord, sizes: list[Size], kind: str) -> Section:
    shown = _nearest(run, sizes, kind)
    drawn = [
        Panel(
            title,
            True,
            tuple(
                Series(words.arm(who, who if number < GOAL else None), number, marks)
                for number, who in [*enumerate(shown), (GOAL, "goal")]
                if (marks := _marks(sizes, who, split, kind, metric))
            ),
        )
        for split, metric, title in MEASURES
    ]
    title = words.TYPES.get(kind, kind)
    axis = "people to forget"
    figure = panels(f"{title}: by forget set", axis, [str(size.people) for size in sizes], drawn, joined=True)
    return Section(kind, title, figure, _table(run, sizes, kind, title))


def _marks(sizes: list[Size], who: str, split: str, kind: str, metric: str) -> tuple[Mark, ...]:
    found = [(place, size.value(who, split, kind, metric)) for place, size in enumerate(sizes)]
    return tuple(Mark(place, e.mean, e.low, e.high) for place, e in found if e and e.mean is not None)


def _nearest(run: RunRecord, sizes: list[Size], kind: str) -> list[str]:
    """The methods to draw, in their own order: all, or those nearest to the Goal models over the sizes."""

    def gap(method: str) -> float:
        gaps = [
            distance_to_goal(size.run, arm, size.name, kind) for size in sizes for arm in size.arms(method)
        ]
        known = [one for one in gaps if one is not None]
        return math.fsum(known) / len(known) if known else math.inf

    methods = list(run.methods)
    chosen = sorted(methods, key=lambda method: (gap(method), methods.index(method)))[:MOST]
    return [method for method in methods if method in chosen]


def _table(run: RunRecord, sizes: list[Size], kind: str, title: str) -> Text:
    rows = []
    for who, label in _rows(run):
        for size in sizes:
            if not size.arms(who):
                continue
            cells = [words.interval(size.value(who, split, kind, metric)) for split, metric, _ in MEASURES]
            rows.append([f"{label}, {size.name}", *cells])
    caption = "Hundredths, 95 % intervals in brackets; seeds of a method are pooled."
    head = ["Model and forget set", *(title for _, _, title in MEASURES)]
    return Text(title, ("" if run.reliable else f"{UNRELIABLE} ") + caption, head, rows)


def _rows(run: RunRecord) -> list[tuple[str, str]]:
    references = [("taught", words.arm("taught")), ("goal", words.arm("goal"))]
    return [*references, *((method, words.method(method)) for method in run.methods)]


def _numbers(sizes: list[Size]) -> tuple[list[str], list[list[object]]]:
    """Every number of every arm, with its forget set and how many people that holds."""
    header: list[str] = []
    rows: list[list[object]] = []
    for size in sizes:
        head, found = summary(size.run)
        header = ["forget", "people_to_forget", *head]
        rows += [[size.name, size.people, *row] for row in found]
    return header, rows


def _methods(sizes: list[Size]) -> tuple[list[str], list[list[object]]]:
    """The methods' tables of all sizes below each other."""
    header: list[str] = []
    rows: list[list[object]] = []
    for size in sizes:
        head, found = methods_table(size.run, size.found).raw
        header = [key.replace(f"{size.name}:", f"{FORGET}:") for key in head]
        rows += [[f"{size.name}/{row[0]}", *row[1:]] for row in found if row[0] != "base"]
    return header, rows
