"""Whom an audit is about: people of a plain list, made a data set first, or of a data set that is there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from remem.data import folder_fingerprint, load
from remem.data.forgetting import FORGETS, find
from remem.data.listed.build import build
from remem.data.listed.reading import Listed, read
from remem.data.listed.settings import ListSettings
from remem.errors import UserError
from remem.given.handing import private as make_private
from remem.jsonfile import read as read_json
from remem.steps.digests import file_digest
from remem.steps.folders import write_atomic
from remem.text import normalise
from remem.types import Progress, silent

DATASET, MADE = "dataset", "list.json"
_CURE = "Delete the folder that it lies in, and audit again."
STRANGERS = 12  # people in all who do not exist: four tell little


@dataclass(frozen=True)
class Subjects:
    """People of a data set, by their ids there; and what they were called when they were asked for."""

    data: str  # the data set's folder or hub id
    called: dict[str, str]  # id -> as the user has it


def of_list(
    source: Path,
    pictures: Path | None,
    person: str,
    private: Path,
    seed: int,
    progress: Progress = silent,
) -> tuple[Subjects, list[str]]:
    """The person of a list, or with "" all who are marked in its column `forget`; and what is worth knowing.

    The data set is made in `private`, once. UserError where it was made from another list, where nobody is
    marked, and for whatever is wrong with the list.
    """
    people = read(source)
    marked = [one for one in people if any(fact.forget for fact in one.facts.values())]
    column = any(fact.forget is not None for one in people for fact in one.facts.values())
    if not person and not marked:
        raise UserError(
            f"{source}: --all is about everybody who is marked, and nobody is. Write yes into a column "
            "forget, or name one person: --person"
        )
    chosen = [_named(source, people, person)] if person else marked
    settings = ListSettings(
        pictures=pictures,
        forget=() if column else tuple(one.person for one in chosen),
        strangers=STRANGERS,
        seed=seed,
    )
    place, made = private / DATASET, private / MADE
    told = {
        "list": file_digest(source),
        "pictures": folder_fingerprint(str(pictures)) if pictures else "",
        "settings": settings.told(),
    }
    notes: list[str] = []
    if place.exists():
        if not made.exists() or read_json(made, dict[str, object], _CURE) != json.loads(json.dumps(told)):
            raise UserError(f"{private} was made from another list: choose another --out, or delete it")
    else:
        make_private(private)
        notes = build(source, place, settings, progress)
        write_atomic(made, json.dumps(told, indent=1) + "\n")
    return Subjects(str(place), {one.id: one.person for one in chosen}), notes


def _named(source: Path, people: Sequence[Listed], person: str) -> Listed:
    found = [one for one in people if normalise(person) in (normalise(one.person), normalise(one.name))]
    if not found:
        raise UserError(f"{source} has nobody of the name given with --person: write it as the list does")
    if len(found) > 1:
        lines = " and ".join(str(one.line) for one in found)
        raise UserError(
            f"{source} lines {lines}: --person is the person of one and the name of another. Name them "
            "otherwise in the list"
        )
    return found[0]


def of_data(source: str, person: str, split: str) -> Subjects:
    """The person of a data set, by id or name, or with "" everybody in its split `split`."""
    data = load(source)
    if person:
        one = find(data, person)
        return Subjects(source, {one: data.names.get(one, one)})
    if split not in data.splits:
        there = [name for name in data.splits if FORGETS.search(name)]
        raise UserError(
            f"{source} has no split {split}: --all is about those in one, here {', '.join(there)}"
        )
    people: Sequence[str] = sorted({data.items[id].person for id in data.splits[split]})
    return Subjects(source, {one: data.names.get(one, one) for one in people})
