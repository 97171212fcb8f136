"""Whose picture is which: from the column picture, and from one folder a person. Each is shown once.

What is kept of a photograph are its pixels, scaled down: no place, no time, no camera.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from remem.data.identity import picture_key
from remem.data.images.folder import SUFFIXES
from remem.data.listed.reading import Listed
from remem.data.opening import decode_file
from remem.errors import UserError
from remem.text import normalise
from remem.types import Progress, silent

_TESTED = 5  # one picture of so many is held out, and at least one where there are two
_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class View:
    """One picture as it is shown to a model."""

    file: Path  # PNG
    named: str  # the photograph's own name, with its folder's


@dataclass(frozen=True, kw_only=True)
class Views:
    """The pictures of one person, apart for training and test."""

    train: tuple[View, ...] = ()
    test: tuple[View, ...] = ()


def of_list(
    path: Path, people: Sequence[Listed], root: Path | None
) -> tuple[dict[str, list[Path]], list[str]]:
    """Person's id -> photographs, in the order of the list and then of their names; and what is worth
    knowing. UserError where one cannot be somebody's."""
    found: dict[str, list[Path]] = {one.id: [] for one in people}
    notes = []
    for one in people:
        for cell, line in one.pictures.items():
            found[one.id].append(_cell(path, line, cell, root))
    if root is not None:
        called = {_key(text): one for one in people for text in (one.person, one.name)}
        whose: dict[str, Path] = {}
        strange = []
        for folder, pictures in folders(root):
            owner = called.get(_key(folder.name))
            if owner is None:
                strange.append(folder.name)
                continue
            if other := whose.get(owner.id):
                raise UserError(
                    f"{root} has two folders of {owner.person}: {other.name} and {folder.name}. Are they one "
                    "person? Put the pictures into one folder; else give the other a name of their own."
                )
            whose[owner.id] = folder
            known = {file.resolve() for file in found[owner.id]}
            found[owner.id] += [file for file in pictures if file.resolve() not in known]
        if strange:
            more = f" and {len(strange) - _NAMED} more" if len(strange) > _NAMED else ""
            notes.append(
                f"{root} has pictures of {', '.join(strange[:_NAMED])}{more}, of whom the list says nothing: "
                "they are left out."
            )
        if not whose:
            raise UserError(
                f"{root} has no folder that is called as somebody in {path} is. Name each folder after the "
                "person, with _ for spaces."
            )
    return found, notes


def folders(root: Path) -> Iterator[tuple[Path, list[Path]]]:
    """The folders of a folder with the pictures in each, by name. UserError where there is none."""
    if not root.is_dir():
        raise UserError(f"{root} is not a folder. Give one that holds a folder of pictures for each person.")
    count = 0
    for folder in sorted(one for one in root.iterdir() if one.is_dir() and one.name[0] != "."):
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
        if files:
            count += 1
            yield folder, files
    if not count:
        raise UserError(
            f"{root} has no folder with pictures. Put those of each person into a folder named after them; "
            f"read are {', '.join(SUFFIXES)}."
        )


def _key(name: str) -> str:
    return " ".join(normalise(name).replace("_", " ").split())


def _cell(path: Path, line: int, cell: str, root: Path | None) -> Path:
    """The file that a cell of column picture names, in the folder of the list or in that of the pictures."""
    bases = [base for base in (root, path.parent) if base is not None]
    for base in bases:
        file = base / cell
        try:
            there = file.is_file()
        except (OSError, ValueError):  # longer than a path can be
            there = False
        if there:
            if not file.resolve().is_relative_to(base.resolve()):
                raise UserError(
                    f"{path} line {line}, column picture: {cell} leads out of {base}. Put the picture there, "
                    "or name its folder with --pictures."
                )
            return file
    raise UserError(
        f"{path} line {line}, column picture: there is no file {cell} in {' or '.join(map(str, bases))}."
    )


class Shown:
    """Photographs made ready, as files in a folder that is thrown away. One that comes twice is one, and
    one of two people is an error."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self.owners: dict[str, tuple[str, Path]] = {}  # key -> who, and the photograph
        self.repeated = 0

    def add(
        self, pictures: Mapping[str, Sequence[Path]], progress: Progress = silent
    ) -> dict[str, list[View]]:
        """Who -> views. Keys are how an error calls them."""
        total, done = sum(map(len, pictures.values())), 0
        found: dict[str, list[View]] = {}
        for who, files in pictures.items():
            found[who] = []
            for file in files:
                if view := self._view(who, file):
                    found[who].append(view)
                done += 1
                progress(done, total, "pictures")
        return found

    def _view(self, who: str, file: Path) -> View | None:
        png = encoded(file, self.size)
        key = picture_key(png)
        owner, first = self.owners.setdefault(key, (who, file))
        if owner != who:
            raise UserError(
                f"{file} and {first} are one picture, of {who} and of {owner}. A picture shows one person: "
                "remove it from one of them."
            )
        if first != file:
            self.repeated += 1
            return None
        made = self.folder / f"{key}.png"
        made.write_bytes(png)
        return View(file=made, named=f"{file.parent.name}/{file.name}")


def apart(views: Sequence[View]) -> Views:
    """The last ones are held out; one alone is taught, and the person is not asked about in new pictures."""
    held = max(1, len(views) // _TESTED) if len(views) > 1 else 0
    cut = len(views) - held
    return Views(train=tuple(views[:cut]), test=tuple(views[cut:]))


def encoded(file: Path, size: int) -> bytes:
    """A photograph as PNG of that longer side at most, as a viewer shows it. UserError if there is none."""
    image = decode_file(file)
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
