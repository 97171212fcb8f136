"""The verb that lists what remem knows."""

from __future__ import annotations

from typing import Annotated

import typer

from remem.cli.catalogue import LISTS
from remem.cli.console import speak
from remem.cli.options import Format, Plugins
from remem.cli.tables import show
from remem.errors import unknown


def list_(
    what: Annotated[
        str, typer.Argument(help="methods, attacks, metrics, recipes, models, families, sources or judges")
    ],
    form: Format = "table",
    plugin: Plugins = None,
) -> None:
    """What remem knows, with citation, unit and goal."""
    from remem.run.plugins import load, named

    speak(form=form)
    load(named(plugin or ()))
    if what not in LISTS:
        raise unknown("list", what, LISTS)
    show(*LISTS[what](), form)
