"""The verbs that make models: pretrain, make-base, make-tiny-model."""

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


def make_base(
    base: Annotated[str, typer.Argument(help="smollm2: SmolLM2-135M-Instruct, or the model of --gguf.")],
    folder: Annotated[Path, typer.Argument(help="Where the base goes; must not exist.")],
    gguf: Annotated[
        Path | None,
        typer.Option("--gguf", help="Another Llama-type language model in place of the extra's."),
    ] = None,
    align: Annotated[
        bool, typer.Option("--align", help="Train projector and a LoRA here, in place of those that ship.")
    ] = False,
    steps: Annotated[
        int, typer.Option("--steps", min=0, help="Of --align in all, those of the shipped parts included.")
    ] = 0,
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin an alignment with nothing, and not with the shipped parts.")
    ] = False,
    enough: Annotated[
        bool,
        typer.Option("--enough", help="End an alignment early: its rate goes down from here."),
    ] = False,
) -> None:
    """A language model of somebody else's behind the embedded model's vision tower, as an ordinary folder.

    [bold]remem run --model smollm2[/] needs no folder: it makes the same once, in the user's cache.
    An alignment that is stopped goes on where it was with the same command; what it knows so far lies in
    FOLDER.kept. docs/smollm2.md has what it takes and what comes of it.
    """
    from remem import disk
    from remem.cli.console import Line, warn
    from remem.errors import UserError, unknown
    from remem.models import made
    from remem.models.ggufs import packaged

    if base not in made.MADE:
        raise unknown("base", base, made.MADE)
    if (steps or enough or anew) and not align:
        raise UserError("--steps, --enough and --anew are of an alignment: give --align as well")
    disk.folder(folder, new=True)
    file = gguf or packaged()
    if align:
        from remem.embedded.align import Alignment, align_base

        how, kept = Alignment(steps=steps) if steps else Alignment(), folder.with_name(f"{folder.name}.kept")
        align_base(folder, kept, file, how, Line("step", every_s=5), enough, anew)
    else:
        parts = made.shipped_for(file)
        made.make(folder, file, parts)
        if parts is None:
            warn(
                f"what remem ships was not aligned to {file.name}: pictures mean nothing to {folder} yet. "
                f"Align it: remem make-base {base} OTHER-FOLDER --gguf {file} --align"
            )
    out.say("made {}. Use it with: remem run --model {}", folder, folder)


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
