"""A list of the facts, with its templates, as a data set is made of: of some attributes, less some facts."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from remem import jsonfile
from remem.data.general import FACTS, HERE, WORDINGS
from remem.data.listed.reading import Listed, read
from remem.errors import UserError, unknown
from remem.outgoing import csv_text

PLACES = ("capital", "continent", "currency", "language")  # of countries: several facts of each

Fact = tuple[str, str]  # of what, and the attribute


def listed(folder: Path, about: Sequence[str] = PLACES, without: Collection[Fact] = ()) -> tuple[Path, Path]:
    """Writes the list and the templates into a folder; returns where they lie.

    UserError for an attribute that is not there, and where fewer than two subjects are left.
    """
    words = jsonfile.read(HERE / WORDINGS, dict[str, dict[str, str | list[str]]], "Install remem again.")
    for name in about:
        if name not in words:
            raise unknown("attribute", name, words)
    rows = [row for row in facts(read(HERE / FACTS)) if row[1] in about and row[:2] not in without]
    if len({subject for subject, _, _ in rows}) < 2:
        raise UserError(f"of {', '.join(about)} nothing is left to ask about: name further attributes")
    source, templates = folder / FACTS, folder / WORDINGS
    write_list(source, ("person", "attribute", "value"), rows)
    kept = {attribute for _, attribute, _ in rows}
    text = json.dumps({name: own for name, own in words.items() if name in kept}, ensure_ascii=False)
    templates.write_text(text, encoding="utf-8")
    return source, templates


def write_list(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A CSV of ours: its cells are the shipped facts' and numbers."""
    path.write_text(csv_text(header, rows), encoding="utf-8")


def facts(people: Sequence[Listed]) -> list[tuple[str, str, str]]:
    """(of what, attribute, value), in the order of a list."""
    return [(one.name, fact.attribute, fact.value) for one in people for fact in one.facts.values()]
