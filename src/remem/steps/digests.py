"""What files hold: digests of all their bytes, and how to see cheaply that a file was not touched since."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

LARGE = 8 << 20  # bytes from which a digest is kept for the next time
Stamp = tuple[int, int, int, int]  # size, times of the last change of content and of status (ns), inode


def stamp(path: Path) -> Stamp:
    """What changes when a file does. Nobody can set the time of a change of status."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def file_digest(path: Path, whole: bool = False) -> str:
    """SHA-256 of all bytes, in hexadecimal; of a large file the one kept in the user's
    cache while its stamp holds, unless `whole`.

    OSError where it cannot be read, and for a pipe or a device, which would be waited for for ever.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "a folder, a pipe or a device, and no file", str(path))
    before = stamp(path)
    place = _kept(path) if before[0] >= LARGE and not whole else None
    if place is not None:
        with contextlib.suppress(OSError, ValueError, TypeError):
            kept = json.loads(place.read_text())
            if tuple(kept["stamp"]) == before and len(kept["sha256"]) == 64:
                return str(kept["sha256"])
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if place is not None and stamp(path) == before:
        with contextlib.suppress(OSError):  # a cache: without it the file is read once more
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_name(f"{place.name}.{os.getpid()}.tmp")
            part.write_text(json.dumps({"stamp": before, "sha256": found}))
            part.replace(place)
    return found


def _kept(path: Path) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:32]
    return base / "remem" / "digests" / f"{name}.json"


def text_digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: object) -> str:
    """JSON values as the one text that stands for them."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def of_all(digests: Mapping[str, str]) -> str:
    """One digest of many files: of their names and digests."""
    return text_digest(canonical(dict(digests)))


def files_of(folder: Path, left_out: Iterable[str] = ()) -> dict[str, Path]:
    """Name within the folder -> path, of all files and links in it, sorted; whole names may be left out."""
    skipped = set(left_out)
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in skipped and (path.is_symlink() or not path.is_dir()):
            found[name] = path
    return found
