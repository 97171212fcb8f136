"""A cell of the image column, by one rule in every form on disk: bytes, else the file at its path, else none.

A path must lead into a folder that is allowed: the data set's, the hub's cache (whose files are links within
it), or one that the user names (`--allow-pictures DIR`, or REMEM_ALLOW_PICTURES).
"""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from remem.data.opening import read_file
from remem.errors import UserError

ALLOWED = "REMEM_ALLOW_PICTURES"  # folders, as PATH has them: the processes that make steps inherit it
_SAID = 200  # letters of a path in an error: some cells hold a whole picture as text


def allow(folders: Sequence[Path]) -> None:
    """Allows pictures in these folders, for this process and those that it starts. UserError where one is no
    folder."""
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"--allow-pictures {folder}: there is no such folder.")
    if folders:
        known = [one for one in os.environ.get(ALLOWED, "").split(os.pathsep) if one]
        added = [str(folder.resolve()) for folder in folders]
        os.environ[ALLOWED] = os.pathsep.join(dict.fromkeys([*known, *added]))


class Cells:
    """The rule, for a data set at `root` (None: of the hub). Relative paths start at `root`."""

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self._allowed = [Path(os.path.realpath(one)) for one in self._roots()]
        self._folders: dict[str, str] = {}  # folder -> where it really lies

    def read(self, cell: Any, where: str) -> bytes | None:
        """The encoded picture of a cell; None where it has none. UserError, naming `where`."""
        found = self.find(cell, where)
        return read_file(found, where) if isinstance(found, Path) else found

    def find(self, cell: Any, where: str, folder: Path | None = None) -> bytes | Path | None:
        """The bytes of a cell, or its file, or None. A path in it is relative to `folder`, else to `root`."""
        if isinstance(cell, dict):
            content, path = cell.get("bytes"), cell.get("path")
            if content is not None:
                if not isinstance(content, bytes):
                    raise UserError(f"{where}: the picture's bytes are {_kind(content)}, not bytes.")
                return content
        else:
            path = cell
        if path is None or path == "":
            return None
        if not isinstance(path, str):
            raise UserError(
                f"{where}: the picture is {_kind(path)}; it must be bytes or the path of a file, as "
                "datasets writes them."
            )
        return self._file(path, where, folder or self.root)

    def _roots(self) -> Iterator[Path]:
        if self.root is not None:
            yield self.root
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
        home = Path(os.environ.get("HF_HOME") or cache / "huggingface")
        for name, part in (("HF_HUB_CACHE", "hub"), ("HF_DATASETS_CACHE", "datasets")):
            yield Path(os.environ.get(name) or home / part).expanduser()
        yield from (Path(one) for one in os.environ.get(ALLOWED, "").split(os.pathsep) if one)

    def _file(self, path: str, where: str, folder: Path | None) -> Path:
        if "://" in path:
            raise UserError(
                f"{where}: the picture is at {path[:_SAID]}, and nothing is fetched from there. "
                "Put it into the data set."
            )
        named = _spelt(folder, path, where)
        real = self._real(named)
        if not any(real.is_relative_to(one) for one in self._allowed):
            raise UserError(
                f"{where}: the picture {path} is at {real}, which is outside of the data set. Copy it into "
                f"the set's folder, or allow where it lies: --allow-pictures {real.parent}"
            )
        return real

    def _real(self, path: Path) -> Path:
        """Where a file really lies. Folders are followed once: a set may have a hundred thousand pictures."""
        if path.is_symlink() or path.name == "..":
            return Path(os.path.realpath(path))
        parent = str(path.parent)
        if parent not in self._folders:
            self._folders[parent] = os.path.realpath(parent)
        return Path(self._folders[parent], path.name)


def _spelt(folder: Path | None, path: str, where: str) -> Path:
    """The file of that path: as it is spelt, else with its backslashes as slashes or its letters composed
    otherwise, as other systems write them. UserError where there is none."""
    start = folder or Path()
    spellings = [path, path.replace("\\", "/")]
    spellings += [unicodedata.normalize(form, one) for form in ("NFC", "NFD") for one in spellings[:2]]
    try:
        for spelling in dict.fromkeys(spellings):
            if (start / spelling).exists():
                return start / spelling
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", "") or error  # by itself: all of an error repeats the path
        raise UserError(
            f"{where}: the picture's path {path[:_SAID]!r} cannot be read ({said}). Mend it, or empty it."
        ) from error
    raise UserError(f"{where}: there is no picture {path[:_SAID]} in {start}. Add it, or empty the cell.")


def _kind(value: Any) -> str:
    return f"of type {type(value).__name__}"
