"""The options that say where steps are made."""

from __future__ import annotations

from typing import Annotated

import typer

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
