"""Kills a real run again and again, at random moments, and compares its end with a run that nobody killed.

python benchmarks/kills.py --kills 200
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SMALL = [
    f"--set={one}"
    for one in (
        "build.people=4", "build.qa=20", "build.images=4", "build.test_qa=4", "build.test_images=2",
        "build.size=32", "build.candidates=6", "learn.epochs=2", "evaluate.max_new_tokens=8",
        "evaluate.exposure_people=1", "evaluate.world=none", "methods=npo,po", "po.epochs=2",
        "forget.train.epochs=2",
    )
]  # fmt: skip
APART = {"provenance.json", "log.txt"}  # times
BESIDE = {".locks", ".checked", ".trash", "report"}


def content(root: Path) -> dict[str, bytes]:
    """Every file that must be the same bytes."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in APART and not BESIDE & set(path.relative_to(root).parts)
    }


def command(root: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "remem",
        "run",
        "tiny",
        "--out",
        str(root),
        "--ignore-gate",
        "--workers=2",
        *SMALL,
    ]


def killed(root: Path, after_s: float) -> bool:
    """Starts the run and kills it, workers and all, after a while; whether it was still at work."""
    run = subprocess.Popen(
        command(root), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        run.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return True
    if run.returncode:
        raise SystemExit(f"the run ended with status {run.returncode}: {run.stderr.read().decode()}")  # type: ignore[union-attr]
    return False


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--longest", type=float, default=12.0, help="Seconds until a kill, at most.")
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    dice, made, rounds, wrong = random.Random(asked.seed), 0, 0, []
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "run"
        subprocess.run(command(whole), check=True, stdout=subprocess.DEVNULL)
        expected = content(whole)
        clock = time.monotonic()
        while made < asked.kills:
            # The same place each time: what lies in a run may hold the path of its base.
            whole.rename(Path(scratch) / f"done-{rounds}")
            while made < asked.kills and killed(whole, dice.uniform(0.3, asked.longest)):
                made += 1
            subprocess.run(command(whole), check=True, stdout=subprocess.DEVNULL)
            found = content(whole)
            wrong += [
                name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)
            ]
            rounds += 1
            print(f"{made} kills, {rounds} runs finished, {len(wrong)} files differ", flush=True)
        minutes = (time.monotonic() - clock) / 60
    print(
        f"{made} SIGKILLs over {rounds} runs, {minutes:.0f} min: {len(expected)} files, {len(wrong)} differ"
    )
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
