"""The verb that lists what remem knows."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from remem.cli.catalogue import LISTS
from remem.cli.console import out
from remem.cli.options import Plugins
from remem.errors import unknown


def list_(
    what: Annotated[
        str, typer.Argument(help="methods, attacks, metrics, recipes, models, families, sources or judges")
    ],
    plugin: Plugins = None,
) -> None:
    """What remem knows, with citation, unit and goal."""
    from remem.run.plugins import load, named

    load(named(plugin or ()))

    if what not in LISTS:
        raise unknown("list", what, LISTS)
    headings, rows = LISTS[what]()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    out.print(table)
