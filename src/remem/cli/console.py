"""What goes to standard output and error, and how far the steps are: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console, ConsoleDimensions
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

from remem.errors import unknown
from remem.outgoing import quoted, terminal
from remem.steps import parallel
from remem.steps.jobs import Nobody, View


class _Plain:
    """A value in a line that may have styles: what looks like one in it is none."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __format__(self, form: str) -> str:
        return escape(format(self.value, form))


class Safe(Console):
    """A console that no text can steer: control characters are written out, whoever wrote them."""

    lost: OSError | None = None  # what kept it from being written to

    def print(self, *objects: Any, **how: Any) -> None:
        try:
            super().print(*(terminal(one) if isinstance(one, str) else one for one in objects), **how)
        except OSError as problem:  # a full disk, say: what is at work goes on, and is told in the end
            self.quiet, self.lost = True, problem

    def on_broken_pipe(self) -> None:
        """Nobody reads on, as behind `| head`: that ends what is at work here, as it ends any command."""
        self.quiet, self.lost = True, BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if threading.current_thread() is threading.main_thread():
            raise SystemExit(PIPE)

    def say(self, form: str, *values: object) -> None:
        """A line of ours, with styles, and in it the values in their places: they are shown as they are."""
        self.print(form.format(*map(_Plain, values)), soft_wrap=True)

    def _size(self) -> ConsoleDimensions:
        """Of a pipe or file: so wide that nothing wraps, whatever COLUMNS says."""
        size: ConsoleDimensions = Console.size.fget(self)  # type: ignore[attr-defined]
        return size if self.is_terminal else ConsoleDimensions(_WIDE, size.height)

    size = property(_size, Console.size.fset)  # type: ignore[attr-defined]


PIPE = 128 + signal.SIGPIPE  # exit status of a command whose reader has left
FORMS = ("table", "json", "csv")
_WIDE = 100_000
out = Safe(highlight=False)  # what was asked for
progress = Safe(highlight=False)  # how far it is: nothing with --quiet
err = Safe(stderr=True, highlight=False)


def speak(quiet: bool = False, form: str = "table") -> None:
    """How this command speaks. For a machine (`form`) standard output has its value and nothing else. Of
    several processes that do the same one speaks."""
    if form not in FORMS:
        raise unknown("format", form, FORMS)
    out.stderr = progress.stderr = form != "table"
    out.quiet = err.quiet = not parallel.first()
    out.lost = progress.lost = err.lost = None
    progress.quiet = quiet or out.quiet


def warn(text: str) -> None:
    """A note on standard error."""
    err.say("[yellow]note[/] {}", text)


def _now(console: Console) -> str:
    """The time of day, before a line that no one watches as it comes."""
    return "" if console.is_terminal else time.strftime("%H:%M:%S")


class Lines:
    """A line when a step begins and when it is done, for logs and pipes."""

    def __init__(self, console: Safe, total: int):
        self.console, self.total, self.done = console, total, 0

    def start(self, step: str) -> None:
        self.console.say("{}  ...  {}", _now(self.console), step)

    def update(self, step: str, done: int, total: int, note: str) -> None:
        """Only what a step says before it begins: a log wants no bars."""
        if done == 0 and note:
            self.console.say("{}       {}: {}", _now(self.console), step, note)

    def finish(self, step: str, seconds: float) -> None:
        self.done += 1
        now = _now(self.console)
        self.console.say("{}  done {}  {:.1f} s  ({} of {})", now, step, seconds, self.done, self.total)


class Bars:
    """A bar for each step that runs, a line for each that is done, and one bar for them all."""

    def __init__(self, console: Safe, progress: Progress, total: int):
        self.console, self.progress = console, progress
        self.rows: dict[str, TaskID] = {}
        self.whole = progress.add_task("all steps", total=total, note="")

    def start(self, step: str) -> None:
        self.rows[step] = self.progress.add_task(escape(step), total=None, note="")

    def update(self, step: str, done: int, total: int, note: str) -> None:
        if done == 0 and note:
            self.console.say("  [dim]{}: {}[/]", step, note)
        elif step in self.rows:
            self.progress.update(self.rows[step], completed=done, total=total, note=escape(quoted(note)))

    def finish(self, step: str, seconds: float) -> None:
        if step in self.rows:
            self.progress.remove_task(self.rows.pop(step))
        self.console.say("[green]✓[/] {:<18} [dim]{:6.1f} s[/]", step, seconds)
        self.progress.advance(self.whole)


@contextlib.contextmanager
def watching(total: int) -> Iterator[View]:
    """The view of so many steps that fits the output."""
    if progress.quiet or not progress.is_terminal:
        yield Nobody() if progress.quiet else Lines(progress, total)
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
    with Progress(*columns, console=progress, transient=True) as bars:
        yield Bars(progress, bars, total)


class Line:
    """The progress of one long piece of work outside a run: a line now and then."""

    def __init__(self, what: str, every_s: float = 2.0):
        self.what, self.every_s = what, every_s
        self.start = self.last = time.monotonic()
        self.phase = (0, "")  # total and first word of the note: another one starts the estimate anew

    def __call__(self, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if self.phase != (phase := (total, note.partition(":")[0].partition(" ")[0])):
            self.phase, self.start = phase, now
        if now - self.last > self.every_s or done == total:
            self.last = now
            left = (now - self.start) / max(1, done) * (total - done)
            said = "{}  {} {:,}/{:,}  {}  about {:.0f} s left"
            progress.say(said, _now(progress), self.what, done, total, note, left)
