"""Which column of a table says what: by its name where that is known, else by what it holds."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from remem.data import csvfile
from remem.data.events import EVENTS
from remem.errors import UserError
from remem.jsonfile import whole

# Role -> names of its column, lower case, letters alone. The first name that a table has is taken.
NAMES = {
    "picture": ("filename", "image", "file", "imagepath", "path", "img", "imagefile", "imagename", "picture"),
    "person": (
        "person",
        "personname",
        "name",
        "fullname",
        "identity",
        "who",
        "character",
        "label",
        "subject",
    ),
    "event": ("event", "eventname", "scene", "scenename", "activity", "scenario", "situation", "action"),
    "description": ("description", "eventdescription", "scenedescription", "caption", "details", "detail"),
    "keywords": ("keywords", "keyword", "eventkeywords", "keys"),
    "question": ("question", "query", "instruction", "prompt"),
    "answer": ("answer", "response", "output", "groundtruth", "target"),
    "age": ("age", "years"),
    "gender": ("gender", "sex"),
    "job": ("job", "occupation", "profession", "career", "work"),
    "birthplace": ("birthplace", "placeofbirth", "area", "birtharea", "hometown", "city", "born", "region"),
    "appearance": ("appearance", "looks", "look", "features"),
}
PROFILE = ("age", "gender", "job", "birthplace", "appearance")
_GENDERS = {"male", "female", "man", "woman", "m", "f", "nonbinary", "other"}
_LONG = 40  # letters on average from which a text describes, rather than names
_MOST = 0.9  # share of the values that must look like it


def plain(text: str) -> str:
    """A name as it is compared: "Jane_Doe" and "jane doe" are one, and so are its two Unicode forms."""
    return unicodedata.normalize("NFC", " ".join(text.replace("_", " ").split()).casefold())


@dataclass(frozen=True, kw_only=True)
class Columns:
    """A table, column by column."""

    path: Path
    values: dict[str, list[str]]  # header -> values

    @property
    def rows(self) -> int:
        return len(next(iter(self.values.values())))

    def listing(self) -> str:
        """What was found, to put into an error."""
        said = []
        for header, values in self.values.items():
            example = next((value for value in values if value), "")
            said.append(f"{header} ({len(set(values)):,} values, such as {example[:40]!r})")
        return ", ".join(said)


def read_columns(path: Path) -> Columns:
    """A CSV file with a header. UserError when it is none."""
    header, rows = csvfile.rows(path)
    told = [row for _, row in rows if any(cell.strip() for cell in row)]
    if not told:
        raise UserError(f"{path} holds no rows under its header.")
    cells = zip(*told, strict=True)
    return Columns(
        path=path, values={name: [c.strip() for c in col] for name, col in zip(header, cells, strict=True)}
    )


class Roles:
    """Column by role, of what is found so far."""

    def __init__(self, table: Columns) -> None:
        self.table = table
        self.of: dict[str, str] = {}
        letters = {re.sub(r"[^a-z]", "", header.lower()): header for header in table.values}
        for role, names in NAMES.items():
            for name in names:
                if name in letters and letters[name] not in self.of.values():
                    self.of[role] = letters[name]
                    break

    def values(self, role: str) -> list[str]:
        """The column of a role; blanks where there is none."""
        header = self.of.get(role)
        return self.table.values[header] if header else [""] * self.table.rows

    def free(self) -> list[str]:
        """Columns that have no role yet."""
        return [header for header in self.table.values if header not in self.of.values()]

    def find(self, role: str, fits: Callable[[list[str]], bool], *, sure: bool = False) -> None:
        """Gives the role to the first free column that fits, if none has it. With `sure`, a column that has
        it by name and does not fit loses it first."""
        if sure and role in self.of and not fits(self.values(role)):
            del self.of[role]
        if role not in self.of:
            fitting = [header for header in self.free() if fits(self.table.values[header])]
            if fitting:
                self.of[role] = fitting[0]

    def find_profile(self, who: Sequence[str]) -> None:
        """Age and gender, by what they hold; other parts of a profile are known by name alone."""

        def of_people(values: list[str]) -> bool:
            return all(values) and depends(values, who)

        self.find("age", lambda v: of_people(v) and all(0 < (whole(one) or 0) < 120 for one in v))
        self.find("gender", lambda v: of_people(v) and {one.lower() for one in v} <= _GENDERS)

    def find_event(self, who: Sequence[str], shown: Sequence[str]) -> None:
        """Event and description, given the person and the picture of each row."""
        if "event" not in self.of:
            fitting = [header for header in self.free() if _crossed(self.table.values[header], who, shown)]
            if "description" in self.of and not fitting:
                values = self.values("description")
                fitting = [self.of["description"]] if _crossed(values, who, shown) else []
            # A name of the forty is the best sign; of several, the shortest text is the name.
            fitting.sort(
                key=lambda header: (-_known(self.table.values[header]), _length(self.table.values[header]))
            )
            if fitting:
                self.of["event"] = fitting[0]
        if "event" in self.of:
            event = self.values("event")
            if not depends(self.values("description"), event):  # then it describes something else
                del self.of["description"]
            self.find("description", lambda v: all(v) and _length(v) > _LONG and depends(v, event))


def share(values: Iterable[str], holds: Callable[[str], bool]) -> float:
    """The share of the values, blanks left out, of which that holds; 0 without values."""
    found = [holds(value) for value in values if value]
    return sum(found) / len(found) if found else 0.0


def mostly(values: Iterable[str], holds: Callable[[str], bool]) -> bool:
    """Whether it holds of nearly all of them."""
    return share(values, holds) >= _MOST


def depends(values: Sequence[str], on: Sequence[str]) -> bool:
    """Whether equal entries of `on` always come with equal values."""
    seen: dict[str, str] = {}
    return all(seen.setdefault(key, value) == value for key, value in zip(on, values, strict=True))


def _crossed(values: list[str], who: Sequence[str], shown: Sequence[str]) -> bool:
    """Whether these could be events: one a picture, each with several people, each person in several."""
    told = [row for row in zip(values, who, shown, strict=True) if row[2]]
    rows = [row for row in told if row[0]]  # a few pictures may be of no event
    if len(rows) < _MOST * len(told) or not depends([row[0] for row in rows], [row[2] for row in rows]):
        return False
    people: dict[str, set[str]] = defaultdict(set)
    for value, person, _ in rows:
        people[value].add(person)
    pairs = sum(map(len, people.values()))
    pictures = len({row[2] for row in rows})
    together = sum(len(seen) > 1 for seen in people.values())
    return len(people) > 1 and together >= _MOST * len(people) and pairs >= _MOST * pictures


def _known(values: list[str]) -> float:
    return share(values, lambda value: plain(value) in EVENTS)


def _length(values: list[str]) -> float:
    return sum(map(len, values)) / len(values)
