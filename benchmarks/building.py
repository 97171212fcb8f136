"""Rows a second of building a data set, and the most memory that it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass

# In a process of its own: the peak of a process never comes down again. Linux only.
WORK = """
import json, sys, time
from pathlib import Path
from remem.data import BuildSettings, build
people = int(sys.argv[1])
settings = BuildSettings(people=people, qa=100, images=1, test_qa=1, test_images=1, size=16)
start = time.perf_counter()
build(Path(sys.argv[2]), settings)
seconds = time.perf_counter() - start
status = Path("/proc/self/status").read_text()  # rusage would count what the parent held before this began
peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
print(json.dumps([seconds, peak]))
"""


@dataclass(frozen=True)
class Built:
    rows: int  # of finetune; the nested splits and the test rows come on top
    seconds: float
    peak_bytes: int


def measure(sizes: tuple[int, ...]) -> list[Built]:
    """So many rows each, 100 a person, one small picture a person."""
    found = []
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", WORK, str(rows // 100), folder],
                capture_output=True,
                text=True,
                check=True,
            )
        seconds, peak = json.loads(done.stdout.strip().splitlines()[-1])
        found.append(Built(rows, seconds, peak))
        print(f"{rows:>9,} rows built in {seconds:.1f} s, {peak / 2**20:,.0f} MiB at most", flush=True)
    return found


def table(built: list[Built]) -> str:
    """As Markdown."""
    lines = ["| rows | seconds | rows a second | most memory, MiB |", "|---:|---:|---:|---:|"]
    for one in built:
        speed, peak = one.rows / one.seconds, one.peak_bytes / 2**20
        lines.append(f"| {one.rows:,} | {one.seconds:.1f} | {speed:,.0f} | {peak:,.0f} |")
    return "\n".join(lines)
