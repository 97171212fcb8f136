"""What a command prints as a table: for a terminal, whole for a pipe, as JSON or as CSV."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from remem.cli.console import out
from remem.outgoing import csv_text, quoted, visible


def machine(value: Any) -> None:
    """A value as JSON on standard output, where nothing else goes with --format json."""
    sys.stdout.write(json.dumps(value, indent=1, allow_nan=False) + "\n")


def show(
    headings: Sequence[str], rows: Sequence[Sequence[Any]], form: str, colours: Sequence[str] = ()
) -> None:
    """A table. Its cells are plain text, or values; `colours` by row, of its second column."""
    if form == "json":
        machine([dict(zip(headings, row, strict=True)) for row in rows])
        return
    told = [[_text(one) for one in row] for row in rows]
    if form == "csv":
        sys.stdout.write(csv_text(headings, told))
        return
    lines = [[visible(" ".join(cell.split())) for cell in row] for row in told]
    if not out.is_terminal:
        _whole(headings, lines)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for number, row in enumerate(lines):
        cells = [escape(cell) for cell in row]
        if colours:
            cells[1] = f"[{colours[number]}]{cells[1]}[/]"
        table.add_row(*cells)
    out.print(table)


def _text(cell: Any) -> str:
    if isinstance(cell, list):
        return ",".join(map(_text, cell))  # as --set takes them
    return "" if cell is None else cell if isinstance(cell, str) else json.dumps(cell)


def _whole(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A row a line, however long: whoever reads a pipe cuts it up by itself."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def read(path: Path) -> tuple[list[str], list[list[Any]]]:
    """A report's table, numbers as numbers and what is empty as null."""
    with path.open(newline="", encoding="utf-8") as file:
        headings, *rows = csv.reader(file)
    return headings, [list(map(_value, row)) for row in rows]


def _value(cell: str) -> Any:
    try:
        number = float(cell)
    except ValueError:
        return cell or None
    return number if math.isfinite(number) else None


def results(path: Path) -> tuple[Table, str]:
    """The method table of a report (tables/methods.csv) for people, shares as hundredths; and its notes."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    notes = list(dict.fromkeys(note for row in rows for note in (row.get("notes") or "").split("; ") if note))
    table = Table(box=None, pad_edge=False, header_style="dim")
    ends = (":low", ":high", "_low", "_high")
    # Eighty columns hold what is forgotten, what is kept and never rehearsed, and the verdict.
    whole = [one for one in rows[0] if "rouge" not in one and one != "notes" and not one.endswith(ends)]
    parts = ("kept-", "neighbours", "rehearsed", *(("retain",) if "kept:em" in whole else ()))
    shown = [one for one in whole if not one.startswith(parts)]
    for heading in shown:
        words = heading.replace("_norm", "").replace("_", " ")
        for mark in ":- ":  # a word a line: eighty columns must do
            words = words.replace(mark, "\n")
        text = heading in ("arm", "verdict")
        table.add_column(words, justify="left" if text else "right", no_wrap=heading != "verdict")
    for row in rows:
        table.add_row(*(_hundredths(row[heading]) for heading in shown))
    return table, f"{', '.join(notes)}: see the report" if notes else ""


def _hundredths(cell: str) -> str:
    try:
        return f"{100 * float(cell):.1f}"
    except ValueError:
        return escape(quoted(cell))
