"""Whose row is it? Found from the nine columns alone, for data sets that come without a table of people."""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from remem.errors import UserError

Key = TypeVar("Key", bound=Hashable)

# Two to four capitalised words in a row: a full name, or more ("Could Jane Doe").
_NAME = re.compile(r"\b[A-Z][\w'’-]*(?: [A-Z][\w'’-]*){1,3}")
_POSSESSIVE = re.compile(r"['’]s?$")
_NUMBER = re.compile(r"[\s_.-]*\d+$")


@dataclass(frozen=True, kw_only=True)
class Clue:
    """What one row gives away."""

    where: str  # "finetune row 12", for the error
    image_path: str
    question: str
    answer: str
    attribute: str
    keywords: tuple[str, ...]
    hops: int


def people(clues: Sequence[Clue]) -> tuple[list[str], dict[str, str]]:
    """The person of every row, and their names where the text tells.

    The folder of the picture (or its file name less the number) says who; a row without one is tied to the
    others by the name that its text holds, else by a value that only one person has. Without folders the name
    itself is the person. UserError when a row stays nobody's.
    """
    names = _names(clues)
    labels = _labels([clue.image_path for clue in clues])
    if not any(labels):
        labels = names[:]
    owner_of_name = _owners(zip(names, labels, strict=True))
    owner_of_value = _owners((_value(clue), label) for clue, label in zip(clues, labels, strict=True))
    found = [
        label or owner_of_name.get(name, "") or owner_of_value.get(_value(clue), "")
        for clue, name, label in zip(clues, names, labels, strict=True)
    ]
    # A name may be tied to a folder only through values: one round more.
    owner_of_name |= _owners(zip(names, found, strict=True))
    found = [label or owner_of_name.get(name, "") for label, name in zip(found, names, strict=True)]
    lost = [clue.where for clue, label in zip(clues, found, strict=True) if not label]
    if lost:
        raise UserError(
            f"cannot tell who {len(lost)} of {len(clues)} rows are about (first: {lost[0]}). Give each "
            "person their own folder in image_path (images/p003/0042.png), or put a rows.parquet with the "
            "columns split, row, person beside the data folder."
        )
    return found, _called(clues, names, found)


def _called(clues: Sequence[Clue], names: list[str], people: list[str]) -> dict[str, str]:
    """The name that most of a person's one-hop questions hold."""
    heard: dict[str, Counter[str]] = defaultdict(Counter)
    for clue, name, person in zip(clues, names, people, strict=True):
        if not name and clue.attribute == "name" and len(clue.keywords) == 1:
            name = clue.keywords[0]  # where no question names anybody
        if name and (clue.hops == 1 or clue.attribute == "name"):
            heard[person][name] += 1
    return {person: count.most_common(1)[0][0] for person, count in heard.items()}


def _labels(paths: list[str]) -> list[str]:
    """Who the paths point to: by folder, else by file name less its number; "" where neither makes groups."""
    pure = [path.replace("\\", "/").rsplit("/", 1) for path in paths]
    by_folder = ["" if len(parts) < 2 else parts[0].rsplit("/", 1)[-1] for parts in pure]
    by_stem = [_NUMBER.sub("", parts[-1].rsplit(".", 1)[0]) for parts in pure]
    for labels in (by_folder, by_stem):
        groups = Counter(label for label in labels if label)
        rows = sum(groups.values())
        if 1 < len(groups) <= rows / 2 and max(groups.values()) < 0.9 * rows:
            return labels
    return [""] * len(paths)


def _names(clues: Sequence[Clue]) -> list[str]:
    """The name in each row's text, or "": of those that one-hop questions hold, the commonest."""
    asked = Counter(name for clue in clues if clue.hops == 1 for name in _runs(clue.question))
    found = []
    for clue in clues:
        runs = _runs(clue.question) | _runs(clue.answer)
        # "Could Jane Doe" is rarer than "Jane Doe" and loses; "Mary Jane Doe" is not, and is longer.
        found.append(max(runs & asked.keys(), key=lambda name: (asked[name], len(name), name), default=""))
    return found


def _runs(text: str) -> set[str]:
    """Every two or more words in a row that are capitalised."""
    runs = set()
    for run in _NAME.findall(text):
        words = _POSSESSIVE.sub("", run).split()
        runs |= {" ".join(words[a:b]) for a in range(len(words)) for b in range(a + 2, len(words) + 1)}
    return runs


def _value(clue: Clue) -> tuple[str, ...]:
    return (clue.attribute, *clue.keywords)


def _owners(pairs: Iterable[tuple[Key, str]]) -> dict[Key, str]:
    """key -> the label that it always goes with; keys of more than one label are nobody's."""
    labels: dict[Key, Counter[str]] = defaultdict(Counter)
    for key, label in pairs:
        if key and label:
            labels[key][label] += 1
    return {key: count.most_common(1)[0][0] for key, count in labels.items() if _clear(count)}


def _clear(count: Counter[str]) -> bool:
    return count.most_common(1)[0][1] >= 0.9 * sum(count.values())
