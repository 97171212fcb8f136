"""People who are never taught, asked about as the taught ones are: what a membership attack compares with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.data import table
from remem.data.asked import Asked
from remem.data.people import Person, invent
from remem.data.questions import Row, questions
from remem.data.settings import BuildSettings

if TYPE_CHECKING:
    from remem.data.dataset import Dataset

FILE = "strangers.parquet"
SPLIT = "strangers"


def invented(settings: BuildSettings) -> list[Person]:
    """The strangers of a data set: no name, and while the pools last no value, is that of anyone taught.

    None with the user's own pictures, where everybody who has pictures is taught.
    """
    if settings.source == "folder":
        return []
    known = invent(settings.people + settings.strangers, settings.seed)[settings.people :]
    return [replace(person, id=f"s{number:03d}") for number, person in enumerate(known)]


def asked(settings: BuildSettings, people: Sequence[Person]) -> Asked:
    """Each stranger's questions: in training wording, as many as there are held-out ones of the taught."""
    return Asked(
        lambda number: questions(
            people[number],
            min(settings.test_qa, settings.qa),
            settings.one_hop,
            settings.seed,
            images=settings.images,
            one_hop_pictures=settings.one_hop_pictures,
        ),
        len(people),
    )


def write(
    folder: Path, people: Sequence[Person], asked: Sequence[list[Row]], rows: Iterable[dict[str, object]]
) -> None:
    """Writes strangers.parquet: the nine columns and `person`. Nothing is written without strangers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not people:
        return
    schema = table.schema().append(pa.field("person", pa.string())).remove_metadata()
    feed = iter(rows)
    with pq.ParquetWriter(folder / FILE, schema) as writer:
        for person, own in zip(people, asked, strict=True):
            group: list[dict[str, Any]] = [next(feed) | {"person": person.id} for _ in own]
            writer.write_table(pa.Table.from_pylist(group, schema=schema))


def read(root: str | Path) -> Dataset | None:
    """The strangers of a data set folder, as a data set with the one split `strangers`; None without any."""
    from remem.data.load import items_of
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
    found = items_of({SPLIT: rows}, side, False, pictures)
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
