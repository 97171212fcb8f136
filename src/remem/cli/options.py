"""The options that several verbs take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from remem.cli import completion

On = Annotated[
    str,
    typer.Option(
        "--on",
        help="Where steps are made: local, ray (here), auto or ray://HOST:PORT (a Ray cluster), slurm.",
    ),
]
Need = Annotated[
    list[str] | None,
    typer.Option("--need", help="Of a kind of step, as train:gpus=1,cpus=8,memory=40 or ask:gpus=1."),
]
SlurmSettings = Annotated[
    list[str] | None, typer.Option("--slurm", help="As partition=gpu, account=lab or time=240 (minutes).")
]
RecipeName = Annotated[
    str,
    typer.Argument(
        help="A recipe: see [bold]remem list recipes[/]; a recipe file, as mine.toml; or the folder of a run "
        "(./demo where a recipe has its name). Default: demo, or drawn with --model.",
        metavar="RECIPE",
        autocompletion=completion.recipes,
    ),
]
OutFolder = Annotated[
    Path | None,
    typer.Option("--out", help="Where the run is kept. Default: runs/RECIPE."),
]
DataSource = Annotated[
    str, typer.Option("--data", help="Your own data set: a folder or a hub id. Default: build one.")
]
ModelName = Annotated[str, typer.Option("--model", help="A folder or hub id of an image-text-to-text model.")]
Taught = Annotated[
    str,
    typer.Option("--taught", help="Nothing is taught: this model is taken as it is for the one that knows."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Any of remem list settings, as learn.lr=0.001, npo.beta=0.2 or methods=ga,npo.",
        autocompletion=completion.settings,
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", help="What remem tune found, or 'tiny' for what remem comes with; --set comes after it."
    ),
]
Workers = Annotated[
    int, typer.Option("--workers", help="Steps made at once. 0: one a core for small models, else 1.")
]
Threads = Annotated[
    int, typer.Option("--threads", help="Threads a worker; may move the last digits. 0: automatic.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="Only mistakes, notes, and in the end where the result is.")
]
Format = Annotated[
    str,
    typer.Option("--format", help="table; or json or csv: alone on standard output, all else on the other."),
]
Track = Annotated[
    str, typer.Option("--track", help="Trackers: tensorboard, trackio, wandb, mlflow; commas between.")
]
IgnoreGate = Annotated[
    bool, typer.Option("--ignore-gate", help="Go on when stage 1 failed; every table will say so.")
]
AllowPictures = Annotated[
    list[Path] | None,
    typer.Option(
        "--allow-pictures",
        help="A folder outside of the data set in which its pictures may lie; again for more.",
    ),
]


KeepOld = Annotated[
    bool,
    typer.Option(
        "--keep-old", help="Keep finished steps whose code has changed since; every table will say so."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and what it would take; write nothing.")
]
OnCard = Annotated[
    str, typer.Option("--on-card", help="With --dry-run: a card, as rtx4090 or h100. Default: this machine.")
]


Plugins = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin", help="Methods, metrics, attacks, ... of your own: a file, or an installed one's name."
    ),
]


class Where(NamedTuple):
    """Where steps are made, as the options say it."""

    on: str
    need: Sequence[str]
    slurm: Sequence[str]
