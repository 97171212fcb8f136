"""What an engine is, and what a step may ask of the machine that makes it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from remem import jsonfile
from remem.errors import UserError, unknown
from remem.steps.jobs import KINDS, Job, Nobody, View
from remem.steps.make import make, settle

RETRIES = 3  # of a step whose worker was lost
MOST = 100_000  # CPUs, GPUs or GiB of one step


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What one step takes."""

    cpus: int = 1
    gpus: float = 0
    memory: float = 0  # GiB; 0: not reckoned with

    def __post_init__(self) -> None:
        if self.cpus < 1 or self.gpus < 0 or self.memory < 0:
            raise UserError(f"--need: {self} cannot be: at least one CPU, and nothing below 0")
        if not max(self.cpus, self.gpus, self.memory) <= MOST:
            raise UserError(f"--need: {self} cannot be: no machine has more than {MOST:,} of anything")


class Engine(Protocol):
    """Makes steps. Entered before the first, left after the last; left with an error, it stops what runs."""

    room: int  # steps at once

    def running(self, view: View) -> AbstractContextManager[None]: ...

    def submit(self, job: Job) -> Future[None]:
        """Of a step that is ready. What it raises: UserError, or what the step raised."""
        ...


def needs(asked: Sequence[str]) -> dict[str, Resources]:
    """Of `train:gpus=1,cpus=8` and the like, by kind of step; UserError for what is not understood."""
    found = {kind: Resources() for kind in KINDS}
    told: set[tuple[str, str]] = set()
    for one in asked:
        kind, colon, values = one.partition(":")
        if kind not in KINDS:
            raise unknown("kind of step in --need", kind, KINDS)
        for pair in values.split(","):
            name, equals, value = pair.partition("=")
            if not colon or not equals or name not in Resources.__dataclass_fields__:
                raise UserError(f"--need {one}: write it as {kind}:gpus=1,cpus=8,memory=40")
            if (kind, name) in told:
                raise UserError(f"--need says twice how many {name} {kind} needs: say it once")
            told.add((kind, name))
            number: Any = jsonfile.literal(value, f"--need {one}", "Give one such as 8.")
            if isinstance(number, bool) or not isinstance(number, int if name == "cpus" else int | float):
                raise UserError(f"--need {one}: {value} is no number; give one such as 8")
            more: dict[str, Any] = {name: number}
            found[kind] = replace(found[kind], **more)
    return found


def lacks_remem(text: str) -> bool:
    """Whether a far worker's error says that it could not import the package."""
    return "No module named 'remem'" in text or 'No module named "remem"' in text


def job_of(job: Job, threads: int) -> str:
    """Makes a step on a far machine; what a user can mend comes back in words. "" when all went well."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    settle(threads)
    try:
        make(job.root, job.step, job.order, job.context, Nobody())
    except UserError as error:
        return str(error)
    return ""
