"""People who are never taught, asked about as the taught ones are: what a membership attack compares with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from remem.data import table
from remem.data.asked import Asked
from remem.data.people import Person, invent
from remem.data.questions import Row, questions
from remem.data.settings import BuildSettings
from remem.data.untaught import FILE, numbered
from remem.errors import UserError
from remem.text import normalise
from remem.types import Item, Questions

if TYPE_CHECKING:
    from remem.data.dataset import Dataset

SPLIT = "strangers"


def invented(settings: BuildSettings, taken: Collection[str] = ()) -> list[Person]:
    """The strangers of a data set: no name, and while the pools last no value, is that of anyone taught.

    `taken`: names of people whom the user's own pictures show.
    """
    count, named = settings.unknown(), set(map(normalise, taken))
    more = invent(settings.people + count * (2 if named else 1), settings.seed)[settings.people :]
    return numbered([person for person in more if normalise(person.name) not in named][:count])


def asked(settings: BuildSettings, people: Sequence[Person]) -> Asked:
    """Each stranger's questions: in training wording, as many as there are held-out ones of the taught.

    With the user's own pictures those that need none: a made picture among them would tell by its style.
    """

    def of(number: int) -> list[Row]:
        rows = questions(
            people[number],
            min(settings.test_qa, settings.qa),
            settings.one_hop,
            settings.seed,
            images=settings.images,
            one_hop_pictures=settings.one_hop_pictures,
        )
        return [row for row in rows if row.picture is None] if settings.source == "folder" else rows

    return Asked(of, len(people))


def read(root: str | Path) -> Dataset | None:
    """The strangers of a data set folder, as a data set with the one split `strangers`; None without any."""
    from remem.data.load import items_of
    from remem.data.pebench.cut import CONCEPTS
    from remem.data.reading import ParquetPictures, rows_of
    from remem.data.side import Side
    from remem.data.tablefile import opened, present
    from remem.data.told import column

    root = Path(root)
    path = root / FILE
    if not present(path):
        return None
    from remem.data.dataset import Dataset
    from remem.data.digest import digest

    cure = "Mend it, or delete it: only membership attacks need it."
    pictures = ParquetPictures({SPLIT: [path]}, root)
    with opened(path, cure) as file:
        table.check_columns(path.name, file.schema_arrow.names, (*table.COLUMNS, "person"))
        rows, _ = rows_of(file, path.name, SPLIT, 0, pictures.cells)
        people = column(file.read(columns=["person"]), "person", "text", path, cure)
    side = Side(root)
    side.people = {(SPLIT, number): person for number, person in enumerate(people)}
    in_events = {row["question_type"] for row in rows} <= set(CONCEPTS.values())
    found = items_of({SPLIT: rows}, side, in_events, pictures)
    return Dataset(
        root=str(root),
        fingerprint=digest([(path.name, path)]),
        splits={SPLIT: found.splits[SPLIT]},
        items=found.items,
        names={},
        pictures=pictures,
        where=found.where,
        candidates=side.candidates,
        keys=found.keys,
    )


def check_untaught(strangers: Questions, data: Questions) -> None:
    """UserError where a row about somebody who is never to be taught is taught: membership would measure
    nothing. Compared are questions with their answers, in normal form."""
    taught = {_said(data.items[id]) for id in data.splits["finetune"]}
    for number, id in enumerate(strangers.splits[SPLIT]):
        if _said(strangers.items[id]) in taught:
            raise UserError(
                f"{FILE} row {number} is taught, too: {strangers.items[id].question[:70]!r}. It is for those "
                "who are never taught: replace the row, or set evaluate.membership=false."
            )


def _said(item: Item) -> tuple[str, str, bool]:
    return normalise(item.question), normalise(item.answer), bool(item.image_path)
