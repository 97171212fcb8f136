"""Campaigns of broken input: cases are drawn, run in this process, and each is counted as what came of it.

A case is a small dictionary of JSON values, so that one that failed is a line of a file. A target is a module
with

    CASES = 2000                                     how many a full campaign takes
    def cases() -> SearchStrategy[Case]              draws them
    def run(case: Case, folder: Path) -> str         applies one in an empty folder: `REFUSED` or `ACCEPTED`

and `UserError` is a refusal, too. What is accepted must be as harmless as the target's oracle says; it raises
`Silent` where it is not. Every other exception is a traceback, and what takes longer than LIMIT_S a hang.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType, ModuleType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from remem.errors import UserError
from remem.outgoing import terminal

Case = dict[str, Any]
TARGETS = ("commands", "endpoints", "folders", "loaders", "records", "settings")  # modules here
REFUSED, ACCEPTED = "refused", "accepted"
LIMIT_S = 30.0
LONGEST = 3000  # letters of a refusal
KEPT = Path(__file__).parent / "kept.jsonl"  # cases that once failed
_REMEM = "/remem/"


class Silent(AssertionError):
    """Nonsense was accepted."""


class Hang(BaseException):
    """A case took too long; no `except Exception` on its way may hold it up."""


class Garbled(AssertionError):
    """A refusal that no one can read."""


@dataclass(frozen=True)
class Failure:
    kind: str  # traceback, hang, silent, garbled
    where: str  # exception and the line of remem that it came from: failures of one place are one
    case: Case
    text: str


@dataclass
class Tally:
    """What came of a target's cases."""

    target: str
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    failures: dict[str, Failure] = field(default_factory=dict)  # place -> the smallest case
    slowest_s: float = 0.0
    seconds: float = 0.0

    @property
    def cases(self) -> int:
        return sum(self.counts.values())

    def add(self, found: str | Failure) -> None:
        kind = found if isinstance(found, str) else found.kind
        self.counts[kind] += 1
        if isinstance(found, Failure):
            known = self.failures.get(found.where)
            if known is None or len(json.dumps(found.case)) < len(json.dumps(known.case)):
                self.failures[found.where] = found


def target(name: str) -> ModuleType:
    return importlib.import_module(f"fuzz.{name}")


def attempt(module: Any, case: Case, limit_s: float = LIMIT_S) -> str | Failure:
    """What comes of one case."""
    try:
        with TemporaryDirectory(prefix="remem-fuzz-") as folder, _limited(limit_s):
            try:
                found = module.run(case, Path(folder))
            except UserError as refusal:
                readable(str(refusal))
                found = REFUSED
        assert found in (REFUSED, ACCEPTED), found
        return str(found)
    except Hang as problem:
        return _failure("hang", case, problem)
    except Silent as problem:
        return _failure("silent", case, problem)
    except Garbled as problem:
        return _failure("garbled", case, problem)
    except (Exception, SystemExit, RecursionError) as problem:
        return _failure("traceback", case, problem)


def readable(message: str) -> None:
    """Garbled for a refusal that, as the console shows it, is empty or endless, or holds a traceback."""
    message = terminal(message)
    if len(message.strip()) < 12 or len(message) > LONGEST:
        raise Garbled(f"a message of {len(message):,} letters: {message[:200]!r}")
    for word in ("Traceback (most recent call last)", "object at 0x", 'File "/'):
        if word in message:
            raise Garbled(f"{word!r} stands in: {message[:400]!r}")


def campaign(
    name: str,
    cases: int,
    start: int,
    *,
    until: float = float("inf"),
    running: Path | None = None,
    limit_s: float = LIMIT_S,
) -> Tally:
    """So many cases of a target from one seed; none is begun after `until` (of time.monotonic).

    `running`: a file that holds the case of the moment, for when the process itself dies of it.
    """
    module, tally, begun = target(name), Tally(name, start), time.monotonic()

    @seed(start)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(module.cases())
    def one(case: Case) -> None:
        before = time.monotonic()
        if before > until:
            return
        if running is not None:
            running.write_text(json.dumps(case))
        tally.add(attempt(module, case, limit_s))
        tally.slowest_s = max(tally.slowest_s, time.monotonic() - before)

    one()
    if running is not None:
        running.unlink(missing_ok=True)
    tally.seconds = time.monotonic() - begun
    return tally


def kept() -> list[tuple[str, Case]]:
    """The cases that once failed, each with its target."""
    lines = KEPT.read_text().splitlines() if KEPT.exists() else []
    return [(found["target"], found["case"]) for found in map(json.loads, lines)]


def keep(tally: Tally) -> None:
    """Appends what failed, so that it is tried again for ever."""
    known = kept()
    with KEPT.open("a") as file:
        for failure in tally.failures.values():
            if (tally.target, failure.case) not in known:
                line = {"target": tally.target, "was": failure.where, "case": failure.case}
                file.write(json.dumps(line) + "\n")


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        raise Hang(f"not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again, where it is raised in what nobody hears
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _failure(kind: str, case: Case, problem: BaseException) -> Failure:
    text = "".join(traceback.format_exception(problem))
    ours = [one for one in traceback.extract_tb(problem.__traceback__) if _REMEM in one.filename]
    place = f"{ours[-1].filename.partition(_REMEM)[2]}:{ours[-1].lineno}" if ours else "outside remem"
    if kind in ("silent", "garbled"):
        place = str(problem)[:80]
    del problem
    gc.collect()
    return Failure(kind, f"{kind}: {text.strip().splitlines()[-1][:80]} at {place}", case, text[-6000:])
