"""The verbs on models that were made elsewhere: assess."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remem.cli import completion
from remem.cli.console import speak
from remem.cli.options import (
    AllowPictures,
    Format,
    KeepOld,
    Need,
    On,
    Plugins,
    Quiet,
    Settings,
    SlurmSettings,
    Threads,
    Where,
    Workers,
)

Model = Annotated[
    list[str],
    typer.Option(
        "--model", metavar="NAME=WHERE", help="To be judged; again for more. One NAME twice: two seeds of it."
    ),
]
Data = Annotated[str, typer.Option("--data", help="The data set: a folder or a hub id.")]
Base = Annotated[str, typer.Option("--base", help="The model before it was taught.")]
Taught = Annotated[str, typer.Option("--taught", help="The model that knew: where unlearning began.")]
Goals = Annotated[
    list[str] | None,
    typer.Option("--goal", help="Taught all but what is to be forgotten; again for more."),
]
ForgetSet = Annotated[str, typer.Option("--forget", help="The split that was to be forgotten.")]
Attacks = Annotated[
    str,
    typer.Option(
        "--attacks",
        help="By name, commas between; quick, all or none: remem list attacks.",
        autocompletion=completion.attacks,
    ),
]
Folder = Annotated[Path, typer.Option("--out", help="Where the run is kept.")]


def assess(
    data: Data,
    model: Model,
    base: Base = "",
    taught: Taught = "",
    goal: Goals = None,
    forget: ForgetSet = "forget1",
    attacks: Attacks = "quick",
    folder: Folder = Path("runs/assess"),
    settings: Settings = None,
    workers: Workers = 0,
    threads: Threads = 0,
    keep_old: KeepOld = False,
    quiet: Quiet = False,
    form: Format = "table",
    on: On = "local",
    need: Need = None,
    slurm: SlurmSettings = None,
    allow_pictures: AllowPictures = None,
    plugin: Plugins = None,
) -> None:
    """Judge models that were made elsewhere: remem assess --data FOLDER --taught M0 --model npo=M1.

    Each is a folder, a hub id, an adapter on one of them, or what remem export wrote. They are asked, scored
    and attacked as the arms of a run; the report is the run's.
    """
    from remem import disk
    from remem.cli.request import allow, requested
    from remem.cli.stages import carry_out
    from remem.given.wanted import run_of

    speak(quiet, form)
    disk.folder(folder)
    allow(allow_pictures, plugin)
    run = run_of(
        data,
        model,
        base=base,
        taught=taught,
        goals=goal or (),
        forget=forget,
        attacks=attacks,
        settings=settings or (),
    )
    there = Where(on, need or (), slurm or ())
    carry_out(requested(run, folder), workers, threads, keep_old, "report", there, form=form)
