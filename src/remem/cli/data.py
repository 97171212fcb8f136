"""The verbs on data sets: build, lint, gallery."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from remem.cli.console import out
from remem.cli.options import AllowPictures, Settings
from remem.cli.request import allow, asked_for
from remem.errors import UserError, unknown
from remem.outgoing import quoted


def build(
    shape: Annotated[str, typer.Argument(help="remem: questions about people; pebench: people in events.")],
    folder: Annotated[
        Path | None, typer.Argument(help="Where the data set goes; must not exist. Default: data/SHAPE.")
    ] = None,
    people: Annotated[str, typer.Option("--people", help="How many.")] = "",
    qa: Annotated[str, typer.Option("--qa", help="Training questions a person.")] = "",
    images: Annotated[str, typer.Option("--images", help="Training views a person.")] = "",
    one_hop: Annotated[
        str, typer.Option("--one-hop", help="Share of the questions that name the person.")
    ] = "",
    source: Annotated[str, typer.Option("--source", help="Of pictures: drawn, rendered, folder ...")] = "",
    seed: Annotated[str, typer.Option("--seed", help="Another one, other people.")] = "",
    data: Annotated[
        str,
        typer.Option(
            "--data", help="For pebench: cut the published set, or one like it: a folder or hub id."
        ),
    ] = "",
    settings: Settings = None,
) -> None:
    """Build a data set of invented people: remem build remem people --people 50 --qa 100."""
    from remem import disk
    from remem.cli.console import Line
    from remem.data.shapes import SHAPES
    from remem.data.shapes import build as build_data
    from remem.data.writing import KEPT
    from remem.run.overrides import change
    from remem.settings import plain
    from remem.steps.folders import sync, sync_all
    from remem.steps.make import open_part
    from remem.steps.sealed import MARK
    from remem.steps.store import Order, Step, keys

    if shape not in SHAPES and folder is None:
        raise UserError(
            f"remem build takes the shape of the data set and then the folder: remem build remem {shape}. "
            f"Shapes: {', '.join(SHAPES)}."
        )
    if shape not in SHAPES:
        raise unknown("shape of data set", shape, SHAPES)
    folder = folder or Path("data") / shape
    named = {"people": people, "qa": qa, "images": images, "one_hop": one_hop, "source": source, "seed": seed}
    said = [f"{key}={value}" for key, value in named.items() if value]
    wanted = change(SHAPES[shape], asked_for(data, "", [*said, *(settings or [])]))
    wanted.check()
    step = Step(name=folder.name, work=build_data, settings=plain(wanted))
    order = Order(keys([step])[step.name], {}, "", {})
    mark = folder / MARK
    whole = os.path.lexists(mark) and mark.is_file() and mark.read_bytes() == order.mark.encode()
    if not whole:
        disk.folder(folder, new=True)
    with disk.writing(folder.parent, kept=KEPT):
        if not whole:  # else it lacks no more than that its mark goes
            part = open_part(folder.parent, step, order)
            build_data(part, wanted, Line("pictures"))
            sync_all(part)
            part.rename(folder)
            sync(folder.parent)
        mark.unlink()
    out.say("built {}. Look for faults with: remem lint {}", folder, folder)


def lint(
    source: Annotated[str, typer.Argument(help="A data set: a folder or hub id.")],
    allow_pictures: AllowPictures = None,
) -> None:
    """Look for faults in a data set: leaks, unreadable pictures, answers that cannot be right."""
    from remem.data import lint as look
    from remem.data import load, notes

    allow(allow_pictures)
    data = load(source)
    out.say("{:,} items, {:,} people, splits {}", len(data.items), len(data.people), ", ".join(data.splits))
    for sentence in notes(data):
        out.say("[yellow]note[/]   {}", quoted(sentence))
    findings = look(data)
    for finding in findings:
        colour = "red" if finding.level == "error" else "yellow"
        out.say("[{}]{:<6}[/] {}: {}", colour, finding.level, finding.where, quoted(finding.message))
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)
    out.print("no errors")


def gallery(
    folder: Annotated[Path, typer.Argument(help="A data set folder.")],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Default: gallery.html in the folder.")
    ] = None,
    views: Annotated[int, typer.Option("--views", min=1, max=10_000, help="Most pictures of a person.")] = 12,
    allow_pictures: AllowPictures = None,
) -> None:
    """A contact sheet, one HTML page: rows are people, columns are views and events."""
    from remem.cli.console import Line
    from remem.data.gallery import gallery as show

    allow(allow_pictures)
    path = show(folder, out_file or "", views, progress=Line("pictures"))
    out.say("wrote {}", path)
