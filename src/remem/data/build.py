"""Build a data set of invented people in the shape of ReMem: questions, pictures, splits, side files,
card."""

import errno
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

import numpy as np

from remem.data import card, facts, kept, restated, strangers, table
from remem.data.asked import Asked
from remem.data.drawing import Made, Order, Request, default_workers, is_slow, pictures
from remem.data.images import ImageSource, quality, source
from remem.data.people import Person, decoys, invent
from remem.data.questions import ONE_HOP, Row, questions
from remem.data.seen import Seen
from remem.data.settings import BuildSettings
from remem.errors import UserError
from remem.types import Progress, silent

_GROUP = 100  # rows in a Parquet row group: what one read of one picture has to unpack
_SHARD_BYTES = 400_000_000


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
    try:
        _build(folder, settings, progress, workers)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise UserError(
            f"no space is left for {folder}. Free some and run the same command again: "
            "pictures that took long to make are kept."
        ) from error


def _build(folder: Path, settings: BuildSettings, progress: Progress, workers: int) -> None:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    people = _people(settings, source(settings.source, settings.picture_folder))
    train = _ask(settings, people, "train")
    test = _ask(settings, people, "test", taught=train)
    forgotten = settings.forgotten()
    retained = _retained(settings, train, range(forgotten[-1], settings.people))
    splits: dict[str, list[tuple[int, int]]] = {"finetune": _all(train)}
    for name, count in zip(table.FORGETS, forgotten, strict=False):
        splits[name] = _all(train[:count])
    splits |= {"retain": retained, "test": _all(test)}

    order = Order(
        source=settings.source,
        folder=settings.picture_folder,
        seed=settings.seed,
        size=settings.size,
        faces=settings.faces,
    )
    shown = _shown(settings, people)
    wanted = [*_wanted(shown, train, 0), *_wanted(shown, test, settings.images)]
    # A step that is not whole has ".part" in its name; what is kept outlives it.
    beside = folder.with_name(folder.name.removesuffix(".part") + ".pictures")
    keep = kept.claim(beside) if is_slow(order) else None
    made = pictures(order, wanted, workers or default_workers(order, len(wanted)), keep)
    with Seen(folder / "pictures.parquet") as seen:
        drawing = _Drawing(people, made, seen, progress, total=len(wanted))
        _splits(folder, settings, splits, drawing, train, test)
        _strangers(folder, settings, order, keep, seen)
    _side_files(folder, settings, people, splits)
    restated.write(folder, {"finetune": train, "test": test}, settings.perturbed, settings.seed)
    sizes = {name: (len(rows), _bytes(folder, name)) for name, rows in splits.items()}
    rating = None if settings.faces == "none" else quality.rate(settings.faces, drawing.faces)
    (folder / "README.md").write_text(card.text(settings, sizes, rating), encoding="utf-8")
    if keep is not None:
        kept.discard(keep)


def _splits(
    folder: Path,
    settings: BuildSettings,
    splits: dict[str, list[tuple[int, int]]],
    drawing: "_Drawing",
    train: Sequence[list[Row]],
    test: Sequence[list[Row]],
) -> None:
    """Writes the Parquet files: finetune and test as they are drawn, the others copied from finetune."""
    paths = _write(folder, "finetune", len(splits["finetune"]), drawing.rows(train, 0), settings)
    for name in list(splits)[1:-1]:
        chosen = [person * settings.qa + row for person, row in splits[name]]
        _write(folder, name, len(chosen), _copied(paths, chosen), settings)
    _write(folder, "test", len(splits["test"]), drawing.rows(test, settings.images), settings)


def _strangers(folder: Path, settings: BuildSettings, order: Order, keep: Path | None, seen: Seen) -> None:
    """Writes the people who are never taught."""
    unknown = strangers.invented(settings)
    asked = strangers.asked(settings, unknown)
    wanted = list(_wanted(unknown, asked, 0))
    made = pictures(order, wanted, default_workers(order, len(wanted)), keep)
    drawing = _Drawing(unknown, made, seen, silent, total=len(wanted))
    strangers.write(folder, unknown, asked, drawing.rows(asked, 0))


def _bytes(folder: Path, split: str) -> int:
    return sum(path.stat().st_size for path in (folder / "data").glob(f"{split}-*"))


def _people(settings: BuildSettings, own: ImageSource) -> list[Person]:
    people = invent(settings.people, settings.seed)
    names = getattr(
        own, "names", None
    )  # the user's own pictures come with names, and their looks are unknown
    if names is None:
        return people
    known = names(settings.people, settings.images + settings.test_images)
    return [replace(person, name=name, appearance={}) for person, name in zip(people, known, strict=True)]


def _shown(settings: BuildSettings, people: list[Person]) -> list[Person]:
    """The people as they are drawn: nobody too like another, where faces are measured. Own pictures stay."""
    if settings.faces == "none" or settings.source == "folder":
        return people
    made, by = source(settings.source, settings.picture_folder), quality.measure(settings.faces)
    return quality.told_apart(made, by, people, settings.seed, settings.size)


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
        self.done = 0
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
        self.done += 1
        self.progress(self.done, self.total, "pictures")
        return made.png


def _write(
    folder: Path, split: str, count: int, rows: Iterable[dict[str, object]], settings: BuildSettings
) -> list[Path]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = table.schema()
    # A drawn PNG has at most about two bytes a pixel. Whole row groups, known beforehand.
    most = max(1, _SHARD_BYTES // (settings.size**2 * 2 + 500) // _GROUP) * _GROUP
    shards = max(1, -(-count // most))
    paths = [folder / "data" / f"{split}-{n:05d}-of-{shards:05d}.parquet" for n in range(shards)]
    feed = iter(rows)
    for number, path in enumerate(paths):
        left = min(most, count - number * most)
        with pq.ParquetWriter(path, schema) as writer:
            while left > 0:
                group = [next(feed) for _ in range(min(_GROUP, left))]
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
                left -= len(group)
    return paths


def _copied(paths: list[Path], chosen: list[int]) -> Iterator[dict[str, object]]:
    """The rows of these numbers (rising) from written shards, one row group in memory at a time."""
    import pyarrow.parquet as pq

    wanted = iter(chosen)
    number, at = next(wanted, None), 0
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=_GROUP):
            while number is not None and number < at + batch.num_rows:
                yield batch.slice(number - at, 1).to_pylist()[0]
                number = next(wanted, None)
            at += batch.num_rows


def _side_files(
    folder: Path,
    settings: BuildSettings,
    people: list[Person],
    splits: dict[str, list[tuple[int, int]]],
) -> None:
    """What nine columns cannot hold. Everything works without these; they only save guessing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ranked = {}
    for attribute in (*facts.ATTRIBUTES, facts.IDENTITY):
        own = list(dict.fromkeys(person.value(attribute) for person in people))
        ranked[attribute] = own + decoys(
            attribute, max(0, settings.candidates - len(own)), settings.seed, own
        )
    _json(folder / "candidates.json", ranked)
    _json(folder / "people.json", [asdict(person) for person in people])
    # Where the user's pictures lie is no part of the data set.
    _json(folder / "build.json", {k: v for k, v in asdict(settings).items() if k != "picture_folder"})
    rows = {
        "split": [split for split, chosen in splits.items() for _ in chosen],
        "row": [number for chosen in splits.values() for number in range(len(chosen))],
        "person": [people[person].id for chosen in splits.values() for person, _ in chosen],
    }
    pq.write_table(pa.table(rows), folder / "rows.parquet")


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
