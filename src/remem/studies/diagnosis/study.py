"""A study of stage 1: every member is built, taught, asked and scored, then one page tells of them all.

The steps are those of a run, kept and resumed by the same store; each member's folder holds its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from remem import __version__
from remem.errors import UserError
from remem.run.code import rooms
from remem.run.context import Context
from remem.steps.code import folder_digest
from remem.steps.engines.base import Engine
from remem.steps.execute import execute, pending
from remem.steps.jobs import View
from remem.steps.store import Step, Survey
from remem.story.claim import at_work, request_of
from remem.story.logbook import logged
from remem.story.plan import plan, until
from remem.story.resolve import resolve
from remem.studies.diagnosis.sweeps import Member, Study
from remem.types import Progress


def steps(study: Study) -> list[Step]:
    """Stage 1 of every member, and the page."""
    found = [
        _of(member, step)
        for member in study.members
        for step in until(plan(resolve(member.run), ignore_gate=True), "learn")
    ]
    places = [[member.name, [list(place) for place in member.places]] for member in study.members]
    page = Step(
        name="report",
        work=tell,
        settings={"version": __version__, "members": places},
        needs=tuple(step.name for step in found if step.name.endswith(("/scores", "/gate", "/dataset"))),
        code=rooms("scoring") | {"page": folder_digest("remem.studies.diagnosis")},
        derived=True,
    )
    return [*found, page]


def pending_steps(study: Study) -> list[Step]:
    """What is still to be made; an error if something there was made with other settings."""
    return pending(study.root, steps(study))


def carry_out(study: Study, view: View, engine: Engine | None = None, threads: int = 0) -> None:
    """Makes what is missing. A member that does not pass the gate stops nothing: that is a finding here."""
    for member in study.members:
        if member.run.data:
            raise UserError("a diagnosis builds its own data sets: leave out --data")
        member.run.build.check()
    every = steps(study)
    with contextlib.ExitStack() as held:
        Survey(study.root, every)  # all is looked at before the first record is written
        for member in study.members:
            planned = plan(resolve(member.run), ignore_gate=True)
            request = request_of(member.run, True, "")
            held.enter_context(at_work(study.folder(member), member.run, request, planned, ()))
        with logged(view, study.root, f"diagnosis of {len(study.members)} models") as heard:
            execute(study.root, every, study, heard, engine, threads)


def _of(member: Member, step: Step) -> Step:
    """A step of a run as a step of the study."""

    def at(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"members/{member.name}/{name}" for name in names)

    arguments = {"member": member, "inner": step.work, "arguments": dict(step.arguments or {})}
    return replace(
        step,
        name=at([step.name])[0],
        work=in_member,
        needs=at(step.needs),
        after=at(step.after),
        arguments=arguments,
    )


def in_member(
    folder: Path,
    study: Study,
    progress: Progress,
    member: Member,
    inner: Callable[..., None],
    arguments: dict[str, Any],
) -> None:
    """The work of a run's step, in a member's folder."""
    inner(folder, Context(study.folder(member), member.run), progress=progress, **arguments)


def tell(folder: Path, study: Study, progress: Progress) -> None:
    """The page of the study, its numbers as CSV, its figures as SVG."""
    from remem.studies.diagnosis.numbers import measure
    from remem.studies.diagnosis.page import write

    write(folder, study.sweeps, measure(study, progress))
