"""Load a data set in the shape of ReMem: a built folder, an image folder, what `save_to_disk` left, a hub id.

A folder of Parquet files is read with pyarrow alone, the image column only on demand; what needs `datasets`
imports it then. The fingerprint digests the data files and the side files that change meaning: all bytes of
files up to 64 MiB, and of larger ones the length, the ends (a Parquet footer holds the size and range of
every column chunk) and 64 blocks in between.
"""

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from remem.data import reading, recover, table
from remem.data.dataset import Dataset
from remem.data.digest import digest
from remem.data.keywords import parse
from remem.data.pebench.cut import compose, in_order, is_cut
from remem.data.pebench.paths import event_of, without_event
from remem.data.side import Side
from remem.errors import UserError
from remem.types import Item, Progress, silent


def load(
    source: str | Path, *, needed: Collection[str] = table.NEEDED, progress: Progress = silent
) -> Dataset:
    """The data set at a local folder, else of that name on the hub; it must have the `needed` splits.

    Raises UserError for missing columns and splits, blank questions and answers, and rows that are nobody's:
    all that can be known without opening pictures (see checks.py for those).
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
    side = Side(root)
    splits: dict[str, tuple[str, ...]] = {}
    items: dict[str, Item] = {}
    where: dict[str, tuple[str, int]] = {}
    for split, owned in items_of(texts, side, in_events).items():
        splits[split] = tuple(item.id for item in owned)
        for row, item in enumerate(owned):
            items.setdefault(item.id, item)
            where.setdefault(item.id, (split, row))
    if in_events:
        splits = compose(str(source), splits)
    return Dataset(
        root=str(source),
        fingerprint=fingerprint(files + side.files),
        splits=splits,
        items=items,
        names=side.names,
        pictures=pictures,
        where=where,
        candidates=side.candidates,
    )


def fingerprint(files: list[Path]) -> str:
    """A digest of the files' names and content, cheap for large ones: see the head of this file."""
    return digest((path.name, path) for path in sorted(files, key=lambda p: p.name))


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


def items_of(texts: dict[str, list[dict[str, str]]], side: Side, in_events: bool) -> dict[str, list[Item]]:
    drafts: dict[str, list[Item]] = {}
    clues = []
    for split, rows in texts.items():
        drafts[split] = []
        repeats: Counter[str] = Counter()
        for number, row in enumerate(rows):
            content = "\0".join((row["image_path"], row["question"], row["answer"]))
            repeats[content] += 1
            mark = hashlib.blake2b(f"{content}\0{repeats[content]}".encode(), digest_size=8).hexdigest()
            keywords = _keywords(split, number, row)
            item = Item(
                id=mark,
                person=side.people.get((split, number), ""),
                question_type=row["question_type"],
                category=row["qa_category"],
                attribute=row["attribute"],
                question=row["question"],
                answer=row["answer"],
                keywords=keywords,
                cloze=row["cloze_prompt"],
                image_path=row["picture"],
                event=side.events.get((split, number), event_of(row["image_path"]) if in_events else ""),
            )
            drafts[split].append(item)
            clues.append((split, number, row, item))
    if all(item.person for items in drafts.values() for item in items):
        return drafts
    return _owned(drafts, clues, side, in_events)


def _keywords(split: str, number: int, row: dict[str, str]) -> tuple[str, ...]:
    try:
        return parse(row["keywords"], row["answer"])
    except ValueError as error:
        raise UserError(
            f"{split} row {number}, column keywords: {error} ({row['keywords'][:60]}). Write the value "
            'itself, values with commas between them, or a JSON list such as ["a", "b"].'
        ) from error


def _owned(drafts: dict[str, list[Item]], rows: list, side: Side, in_events: bool) -> dict[str, list[Item]]:
    """The drafts with the people that the columns tell of."""
    clues = [
        recover.Clue(
            where=f"{split} row {number}",
            image_path=without_event(row["image_path"]) if in_events else row["image_path"],
            question=row["question"],
            answer=row["answer"],
            attribute=row["attribute"],
            keywords=item.keywords,
            hops=item.hops,
        )
        for split, number, row, item in rows
    ]
    people, names = recover.people(clues)
    side.names = names | side.names
    whose = iter(people)
    return {split: [replace(item, person=next(whose)) for item in items] for split, items in drafts.items()}
