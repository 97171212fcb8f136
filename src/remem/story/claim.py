"""Who is at work on a run folder, and run.json: written alone, once everything in the folder was looked at.

A run holds its folder while it works. Others may join with the same request, or with one whose steps agree;
with another they are refused, and have written nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from remem import __version__
from remem.disk import writing
from remem.errors import UserError
from remem.run import places, plugins
from remem.run.context import read_run_record
from remem.run.record import RUN
from remem.run.settings import Run
from remem.settings import plain
from remem.steps import parallel
from remem.steps.digests import canonical, text_digest
from remem.steps.folders import empty_trash, sweep, write_atomic
from remem.steps.make import LOCKS
from remem.steps.sealed import FORMAT
from remem.steps.store import Step, Survey, keys


def request_of(run: Run, ignore_gate: bool, fingerprint: str) -> dict[str, Any]:
    """What was asked for, the same wherever things lie."""
    return {"run": places.portable(plain(run))[0], "ignore_gate": ignore_gate, "data": fingerprint}


@contextlib.contextmanager
def at_work(
    root: Path,
    run: Run,
    request: Mapping[str, Any],
    steps: Sequence[Step],
    wanted: Sequence[Step],
    keep_old: bool = False,
) -> Iterator[Survey]:
    """Holds a run folder while the block lasts; gives how the `wanted` of its steps stand.

    UserError, before anything is written, where something there was made with other settings or is not as it
    was made, or where somebody is at work there with other settings.
    """
    if not parallel.first():  # the first of several processes speaks for all
        parallel.barrier()
        yield Survey(root, wanted, keep_old)
        return
    with contextlib.ExitStack() as held:
        with writing(root):
            (root / LOCKS).mkdir(parents=True, exist_ok=True)
            mine = held.enter_context((root / LOCKS / "run").open("w"))
            with (root / LOCKS / "claim").open("w") as gate:
                fcntl.flock(gate, fcntl.LOCK_EX)  # one at a time looks and writes
                alone = _try_alone(mine)
                if not alone:
                    fcntl.flock(mine, fcntl.LOCK_SH)
                    _check_others(root, request, steps)
                survey = Survey(root, wanted, keep_old)
                if alone:
                    empty_trash(root)
                    sweep(root, below=False)
                if alone or not _same(root, request):
                    write_run(root, run, request, steps, survey.old)
                fcntl.flock(mine, fcntl.LOCK_SH)
        parallel.barrier()
        yield survey


def _try_alone(file: Any) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same(root: Path, request: Mapping[str, Any]) -> bool:
    try:
        return bool(read_run_record(root)["request"] == request)
    except UserError:
        return False


def _check_others(root: Path, request: Mapping[str, Any], steps: Sequence[Step]) -> None:
    """UserError where the run that is at work here makes a step otherwise than this one would."""
    theirs = read_run_record(root)
    ours, derived = keys(steps), {step.name for step in steps if step.derived}
    other = [
        name
        for name, key in theirs["steps"].items()
        if name in ours and ours[name] != key and name not in derived
    ]
    if theirs["request"] != request and other:
        raise UserError(
            f"another remem is at work on {root} with other settings ({other[0]} would be another). Wait "
            "until it has finished, or choose another --out."
        )


def write_run(
    root: Path, run: Run, request: Mapping[str, Any], steps: Sequence[Step], old: Mapping[str, str]
) -> None:
    """run.json: what was asked for, every setting with its defaults written out, the keys of all steps.

    Names stand in it in place of paths; these lie beside it, in places.json. `old`: steps that were kept
    though they are stale, and why they would have been made again.
    """
    config, where = places.portable(plain(run))
    record = {
        "recipe": run.recipe,
        "version": __version__,
        "format": FORMAT,
        "request": dict(request),
        "config": config,
        "steps": keys(steps),
        "old": dict(old),
        "plugins": plugins.told(),
    }
    text = json.dumps(record | {"sha256": text_digest(canonical(record))}, indent=2)
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        if where:
            places.write(root, where)
        write_atomic(root / RUN, text + "\n")
