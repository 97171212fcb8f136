"""log.txt of a run: when what began and ended, what was noted, and the traceback of a crash."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from remem import __version__
from remem.errors import Crashed
from remem.steps import parallel
from remem.steps.jobs import View

FILE = "log.txt"  # in the run folder


class Logbook:
    """A view that passes everything on and writes down what begins and ends. A log that cannot be written
    stops nothing."""

    def __init__(self, view: View, root: Path):
        self.view = view
        self.log = logging.Logger(f"remem {root}", logging.INFO)
        try:
            handler: logging.Handler = logging.FileHandler(root / FILE, encoding="utf-8", delay=True)
        except OSError:
            handler = logging.NullHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
        handler.handleError = lambda record: None  # type: ignore[method-assign]
        self.log.addHandler(handler)

    def began(self, what: str) -> None:
        self.log.info("remem %s: %s", __version__, what)

    def start(self, step: str) -> None:
        self.log.info("start %s", step)
        self.view.start(step)

    def update(self, step: str, done: int, total: int, note: str) -> None:
        if done == 0 and note:
            self.log.info("%s: %s", step, note)
        self.view.update(step, done, total, note)

    def finish(self, step: str, seconds: float) -> None:
        self.log.info("done  %s in %.1f s", step, seconds)
        self.view.finish(step, seconds)

    def stopped(self, problem: BaseException) -> None:
        """What ended the run before its end."""
        if isinstance(problem, Crashed):
            self.log.error("%s\n%s", problem, problem.text.rstrip())
        elif isinstance(problem, Exception):
            self.log.error("%s", problem)
        else:
            self.log.warning("stopped")


@contextlib.contextmanager
def logged(view: View, root: Path, what: str) -> Iterator[View]:
    """The view, with a log of what happens meanwhile and of what ends it. One of several processes writes."""
    if not parallel.first():
        yield view
        return
    log = Logbook(view, root)
    log.began(what)
    try:
        yield log
    except BaseException as problem:
        log.stopped(problem)
        raise
