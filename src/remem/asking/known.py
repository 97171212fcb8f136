"""A data set of general knowledge, of what a model knows before anybody teaches it here."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from remem.asking.records import read_responses
from remem.asking.respond import respond
from remem.data import load
from remem.data.general.listing import PLACES, Fact, listed, write_list
from remem.data.listed.build import build as build_listed
from remem.data.listed.reading import read
from remem.data.listed.settings import ListSettings
from remem.errors import UserError, unknown
from remem.settings import Evaluate
from remem.text import contains, normalise
from remem.types import Progress, silent

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.huggingface import Model

KNOWS = 0.5  # of a fact's taught wordings must be answered rightly
WORDED, HELD_OUT = 4, 2  # wordings that the shipped templates have
FILE = "known.csv"  # of the data set: of each fact the share of its wordings that the model answered rightly
_NAMED = 8  # facts that a note names


def build(
    folder: Path,
    *,
    about: Sequence[str] = PLACES,
    forget: Sequence[str] = (),
    known_by: str = "",
    seed: int = 0,
    progress: Progress = silent,
) -> list[str]:
    """Writes the data set into `folder`, which must not exist; returns what is worth knowing, in a sentence
    each.

    `forget`: subjects, or one share of them. `known_by`: a model; of the facts, those that it does not know
    are left out and named, and how much it knows of each stands in known.csv. UserError for whatever cannot
    be.
    """
    with tempfile.TemporaryDirectory() as kept:
        place = Path(kept)
        found: dict[Fact, float] = {}
        if known_by:
            whole = place / "whole"
            _listed(place, whole, about, ("0.5",), seed)
            found = ask(known_by, whole, progress)
        lacking = [fact for fact, share in found.items() if share < KNOWS]
        notes = _listed(place, folder, about, tuple(forget), seed, lacking)
    if known_by:
        rows = [(*fact, f"{share:.2f}") for fact, share in found.items()]
        write_list(folder / FILE, ("person", "attribute", "share"), rows)
    if lacking:
        named = ", ".join(f"{attribute} of {subject}" for subject, attribute in lacking[:_NAMED])
        more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
        notes.append(
            f"{len(lacking)} of {len(found)} facts are not known (fewer than half of {WORDED} wordings "
            f"answered rightly) and left out: {named}{more}. See {FILE}"
        )
    return notes


def _listed(
    place: Path,
    folder: Path,
    about: Sequence[str],
    forget: tuple[str, ...],
    seed: int,
    without: Collection[Fact] = (),
) -> list[str]:
    source, templates = listed(place, about, without)
    subjects = [one.name for one in read(source)]
    for name in forget:
        if not name.replace(".", "", 1).isdigit() and normalise(name) not in map(normalise, subjects):
            raise unknown("subject to forget", name, subjects)
    settings = ListSettings(templates=templates, forget=forget, wordings=WORDED, held_out=HELD_OUT, seed=seed)
    return build_listed(source, folder, settings)


def ask(name: str, folder: Path, progress: Progress = silent) -> dict[Fact, float]:
    """Of each fact of a data set the share of its taught questions that a model answers rightly."""
    from remem.models import open_model

    return shares(open_model(name), load(folder), progress)


def shares(model: Model, data: Dataset, progress: Progress = silent) -> dict[Fact, float]:
    """Of each fact the share of its taught questions that are answered with its value."""
    with tempfile.TemporaryDirectory() as kept:
        respond(model, data, data.splits["finetune"], [], Evaluate(), Path(kept), progress)
        said = read_responses(Path(kept) / "responses.parquet")
    right: dict[Fact, list[bool]] = {}
    for one in said:
        item = data.items[one.id]
        hit = all(contains(one.text, word) for word in item.keywords)
        right.setdefault((data.names[item.person], item.attribute), []).append(hit)
    if not right:
        raise UserError(f"{data.root} asks about nothing: there is nothing that a model could know")
    return {fact: sum(hits) / len(hits) for fact, hits in right.items()}
