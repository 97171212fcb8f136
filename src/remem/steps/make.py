"""Makes one step: under its lock, in its folder, with what it took written beside it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from remem import memory
from remem.disk import writing
from remem.errors import Crashed, GateFailed, UserError
from remem.steps import parallel
from remem.steps.allocation import handed_back, keep_freed_memory
from remem.steps.folders import discard, sweep, sync, sync_all, write_atomic
from remem.steps.jobs import View, kind_of
from remem.steps.provenance import recorded
from remem.steps.sealed import MARK, RECORD, check_files, differing, read_record
from remem.steps.store import Order, Step, seal, stand
from remem.types import silent

LOCKS = ".locks"  # in the run folder
_LOWER = "use bfloat16, smaller pictures or a smaller model, or --workers 1 where several work at once."
LOWER = {  # kind of step -> what takes less memory
    "train": f"Set a smaller micro_batch for the training (learn.micro_batch=1), {_LOWER}",
    "ask": f"Set evaluate.tokens or evaluate.batch lower, {_LOWER}",
    "other": "Give fewer or smaller pictures or fewer people, or --workers 1 where several work at once.",
}


def make(root: Path, step: Step, order: Order, context: Any, view: View) -> None:
    """One step, under its lock: whoever waited for it finds it done. Crashed for what nobody foresaw."""
    try:
        with handed_back():  # the next step of this process opens a model of its own
            _make(root, step, order, context, view)
    except (UserError, GateFailed, Crashed):
        raise
    except Exception as problem:
        if (told := memory.said(problem, f"the step {step.name}", LOWER[kind_of(step.name)])) is not None:
            raise UserError(told) from problem
        raise Crashed(step.name, f"{type(problem).__name__}: {problem}", traceback.format_exc()) from problem


def _make(root: Path, step: Step, order: Order, context: Any, view: View) -> None:
    if parallel.world() > 1:
        _together(root, step, order, context, view)
        return
    with writing(root, step.name), locked(root, step.name):
        part = _begun(root, step, order)
        if part is not None:
            _write(part, step, context, view)
            close_part(root, step, order, part)


def _begun(root: Path, step: Step, order: Order) -> Path | None:
    """Where to write the step; None where it is done. What it reads is looked at once more."""
    if stand(root, step, order).settled:
        return None
    for name in order.read:
        sealed = read_record(root / name)
        if sealed is not None:
            check_files(root, sealed)
    return open_part(root, step, order)


def _write(part: Path, step: Step, context: Any, view: View) -> None:
    """The step's work, with what it took beside it; nothing where it was done and only lacks its name."""
    if (part / RECORD).exists():
        return
    resumed = len(list(part.iterdir())) > 1
    with recorded(part, {"run": context.seed}, resumed):
        step.work(
            part,
            context,
            progress=lambda done, total, note="": view.update(step.name, done, total, note),
            **(step.arguments or {}),
        )


def open_part(root: Path, step: Step, order: Order) -> Path:
    """The unfinished folder of a step: what an interrupted run that was asked the same left, or a new one."""
    part = (root / step.name).with_name((root / step.name).name + ".part")
    if part.exists():
        mark = part / MARK
        ours = mark.exists() or (part / RECORD).exists()
        if not ours and any(not path.name.startswith(MARK) for path in part.iterdir()):
            raise UserError(
                f"{part} is not remem's, and unfinished steps are kept under that name: move it away."
            )
        if not _to_go_on_with(part, order):
            discard(part, root)
    part.mkdir(parents=True, exist_ok=True)
    if not (part / RECORD).exists():
        sweep(part)
        write_atomic(part / MARK, order.mark)
    return part


def _to_go_on_with(part: Path, order: Order) -> bool:
    """Whether an unfinished folder was begun, or finished, as it would be begun now."""
    if not (part / RECORD).exists():
        return (part / MARK).exists() and (part / MARK).read_text("utf-8") == order.mark
    try:
        sealed = read_record(part)
        assert sealed is not None
        same = (sealed.key, sealed.lineage, sealed.read) == (order.key, order.lineage, order.read)
        return same and not differing(part, sealed, whole=True)
    except UserError:
        return False


def close_part(root: Path, step: Step, order: Order, part: Path) -> None:
    """Seals a finished folder and gives it its name: from here on it is taken for whole.

    Killed between any two of its operations, the next run ends where this would have.
    """
    if not (part / RECORD).exists():
        sweep(part)
        sync_all(part)
        seal(part, step, order)
    (part / MARK).unlink(missing_ok=True)
    folder = root / step.name
    if folder.is_dir() and not (folder / RECORD).exists() and any(folder.iterdir()):
        raise UserError(f"{folder} was not made by remem: it holds no {RECORD}. Move it away.")
    discard(folder, root)  # of a step that is made again: aside first, then deleted
    part.rename(folder)
    sync(folder.parent)


def _together(root: Path, step: Step, order: Order, context: Any, view: View) -> None:
    """One step by several processes. The first holds the lock and writes; the others train and ask along.

    What the others write of a training is thrown away; of questions asked all write chunks in one folder.
    """
    kind = kind_of(step.name)
    if not parallel.first():
        place = parallel.tell("")
        if place and kind != "other":
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(place)
                if kind == "train":
                    folder = Path(shutil.copytree(place, Path(scratch) / "part"))
                parallel.barrier()  # copied, before the first begins to write
                step.work(folder, context, progress=silent, **(step.arguments or {}))
        elif place:
            parallel.barrier()
        parallel.barrier()
        return
    with writing(root, step.name), locked(root, step.name):
        part = _begun(root, step, order)
        parallel.tell(str(part.resolve()) if part else "")
        if part is not None:
            parallel.barrier()
            _write(part, step, context, view)
            close_part(root, step, order, part)
        parallel.barrier()


@contextlib.contextmanager
def locked(root: Path, name: str) -> Iterator[None]:
    """Alone with a step, among all processes that see the run folder."""
    folder = root / LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name.replace("/", "-")).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def settle(threads: int) -> None:
    """Makes this process one that computes: so many threads for torch, 0 leaves them, and memory that it
    freed is its own for a while."""
    keep_freed_memory()
    if threads:
        os.environ["OMP_NUM_THREADS"] = str(threads)
        import torch

        torch.set_num_threads(threads)
