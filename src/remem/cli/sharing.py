"""The verbs that take things out of a run, and to and from the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remem.cli.console import out


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    arm: Annotated[str, typer.Argument(help="taught, goal, npo-s0, person/gd-s0 and so on.")],
    folder: Annotated[Path, typer.Argument(help="Where the model goes; must not exist.")],
) -> None:
    """One arm of a run as a whole model: stages merged, with a card; for lmms-eval, the hub and others."""
    from remem.sharing import export as write

    write(run, arm, folder)
    out.say("wrote {}", folder)


def push(
    folder: Annotated[Path, typer.Argument(help="A data set, an exported model, or an adapter.")],
    repo: Annotated[str, typer.Argument(help="On the hub: OWNER/NAME.")],
    public: Annotated[bool, typer.Option("--public", help="For everybody to see. Default: private.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Though it holds other files.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go up; send nothing.")] = False,
) -> None:
    """Upload a data set, a model or an adapter to the hub, with its card. Private unless told otherwise."""
    from remem.sharing import hub

    kind, files, card = hub.ready(folder, repo)
    total = sum(size for _, size in files)
    seen = "public" if public else "private"
    out.say("{} {} ({}): {} files, {:,.1f} MB", kind, repo, seen, len(files), total / 1000000.0)
    if dry_run:
        for path, size in files:
            out.say("  {}  {:,} bytes", path.relative_to(folder), size)
        if card:
            out.say("  {}, the card, is written from the run", hub.CARD)
        return
    out.say("pushed {}", hub.push(folder, repo, public=public, overwrite=overwrite))


def pull(
    repo: Annotated[str, typer.Argument(help="On the hub: OWNER/NAME.")],
    folder: Annotated[Path, typer.Argument(help="Where it goes; must not exist.")],
    dataset: Annotated[bool, typer.Option("--dataset", help="It is a data set, not a model.")] = False,
) -> None:
    """Download a model, an adapter or a data set from the hub."""
    from remem.sharing import pull as get

    get(repo, folder, "dataset" if dataset else "model")
    out.say("wrote {}", folder)


def export_results(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    file: Annotated[Path, typer.Argument(help="Where they go: JSON Lines, a record for each arm.")],
) -> None:
    """The numbers of a run in the schema of Every Eval Ever."""
    from remem.sharing import export_results as write

    out.say("wrote {} records to {}", write(run, file), file)
