"""What a GPU makes of it: every family in bfloat16, and a round on a model in the shape of LLaVA-1.5-7B.

    python benchmarks/gpu.py [--page docs/results/gpu.md] [--shape llava15] [--device cuda]
                             [--families llava,smolvlm]

Weights are random: what is measured is that everything runs, seconds and memory. Nothing is downloaded. A
round is stage 1, Goal, two methods and all questions; the gate is ignored. --shape none leaves that out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from remem.models.families import FAMILIES, make_tiny
from remem.models.families.published import SHAPES, fill
from remem.report.tables import markdown

SMALL = (
    "build.people=4", "build.qa=20", "build.images=4", "build.test_qa=4", "build.test_images=2",
    "build.candidates=16", "learn.epochs=2", "evaluate.max_new_tokens=16", "forget.train.epochs=2",
    "methods=gd,npo",
)  # fmt: skip


def run(recipe: str, model: Path, out: Path, device: str, *settings: str) -> tuple[float, str]:
    """Seconds of a whole run, and the last line of what it said where it failed."""
    clock = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "remem", "run", recipe, "--model", str(model), "--out", str(out), "--quiet",
         "--ignore-gate", "--workers", "1",
         *(f"--set={one}" for one in (*SMALL, f"model.device={device}", "model.dtype=bfloat16", *settings))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = (done.stderr.strip() or done.stdout.strip() or "?").splitlines()[-1]
    return time.monotonic() - clock, "" if done.returncode == 0 else said


def steps(out: Path) -> list[dict[str, Any]]:
    """What each step of a run took, in the order in which they ended."""
    found = []
    for path in out.rglob("provenance.json"):
        made = json.loads(path.read_text())
        found.append((path.stat().st_mtime, {"step": str(path.parent.relative_to(out)), **made}))
    return [step for _, step in sorted(found, key=lambda one: one[0])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--shape", default="llava15", choices=[*SHAPES, "tiny", "none"])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--page", type=Path, help="write the page here")
    asked = parser.parse_args()
    lines = [f"# On {_device(asked.device)}", "", f"`python benchmarks/gpu.py {' '.join(sys.argv[1:])}`", ""]
    with tempfile.TemporaryDirectory() as scratch:
        rounds = []
        for family in filter(None, asked.families.split(",")):
            folder, out = Path(scratch) / family, Path(scratch) / f"run-{family}"
            make_tiny(family, folder)
            seconds, failed = run("tiny", folder, out, asked.device)
            rounds.append([family, failed or "runs", f"{seconds:.0f}"])
            print(rounds[-1], flush=True)
        lines += ["## Tiny models of every family, bfloat16", ""]
        head = [["family", "a round", "seconds, start included"], ["---", "---", "---:"]]
        lines += [markdown([*head, *rounds]), ""]
        if asked.shape != "none":
            folder, out = Path(scratch) / "shape", Path(scratch) / "run-shape"
            if asked.shape == "tiny":
                make_tiny("llava", folder)
            else:
                SHAPES[asked.shape](folder)
                fill(folder, device=asked.device)
            seconds, failed = run("remem-llava15", folder, out, asked.device, "build.size=336")
            told = [
                [one["step"], f"{one['seconds']:.1f}", f"{(one.get('peak_memory_bytes') or 0) / 2**30:.1f}"]
                for one in steps(out)
            ]
            lines += [f"## A round in the shape of {asked.shape}, random weights", ""]
            lines += [failed or f"{seconds:.0f} s in all, loading and saving included.", ""]
            lines += [markdown([["step", "seconds", "peak, GiB"], ["---", "---:", "---:"], *told]), ""]
    page = "\n".join(lines)
    print(page)
    if asked.page:
        asked.page.write_text(page, encoding="utf-8")


def _device(name: str) -> str:
    import torch

    where = torch.cuda.get_device_name() if name.startswith("cuda") and torch.cuda.is_available() else "a CPU"
    return f"{where}, torch {torch.__version__}"


if __name__ == "__main__":
    main()
