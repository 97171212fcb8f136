"""What is known of a worker process that died: by which signal, and whether memory had run out."""

from __future__ import annotations

import contextlib
import pickle
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from remem.errors import UserError

CGROUPS = Path("/sys/fs/cgroup")
CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT}
AGAIN = "Run the same command again to go on"


@contextlib.contextmanager
def told(what: str, workers: Mapping[int, Any], lower: str) -> Iterator[None]:
    """Around the use of worker processes: UserError with what is known where one of them died.

    `workers`: those that were started, also once their pool let them go; `lower`: how to take less memory.
    """
    before = kills()
    try:
        yield
    except BrokenProcessPool as problem:
        raise UserError(said(what, codes(workers), before, lower)) from problem


def carry(work: Callable[..., Any], *given: Any) -> Any:
    """In a worker: what is raised is made such that another process can read it.

    An exception that wants more than its message cannot be: its pool ends, and nobody learns why.
    """
    try:
        return work(*given)
    except Exception as problem:
        if _readable(problem):
            raise
        if isinstance(problem, UserError):
            raise UserError(str(problem)) from None
        raise RuntimeError(f"{type(problem).__name__}: {problem}") from None


def _readable(problem: Exception) -> bool:
    try:
        again = pickle.loads(pickle.dumps(problem))
    except Exception:  # whatever its own way of being pickled raises
        return False
    return type(again) is type(problem) and str(again) == str(problem)


def kills() -> int | None:
    """How often the kernel has killed for want of memory, in this process's group or else on this machine;
    None where it does not say."""
    for path in _places():
        with contextlib.suppress(OSError, ValueError):
            for line in path.read_text("ascii").splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return None


def _places() -> list[Path]:
    """Of cgroups of version 2, of version 1, and of the whole machine."""
    found = []
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text("utf-8").splitlines():
            _, kinds, path = line.split(":", 2)
            own = path.lstrip("/")
            if not kinds:
                found += [CGROUPS / own / "memory.events", CGROUPS / "memory.events"]
            elif "memory" in kinds.split(","):
                found += [CGROUPS / "memory" / one / "memory.oom_control" for one in (own, "")]
    return [*found, Path("/proc/vmstat")]


def codes(workers: Mapping[int, Any]) -> list[int]:
    """The exit codes of workers that ended badly. Whoever finds one dead ends the others by SIGTERM."""
    for one in workers.values():
        one.join(timeout=5)
    ended = [one.exitcode for one in workers.values() if one.exitcode]
    return [code for code in ended if code != -signal.SIGTERM] or ended


def said(what: str, codes: list[int], before: int | None, lower: str) -> str:
    """What a user is told of lost workers. `before`: what `kills` said when they began."""
    code = codes[0] if codes else None
    if code is None:
        return f"{what} was lost, and nothing is known of why. {AGAIN}."
    if code > 0:
        return f"{what} ended by itself, with exit status {code}. {AGAIN}, {lower}."
    number = -code
    with contextlib.suppress(ValueError):
        name = f" ({signal.Signals(number).name})"
        lower = f", {lower}" if number in (signal.SIGKILL, *CRASHES) else ""
        return f"{what} was ended by signal {number}{name}: {_why(number, before)}. {AGAIN}{lower}."
    return f"{what} was ended by signal {number}. {AGAIN}."


def _why(number: int, before: int | None) -> str:
    if number in CRASHES:
        return "a library crashed, which may also be for want of memory or, of SIGBUS, of disk"
    if number != signal.SIGKILL:
        return "somebody, or the system, stopped it from outside"
    now = kills()
    if before is None or now is None:
        return "the system may have done that for want of memory, or somebody did; it does not say"
    if now > before:
        return "the system did that for want of memory, as its own count says"
    return "not for want of memory, as the system's own count of such says: somebody did, or a scheduler"
