"""Where a fact that is to be forgotten stands although it must not: in retain, or in another person's rows.

Nothing is trained on such a set: the Goal model would know what it must never have been taught, or a method
would be told to keep what it is to forget. In `test` forgotten facts belong.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from remem.data import table
from remem.data.dataset import Dataset
from remem.data.forgotten import Forgotten, forgotten, taught
from remem.text import contains, normalise
from remem.types import Item

_WORD = re.compile(r"\w+")
_TELLING = 4  # letters of a value that is told from others wherever it stands


@dataclass(frozen=True)
class Leak:
    """What is amiss, in one sentence with counts, and the first row that shows it: "retain row 3"."""

    where: str
    message: str


def forgets(dataset: Dataset) -> list[str]:
    """The forget splits: forget1, forget2 ..., then others whose names begin so."""
    others = [name for name in dataset.splits if name.startswith("forget") and name not in table.FORGETS]
    return [name for name in table.FORGETS if name in dataset.splits] + others


def leaks(dataset: Dataset, splits: Sequence[str] = ()) -> Iterator[Leak]:
    """All of `forgets`, and of `splits` besides. Not for people in events: see pebench/checks.py."""
    for split in dict.fromkeys((*forgets(dataset), *splits)):
        gone = forgotten(dataset, (split,))
        yield from _kept(dataset, split, gone)
        yield from _elsewhere(dataset, split, gone)
        if not taught(dataset, (split,)):
            yield Leak(
                f"{split} row 0",
                f"{split} asks for all that finetune teaches: nothing is left for the Goal model. Leave some "
                "people or facts out of it.",
            )


def _kept(dataset: Dataset, split: str, gone: Forgotten) -> Iterator[Leak]:
    """Forgotten facts in retain, which stage 2 goes over."""
    kept = dataset.splits.get("retain", ())
    same = [id for id in dataset.splits[split] if id in set(kept)] if gone.ids & set(kept) else []
    if same:
        row, item = dataset.splits[split].index(same[0]), dataset.items[same[0]]
        yield Leak(
            f"{split} row {row}",
            f"{split} and retain share {len(set(same))} rows (such as {split} row {row}: {item.question}). "
            "Take them out of one: a row cannot be both forgotten and kept.",
        )
        return
    rows = [(row, dataset.items[id]) for row, id in enumerate(kept) if dataset.items[id] in gone]
    if rows:
        row, item = rows[0]
        people = len({one.fact[0] for _, one in rows})
        why = "" if item.fact in gone.facts and item.fact[1] else _vague(item, gone)
        yield Leak(
            f"retain row {row}",
            f"{split} and retain share {len({one.fact for _, one in rows})} facts of {people} people: "
            f"{len(rows)} rows of retain ask for them (such as retain row {row}: {item.question}).{why} Take "
            f"them out of retain, or the fact out of {split}: a fact cannot be both forgotten and kept.",
        )


def _vague(item: Item, gone: Forgotten) -> str:
    """Why a row counts that asks for no forgotten fact by name."""
    other = "it" if not item.fact[1] else "a row to be forgotten"
    if item.fact[1] and item.id in gone.ids:
        return ""
    return f" As {other} has no attribute, or not one keyword, all facts of {item.fact[0]} go together."


def _elsewhere(dataset: Dataset, split: str, gone: Forgotten) -> Iterator[Leak]:
    """Forgotten facts in rows that stay taught and are told to be about somebody else."""
    items = [dataset.items[id] for id in dict.fromkeys(dataset.splits[split])]
    shown = {key: item for item in items if (key := _shown(dataset, item)) is not None}
    by_name = _by_name(dataset, {item.person for item in items})
    values: dict[str, list[Item]] = defaultdict(list)
    for item in {one.fact: one for one in items}.values():
        if item.keywords:
            values[item.person].append(item)
    found: dict[str, tuple[Item, str]] = {}
    for id in dict.fromkeys((*dataset.splits["finetune"], *dataset.splits.get("retain", ()))):
        item = dataset.items[id]
        if item in gone:
            continue
        same = shown.get(_shown(dataset, item) or ())
        if same is not None and same.person != item.person:
            found[id] = item, same.person
        elif owner := _told(item, by_name, values, dataset):
            found[id] = item, owner
    if found:
        item, owner = next(iter(found.values()))
        yield Leak(
            dataset.place(item.id),
            f"{len(found)} rows that are kept, of {len({one.person for one, _ in found.values()})} other "
            f"people, hold facts that {split} forgets (such as {dataset.place(item.id)}, about "
            f"{item.person}: {item.question} It tells a fact of {owner}). Drop them, or say in rows.parquet "
            "whom they are about: the Goal model would be taught what it must not know.",
        )


def _shown(dataset: Dataset, item: Item) -> tuple[str, ...] | None:
    """Question and value of a row, and the picture where that says who is meant; None where nothing does."""
    key = dataset.image_key(item.id) if item.image_path and item.hops > 1 else ""
    values = sorted(map(normalise, item.keywords or (item.answer,)))
    return (key, normalise(item.question), *values) if key or item.hops == 1 else None


def _by_name(dataset: Dataset, people: Iterable[str]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """First word of a name -> all names that begin so, as words, and whose they are."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for person in sorted(set(people)):
        words = tuple(_WORD.findall(normalise(dataset.names.get(person, ""))))
        if len(words) > 1:
            found[words[0]].append((words, person))
    return found


def _told(
    item: Item,
    by_name: dict[str, list[tuple[tuple[str, ...], str]]],
    values: dict[str, list[Item]],
    dataset: Dataset,
) -> str:
    """The other person of whom a row tells a forgotten fact: it names them and holds the value; else ""."""
    text = f"{item.question} {item.answer}"
    words = _WORD.findall(normalise(text))
    for at, word in enumerate(words):
        for name, person in by_name.get(word, ()):
            if person == item.person or tuple(words[at : at + len(name)]) != name:
                continue
            own = dataset.names.get(item.person, "")
            mine = item.fact[2] if own and contains(text, own) else None
            for fact in values[person]:
                sure = normalise(fact.attribute) == normalise(item.attribute) or all(
                    len(one) >= _TELLING for one in fact.keywords
                )
                if sure and fact.fact[2] != mine and all(contains(text, one) for one in fact.keywords):
                    return person
    return ""
