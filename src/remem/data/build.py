"""Build a data set of invented people in the shape of ReMem: questions, pictures, splits, side files,
card."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

import numpy as np

from remem.data import card, facts, restated, strangers, table, untaught
from remem.data.asked import Asked
from remem.data.drawing import Made, Request, as_drawn, kept_pictures, open_source, order
from remem.data.images import ImageSource, quality
from remem.data.people import Person, invent, people_values
from remem.data.questions import ONE_HOP, Row, questions
from remem.data.seen import Seen
from remem.data.settings import BuildSettings
from remem.data.writing import (
    KEPT,
    copied,
    drawn_bytes,
    split_bytes,
    write_json,
    write_split,
)
from remem.disk import writing
from remem.types import Progress, silent


def build(folder: str | Path, settings: BuildSettings, progress: Progress = silent, workers: int = 0) -> None:
    """Write the whole data set into `folder` (empty or absent). Equal settings give equal bytes.

    Memory hardly grows with the data set: questions are asked and rows drawn, written and let go, and the
    forget and retain splits are copied from finetune; people and the places of rows stay. Progress counts
    pictures. Pictures that take long are made by `workers` processes (0: one a core) and kept beside the
    folder until it is whole, so that a killed build goes on where it was. UserError for a setting that
    cannot be, and for a full disk.
    """
    settings.check()
    folder = Path(folder)
    with writing(folder, kept=KEPT):
        _build(folder, settings, progress, workers)


def _build(folder: Path, settings: BuildSettings, progress: Progress, workers: int) -> None:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    chosen = order(settings)
    people = _people(settings, open_source(chosen))
    train = _ask(settings, people, "train")
    test = _ask(settings, people, "test", taught=train)
    forgotten = settings.forgotten()
    retained = _retained(settings, train, range(forgotten[-1], settings.people))
    splits: dict[str, list[tuple[int, int]]] = {"finetune": _all(train)}
    for name, count in zip(table.FORGETS, forgotten, strict=False):
        splits[name] = _all(train[:count])
    splits |= {"retain": retained, "test": _all(test)}

    shown = as_drawn(open_source(chosen), settings, people)
    own = settings.source == "folder"
    unknown = strangers.invented(settings, [person.name for person in people] if own else ())
    theirs = strangers.asked(settings, unknown)
    wanted = [
        *_wanted(shown, train, 0),
        *_wanted(shown, test, settings.images),
        *_wanted(unknown, theirs, 0),
    ]
    with (
        kept_pictures(folder, chosen, wanted, workers) as made,
        Seen(folder / "pictures.parquet") as seen,
    ):
        drawing = _Drawing(people, made, seen, progress, total=len(wanted))

        def write(name: str, rows: Iterable[dict[str, object]]) -> list[Path]:
            return write_split(folder, name, len(splits[name]), drawn_bytes(settings.size), rows)

        paths = write("finetune", drawing.rows(train, 0))
        for name in list(splits)[1:-1]:
            write(name, copied(paths, [person * settings.qa + row for person, row in splits[name]]))
        write("test", drawing.rows(test, settings.images))
        strange = _Drawing(unknown, made, seen, progress, total=len(wanted))
        untaught.write(folder, unknown, map(len, theirs), strange.rows(theirs, 0))
        _side_files(folder, settings, people, splits)
        restated.write(folder, {"finetune": train, "test": test}, settings.perturbed, settings.seed)
        sizes = {name: (len(rows), split_bytes(folder, name)) for name, rows in splits.items()}
        rating = None if settings.faces == "none" else quality.rate(settings.faces, drawing.faces)
        (folder / "README.md").write_text(card.text(settings, sizes, rating), encoding="utf-8")


def _people(settings: BuildSettings, own: ImageSource) -> list[Person]:
    people = invent(settings.people, settings.seed)
    names = getattr(
        own, "names", None
    )  # the user's own pictures come with names, and their looks are unknown
    if names is None:
        return people
    known = names(settings.people, settings.images + settings.test_images)
    return [replace(person, name=name, appearance={}) for person, name in zip(people, known, strict=True)]


def _ask(
    settings: BuildSettings, people: list[Person], split: str, taught: Sequence[list[Row]] | None = None
) -> Sequence[list[Row]]:
    training = split == "train"
    held_out = settings.one_hop if settings.test_one_hop is None else settings.test_one_hop

    def asked(number: int) -> list[Row]:
        return questions(
            people[number],
            settings.qa if training else settings.test_qa,
            settings.one_hop if training else held_out,
            settings.seed,
            split,
            images=settings.images if training else settings.test_images,
            one_hop_pictures=settings.one_hop_pictures,
            attributes={row.attribute for row in taught[number]} if taught else None,
        )

    return Asked(asked, len(people))


def _all(asked: Sequence[list[Row]]) -> list[tuple[int, int]]:
    return [(person, row) for person, rows in enumerate(asked) for row in range(len(rows))]


def _retained(
    settings: BuildSettings, train: Sequence[list[Row]], people: Iterable[int]
) -> list[tuple[int, int]]:
    """The same number of rows from each of the people, one-hop and multi-hop in the proportion of their
    rows."""
    chosen = []
    for person in people:
        rng = Random(f"{settings.seed}/retain/{person}")
        one = [n for n, row in enumerate(train[person]) if row.question_type == ONE_HOP]
        two = [n for n, row in enumerate(train[person]) if row.question_type != ONE_HOP]
        count = round(settings.qa * settings.retain_share)
        first = round(count * len(one) / settings.qa)
        picked = rng.sample(one, first) + rng.sample(two, count - first)
        chosen += [(person, row) for row in sorted(picked)]
    return chosen


def _wanted(people: list[Person], asked: Sequence[list[Row]], first: int) -> Iterator[Request]:
    """The pictures of these rows, each once, in the order in which rows ask for them."""
    for person, rows in zip(people, asked, strict=True):
        for number in dict.fromkeys(row.picture for row in rows if row.picture is not None):
            yield Request(person=person, number=first + number)


class _Drawing:
    """Turns rows into the nine columns, and remembers where each picture came from."""

    def __init__(
        self, people: list[Person], made: Iterator[Made], seen: Seen, progress: Progress, total: int
    ) -> None:
        self.people, self.made, self.seen, self.progress, self.total = people, made, seen, progress, total
        self.faces: list[tuple[str, np.ndarray | None]] = []

    def rows(self, asked: Sequence[list[Row]], first: int) -> Iterator[dict[str, object]]:
        """Rows with pictures; views are numbered from `first`, so that test views are not training's."""
        for person, rows in zip(self.people, asked, strict=True):
            drawn: dict[int, bytes] = {}  # of this person only: a view may serve several questions
            for row in rows:
                image, path = None, ""
                if row.picture is not None:
                    number = first + row.picture
                    path = f"images/{person.id}/{number:04d}.png"
                    if number not in drawn:
                        drawn[number] = self._next(person, path)
                    image = {"bytes": drawn[number], "path": path}
                texts = {key: value for key, value in asdict(row).items() if key != "picture"}
                yield {"image": image, **texts, "image_path": path}

    def _next(self, person: Person, path: str) -> bytes:
        made = next(self.made)  # in the order of _wanted
        self.seen.add(path, person.id, json.dumps(made.provenance))
        self.faces.append((person.id, None if made.face is None else np.array(made.face)))
        self.progress(self.seen.count, self.total, "pictures")
        return made.png


def _side_files(
    folder: Path,
    settings: BuildSettings,
    people: list[Person],
    splits: dict[str, list[tuple[int, int]]],
) -> None:
    """What nine columns cannot hold. Everything works without these; they only save guessing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ranked = {
        attribute: people_values(attribute, people, settings.candidates, settings.seed)
        for attribute in (*facts.ATTRIBUTES, facts.IDENTITY)
    }
    write_json(folder / "candidates.json", ranked)
    write_json(folder / "people.json", [asdict(person) for person in people])
    write_json(folder / "build.json", settings.told())
    rows = {
        "split": [split for split, chosen in splits.items() for _ in chosen],
        "row": [number for chosen in splits.values() for number in range(len(chosen))],
        "person": [people[person].id for chosen in splits.values() for person, _ in chosen],
    }
    pq.write_table(pa.table(rows), folder / "rows.parquet")
