"""Two ways to one result, in turn in one process: medians, their ratio, and how far the results are apart."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

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


def pair(what: str, plain: Way, fast: Way, repeats: int = 3, note: str = "") -> Pair:
    """Runs both ways alternately. Nothing here asserts a time."""
    seconds: tuple[list[float], list[float]] = ([], [])
    apart = 0.0
    for _ in range(repeats):
        found = []
        for work, times in zip((plain, fast), seconds, strict=True):
            start = time.perf_counter()
            found.append(work())
            times.append(time.perf_counter() - start)
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
