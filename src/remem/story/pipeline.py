"""The whole story: build, learn, gate, retrain, forget, ask, score, report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from remem import __version__
from remem.errors import GateFailed
from remem.run.context import Context
from remem.run.settings import Run
from remem.scoring.gate import read_gate
from remem.settings import plain
from remem.steps import parallel
from remem.steps.engines.base import Engine
from remem.steps.execute import execute, pending
from remem.steps.jobs import View
from remem.steps.make import writing
from remem.steps.store import FORMAT, Step, keys, write_atomic
from remem.story.advice import advice
from remem.story.plan import plan, resolve, until


def finished(root: Path, run: Run, ignore_gate: bool, fingerprint: str, stage: str) -> bool:
    """Whether this very request was carried out before. Quick: needs neither torch nor pictures."""
    try:
        record = json.loads((root / "run.json").read_text())
    except (OSError, ValueError):
        return False
    if not isinstance(record, dict):
        return False
    asked = _request(run, ignore_gate, fingerprint)
    if (
        record.get("version") != __version__
        or record.get("format") != FORMAT
        or record.get("request") != asked
    ):
        return False
    made: Mapping[str, str] = record["steps"]
    wanted = [step.name for step in until(plan(run, fingerprint, ignore_gate), stage)]
    return all(name in made and _made_with(root / name, made[name]) for name in wanted)


def _made_with(folder: Path, key: str) -> bool:
    try:
        return bool(json.loads((folder / "step.json").read_text())["key"] == key)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _request(run: Run, ignore_gate: bool, fingerprint: str) -> dict[str, Any]:
    return {"run": plain(run), "ignore_gate": ignore_gate, "data": fingerprint}


def pending_steps(root: Path, run: Run, fingerprint: str, ignore_gate: bool, stage: str) -> list[Step]:
    """What is still to be made; an error if something there was made with other settings."""
    return pending(root, until(plan(resolve(run), fingerprint, ignore_gate), stage))


def carry_out(
    root: Path,
    run: Run,
    view: View,
    *,
    engine: Engine | None = None,
    threads: int = 0,
    ignore_gate: bool = False,
    fingerprint: str = "",
    stage: str = "report",
) -> None:
    """Makes what is missing of a run, up to a stage. Raises GateFailed when stage 1 did not teach it."""
    request = _request(run, ignore_gate, fingerprint)
    run = resolve(run)
    whole = plan(run, fingerprint, ignore_gate)
    steps = until(whole, stage)
    todo = {step.name for step in pending(root, steps)}
    parallel.barrier()  # all have looked, before one writes
    if parallel.first():
        write_record(root, run, request, whole)

    def passed(step: str) -> None:
        if step == "gate":
            check_gate(root, ignore_gate)

    if "gate" in {step.name for step in steps} - todo:
        passed("gate")
    execute(root, steps, Context(root, run, fingerprint), view, engine, threads, passed)


def write_record(root: Path, run: Run, request: Mapping[str, Any], steps: Sequence[Step]) -> None:
    """run.json: what was asked for, every setting with its defaults written out, the keys of all steps."""
    record = {
        "recipe": run.recipe,
        "version": __version__,
        "format": FORMAT,
        "request": request,
        "config": plain(run),
        "steps": keys(steps),
    }
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        write_atomic(root / "run.json", json.dumps(record, indent=2) + "\n")


def check_gate(root: Path, ignored: bool) -> None:
    """Raises GateFailed when stage 1 did not teach it and nobody said to go on."""
    gate = read_gate(root / "gate" / "gate.json")
    if not gate.passed and not ignored:
        raise GateFailed(gate.text(), advice(root))
