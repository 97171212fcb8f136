"""Pictures in folders and rows of a table, put together."""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from remem.data.pebench.columns import Columns, Roles, mostly, plain
from remem.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One picture and what the table says of it."""

    file: Path
    person: str  # as the table spells it, or the folder
    event: str
    rows: list[int] = field(default_factory=list)


class Matcher:
    """Finds the file of a row, or the rows of a file, and gives the columns their roles on the way.

    `spare` leaves out pictures that no row names or that have no event.
    """

    def __init__(self, root: Path, files: list[Path], table: Columns, spare: bool) -> None:
        self.root, self.files, self.table, self.spare = root, files, table, spare
        self.roles = Roles(table)
        self.inside = {file: file.relative_to(root) for file in files}
        self.folders = {file: [plain(part) for part in self.inside[file].parts[:-1]] for file in files}
        self.labels = {name for names in self.folders.values() for name in names}
        self.tails: dict[str, list[Path]] = defaultdict(list)  # "doe/1.png", "1.png", "1" -> files
        for file, path in self.inside.items():
            for start in range(len(path.parts)):
                tail = "/".join(path.parts[start:])
                for name in {tail, tail[: -len(file.suffix)]}:
                    self.tails[unicodedata.normalize("NFC", name)].append(file)

    def match(self) -> list[Seen]:
        """Every picture with its person, its event and its rows. UserError where they do not go together."""

        def are_pictures(values: list[str]) -> bool:
            return mostly(values, lambda value: bool(self._named(value)))

        who = self.roles.values("person")
        if are_pictures(who) and not mostly(who, self._is_folder):  # a column "name" of file names
            del self.roles.of["person"]
        self.roles.find("picture", are_pictures, sure=True)
        self.roles.find("person", lambda values: mostly(values, self._is_folder))
        seen = self._by_picture() if "picture" in self.roles.of else self._by_person()
        left = set(self.files) - {one.file for one in seen}
        if left and not self.spare:
            raise UserError(
                f"{len(left):,} of {len(self.files):,} pictures are in no row of {self.table.path.name} "
                f"(first: {self.inside[min(left)]}). Add their rows, or leave them out: --set spare=true."
            )
        return seen

    def _is_folder(self, name: str) -> bool:
        return plain(name) in self.labels

    def _named(self, value: str) -> list[Path]:
        """The files that a cell may mean: by the longest part of its path that is known here."""
        cell = unicodedata.normalize("NFC", value.replace("\\", "/"))
        parts = [part for part in cell.split("/") if part not in ("", ".")]
        for start in range(len(parts)):
            if found := self.tails.get("/".join(parts[start:])):
                return found
        return []

    def _by_picture(self) -> list[Seen]:
        """A row, or several, for each picture."""
        names, cells = self.roles.values("person"), self.roles.values("picture")
        by_name = mostly(names, self._is_folder)
        # A row without a picture shows nothing; what it alone speaks of is missed afterwards.
        places = {row: self._place(row, cell, names[row], by_name) for row, cell in enumerate(cells) if cell}
        who = {row: names[row] or place.parent.name for row, place in places.items()}
        self.roles.find_event(
            [plain(who.get(row, "")) for row in range(len(cells))],
            [str(places.get(row, "")) for row in range(len(cells))],
        )
        events = dict(enumerate(self.roles.values("event")))
        if "event" not in self.roles.of:
            events = {row: self._event_in(place, plain(who[row])) for row, place in places.items()}
            if not any(events.values()):
                raise self._lacks("event", "which event a picture shows")
        found: dict[Path, Seen] = {}
        for row, file in places.items():
            person, event = who[row], events[row]
            if not event and self.spare:
                continue
            if not event:
                raise UserError(
                    f"{self._row(row)} ({self.inside[file]}) has no event. Fill it in, or leave such "
                    "pictures out: --set spare=true."
                )
            one = found.setdefault(file, Seen(file=file, person=person, event=event))
            if (plain(one.person), plain(one.event)) != (plain(person), plain(event)):
                raise UserError(
                    f"{self._row(row)} says that {self.inside[file]} shows {person}, {event}; another row "
                    f"says {one.person}, {one.event}. Mend one of them."
                )
            one.rows.append(row)
        return list(found.values())

    def _place(self, row: int, cell: str, name: str, by_name: bool) -> Path:
        """The one file that a row names."""
        found = self._named(cell)
        own = [file for file in found if plain(name) in self.folders[file]]
        if len(found) != 1 and len(own) == 1:
            found = own
        if len(found) != 1:
            what = "no picture" if not found else f"{len(found)} pictures"
            raise UserError(
                f"{self._row(row)} names {cell!r}, and {self.root} has {what} of that name. "
                "Table and pictures must match: every row names one file."
            )
        if name and by_name and not own:
            raise UserError(
                f"{self._row(row)} says that {cell} shows {name}, but it lies in the folder "
                f"{found[0].parent.name}. Mend the row or move the picture."
            )
        return found[0]

    def _by_person(self) -> list[Seen]:
        """A row for each person, or for each person in each event; paths tell the event."""
        if "person" not in self.roles.of:
            raise self._lacks("picture", "which picture a row is about")
        names = self.roles.values("person")
        rows: dict[tuple[str, str], list[int]] = defaultdict(list)
        for row, (name, event) in enumerate(zip(names, self.roles.values("event"), strict=True)):
            rows[plain(name), plain(event)].append(row)
        spelling = {plain(name): name for name in names}
        found = []
        for file in self.files:
            person = next((name for name in self.folders[file] if name in spelling), "")
            event = self._event_in(file, person) if person else ""
            own = rows.get((person, event), []) or rows.get((person, ""), [])
            if own and event:
                found.append(Seen(file=file, person=spelling[person], event=event, rows=own))
        if not found:
            raise self._lacks("picture", "which picture a row is about, and file names tell no event")
        order = {name: number for number, name in enumerate(spelling)}
        return sorted(found, key=lambda one: (order[plain(one.person)], one.file))

    def _event_in(self, file: Path, person: str) -> str:
        """What a path tells: the folder inside the person's, else the file name less its number."""
        folders = self.folders[file]
        inside = folders[folders.index(person) + 1 :] if person in folders else []
        return inside[0] if inside else plain(file.stem.rstrip("0123456789-_. "))

    def _row(self, row: int) -> str:
        return f"{self.table.path.name} row {row + 1}"

    def _lacks(self, role: str, says: str) -> UserError:
        return UserError(
            f"{self.table.path.name} has no column that says {says}. It has: {self.table.listing()}. "
            f"Name the right one {role!r}."
        )
