"""The verb that lists what remem knows."""

from __future__ import annotations

from typing import Annotated

import typer

from remem.cli import completion
from remem.cli.catalogue import LISTS
from remem.cli.console import speak
from remem.cli.options import Format, Plugins
from remem.cli.tables import show
from remem.errors import UserError, unknown


def list_(
    what: Annotated[
        str,
        typer.Argument(
            help="methods, attacks, metrics, recipes, settings, models, families, sources or judges",
            autocompletion=completion.lists,
        ),
    ],
    of: Annotated[
        list[str] | None,
        typer.Argument(
            help="Of settings: a recipe (default: demo), and what they begin with: learn, npo, build.people.",
            metavar="[RECIPE] [SETTING]...",
            autocompletion=completion.recipes,
        ),
    ] = None,
    form: Format = "table",
    plugin: Plugins = None,
) -> None:
    """What remem knows, with citation, unit and goal; or every setting of a recipe."""
    from remem.run.plugins import load, named

    speak(form=form)
    load(named(plugin or ()))
    if what == "settings":
        from remem.cli.values import HEADINGS, listed

        rows = listed(of or ())
        shown = rows if form == "json" else [(a, "null" if b is None else b, *c) for a, b, *c in rows]
        show(HEADINGS, shown, form)
        return
    if what not in LISTS:
        raise unknown("list", what, [*LISTS, "settings"])
    if of:
        raise UserError(f"remem list {what} lists them all: leave out {' '.join(of)}")
    show(*LISTS[what](), form)
