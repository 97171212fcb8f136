"""Makes one step: under its lock, in its folder, with what it took written beside it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from remem.errors import UserError
from remem.steps import parallel
from remem.steps.allocation import keep_freed_memory
from remem.steps.jobs import View, kind_of
from remem.steps.provenance import recorded
from remem.steps.store import Step, close_part, is_done, open_part
from remem.types import silent


def make(root: Path, step: Step, key: str, inputs: Mapping[str, str], context: Any, view: View) -> None:
    """One step, under its lock: whoever waited for it finds it done."""
    if parallel.world() > 1:
        _together(root, step, key, inputs, context, view)
        return
    with writing(root, step.name), _locked(root, step):
        if is_done(root, step, key, inputs):
            return
        part = open_part(root, step, key)
        _write(part, step, context, view)
        close_part(root, step, key, inputs, part)


def _write(part: Path, step: Step, context: Any, view: View) -> None:
    """The step's work, with what it took written beside it."""
    resumed = len(list(part.iterdir())) > 1
    with recorded(part, {"run": context.seed}, resumed):
        step.work(
            part,
            context,
            progress=lambda done, total, note="": view.update(step.name, done, total, note),
            **(step.arguments or {}),
        )


def _together(root: Path, step: Step, key: str, inputs: Mapping[str, str], context: Any, view: View) -> None:
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
    with writing(root, step.name), _locked(root, step):
        done = is_done(root, step, key, inputs)
        part = None if done else open_part(root, step, key)
        parallel.tell(str(part.resolve()) if part else "")
        if part is not None:
            parallel.barrier()
            _write(part, step, context, view)
            close_part(root, step, key, inputs, part)
        parallel.barrier()


CANNOT_WRITE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.ENOENT)


@contextlib.contextmanager
def writing(root: Path, what: str = "") -> Iterator[None]:
    """Turns a full disk, or a place that cannot be written, into one message; finished steps stay."""
    try:
        yield
    except UserError:
        raise
    except Exception as problem:
        # Writers of weights and tables raise kinds of their own, with the system's words in them.
        full = getattr(problem, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        if full or "No space left" in str(problem) or "os error 28" in str(problem):
            raise UserError(
                f"the disk is full: {what or 'nothing more'} could not be written under {root}.\n"
                "Free some space and run the same command again: finished steps are kept."
            ) from problem
        place = getattr(problem, "filename", None)
        if isinstance(problem, OSError) and problem.errno in CANNOT_WRITE and _under(place, root):
            raise UserError(
                f"cannot write {place}: {problem.strerror}. Choose another --out, or mend that."
            ) from problem
        raise


def _under(place: Any, root: Path) -> bool:
    """Whether a path that could not be written is the root, inside it, or a parent that it needs."""
    if not isinstance(place, str | Path):
        return False
    path, root = Path(place).absolute(), root.absolute()
    return path.is_relative_to(root) or root.is_relative_to(path)


@contextlib.contextmanager
def _locked(root: Path, step: Step) -> Iterator[None]:
    folder = root / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / step.name.replace("/", "-")).open("w") as file:
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
