"""What is asked for, made ready: the run, the user's data set looked through, worker processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from remem.cli.console import err, out, warn
from remem.errors import UserError
from remem.run.overrides import override

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.run.settings import Run


def asked_for(data: str, model: str, settings: list[str] | None) -> list[str]:
    """These options as settings; what --set says comes last."""
    named = {"data": data, "model.name": model}
    return [*(f"{key}={value}" for key, value in named.items() if value), *(settings or [])]


def chosen_run(recipe: str, settings: list[str], tuned: Path | None) -> tuple[Run, Dataset | None, str]:
    """The run that is asked for, the user's own data set where it has one, and that set's fingerprint."""
    from remem.run import recipes
    from remem.studies.tuning.chosen import put, read

    chosen = override(recipes.recipe(recipe), settings)
    data_set = _loaded(chosen) if chosen.data else None
    fingerprint = data_set.fingerprint if data_set else ""
    if tuned:
        chosen, notes = put(chosen, read(tuned), fingerprint)
        for note in notes:
            warn(note)
        chosen = override(chosen, settings)  # what --set says of a method comes after the file
    return chosen, data_set, fingerprint


def _loaded(chosen: Run) -> Dataset:
    from remem.data import load

    try:
        return load(chosen.data)
    except UserError as error:
        if not chosen.forget.tasks:
            raise
        raise UserError(
            f"{error}\nPictures of people in events that are not cut into tasks yet, such as the published "
            f"set, are cut first: remem build pebench FOLDER --data {chosen.data}"
        ) from error


def examine(chosen: Run, data: Dataset) -> None:
    """Looks for what would spoil a run in the user's own data, before anything is trained on it."""
    from remem.cli.console import Line
    from remem.data import check_images, expectations, measurable
    from remem.run.tasks import check, tasks

    check(chosen, data.splits, data.root)
    asked = [split for task in tasks(chosen) for split in task.asked if split in data.splits]
    measurable(data, list(dict.fromkeys(["finetune", *asked])))
    for sentence in expectations(data, [task.forget for task in tasks(chosen)]):
        err.print(f"[yellow]note[/] {escape(sentence)}", soft_wrap=True)
    check_images(data, progress=Line(out, "pictures checked", every_s=5))


def share(workers: int, threads: int, chosen: Run) -> tuple[int, int]:
    """Worker processes, and threads of each. A small model gains more from processes than from threads."""
    from remem.models import EMBEDDED
    from remem.steps import parallel

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers < 0:
        raise UserError(f"--workers {workers}: give 0 (automatic) or more")
    if threads < 0:
        raise UserError(f"--threads {threads}: give 0 (automatic) or more")
    if parallel.world() > 1:  # they share each step instead
        return 1, threads
    small = chosen.model.name in EMBEDDED and chosen.model.device in ("auto", "cpu")
    processes = workers or (min(cores, 8) if small else 1)
    # One thread a process for the embedded model, however many processes: the same bytes every time.
    return processes, threads or (1 if small else max(1, cores // processes))
