"""Makes the steps of a plan: what is ready, in the plan's order, here or in worker processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any

from remem.steps.engines.base import Engine
from remem.steps.jobs import Job, View
from remem.steps.make import make, settle
from remem.steps.store import Step, Survey


def pending(root: Path, steps: Sequence[Step], keep_old: bool = False) -> list[Step]:
    """The steps that are certainly to be made, in order.

    UserError where one was made with other settings, or is not as it was made.
    """
    return Survey(root, steps, keep_old).todo


def execute(
    root: Path,
    steps: Sequence[Step],
    context: Any,
    view: View,
    engine: Engine | None = None,
    threads: int = 0,
    finished: Callable[[str], None] = lambda step: None,
    keep_old: bool = False,
) -> None:
    """Makes every step that is not whole yet, or stale. Stops at the first error; what is finished stays.

    `context` goes to every step's work. Without an engine steps are made here, one after the other. Two runs
    on one folder share the work, since a step is made under a lock. With `keep_old` what is stale is kept.
    `finished` hears of each step that is whole, here, and may raise to stop the rest.
    """
    survey = Survey(root, steps, keep_old)
    todo = [step for step in steps if not survey.standing[step.name].settled]
    if not todo:
        return
    if engine is not None:
        _on(engine, root, todo, survey, context, view, finished)
        return
    settle(threads)
    for step in todo:
        if survey.look(step.name).settled:  # what it reads was made again, to the same bytes
            continue
        view.start(step.name)
        clock = time.monotonic()
        make(root, step, survey.order(step.name), context, view)
        view.finish(step.name, time.monotonic() - clock)
        survey.look(step.name)
        finished(step.name)


def _on(
    engine: Engine,
    root: Path,
    todo: list[Step],
    survey: Survey,
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
            for step in ready:
                if survey.look(step.name).settled:
                    todo.remove(step)
                    waiting.discard(step.name)
                elif len(running) < engine.room:
                    todo.remove(step)
                    running[engine.submit(Job(root, step, survey.order(step.name), context))] = step
            if not running:
                continue
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                step = running.pop(future)
                future.result()
                survey.look(step.name)
                waiting.discard(step.name)
                finished(step.name)
