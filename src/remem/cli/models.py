"""The verbs that make models: pretrain, make-tiny-model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remem.cli.console import out


def pretrain(
    folder: Annotated[Path, typer.Argument(help="Where the base goes; must not exist.")],
    model: Annotated[
        str, typer.Option("--model", help="embedded, tiny; or quick, quick-small, quick-large.")
    ] = "embedded",
) -> None:
    """Make the base of an embedded model again, from nothing: its pictures, its tower, its language.

    Killed and started again with the same command, it goes on where it was. quick is embedded in less time,
    and there are two other sizes of that: docs/results/embedded.md has how long each takes, and what it then
    knows.
    """
    from remem import disk
    from remem.cli.console import Line
    from remem.embedded.pretrain import pretrain as make
    from remem.embedded.recipes import recipe
    from remem.steps.folders import new_folder

    settings = recipe(model)
    with new_folder(folder) as part:
        kept = disk.folder(folder.with_name(f"{folder.name}.kept"))
        make(part, kept, settings, Line("step", every_s=5))
    out.say("made {}. Use it with: remem run --model {}. {} may be deleted.", folder, folder, kept)


def make_tiny_model(
    family: Annotated[str, typer.Argument(help="A family: see [bold]remem list families[/].")],
    folder: Annotated[Path, typer.Argument(help="Where the model goes; must not exist.")],
    seed: Annotated[int, typer.Option("--seed", help="Of the random weights.")] = 0,
) -> None:
    """A tiny model of a family's real classes with random weights: to try a pipeline in seconds."""
    from remem.models.families import make_tiny
    from remem.steps.folders import new_folder

    with new_folder(folder) as part:
        make_tiny(family, part, seed=seed)
    out.say("made {}. Use it with: remem run tiny --model {}", folder, folder)
