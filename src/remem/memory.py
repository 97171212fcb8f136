"""The machine's memory: whether an error is about it, whoever raised it, and what a user is told then."""

from __future__ import annotations

import contextlib
import errno
import re
import resource
from pathlib import Path

# Of torch's allocators, of Rust's and of the C++ library's, and of threads that could not be started.
_WORDS = ("can't allocate memory", "std::bad_alloc", "Cannot allocate memory", "can't start new thread")
# What libraries make of it, though it may have other reasons: where next to nothing is left, it is that.
_PERHAPS = (
    "failed to map segment from shared object",
    "could not create a primitive",
    "could not create a memory",
    "error return without exception set",
)
_NOTHING = 256 << 20  # bytes
_ASKED = re.compile(r"(?:allocate|alloc of size|malloc of size) ([\d.]+) ?(bytes|[KMGT]i?B)?")
_SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def short(problem: BaseException) -> bool:
    """Whether an error says that memory ran out, of a GPU or of the machine."""
    if isinstance(problem, MemoryError) or type(problem).__name__ == "OutOfMemoryError":
        return True
    if isinstance(problem, OSError) and problem.errno == errno.ENOMEM:
        return True
    text = str(problem)
    if not isinstance(problem, RuntimeError | OSError | ImportError | SystemError):
        return False
    if any(words in text for words in _WORDS):
        return True
    return any(words in text for words in _PERHAPS) and ((left := free()) is None or left < _NOTHING)


def said(problem: BaseException, what: str, cure: str) -> str | None:
    """What a user is told of an error that is about memory; None for any other."""
    if not short(problem):
        return None
    text = str(problem)
    asked = wanted(text)
    more = f": {_told(asked)} more were asked for" if asked else ""
    left = None if "CUDA" in text else free()
    there = f"{',' if more else ':'} {_told(left)} are left here" if left is not None else ""
    return f"there is not enough memory for {what}{more}{there}. {cure}"


def wanted(text: str) -> int | None:
    """Bytes that were asked for, as the words of an error have it."""
    if (found := _ASKED.search(text)) is None:
        return None
    number, unit = found.groups()
    with contextlib.suppress(ValueError):
        return int(float(number) * _SIZES.get((unit or "b")[0], 1))
    return None


def free() -> int | None:
    """Bytes that this process could still get, by the machine and its limit; None where nothing says so."""
    left = []
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        left.append(int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) << 10)
    with contextlib.suppress(OSError, ValueError):
        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        if most != resource.RLIM_INFINITY:
            left.append(max(0, most - pages * resource.getpagesize()))
    return min(left, default=None)


def _told(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
