"""How far the steps are: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from remem.outgoing import quoted, terminal
from remem.steps.jobs import View


class Safe(Console):
    """A console that no text can steer: control characters are written out, whoever wrote them."""

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*(terminal(one) if isinstance(one, str) else one for one in objects), **how)


out = Safe(highlight=False)
err = Safe(stderr=True, highlight=False)


def warn(text: str) -> None:
    """A note on standard error."""
    err.print(f"[yellow]note[/] {escape(text)}", soft_wrap=True)


class Lines:
    """A line when a step begins and when it is done, for logs and pipes."""

    def __init__(self, console: Console, total: int):
        self.console, self.total, self.done = console, total, 0

    def start(self, step: str) -> None:
        self.console.print(f"  ...  {step}", highlight=False)

    def update(self, step: str, done: int, total: int, note: str) -> None:
        """Only what a step says before it begins: a log wants no bars."""
        if done == 0 and note:
            self.console.print(f"       {step}: {note}", highlight=False, soft_wrap=True)

    def finish(self, step: str, seconds: float) -> None:
        self.done += 1
        self.console.print(f"  done {step}  {seconds:.1f} s  ({self.done} of {self.total})", highlight=False)


class Bars:
    """A bar for each step that runs, a line for each that is done, and one bar for them all."""

    def __init__(self, console: Console, progress: Progress, total: int):
        self.console, self.progress = console, progress
        self.rows: dict[str, TaskID] = {}
        self.whole = progress.add_task("all steps", total=total, note="")

    def start(self, step: str) -> None:
        self.rows[step] = self.progress.add_task(step, total=None, note="")

    def update(self, step: str, done: int, total: int, note: str) -> None:
        if done == 0 and note:
            self.console.print(f"  [dim]{step}: {note}[/]", highlight=False, soft_wrap=True)
        elif step in self.rows:
            self.progress.update(self.rows[step], completed=done, total=total, note=escape(quoted(note)))

    def finish(self, step: str, seconds: float) -> None:
        if step in self.rows:
            self.progress.remove_task(self.rows.pop(step))
        self.console.print(f"[green]✓[/] {step:<18} [dim]{seconds:6.1f} s[/]", highlight=False)
        self.progress.advance(self.whole)


@contextlib.contextmanager
def watching(console: Console, total: int, quiet: bool) -> Iterator[View]:
    """The view that fits the output."""
    if quiet or not console.is_terminal:
        yield Lines(console, total)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=28),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("[dim]left"),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bars(console, progress, total)


def results(path: Path) -> Table:
    """The method table of a report (tables/methods.csv) for a terminal; shares as hundredths."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    notes = list(dict.fromkeys(note for row in rows for note in (row.get("notes") or "").split("; ") if note))
    caption = f"{', '.join(notes)}: see the report" if notes else None
    table = Table(box=None, pad_edge=False, header_style="dim", caption=caption, caption_justify="left")
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
    return table


def _hundredths(cell: str) -> str:
    try:
        return f"{100 * float(cell):.1f}"
    except ValueError:
        return escape(quoted(cell))


class Line:
    """The progress of one long piece of work outside a run: a line now and then."""

    def __init__(self, console: Console, what: str, every_s: float = 2.0):
        self.console, self.what, self.every_s = console, what, every_s
        self.start = self.last = time.monotonic()
        self.phase = (0, "")  # total and first word of the note: another one starts the estimate anew

    def __call__(self, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if self.phase != (phase := (total, note.partition(":")[0].partition(" ")[0])):
            self.phase, self.start = phase, now
        if now - self.last > self.every_s or done == total:
            self.last = now
            left = (now - self.start) / max(1, done) * (total - done)
            self.console.print(
                f"  {self.what} {done:,}/{total:,}  {note}  about {left:.0f} s left", highlight=False
            )
