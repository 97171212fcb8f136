"""Load a data set in the shape of ReMem: a built folder, an image folder, what `save_to_disk` left, a hub id.

A folder of Parquet files is read with pyarrow alone; what needs `datasets` imports it then. Every picture is
read once, for which rows are one item depends on what they show. The fingerprint digests all bytes of the
data files and of the side files that change meaning.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from remem.data import reading, recover, table
from remem.data.dataset import Dataset, Pictures
from remem.data.digest import digest
from remem.data.identity import mark, picture_keys
from remem.data.keywords import parse
from remem.data.pebench.cut import compose, in_order, is_cut
from remem.data.pebench.paths import event_of, without_event
from remem.data.side import Side
from remem.errors import UserError
from remem.types import Item, Progress, hops, silent


def load(
    source: str | Path, *, needed: Collection[str] = table.NEEDED, progress: Progress = silent
) -> Dataset:
    """The data set at a local folder, else of that name on the hub; it must have the `needed` splits.

    Raises UserError for missing columns and splits, blank questions and answers, and rows that are nobody's:
    all that can be known without decoding pictures (see checks.py for those).
    """
    root = Path(source)
    if root.is_dir():
        texts, pictures, files = reading.folder(root, progress)
    elif root.exists():
        raise UserError(
            f"{source} is a file, but a data set is a folder. Give the folder that it lies in: {root.parent}"
        )
    elif str(source).startswith((".", "/", "~")) or str(source).count("/") != 1:
        raise UserError(
            f"no data set at {source}: there is no such folder. Build one with: remem build remem {source}"
        )
    else:
        texts, pictures, files = reading.hub(str(source), progress)
    in_events = is_cut(texts)
    if in_events:
        texts = {name: texts[name] for name in in_order(texts)}
    else:
        _check_splits(str(source), list(texts), needed)
    for split, rows in texts.items():
        _check_text(split, rows)
    side = Side(root, {name: len(rows) for name, rows in texts.items()})
    found = items_of(texts, side, in_events, pictures, progress)
    return Dataset(
        root=str(source),
        fingerprint=fingerprint(files + side.files, found.files),
        splits=compose(str(source), found.splits) if in_events else found.splits,
        items=found.items,
        names=side.names,
        pictures=pictures,
        where=found.where,
        candidates=side.candidates,
        keys=found.keys,
        recovered=found.recovered,
        looks=side.looks,
    )


def fingerprint(files: list[Path], known: Mapping[Path, str] | None = None) -> str:
    """A digest of the files' names and all of their content; `known` holds what was read of some before."""
    return digest(((path.name, path) for path in sorted(files, key=lambda p: p.name)), known)


def _check_splits(source: str, splits: list[str], needed: Collection[str]) -> None:
    missing = [name for name in needed if name not in splits]
    if missing:
        raise UserError(
            f"{source} has no split {missing[0]}.{table.nearest(missing[0], splits)} "
            f"It has: {', '.join(splits)}; needed are {', '.join(needed)}."
        )


def _check_text(split: str, rows: list[dict[str, str]]) -> None:
    if not rows:
        needed = split in table.NEEDED
        raise UserError(
            f"split {split} has no rows. {'Fill it: it is needed' if needed else 'Leave it out or fill it'}."
        )
    for number, row in enumerate(rows):
        for name in ("question", "answer"):
            if not row[name].strip():
                raise UserError(f"{split} row {number} has no {name}. Fill it in or drop the row.")


@dataclass(frozen=True, kw_only=True)
class Found:
    """The rows as items: those of one person that show and say the same are one item."""

    splits: dict[str, tuple[str, ...]]  # split -> ids, one a row
    items: dict[str, Item]
    where: dict[str, tuple[str, int]]  # id -> (split, row), the first
    keys: dict[str, str]  # id -> key of its picture
    files: dict[Path, str]  # picture that is a file -> its key
    recovered: dict[str, int]  # person -> of how many rows nothing but the columns tells them


def items_of(
    texts: reading.Texts, side: Side, in_events: bool, pictures: Pictures, progress: Progress = silent
) -> Found:
    """Items of the rows. UserError for rows that are nobody's, and for keywords in no known form."""
    seen, files = picture_keys(texts, pictures, progress)
    clues = [
        recover.Clue(
            split=split,
            row=number,
            image_path=without_event(row["image_path"]) if in_events else row["image_path"],
            question=row["question"],
            answer=row["answer"],
            attribute=row["attribute"],
            keywords=_keywords(split, number, row),
            hops=hops(row["question_type"]),
            told=side.people.get((split, number), ""),
        )
        for split, rows in texts.items()
        for number, row in enumerate(rows)
    ]
    people, names = recover.people(clues, side.names)
    side.names = names | side.names
    found = Found(splits={}, items={}, where={}, keys={}, files=files, recovered={})
    ids: dict[str, list[str]] = {split: [] for split in texts}
    for clue, person in zip(clues, people, strict=True):
        row, picture = texts[clue.split][clue.row], seen[clue.split][clue.row]
        id = mark(person, picture, row["question"], row["answer"], row["attribute"], clue.keywords)
        ids[clue.split].append(id)
        if not clue.told:
            found.recovered[person] = found.recovered.get(person, 0) + 1
        if id in found.items:
            continue
        told = event_of(row["image_path"]) if in_events else ""
        found.items[id] = Item(
            id=id,
            person=person,
            question_type=row["question_type"],
            category=row["qa_category"],
            attribute=row["attribute"],
            question=row["question"],
            answer=row["answer"],
            keywords=clue.keywords,
            cloze=row["cloze_prompt"],
            image_path=row["picture"],
            event=side.events.get((clue.split, clue.row), told),
        )
        found.where[id], found.keys[id] = (clue.split, clue.row), picture
    found.splits.update({split: tuple(rows) for split, rows in ids.items()})
    return found


def _keywords(split: str, number: int, row: dict[str, str]) -> tuple[str, ...]:
    try:
        return parse(row["keywords"], row["answer"])
    except ValueError as error:
        raise UserError(
            f"{split} row {number}, column keywords: {error} ({row['keywords'][:60]}). Write the value "
            'itself, values with commas between them, or a JSON list such as ["a", "b"].'
        ) from error
