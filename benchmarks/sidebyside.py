"""Two ways to one result, in turn in one process: medians, their ratio, and how far the results are apart.

On a CPU it is the time of this process that counts, so that what else the machine does is left out.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

Way = Callable[[], list[float]]


@dataclass(frozen=True)
class Pair:
    """What was measured; seconds are medians."""

    what: str
    plain_s: float
    fast_s: float
    ratio: float
    apart: float  # the largest difference between the two ways' numbers
    repeats: int
    note: str = ""


def clock(wall: bool = False) -> float:
    """Seconds: of this process on a CPU, of the clock on the wall where a GPU or a second thread works."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    if wall or torch.cuda.is_available():
        return time.perf_counter()
    return time.process_time()


def pair(what: str, plain: Way, fast: Way, repeats: int = 3, note: str = "", wall: bool = False) -> Pair:
    """Runs both ways alternately. Nothing here asserts a time."""
    seconds: tuple[list[float], list[float]] = ([], [])
    apart = 0.0
    for _ in range(repeats):
        found = []
        for work, times in zip((plain, fast), seconds, strict=True):
            start = clock(wall)
            found.append(work())
            times.append(clock(wall) - start)
        apart = max(apart, max(abs(a - b) for a, b in zip(*found, strict=True)))
    slow, quick = (statistics.median(times) for times in seconds)
    row = Pair(what, slow, quick, slow / quick, apart, repeats, note)
    print(
        f"{what:<70} {slow:9.3f} s {quick:9.3f} s {row.ratio:7.1f} x   apart {apart:.1e}  {note}", flush=True
    )
    return row


def table(pairs: list[Pair]) -> str:
    """The pairs as Markdown."""
    lines = ["| what | plain, s | fast, s | ratio | apart |", "|---|---:|---:|---:|---:|"]
    for row in pairs:
        what = f"{row.what} ({row.note})" if row.note else row.what
        lines.append(
            f"| {what} | {row.plain_s:.3g} | {row.fast_s:.3g} | {row.ratio:.1f} × | {row.apart:.0e} |"
        )
    return "\n".join(lines)
