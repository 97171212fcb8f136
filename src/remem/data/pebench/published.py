"""The published set, or one like it: pictures in folders named after people, and one CSV.

`xuzhaopan/PEBench` on the hub. The names of its columns are not known to us, so they are recognised by name
and by what they hold (columns.py), and whatever does not fit together is said before anything is written.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from remem.data.images.folder import SUFFIXES
from remem.data.pebench.columns import Roles, plain, read_columns
from remem.data.pebench.matching import Matcher, Seen
from remem.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was found: every picture with its person and event."""

    roles: Roles
    pictures: list[Seen]  # in the order of the table

    def names(self, which: str) -> list[str]:
        """The people ("person") or events ("event"), as first spelt."""
        spelt: dict[str, str] = {}
        for one in self.pictures:
            spelt.setdefault(plain(getattr(one, which)), getattr(one, which))
        return list(spelt.values())


def local(source: str) -> Path:
    """The folder of that name, else the data set of that name, downloaded from the hub."""
    root = Path(source).expanduser()
    if root.is_dir():
        return root
    if root.exists() or source.startswith((".", "/", "~")) or source.count("/") != 1:
        raise UserError(f"data={source}: there is no such folder. Give the one that holds pictures and CSV.")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(source, repo_type="dataset"))
    except (OSError, ValueError, RuntimeError) as error:  # the hub's own errors are among these
        raise UserError(
            f"cannot load {source}: there is no such folder, and the hub says: {error}. "
            "Check the name and the network."
        ) from error


def read(root: Path, spare: bool = False) -> Published:
    """The pictures of the folder with their people and events. `spare` leaves out pictures without an event.

    UserError where the table does not match the pictures, names collide, or a column is not found.
    """
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    tables = sorted(root.rglob("*.csv"))
    if not files or len(tables) != 1:
        kinds = Counter(path.suffix.lower() or path.name for path in root.rglob("*") if path.is_file())
        held = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(6)) or "nothing"
        raise UserError(
            f"{root} must hold pictures ({', '.join(SUFFIXES)}) in folders named after people, and one CSV. "
            f"It holds: {held}. Unpack archives, and leave one CSV."
        )
    found = Matcher(root, files, read_columns(tables[0]), spare)
    _same_spelling(str(root), [part for path in found.inside.values() for part in path.parts[:-1]])
    pictures = found.match()
    roles = found.roles
    _same_spelling(tables[0].name, roles.values("person"))
    roles.find_profile([plain(name) for name in roles.values("person")])
    _people_differ(tables[0].name, roles)
    _everybody_is_shown(root, roles, pictures)
    _events_are_shared(root, roles, pictures)
    return Published(roles=roles, pictures=pictures)


def _same_spelling(where: str, names: list[str]) -> None:
    """Two spellings of one name cannot be told from two people."""
    spelt: dict[str, str] = {}
    for name in filter(None, names):
        known = spelt.setdefault(plain(name), name)
        if known != name:
            raise UserError(
                f"names collide: {where} has {known!r} and {name!r}, which are read as one. "
                "Spell them the same, or give two people different names."
            )


def _people_differ(table: str, roles: Roles) -> None:
    """One name with two profiles is two people."""
    for role in ("age", "gender", "job", "birthplace"):
        told: dict[str, str] = {}
        for name, value in zip(roles.values("person"), roles.values(role), strict=True):
            known = told.setdefault(plain(name), value) if name and value else value
            if known != value:
                raise UserError(
                    f"names collide: {table} gives {name} the {role} {known!r} and the {role} {value!r}. "
                    "Two people need two names."
                )


def _everybody_is_shown(root: Path, roles: Roles, pictures: list[Seen]) -> None:
    shown = {plain(one.person) for one in pictures}
    lost = [name for name in dict.fromkeys(roles.values("person")) if name and plain(name) not in shown]
    if lost:
        raise UserError(
            f"{len(lost)} people of the table have no pictures in {root} (first: {lost[0]}). "
            "Name a folder after each, or drop their rows."
        )


def _events_are_shared(root: Path, roles: Roles, pictures: list[Seen]) -> None:
    people: dict[str, set[str]] = {plain(event): set() for event in roles.values("event") if event}
    for one in pictures:
        if one.person:
            people.setdefault(plain(one.event), set()).add(plain(one.person))
    for event, shown in people.items():
        if len(shown) < 2:
            who = f"seen with {next(iter(shown))} alone" if shown else "never seen with a person"
            raise UserError(
                f"the event {event!r} is {who}: show at least two people in it, or drop its rows."
            )
    if len(people) < 2:
        raise UserError(f"{root} shows one event only: there is nothing to keep.")
