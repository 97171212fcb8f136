"""The user's own pictures: one folder a person, named after them ("jane_doe"), with any number of views
inside."""

import unicodedata
from pathlib import Path

from PIL import Image

from remem.data.digest import digest
from remem.data.events import event as find_event
from remem.data.images.source import Picture
from remem.data.opening import decode_file
from remem.data.people import Person
from remem.errors import UserError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


class Folder:
    """Views are the pictures of `<root>/<person>/` in order of their names, cropped to a square and scaled.

    The people of the pictures take the place of the invented names: the folder's name, with "_" read as a
    space.
    """

    name = "folder"

    def __init__(self, root: Path) -> None:
        _check(root)
        self.root = root
        self.views: dict[str, list[Path]] = {}
        for folder in sorted(path for path in root.iterdir() if path.is_dir()):
            views = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
            if views:
                name = unicodedata.normalize("NFC", " ".join(folder.name.replace("_", " ").split()))
                if name in self.views:
                    other = self.views[name][0].parent.name
                    raise UserError(
                        f"picture_folder: {root} has two folders for {name}: {other} and {folder.name}. "
                        "Rename one."
                    )
                self.views[name] = views
        if not self.views:
            raise UserError(
                f"picture_folder: no pictures in {root}. Put them into one folder a person; "
                f"these are read: {', '.join(SUFFIXES)}."
            )

    def names(self, count: int, views: int) -> list[str]:
        """The first `count` people. UserError when there are fewer, or when one of them has fewer `views`."""
        names = list(self.views)[:count]
        if len(names) < count:
            raise UserError(f"people={count}, but {self.root} has pictures of {len(names)}. Lower people.")
        for name in names:
            if len(self.views[name]) < views:
                raise UserError(
                    f"{name} has {len(self.views[name])} pictures, but images + test_images = {views}. "
                    "Lower those two, or add pictures."
                )
        return names

    def view(self, person: Person, number: int, seed: int, size: int) -> Picture:
        """Picture `number` of the person, as an RGB square. UserError when it is missing, broken or
        enormous."""
        views = self.views.get(person.name, [])
        if number >= len(views):
            raise UserError(
                f"{person.name} has {len(views)} pictures in {self.root}; number {number} is asked for."
            )
        return self._read(views[number], size)

    def scene(self, person: Person, event: str, number: int, seed: int, size: int) -> Picture:
        """Picture `number` of `<root>/<person>/<event>/`, the event written with "_" for spaces."""
        known = find_event(event)
        own = self.views.get(person.name)
        folder = (own[0].parent if own else self.root / person.name.replace(" ", "_")) / known.name.replace(
            " ", "_"
        )
        found = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
        if number >= len(found):
            raise UserError(
                f"{folder} has {len(found)} pictures; number {number} is asked for. "
                "Put the pictures of an event into a folder named after it, inside the person's folder."
            )
        return self._read(found[number], size)

    def _read(self, path: Path, size: int) -> Picture:
        image = decode_file(path)
        wide, high = image.size
        side = min(wide, high)
        left, top = (wide - side) // 2, (high - side) // 2
        box = (left, top, left + side, top + side)
        square = image.resize((size, size), Image.Resampling.LANCZOS, box=box)
        return Picture(
            image=square, provenance={"source": "folder", "file": f"{path.parent.name}/{path.name}"}
        )


def folder_fingerprint(path: str | Path) -> str:
    """A digest of the pictures that lie there: their places, sizes and content, every byte.
    Other files do not count. UserError when it is no folder or cannot be read."""
    root = Path(path)
    _check(root)
    # Views lie in the folder of a person, those of an event one deeper. Not rglob: it would pass over links.
    found = [file for depth in ("*/*", "*/*/*") for file in root.glob(depth)]
    shown = [file for file in found if file.suffix.lower() in SUFFIXES and file.is_file()]
    try:
        return digest(sorted((file.relative_to(root).as_posix(), file) for file in shown))
    except OSError as error:
        raise UserError(f"picture_folder: {root} cannot be read ({error}). Make it readable.") from error


def _check(root: Path) -> None:
    if not root.is_dir():
        raise UserError(
            f"picture_folder: {root} is not a folder. Give one that holds a folder for each person."
        )
