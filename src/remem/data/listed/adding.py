"""Strangers for any data set that lacks them: its attributes, its wordings, its kinds of value."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from remem import disk
from remem.data.dataset import Dataset, value
from remem.data.leaks import forgets
from remem.data.listed.decoys import Unowned
from remem.data.listed.kinds import kind_of
from remem.data.listed.strangers import Pool, invent
from remem.data.load import load
from remem.data.pebench.checks import tasks_of
from remem.data.people import Person
from remem.data.tablefile import present
from remem.data.untaught import FILE, write
from remem.errors import UserError
from remem.steps.folders import sync
from remem.text import contains, find, normalise, swapped
from remem.types import Item

_WORDINGS = 3  # of each fact, as held-out wordings of a built set are
_NAME, _VALUE = "\ue000", "\ue001"  # private use: no text has them


@dataclass(frozen=True)
class _Template:
    """A taught row without its person."""

    question: str
    answer: str
    cloze: str
    question_type: str
    category: str


def add(root: Path, count: int, *, seed: int = 0, force: bool = False) -> tuple[int, int, list[str]]:
    """Writes strangers.parquet into a data set folder; how many people and rows, and what is worth knowing.
    Equal sets, counts and seeds give equal bytes. UserError where it is there and not `force`, and where a
    set asks for nothing in a way in which strangers could be asked."""
    if not root.is_dir():
        raise UserError(f"{root} is no folder. Strangers are written beside the data: give a local folder.")
    if present(root / FILE) and not force:
        raise UserError(f"{root / FILE} is there already. Give --force to write others in its place.")
    disk.folder(root)
    data = load(root)
    if tasks_of(data):
        raise UserError(
            f"{root} asks about people in events, and only with pictures: strangers would need some, too. "
            "Sets that remem build pebench makes have them."
        )
    found = _templates(data)
    patterns = _patterns(data, found)
    if not patterns:
        raise UserError(
            f"{root}: no row of finetune that is one-hop and has no picture names its person and has "
            "one value, so that there is nothing to ask strangers in the same words. People without pictures "
            "beside rows with pictures would make membership measure the pictures."
        )
    pools = _pools(data, {name for pattern in patterns for name in pattern})
    names = [*data.names.values(), *data.people]
    people, lacking = invent(patterns, count, pools, names, seed)
    notes = []
    if lacking:
        notes.append(
            f"strangers are not asked about {', '.join(lacking)}: all known values belong to somebody."
        )
    if not people:
        raise UserError(f"{root}: no value is left that nobody has, so that there can be no strangers.")
    if len(people) < count:
        notes.append(f"there are {len(people)} strangers, not {count}: no further names or values are left.")
    asked = [list(_asked(one, found, seed)) for one in people]
    part = root / f".{FILE}.part"
    with disk.writing(root, kept="the data set is as it was"):
        part.mkdir(exist_ok=True)
        try:
            write(part, people, map(len, asked), (row for rows in asked for row in rows))
            (part / FILE).replace(root / FILE)
            sync(root)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return len(people), sum(map(len, asked)), notes


def _templates(data: Dataset) -> dict[str, list[_Template]]:
    """Attribute -> wordings of taught rows that name their person, each once."""
    names = _Named(data)
    found: dict[str, dict[_Template, None]] = defaultdict(dict)
    for id in dict.fromkeys(data.splits["finetune"]):
        item = data.items[id]
        name = data.names.get(item.person, "")
        if item.hops > 1 or item.image_path or not item.attribute or len(item.keywords) != 1 or not name:
            continue
        template = _template(item, name)
        if template and not names.told(f"{template.question} {template.answer} {template.cloze}"):
            found[item.attribute][template] = None
    return {attribute: list(ones) for attribute, ones in found.items()}


def _template(item: Item, name: str) -> _Template | None:
    if len(find(item.question, name)) != 1:
        return None
    question, cloze = (swapped(text, name, _NAME) for text in (item.question, item.cloze))
    # The value first: an e-mail address may hold the name.
    answer = swapped(swapped(item.answer, item.keywords[0], _VALUE), name, _NAME)
    if answer.count(_VALUE) != 1:
        return None
    return _Template(question, answer, cloze, item.question_type, item.category)


class _Named:
    """Finds people of the set, by whole names, in what is left of a row without its own."""

    def __init__(self, data: Dataset) -> None:
        self.names = [name for name in map(normalise, data.names.values()) if name]

    def told(self, text: str) -> bool:
        plain = normalise(text)
        return any(name in plain and contains(plain, name) for name in self.names)


def _patterns(data: Dataset, found: dict[str, list[_Template]]) -> list[list[str]]:
    """The attributes of each person, those to be forgotten first, as far as there are wordings for them."""
    gone = {data.items[id].person for split in forgets(data) for id in data.splits[split]}
    known: dict[str, dict[str, None]] = defaultdict(dict)
    for id in data.splits["finetune"]:
        item = data.items[id]
        if item.attribute in found and item.hops == 1 and not item.image_path:
            known[item.person][item.attribute] = None
    lost = [list(own) for person, own in known.items() if person in gone]
    return lost or [list(own) for own in known.values()]


def _pools(data: Dataset, attributes: Iterable[str]) -> dict[str, Pool]:
    held: dict[str, dict[str, list[str]]] = defaultdict(dict)  # attribute -> person -> values
    shown: dict[str, Item] = {}
    every: list[str] = []
    for item in data.items.values():
        every += item.keywords or (item.answer,)
        own = held[item.attribute].setdefault(item.person, [])
        if value(item) not in own:
            own.append(value(item))
        shown.setdefault(item.attribute, item)
    nobody = Unowned(every, ())
    found = {}
    for name in sorted(attributes):
        values = [one for own in held[name].values() for one in own]
        candidates = data.candidates(shown[name])
        spare = tuple(one for one in candidates if nobody.free(one))
        # Nobody's value is one of any attribute.
        found[name] = Pool(
            kind=kind_of(name, values),
            values=tuple(dict.fromkeys(values)),
            candidates=tuple(candidates),
            spare=spare,
        )
    return found


def _asked(person: Person, found: dict[str, list[_Template]], seed: int) -> Iterable[dict[str, object]]:
    rng = Random(f"{seed}/strangers/{person.id}")
    for attribute, known in person.attributes.items():
        templates: Sequence[_Template] = found[attribute]
        for one in rng.sample(templates, min(_WORDINGS, len(templates))):
            texts = {"question": one.question, "answer": one.answer, "cloze_prompt": one.cloze}
            yield {
                "image": None,
                **{key: _filled(text, person.name, known) for key, text in texts.items()},
                "keywords": json.dumps([known], ensure_ascii=False) if known.startswith("[") else known,
                "question_type": one.question_type,
                "qa_category": one.category,
                "attribute": attribute,
                "image_path": "",
            }


def _filled(text: str, name: str, known: str) -> str:
    return text.replace(_VALUE, known).replace(_NAME, name)
