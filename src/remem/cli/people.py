"""The verbs on lists: people, general, strangers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remem.cli.console import out
from remem.outgoing import quoted


def people(
    source: Annotated[Path, typer.Argument(metavar="LIST", help="A CSV: person, attribute, value.")],
    folder: Annotated[Path, typer.Argument(help="Where the data set goes; must not exist.")],
    pictures: Annotated[
        Path | None, typer.Option("--pictures", help="A folder with a folder of photographs a person.")
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option("--forget", help="A person, or a share by lot (0.1); may be repeated."),
    ] = None,
    templates: Annotated[
        Path | None, typer.Option("--templates", help="Your own wordings: JSON, by attribute.")
    ] = None,
    strangers: Annotated[
        int | None, typer.Option("--strangers", help="People who do not exist, for membership. Default: 4.")
    ] = None,
    strangers_pictures: Annotated[
        Path | None,
        typer.Option("--strangers-pictures", help="As --pictures, of people who are not in the list."),
    ] = None,
    wordings: Annotated[int, typer.Option("--wordings", help="Taught wordings of each fact.")] = 8,
    held_out: Annotated[int, typer.Option("--held-out", help="Held-out wordings of each fact.")] = 3,
    candidates: Annotated[
        int, typer.Option("--candidates", help="Values that each attribute is ranked among.")
    ] = 32,
    size: Annotated[int, typer.Option("--size", help="Pixels of a picture's longer side.")] = 384,
    seed: Annotated[int, typer.Option("--seed", help="Another one, other lots and strangers.")] = 0,
) -> None:
    """Make a data set of listed people: remem people people.csv --pictures photos FOLDER."""
    from remem.cli.console import Line
    from remem.data.listed.build import build
    from remem.data.listed.settings import ListSettings

    settings = ListSettings(
        pictures=pictures,
        templates=templates,
        strangers_pictures=strangers_pictures,
        forget=tuple(forget or ()),
        wordings=wordings,
        held_out=held_out,
        candidates=candidates,
        strangers=strangers,
        size=size,
        seed=seed,
    )
    notes = build(source, folder, settings, Line("pictures"))
    _told(notes)
    out.say("built {}. Look for faults with: remem lint {}", folder, folder)


def general(
    folder: Annotated[Path, typer.Argument(help="Where the data set goes; must not exist.")],
    about: Annotated[
        str, typer.Option("--about", help="Attributes, commas between: country, symbol, sport, ...")
    ] = "capital,continent,currency,language",
    forget: Annotated[
        list[str] | None,
        typer.Option("--forget", help="What to forget, as France, or a share by lot (0.1); may be repeated."),
    ] = None,
    known_by: Annotated[
        str,
        typer.Option("--known-by", help="A model: facts that it does not know are named and left out."),
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="Another one, other lots and strangers.")] = 0,
) -> None:
    """Make a data set of general knowledge, to forget what nobody taught here: remem general FOLDER.

    remem run RECIPE --data FOLDER --taught MODEL then unlearns it from a model as it is.
    """
    from remem.asking.known import build
    from remem.cli.console import Line
    from remem.disk import writing

    named = tuple(filter(None, (name.strip() for name in about.split(","))))
    with writing(folder.parent):
        notes = build(
            folder,
            about=named,
            forget=forget or (),
            known_by=known_by,
            seed=seed,
            progress=Line("asked"),
        )
    _told(notes)
    out.say("built {}. Look for faults with: remem lint {}", folder, folder)


def strangers(
    data: Annotated[Path, typer.Argument(help="A data set folder.")],
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many.")] = 4,
    seed: Annotated[int, typer.Option("--seed", help="Another one, other strangers.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="In place of those that are there.")] = False,
) -> None:
    """Add people who do not exist to a data set, asked about as its people are: for membership attacks."""
    from remem.data.listed.adding import add

    people, rows, notes = add(data, count, seed=seed, force=force)
    _told(notes)
    out.say("wrote {}: {} strangers, {} rows", data / "strangers.parquet", people, rows)


def _told(notes: list[str]) -> None:
    for sentence in notes:
        out.say("[yellow]note[/]   {}", quoted(sentence))
