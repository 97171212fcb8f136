"""The general exam: short questions about places and things, and plain sentences, that nobody taught here.

For models with a language of their own. A folder of three texts is an exam: facts.csv, a list as `remem
people` takes it; wordings.json, its templates, of which the first taught wording is asked; sentences.txt, one
a line.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from remem.data import Dataset
from remem.data.general import FACTS, GENERAL, SENTENCES, WORDINGS
from remem.data.listed import reading
from remem.data.listed.asking import asked_row
from remem.data.listed.wording import Wording, fill, wordings
from remem.data.questions import ONE_HOP
from remem.errors import UserError
from remem.text import normalise
from remem.types import Item
from remem.world.corpus import plain

PLAIN = "plain"
_WORDS = 6  # that a sentence has at least: half of it is given


class _Nothing:
    """The pictures of an exam in text alone."""

    def read(self, split: str, row: int) -> bytes | None:
        return None

    def rows(self) -> dict[str, int]:
        return {}


def open_general(folder: Path) -> Dataset:
    """The exam in a folder. UserError, with file and line, for what is wrong in it."""
    listed = reading.read(folder / FACTS)
    attributes = list(dict.fromkeys(name for one in listed for name in one.facts))
    words = wordings(attributes, folder / WORDINGS)
    asked = [
        _fact(one.name, fact.value, fact.attribute, words[fact.attribute])
        for one in listed
        for fact in one.facts.values()
    ]
    said = [_sentence(text, number) for number, text in _lines(folder / SENTENCES)]
    items = {item.id: item for item in (*asked, *said)}
    return Dataset(
        root=str(folder),
        fingerprint=hashlib.sha256(" ".join(items).encode()).hexdigest(),
        splits={GENERAL: tuple(one.id for one in asked), PLAIN: tuple(one.id for one in said)},
        items=items,
        names={one.name: one.name for one in listed},
        pictures=_Nothing(),
        where={},
        candidates={name: _others(asked, name, words[name]) for name in attributes},
    )


def _others(asked: list[Item], attribute: str, wording: Wording) -> list[str]:
    """Further values that it is ranked among: none in another spelling of one that is there."""
    there = {normalise(item.keywords[0]) for item in asked if item.attribute == attribute}
    return [value for value in wording.values if normalise(value) not in there]


def _fact(subject: str, value: str, attribute: str, wording: Wording) -> Item:
    question = fill(wording.train[ONE_HOP][0], name=subject)
    row = asked_row(subject, attribute, value, wording, ONE_HOP, question[:1].upper() + question[1:], None)
    return Item(
        id=_id(subject, attribute, row.question, row.answer),
        person=subject,
        question_type=ONE_HOP,
        category=GENERAL,
        attribute=attribute,
        question=row.question,
        answer=row.answer,
        keywords=(value,),
        cloze=row.cloze_prompt,
        image_path="",
    )


def _sentence(text: str, number: int) -> Item:
    words = text.split()
    half = len(words) // 2
    said = plain(" ".join(words[:half]), " ".join(words[half:]))
    return Item(
        id=_id("sentence", said.question, said.answer),
        person=f"sentence{number:04d}",
        question_type=PLAIN,
        category=PLAIN,
        attribute="sentence",
        question=said.question,
        answer=said.answer,
        keywords=(),
        cloze="",
        image_path="",
    )


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as problem:
        raise UserError(f"{path} cannot be read ({problem}): put sentences into it, one a line.") from problem
    found = [(number, text.strip()) for number, text in enumerate(lines, 1) if text.strip()]
    for number, text in found:
        if len(text.split()) < _WORDS:
            raise UserError(f"{path} line {number}: {text} is no sentence of {_WORDS} words or more.")
    if len({text for _, text in found}) < max(1, len(found)):
        raise UserError(f"{path} has a sentence twice, or none: write each once, one a line.")
    return found


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
