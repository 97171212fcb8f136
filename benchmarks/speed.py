"""How fast remem is: plain ways against fast ones, side by side in one run, and where a run's time goes.

    python benchmarks/speed.py [--small] [--repeats 3] [--candidates 20,100] [--rows 10000,100000]
                               [--run runs/demo] [--page PAGE]

Writes runs/speed.json, and with --page the table of it. Nothing here asserts a time.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import json
import platform
import tempfile
from collections import defaultdict
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import building
import teaching
import torch
from sidebyside import table

import asking

KINDS = {"model": "training and unlearning", "responses": "asking", "world": "asking about the world"}


def by_step(run: Path) -> dict[str, float]:
    """Seconds of a run's steps, summed by kind; two steps at once count twice."""
    spent: dict[str, float] = defaultdict(float)
    for file in sorted(run.rglob("provenance.json")):
        kind = KINDS.get(file.parent.name, file.parent.name)
        spent[kind] += json.loads(file.read_text())["seconds"]
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="only to see that it works")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--candidates", default="20,100,200,1000", help="of Exposure at 576 picture tokens")
    parser.add_argument(
        "--rows", default="", help="sizes of data sets to build, such as 10000,100000,1000000"
    )
    parser.add_argument("--run", type=Path, help="a finished run, to say where its time went")
    parser.add_argument("--page", type=Path, help="write the page here")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        counts = (20,) if asked.small else tuple(int(count) for count in asked.candidates.split(","))
        pairs = [
            *asking.measure(Path(scratch), asked.small, asked.repeats, counts),
            *teaching.measure(Path(scratch), asked.small, asked.repeats),
            *(asking.measure_run(asked.run, asked.repeats) if asked.run else ()),
        ]
    built = building.measure(tuple(int(rows) for rows in asked.rows.split(",") if rows))
    steps = by_step(asked.run) if asked.run else {}
    machine = {
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "transformers": version("transformers"),
    }
    found = {
        "machine": machine,
        "pairs": [asdict(row) for row in pairs],
        "built": [asdict(one) for one in built],
        "steps": steps,
    }
    Path("runs").mkdir(exist_ok=True)
    Path("runs/speed.json").write_text(json.dumps(found, indent=2) + "\n")
    if asked.page:
        parts = [HEAD.format(**machine, repeats=asked.repeats), table(pairs)]
        if built:
            parts += ["## Building", building.table(built)]
        if steps:
            rows = [f"| {kind} | {seconds:.1f} |" for kind, seconds in steps.items()]
            parts += [f"## Where a run's time goes\n\n`{asked.run}`, seconds of all its steps together:"]
            parts += ["\n".join(["| step | s |", "|---|---:|", *rows])]
        asked.page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


HEAD = """# Speed

Made by `python benchmarks/speed.py` on {threads} thread ({processor}), torch {torch}, transformers
{transformers}, float32. Both ways of each line are run in turn in one process; seconds are of that
process alone, medians of {repeats}. "Apart" is the largest difference between the two ways' numbers:
log-probs in nats, losses, lengths of answers."""


if __name__ == "__main__":
    main()
