"""Folders that are whole or absent, whenever the process or the machine dies.

What is to be thrown away is renamed into `.trash` first, and then deleted: half of a folder never stands
under its name. What is to be whole is written to the disk before it is given its name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from remem import disk

TRASH = ".trash"


def write_atomic(path: Path, text: str) -> None:
    """The whole text or the file as it was, after a power cut too; nothing is left beside it."""
    part = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with disk.opened(part) as file:
            file.write(text.encode("utf-8"))
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Makes a file's content, or the names in a folder, outlast a power cut, where the system can."""
    with contextlib.suppress(OSError):
        there = os.open(path, os.O_RDONLY)
        try:
            os.fsync(there)
        finally:
            os.close(there)


def discard(folder: Path, root: Path) -> None:
    """Deletes a folder under `root`: it is gone under its name at once, or is there whole."""
    if not folder.exists() and not folder.is_symlink():
        return
    trash = root / TRASH
    trash.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(dir=trash))
    os.rename(folder, place / folder.name)
    shutil.rmtree(place, ignore_errors=True)
    with contextlib.suppress(OSError):  # others may be at it
        trash.rmdir()


def empty_trash(root: Path) -> None:
    """Deletes what an interrupted `discard` left."""
    shutil.rmtree(root / TRASH, ignore_errors=True)


def sweep(folder: Path, below: bool = True) -> None:
    """Deletes the temporary files of processes that died while they wrote, also `below` the folder."""
    for path in folder.rglob("*.tmp") if below else folder.glob("*.tmp"):
        if path.is_file() and path.suffixes[-2:-1] and path.suffixes[-2][1:].isdigit():
            path.unlink(missing_ok=True)


def sync_all(folder: Path) -> None:
    """Makes everything in a folder outlast a power cut."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Where to write a folder that is given its name when it is whole; UserError where that name is taken, or
    nothing can be written there."""
    disk.folder(folder, new=True)
    part = folder.with_name(f"{folder.name}.part")
    with disk.writing(folder.parent, kept="what is written in steps goes on"):
        yield part
        sync_all(part)
        part.rename(folder)
        sync(folder.parent)
