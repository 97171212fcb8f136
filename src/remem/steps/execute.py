"""Makes the steps of a plan: what is ready, in the plan's order, here or in worker processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any

from remem.steps.engines.base import Engine
from remem.steps.jobs import Job, View
from remem.steps.make import make, settle
from remem.steps.store import Step, is_done, keys


def pending(root: Path, steps: Sequence[Step]) -> list[Step]:
    """The steps that are not whole yet, in order. An error if one was made with other settings."""
    key = keys(steps)
    return [step for step in steps if not is_done(root, step, key[step.name], _inputs(step, key))]


def execute(
    root: Path,
    steps: Sequence[Step],
    context: Any,
    view: View,
    engine: Engine | None = None,
    threads: int = 0,
    finished: Callable[[str], None] = lambda step: None,
) -> None:
    """Makes every step that is not whole yet. Stops at the first error; what is finished stays.

    `context` goes to every step's work. Without an engine steps are made here, one after the other. Two runs
    on one folder share the work, since a step is made under a lock.
    `finished` hears of each step that is whole, here, and may raise to stop the rest.
    """
    todo = pending(root, steps)
    if not todo:
        return
    key = keys(steps)
    if engine is None:
        settle(threads)
        for step in todo:
            view.start(step.name)
            clock = time.monotonic()
            make(root, step, key[step.name], _inputs(step, key), context, view)
            view.finish(step.name, time.monotonic() - clock)
            finished(step.name)
        return
    _on(engine, root, todo, key, context, view, finished)


def _inputs(step: Step, key: Mapping[str, str]) -> dict[str, str]:
    return {name: key[name] for name in step.needs}


def _on(
    engine: Engine,
    root: Path,
    todo: list[Step],
    key: Mapping[str, str],
    context: Any,
    view: View,
    finished: Callable[[str], None],
) -> None:
    """All steps by an engine: each as soon as what it needs is whole and the engine has room."""
    waiting = {step.name for step in todo}
    running: dict[Future[None], Step] = {}
    with engine.running(view):
        while todo or running:
            ready = [step for step in todo if not waiting.intersection((*step.needs, *step.after))]
            for step in ready[: engine.room - len(running)]:
                todo.remove(step)
                job = Job(root, step, key[step.name], _inputs(step, key), context)
                running[engine.submit(job)] = step
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                step = running.pop(future)
                future.result()
                waiting.discard(step.name)
                finished(step.name)
