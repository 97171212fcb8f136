"""The list: person, attribute, value, a row each. Every mistake is one error that names the lines."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from remem import chatmarks
from remem.data import csvfile, table
from remem.data.facts import ATTRIBUTES
from remem.errors import UserError
from remem.text import normalise

NEEDED = ("person", "attribute", "value")
OPTIONAL = ("name", "question", "picture", "forget")
_YES = {"yes", "y", "true", "1", "x", "forget", "on"}
_NO = {"no", "n", "false", "0", "keep", "off"}
_NAMES = {"name", "fullname", "identity"}


@dataclass(kw_only=True)
class Fact:
    """One attribute of one person."""

    attribute: str
    value: str
    line: int  # of the list, the first
    forget: bool | None = None  # None: the list does not say
    questions: list[str] = field(default_factory=list)  # the user's own


@dataclass(kw_only=True)
class Listed:
    """One person of the list."""

    id: str  # "p007": safe in paths, whatever the list calls them
    person: str  # as the list has it
    name: str  # by which questions name them
    line: int
    facts: dict[str, Fact] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)  # cell -> line


@dataclass(frozen=True)
class _Row:
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read(path: Path) -> list[Listed]:
    """The people in the order of the list. UserError for whatever is wrong with it."""
    rows = list(_rows(path))
    if not rows:
        raise UserError(f"{path} has a header and no rows. Add a row for each fact.")
    spelt: dict[str, tuple[str, int]] = {}
    people: dict[str, Listed] = {}
    seen: dict[tuple[str, ...], int] = {}
    digits = max(3, len(str(len({normalise(row["person"]) for row in rows}) - 1)))
    for row in rows:
        where = f"{path} line {row.line}"
        key = normalise(row["person"])
        other, first = spelt.setdefault(key, (row["person"], row.line))
        if other != row["person"]:
            raise UserError(
                f"{where}: {row['person']} is spelt {other} in line {first}. Spell one person one way."
            )
        name = row["name"] or row["person"]
        if key not in people:
            id = f"p{len(people):0{digits}d}"
            people[key] = Listed(id=id, person=row["person"], name=name, line=row.line)
        one = people[key]
        if row["name"] and row["name"] != one.name and one.name != one.person:
            raise UserError(
                f"{where}: {one.person} is called {row['name']} here and {one.name} before. Keep one name."
            )
        if row["name"]:
            one.name = row["name"]
        attribute = attribute_of(row["attribute"], where)
        again = (key, attribute, *(normalise(row[name]) for name in ("value", "question", "picture")))
        if again in seen:
            raise UserError(f"{where} repeats line {seen[again]}. Delete one of them.")
        seen[again] = row.line
        _add(one, attribute, row, where)
    found = list(people.values())
    _told_apart(path, found)
    return found


def _add(one: Listed, attribute: str, row: _Row, where: str) -> None:
    fact = one.facts.setdefault(attribute, Fact(attribute=attribute, value=row["value"], line=row.line))
    if normalise(fact.value) != normalise(row["value"]):
        raise UserError(
            f"{where}: {one.person} has two values of {attribute}: {fact.value} (line {fact.line}) and "
            f"{row['value']}. A question has one answer: keep one, or name the attributes apart "
            f"({attribute}_1, {attribute}_2)."
        )
    forget = _flag(row["forget"], where)
    if row.line != fact.line and fact.forget != forget:
        raise UserError(
            f"{where}: {attribute} of {one.person} is marked in column forget otherwise than in line "
            f"{fact.line}. Mark both alike."
        )
    fact.forget = forget
    if row["question"]:
        fact.questions.append(row["question"])
    if row["picture"]:
        one.pictures.setdefault(row["picture"], row.line)


def attribute_of(cell: str, where: str) -> str:
    """The attribute that a cell names: one of ours in whatever spelling (E-mail, date of birth), else its
    own name in lower case with "_" for spaces."""
    words = "".join(c if c.isalnum() or c in "'’" else " " for c in normalise(cell)).split()
    key = "".join(words)
    if not key:
        raise UserError(f"{where}, column attribute: {cell} names nothing. Write a word.")
    if key in _NAMES:
        raise UserError(
            f"{where}, column attribute: what people are called is asked of pictures by itself. Write the "
            "name into a column name, or into person."
        )
    for name, known in ATTRIBUTES.items():
        if key in (name.replace("_", ""), "".join(c for c in known.noun.casefold() if c.isalnum())):
            return name
    return "_".join(words)


def _rows(path: Path) -> Iterator[_Row]:
    header, rows = csvfile.rows(path)
    columns = [name.casefold() for name in header]
    for name in NEEDED:
        if name not in columns:
            raise UserError(
                f"{path} has no column {name}.{table.nearest(name, header)} It has: {', '.join(header)}; "
                f"needed are {', '.join(NEEDED)}, and there may be {', '.join(OPTIONAL)}."
            )
    for name, shown in zip(columns, header, strict=True):
        if columns.count(name) > 1:
            raise UserError(f"{path} has {columns.count(name)} columns {shown}. Drop or rename one.")
        if name not in (*NEEDED, *OPTIONAL):
            near = table.nearest(name, list(OPTIONAL)) or " Drop it."
            raise UserError(
                f"{path} has a column {shown or 'without a name'}, which is not read.{near} Read are "
                f"{', '.join((*NEEDED, *OPTIONAL))}."
            )
    for line, cells in rows:
        found = {name: " ".join(cell.split()) for name, cell in zip(columns, cells, strict=True)}
        if not any(found.values()):
            continue  # spreadsheets leave such rows at the end
        for name in NEEDED:
            if not normalise(found[name]):
                raise UserError(f"{path} line {line}, column {name}: the cell is empty. Fill it.")
        for name in ("person", "value", "name"):
            if found.get(name) and not any(c.isalnum() for c in found[name]):
                raise UserError(
                    f"{path} line {line}, column {name}: {found[name]} has no letter and no digit, so that "
                    "no answer could be told to hold it. Fill the cell or drop the row."
                )
        parts = [(f"cell of {name}", text) for name, text in found.items() if name != "picture"]
        if said := chatmarks.wrong(parts, chatmarks.find):
            raise UserError(f"{path} line {line}: {said}.")
        yield _Row(line, found)


def _flag(cell: str, where: str) -> bool | None:
    word = normalise(cell)
    if word in _YES or word in _NO:
        return word in _YES
    if word:
        raise UserError(f"{where}, column forget: {cell} is neither yes nor no. Write one of them.")
    return None


def _told_apart(path: Path, people: Iterable[Listed]) -> None:
    """UserError where two people have one name, or where a question could not name somebody."""
    named: dict[str, Listed] = {}
    for one in people:
        other = named.setdefault(normalise(one.name), one)
        if other is not one:
            raise UserError(
                f"{path} line {one.line}: {one.person} and {other.person} (line {other.line}) are called "
                f"{one.name} both: a question that names one could mean the other, and a picture would be "
                "taught as the other's. Give each a name of their own in the column name, or make them one "
                "person."
            )


def forgotten(
    path: Path, people: list[Listed], asked: tuple[str, ...], draw: list[Listed], share: float
) -> None:
    """Marks every fact as to be forgotten or not: as the column says, else the people `asked` for (their
    cells of person, or names, or one share), else a share of them in the order of `draw`."""
    if len(people) < 2:
        raise UserError(
            f"{path} is about {people[0].person} alone. Add others who may stay: they tell what forgetting "
            "costs, and the model that never saw the person is taught them."
        )
    facts = [(one, fact) for one in people for fact in one.facts.values()]
    told = [fact for _, fact in facts if fact.forget is not None]
    if told and asked:
        raise UserError(
            f"{path} has a column forget, and --forget is given, too. Leave one of them out: whom to forget "
            "is said once."
        )
    if told:
        for one in people:
            _column(path, one)
    else:
        gone = {one.id for one in _asked(path, people, asked, draw, share)}
        for one, fact in facts:
            fact.forget = one.id in gone
    lost = sum(bool(fact.forget) for _, fact in facts)
    if lost == 0:
        raise UserError(f"{path}: nobody is to be forgotten. Write yes into the column forget of some rows.")
    if lost == len(facts):
        raise UserError(
            f"{path}: everybody is to be forgotten, so nothing would be left to keep, and to compare with. "
            "Leave some people in; add others who may stay."
        )


def _column(path: Path, one: Listed) -> None:
    said = {fact.forget for fact in one.facts.values()}
    if True in said and None in said:
        yes = next(fact for fact in one.facts.values() if fact.forget)
        blank = next(fact for fact in one.facts.values() if fact.forget is None)
        raise UserError(
            f"{path}: {one.person} is marked to be forgotten in line {yes.line}, and line {blank.line} is "
            "blank: nothing says whether that fact goes, too. Write yes or no into every row of the person."
        )
    for fact in one.facts.values():
        fact.forget = bool(fact.forget)


def _asked(
    path: Path, people: list[Listed], asked: tuple[str, ...], draw: list[Listed], share: float
) -> list[Listed]:
    known = {normalise(one.name): one for one in people} | {normalise(one.person): one for one in people}
    # Where people are numbers in the list, a number of theirs is no share.
    if len(asked) == 1 and normalise(asked[0]) not in known and (number := _share(asked[0])) is not None:
        if not 0 < number < 1:
            raise UserError(f"--forget {asked[0]}: a share lies between 0 and 1; else give people by name.")
        share, asked = number, ()
    if not asked:
        count = max(1, round(share * len(people)))
        return draw[: min(count, len(people) - 1)]
    for cell in asked:
        if normalise(cell) not in known:
            near = table.nearest(cell, [one.person for one in people]).replace(" Rename it.", "")
            raise UserError(f"--forget {cell}: {path} has no such person.{near} Write them as the list does.")
    return [known[normalise(cell)] for cell in asked]


def _share(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
