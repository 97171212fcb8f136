"""A data set of general knowledge, of what a model knows before anybody teaches it here."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from remem.asking.records import read_responses
from remem.asking.respond import respond
from remem.data import load
from remem.data.general.listing import PLACES, Fact, listed
from remem.data.listed.build import build as build_listed
from remem.data.listed.settings import ListSettings
from remem.errors import UserError
from remem.settings import Evaluate
from remem.text import contains
from remem.types import Progress, silent

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.huggingface import Model

KNOWS = 0.5  # of a fact's taught wordings must be answered rightly
WORDED, HELD_OUT = 4, 2  # wordings that the shipped templates have
_NAMED = 12  # facts that a note names


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
    are left out and named. UserError for whatever cannot be.
    """
    with tempfile.TemporaryDirectory() as kept:
        place = Path(kept)
        lacking: dict[Fact, float] = {}
        if known_by:
            whole = place / "whole"
            _listed(place, whole, about, ("0.5",), seed)
            lacking = {fact: share for fact, share in ask(known_by, whole, progress).items() if share < KNOWS}
        notes = _listed(place, folder, about, tuple(forget), seed, lacking)
    if lacking:
        named = ", ".join(f"{attribute} of {subject}" for subject, attribute in list(lacking)[:_NAMED])
        more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
        notes.append(
            f"{known_by} does not know {len(lacking)} facts (fewer than half of {WORDED} wordings answered "
            f"rightly), and they are left out: {named}{more}"
        )
    return notes


def _listed(
    place: Path,
    folder: Path,
    about: Sequence[str],
    forget: tuple[str, ...],
    seed: int,
    without: Mapping[Fact, float] | None = None,
) -> list[str]:
    source, templates = listed(place, about, without or {})
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
