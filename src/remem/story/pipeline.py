"""The whole story: build, learn, gate, retrain, forget, ask, score, report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from remem.errors import GateFailed, UserError
from remem.run import places
from remem.run.context import Context, read_run_record
from remem.run.settings import Run, restore
from remem.scoring.gate import read_gate
from remem.settings import plain
from remem.steps.engines.base import Engine
from remem.steps.execute import execute
from remem.steps.jobs import View, kind_of
from remem.steps.store import Step, Survey
from remem.story.advice import advice
from remem.story.claim import at_work, request_of
from remem.story.logbook import logged
from remem.story.plan import plan, until
from remem.story.resolve import resolve


def finished(
    root: Path, run: Run, ignore_gate: bool, fingerprint: str, stage: str, keep_old: bool = False
) -> bool:
    """Whether this very request was carried out before, and nothing of it is stale. Needs no torch.

    UserError where something of it is not as it was made.
    """
    try:
        record = read_run_record(root)
    except UserError:
        return False
    if record["request"] != request_of(run, ignore_gate, fingerprint):
        return False
    # The settings with every default, as they were written out then: nothing is resolved anew.
    made = restore(places.located(record["config"], places.portable(plain(run))[1]))
    steps = _told(root, until(plan(made, fingerprint, ignore_gate), stage), keep_old)
    return all(one.settled for one in Survey(root, steps, keep_old).standing.values())


def survey(
    root: Path, run: Run, fingerprint: str, ignore_gate: bool, stage: str, keep_old: bool = False
) -> Survey:
    """How the steps of a run stand; UserError where something there was made with other settings."""
    steps = until(plan(resolve(run), fingerprint, ignore_gate), stage)
    return Survey(root, _told(root, steps, keep_old), keep_old)


def _told(root: Path, steps: list[Step], keep_old: bool) -> list[Step]:
    """The steps, the report among them made of what is kept though stale: it says so."""
    old = Survey(root, steps, keep_old).old if keep_old else {}
    if not old:
        return steps
    return [
        replace(step, settings={**step.settings, "old": old}) if step.name == "report" else step
        for step in steps
    ]


def carry_out(
    root: Path,
    run: Run,
    view: View,
    *,
    engine: Engine | None = None,
    threads: int = 0,
    ignore_gate: bool = False,
    fingerprint: str = "",
    stage: str = "report",
    keep_old: bool = False,
    examined: bool = False,
) -> None:
    """Makes what is missing of a run, up to a stage. Raises GateFailed when stage 1 did not teach it.

    What is stale is made again, or kept as it is with `keep_old`. Before anything trains its data set is
    looked through, the user's own unless that was `examined` before; and so are its attacks.
    """
    request = request_of(run, ignore_gate, fingerprint)
    run = resolve(run)
    whole = _told(root, plan(run, fingerprint, ignore_gate), keep_old)
    steps = until(whole, stage)

    context = Context(root, run, fingerprint)

    def passed(step: str) -> None:
        if step == "dataset" and trains:
            look_through_data(context, ignore_gate)
        if step == "gate":
            check_gate(root, ignore_gate)

    with at_work(root, run, request, whole, steps, keep_old) as found:
        todo = [step.name for step in found.todo]
        trains = any(kind_of(step) == "train" for step in todo)
        if trains and "dataset" not in todo:
            if examined and run.data:
                look_through_attacks(context)
            else:
                look_through_data(context, ignore_gate)
        what = f"{len(found.todo)} of {len(steps)} steps to do, up to {stage}"
        with logged(view, root, what) as heard:
            if "gate" in found.standing and found.standing["gate"].settled:
                passed("gate")
            execute(root, steps, context, heard, engine, threads, passed, keep_old)


def look_through_data(context: Context, ignore_gate: bool) -> None:
    """UserError where a run's data set would spoil it, by row. All that a built one may lack is room: for its
    answers, or in what its model reads."""
    from remem.run.beforehand import check_with_model, look_through

    if context.run.data:
        look_through(context.run, context.data(), ignore_gate)
    else:
        check_with_model(context.run, context.data(), ignore_gate)
    look_through_attacks(context)


def look_through_attacks(context: Context) -> None:
    """UserError where an attack of a run cannot be made on its model or its data set."""
    from remem.attacks import make
    from remem.run.tasks import tasks
    from remem.story.work import scene_of

    run = context.run
    for task in tasks(run) if run.attacks.each else ():
        first = tuple(one.arm for one in run.given if one.role in ("given", "taught"))[-1:]
        scene = scene_of(context, task, first, run.attacks.per_fact, context.root)
        for one in run.attacks.each:
            make(one.attack, one.settings).check(scene)


def check_gate(root: Path, ignored: bool) -> None:
    """Raises GateFailed when stage 1 did not teach it and nobody said to go on."""
    gate = read_gate(root / "gate" / "gate.json")
    if not gate.passed and not ignored:
        raise GateFailed(gate.text(), advice(root))
