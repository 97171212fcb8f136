"""Whose row is it? What rows.parquet tells, and for the other rows what the nine columns give away.

Nothing is merged by a guess: where the columns speak for two people at once, the error names both.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from remem.data.spoken import Names
from remem.errors import UserError
from remem.text import normalise

_CURE = (
    "Give each person their own folder in image_path (images/p003/0042.png), or put a rows.parquet with the "
    "columns split, row, person beside the data folder."
)
# What cameras, telephones and programs call their pictures, whoever is shown.
_CAMERAS = {
    "img", "image", "images", "dsc", "dscn", "dscf", "dscm", "_dsc", "_mg", "p", "pic", "pict", "picture",
    "photo", "foto", "pxl", "mvi", "vid", "gopr", "gp", "sam", "cimg", "kic", "dji", "screenshot", "scan",
    "frame", "file", "view", "portrait", "unnamed", "download", "wa", "img_wa", "whatsapp", "page", "crop",
    "face",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Clue:
    """What one row gives away."""

    split: str
    row: int
    image_path: str
    question: str
    answer: str
    attribute: str
    keywords: tuple[str, ...]
    hops: int
    told: str = ""  # the person, as rows.parquet says

    @property
    def where(self) -> str:
        """For errors: "finetune row 12"."""
        return f"{self.split} row {self.row}"


def people(clues: Sequence[Clue], known: Mapping[str, str] | None = None) -> tuple[list[str], dict[str, str]]:
    """The person of every row, and their names where the text tells. `known`: person -> name, of people.json.

    What is told holds. Else the folder of the picture (or its file name less the number) says who; a row
    without one is tied to the others by the name that its text holds, else by a value that only one person
    has. Without folders the name itself is the person. UserError where a row stays nobody's, and where one
    folder or file name would stand for two names, or one name for two of them.
    """
    told = [clue.told for clue in clues]
    if all(told) and set(told) <= set(known or {}):
        return told, {}
    rows = _Rows(clues, known or {})
    if all(told):
        return told, rows.called(told)
    label_of = rows.labels()
    whose = rows.owners(label_of)
    found = [label or whose.get(name, "") for label, name in zip(label_of, rows.names, strict=True)]
    by_value = _only((value, person) for value, person in zip(rows.values, found, strict=True) if value)
    found = [person or by_value.get(value, "") for person, value in zip(found, rows.values, strict=True)]
    lost = [clue for clue, person in zip(clues, found, strict=True) if not person]
    if lost:
        raise UserError(
            f"cannot tell who {len(lost)} of {len(clues)} rows are about (first: {lost[0].where}). {_CURE}"
        )
    return found, rows.called(found)


class _Rows:
    """The rows with their names and values; names are in normal form."""

    def __init__(self, clues: Sequence[Clue], known: Mapping[str, str]) -> None:
        self.clues = clues
        called = Counter(map(normalise, known.values()))
        # Two people of one name are not told apart by it.
        self.known = {
            normalise(name): person for person, name in known.items() if called[normalise(name)] == 1
        }
        self.texts = Names((clue.question for clue in clues if clue.hops == 1), known.values())
        asked = [self.texts.of(clue.question) if clue.hops == 1 else [] for clue in clues]
        # Who is asked for alone is a person; "New York" never is.
        self.people = {names[0] for names in asked if len(names) == 1} | set(self.known)
        self.people |= {normalise(clue.keywords[0]) for clue in clues if _is_name(clue)}
        # Whom a row asks about by name, and else whom its answer begins with.
        self.asked = [self._asked(clue, names) for clue, names in zip(clues, asked, strict=True)]
        self.names = [name or self._subject(clue) for clue, name in zip(clues, self.asked, strict=True)]
        self.values = [_value(clue) for clue in clues]

    def _asked(self, clue: Clue, named: Sequence[str]) -> str:
        """The one person whom a question names, or whose name is asked for; else ""."""
        if _is_name(clue):
            return normalise(clue.keywords[0])
        found = [name for name in named if name in self.people]
        return found[0] if len(found) == 1 else ""

    def _subject(self, clue: Clue) -> str:
        """The person with whose name an answer begins; "" where it is the value, such as a sister's."""
        first = next(iter(self.texts.of(clue.answer)), "")
        fits = first in self.people and normalise(clue.answer).startswith(first)
        return first if fits and first not in map(normalise, clue.keywords) else ""

    def labels(self) -> list[str]:
        """The person that each row's picture or rows.parquet tells; "" where neither does."""
        labels = _labels(self.clues)
        told: dict[str, set[str]] = defaultdict(set)
        for clue, label in zip(self.clues, labels, strict=True):
            if clue.told and label:
                told[label].add(clue.told)
        # A folder of several told people is no sign of any.
        whose = {label: people.copy().pop() if len(people) == 1 else "" for label, people in told.items()}
        found = [clue.told or whose.get(label, label) for clue, label in zip(self.clues, labels, strict=True)]
        joined = self._joined(found, set(labels))
        return [joined.get(label, label) for label in found]

    def _joined(self, labels: Sequence[str], shown: set[str]) -> dict[str, str]:
        """label -> person: labels without a name or a told row, tied by their values to the people who are
        told without a picture. `shown`: the labels of all pictures."""
        rows = list(zip(self.clues, self.asked, self.values, labels, strict=True))
        told = {clue.told for clue in self.clues} - {""}
        bare = told - shown - {clue.told for clue in self.clues if clue.image_path}
        by_name = {name: clue.told for clue, name, _, _ in rows if name and clue.told}
        others = {value for _, name, value, _ in rows if name and name not in by_name}
        free = {label for clue, _, _, label in rows if not clue.told} - told - {""}
        free -= {label for _, name, value, label in rows if name or value in others}
        if not free or not bare:
            return {}
        owner = _only((value, clue.told or by_name.get(name, "")) for clue, name, value, _ in rows if value)
        tied: dict[str, Counter[str]] = defaultdict(Counter)
        for _, _, value, label in rows:
            if label in free and owner.get(value) in bare:
                tied[label][owner[value]] += 1
        joined = {label: count.most_common(1)[0][0] for label, count in tied.items() if _clear(count)}
        people = Counter(joined.values())
        doubt = [(label, who) for label, who in joined.items() if people[who] > 1][1:]
        doubt += zip(sorted(free - set(joined)), sorted(bare - set(people)), strict=False)
        if doubt:
            label, who = doubt[0]
            where = next(clue.where for clue, _, _, own in rows if own == label)
            raise UserError(
                f"cannot tell whether {who}, of whom rows.parquet tells, is the person whose pictures are "
                f"{label} ({where}). Tell of these rows, too."
            )
        return joined

    def owners(self, labels: Sequence[str]) -> dict[str, str]:
        """name -> person. UserError where two would be one, or one two; what is told is not in doubt."""
        there = set(labels) - {""}
        told: dict[str, Counter[str]] = defaultdict(Counter)
        shown: dict[str, dict[str, str]] = defaultdict(dict)  # name -> label -> the first row that holds both
        for clue, name, label in zip(self.clues, self.asked, labels, strict=True):
            if name and clue.told:
                told[name][clue.told] += 1
            elif name and label:
                shown[name].setdefault(label, clue.where)
        for name, person in self.known.items():
            if person in there or not there:
                told[name][person] += 1
        sure = {name: count.most_common(1)[0][0] for name, count in told.items() if _clear(count)}
        for name, person in sure.items():
            shown[name] = {person: "rows.parquet", **shown.get(name, {})}
        shared = {name for name, rows in shown.items() if len(rows) > 1 and not _full(name)}
        for name, rows in shown.items():
            if len(rows) > 1 and name not in shared:
                (first, where), (second, other) = list(rows.items())[:2]
                raise UserError(
                    f"{self._spelt(name)} would be two people, {first} ({where}) and {second} ({other}). "
                    f"{_CURE}"
                )
        whose = {name: next(iter(rows)) for name, rows in shown.items() if name not in shared}
        whose |= self._by_value(labels, whose)
        self._apart(whose, there, sure)
        # Without pictures of their own, a name is a person.
        return {
            name: whose.get(name, self._spelt(name)) for name in self.names if name and name not in shared
        }

    def _by_value(self, labels: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
        """Names that no row ties to a label, tied by the values that rows of one label alone have."""
        owner = _only((v, label) for v, label in zip(self.values, labels, strict=True) if v and label)
        tied: dict[str, Counter[str]] = defaultdict(Counter)
        for name, value in zip(self.names, self.values, strict=True):
            if name and name not in known and value in owner:
                tied[name][owner[value]] += 1
        for name, count in tied.items():
            if not _clear(count):
                (first, _), (second, _) = count.most_common(2)
                raise UserError(
                    f"{self._spelt(name)} would be two people: by some values {first}, by others {second}. "
                    f"{_CURE}"
                )
        return {name: count.most_common(1)[0][0] for name, count in tied.items()}

    def _apart(self, whose: Mapping[str, str], labels: set[str], sure: Mapping[str, str]) -> None:
        """UserError where two names that are not told to be one person's would be."""
        named: dict[str, str] = {}
        for name, person in whose.items():
            known = named.setdefault(person, name)
            if known != name and not (name in sure and known in sure) and _full(name) and _full(known):
                raise UserError(
                    f"{self._spelt(known)} and {self._spelt(name)} would be one person, {person}. {_CURE}"
                )
        nameless = sorted(labels - set(named))
        pictureless = sorted({name for name in self.names if _full(name)} - set(whose))
        if nameless and pictureless:
            raise UserError(
                f"cannot tell whether {self._spelt(pictureless[0])} is the person whose pictures are "
                f"{nameless[0]}. {_CURE}"
            )

    def _spelt(self, name: str) -> str:
        return self.texts.spelt.get(name, name)

    def called(self, found: Sequence[str]) -> dict[str, str]:
        """The name that most of a person's one-hop questions hold, else that which is asked for."""
        heard: dict[str, Counter[str]] = defaultdict(Counter)
        for clue, name, person in zip(self.clues, self.asked, found, strict=True):
            if name:
                self.texts.spelt.setdefault(name, clue.keywords[0] if _is_name(clue) else name)
                heard[person][self._spelt(name)] += 1
        return {person: count.most_common(1)[0][0] for person, count in heard.items()}


def _is_name(clue: Clue) -> bool:
    return len(clue.keywords) == 1 and normalise(clue.attribute).replace("_", " ") in (
        "name",
        "full name",
        "identity",
    )


def _value(clue: Clue) -> tuple[str, ...]:
    """What may be a person's alone; () where a row has no value."""
    return (normalise(clue.attribute), *map(normalise, clue.keywords)) if clue.keywords else ()


def _full(name: str) -> bool:
    """Whether a name is more than a first name, which several people may have."""
    return " " in name


def _clear(count: Counter[str]) -> bool:
    """Whether one label has more than twice as many rows as the next."""
    hits = [rows for _, rows in count.most_common(2)]
    return len(hits) < 2 or hits[0] > 2 * hits[1]


def _only(pairs: Iterable[tuple[tuple[str, ...], str]]) -> dict[tuple[str, ...], str]:
    """value -> the person that it always goes with; values of several are nobody's."""
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for value, person in pairs:
        if person:
            found[value].add(person)
    return {value: people.copy().pop() for value, people in found.items() if len(people) == 1}


def _labels(clues: Sequence[Clue]) -> list[str]:
    """Whom the paths point to: by folder, else by file name less its number; "" where neither does."""
    paths = [unicodedata.normalize("NFC", clue.image_path) for clue in clues]  # some systems write NFD
    pure = [path.replace("\\", "/").rsplit("/", 1) for path in paths]
    by_folder = ["" if len(parts) < 2 else parts[0].rsplit("/", 1)[-1] for parts in pure]
    by_stem = [_stem(parts[-1]) for parts in pure]
    for labels in (by_folder, by_stem):
        groups = Counter(label for label in labels if label)
        rows = sum(groups.values())
        if (
            1 < len(groups) <= rows / 2
            and max(groups.values()) < 0.9 * rows
            and not _of_splits(clues, labels)
        ):
            return labels
    return [""] * len(clues)


def _stem(name: str) -> str:
    """A file name without its ending and its number; "" where a camera gave it."""
    stem = name.rsplit(".", 1)[0].rstrip("0123456789").rstrip(" _.-\t")
    plain = stem.rstrip("0123456789_-. ").casefold()  # "IMG_20240101" and "IMG-" of what remains
    return "" if plain in _CAMERAS else stem


def _of_splits(clues: Sequence[Clue], labels: Sequence[str]) -> bool:
    """Whether labels are those of splits: finetune, which holds everybody, has one alone."""
    inside: dict[str, set[str]] = defaultdict(set)
    for clue, label in zip(clues, labels, strict=True):
        if label:
            inside[clue.split].add(label)
    largest = max(inside, key=lambda split: (split == "finetune", len(inside[split])), default="")
    return len(inside) > 1 and len(inside[largest]) == 1
