"""The report of a run over people in events: six axes for each task, and what forgetting did to the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from remem.data.pebench.cut import CONCEPTS, TASKS
from remem.outgoing import csv_text
from remem.pebench.axes import AXES, AxisRow
from remem.pebench.interference import Change, Picture
from remem.pebench.steps import read
from remem.report import attack_tables, words
from remem.report import axes as axes_of
from remem.report.alone import of_task
from remem.report.attacked import Attacked
from remem.report.axes import Axes, nearest
from remem.report.comparison import labels
from remem.report.costs import costs
from remem.report.curves import curve, small_multiples
from remem.report.findings import Finding, findings
from remem.report.marks import Mark, marks, noted
from remem.report.page import of_any_run
from remem.report.read import Data, RunRecord
from remem.report.returning import Returning, returning, share
from remem.report.suffering import COLUMNS, Album, matrix, views
from remem.report.svg import standalone
from remem.report.tables import Text, summary, write_costs, write_table
from remem.report.template import environment
from remem.scoring.differences import MARGIN
from remem.scoring.rules import RULES


def write(run: RunRecord, run_folder: Path, out: Path, data: Data) -> Path:
    """Writes index.html, tables/ and figures/ into `out`; returns the page's path."""
    found, pictures = read(run_folder / "axes")
    rows: list[AxisRow] = found["rows"]
    tables = axes_of.tables(run, rows)
    names = labels(run)
    paid = costs(run, names)
    cautions = marks(run, data)
    _write_tables(out / "tables", run, tables, rows, found["changes"], pictures, cautions)
    write_costs(out / "tables", paid, cautions)
    curves = [c for arm in run.arms.values() if (c := curve(arm, names[arm.name]))]
    whole, singles = small_multiples(curves) if curves else (None, [])
    (out / "figures").mkdir(parents=True, exist_ok=True)
    if whole:
        (out / "figures" / "curves.svg").write_text(standalone(whole), "utf-8")
    album = Album(data, data.splits["finetune"])
    seen = views(run, data, pictures, album)
    page = out / "index.html"
    page.write_text(
        environment()
        .get_template("scenes.html")
        .render(
            **of_any_run(run, data, singles, paid),
            story=story(run, data, tables),
            linked=False,
            tables=tables,
            details={task: axes_of.details(rows, task) for task in run.tasks},
            arms_of={task: axes_of.arms_of(run, task) for task in run.tasks},
            blocks=matrix(run, found["changes"]),
            columns=COLUMNS,
            views=seen,
            album=album.pictures,
            judges=found["judges"],
            agreements=found["agreements"],
            axes=axes_of,
            judged=verdicts(run, data),
            backs=_returns(run, data, out, cautions),
            recovered=share,
            rules=RULES,
            margin=words.score(MARGIN, 0),
            axis_titles={key: axis.title for key, axis in AXES.items()},
        ),
        "utf-8",
    )
    return page


def verdicts(run: RunRecord, data: Data) -> list[tuple[str, list[Finding]]]:
    """For every task and what it forgets, the verdicts on all methods: ("forget people: names", ...)."""
    found = []
    for alone, kind, title in _targets(run):
        judged = findings(alone, data, kind)
        found += [(title, judged)] if judged else []
    return found


def _targets(run: RunRecord) -> Iterator[tuple[RunRecord, str, str]]:
    """Every task and what it forgets: the run as if it were the only one, the kind of question, a title."""
    for task in run.tasks:
        alone = of_task(run, task)
        for target in TASKS[task]:
            yield alone, CONCEPTS[target], f"{axes_of.FORGET[task]}: {axes_of.CONCEPTS[target].lower()}"


def _returns(run: RunRecord, data: Data, out: Path, cautions: list[Mark]) -> list[Returning]:
    """What comes back of every task and what it forgets; tables and figures in folders of their own."""
    found = []
    for alone, kind, title in _targets(run):
        attacked = Attacked(alone, data, kind)
        back = returning(alone, attacked, title)
        place = f"{alone.part}-{kind}"
        attack_tables.write(out / "tables" / place, alone, attacked, back, cautions)
        if back.figure:
            (out / "figures" / f"recovery-{place}.svg").write_text(standalone(back.figure), "utf-8")
        found.append(back)
    return found


def story(run: RunRecord, data: Data, tables: list[Axes]) -> str:
    """The run in a few words, every one of them from a number."""
    events = len({item.event for item in data.items.values() if item.event})
    people = words.count(len(data.people), "person", "people")
    sentences = [f"A run about {people} in {words.count(events, 'event')}."]
    if run.gate and not run.gate.passed:
        ended = "and was ignored: what follows cannot be relied upon" if run.gate.ignored else "so it stopped"
        return " ".join([*sentences, f"The gate failed, {ended}."])
    gone = []
    for task, noun, nouns in (("person", "person", "people"), ("event", "event", None)):
        targets = {
            data.items[id].target
            for name in run.tasks
            for id in data.splits[f"{name}_forget_train"]
            if data.items[id].category == task
        }
        gone += [words.count(len(targets), noun, nouns)] if targets else []
    if gone:
        sentences.append(f"To be forgotten: {words.listing(gone)}.")
    near = [
        f"{label} for {words.TASKS[task]} ({words.score(gap)} points apart)"
        for task, label, gap in nearest(tables)
    ]
    if near:
        sentences.append(f"Nearest to the Goal model over the axes: {words.listing(near)}.")
    return " ".join(sentences)


def _write_tables(
    folder: Path,
    run: RunRecord,
    tables: list[Axes],
    rows: list[AxisRow],
    changes: list[Change],
    pictures: list[Picture],
    cautions: list[Mark],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.csv").write_text(csv_text(*noted(*summary(run), cautions)), "utf-8")
    written: list[tuple[str, Any, list[Any]]] = [
        ("axes", AxisRow, rows),
        ("interference", Change, changes),
        ("pictures", Picture, pictures),
    ]
    for name, kind, records in written:
        header = [field.name for field in fields(kind)]
        lines: list[list[object]] = [list(asdict(one).values()) for one in records]
        (folder / f"{name}.csv").write_text(csv_text(*noted(header, lines, cautions)), "utf-8")
    ends = ("", "_low", "_high")
    head = ["arm", "forget", "of", *(f"{axis}{end}" for axis in AXES for end in ends), "distance"]
    raw: list[list[object]] = [
        [
            f"{table.task}/{line.arm}" if line.arm != "taught" else "taught",
            table.task,
            table.target,
            *(
                end
                for cell in line.cells
                for end in ((cell.mean, cell.low, cell.high) if cell else (None,) * 3)
            ),
            line.distance,
        ]
        for table in tables
        for line in table.lines
    ]
    texts = [_text(table) for table in tables]
    write_table(folder, "methods", head, raw, texts, cautions)


def _ends(cell: AxisRow | None) -> tuple[float | None, float | None, float | None]:
    return (cell.mean, cell.low, cell.high) if cell else (None, None, None)


def _text(table: Axes) -> Text:
    header = ["Model", *(f"{axes_of.title(c)} ({axes_of.under(c)})" for c in table.columns), "distance"]
    shown = [
        [line.label, *(words.interval(cell) for cell in line.cells), words.score(line.distance)]
        for line in table.lines
    ]
    caption = (
        "Hundredths, 95 % intervals in brackets; higher is better, and the Goal model is the yardstick. "
        "Distance: mean absolute difference to it."
    )
    return Text(table.title, caption, header, shown)
