"""Places to write: tried before any work, and one message for what cannot be written.

Whoever writes for the user asks `file` or `folder` first, and writes within `writing`. What goes wrong on the
way, as a disk that fills up, is told by `said`: it knows the system's errors by their numbers, and what other
libraries make of them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from remem.errors import UserError
from remem.outgoing import quoted, visible

FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EFBIG: "a file would be larger than this system allows (see ulimit -f)",
}
# Of the machine, whatever wrote or read: never a slip in a program.
MACHINE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENXIO, errno.ENODEV}
MACHINE |= {errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE, errno.ENFILE, errno.ETXTBSY}
SHAPE = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.ENOTEMPTY}  # of the place itself
_NUMBER = re.compile(r"(?:\(os error |Os \{ code: |\[errno )(\d+)")  # as Rust and Arrow have it
_WORDS = {os.strerror(number): number for number in (*FULL, errno.EROFS, errno.EIO, errno.EMFILE)}
_MOST = 240  # bytes of a name, of the 255 that disks take: parts of it are called by longer ones
_BELOW = 250  # letters of what is written below a folder
AGAIN = "Free some space and run the same command again."


def folder(path: str | Path, new: bool = False, write: bool = True) -> Path:
    """A folder that is to be written, tried: nothing is left of that. `new`: it must not be there yet; not
    `write`: it is looked at and not tried.

    UserError where it cannot be made or written, by name.
    """
    place = _named(path)
    with _telling(place):
        _fits(place)
        if os.path.lexists(place):
            if new:
                raise UserError(f"{_shown(place)} exists already: choose another folder, or delete it.")
            if not place.exists():
                raise UserError(f"{_shown(place)} is a link that leads nowhere: choose another folder.")
            if not place.is_dir():
                raise UserError(f"{_shown(place)} is no folder. Choose another place.")
            if write:
                _try(place, "x")
        else:
            _try_below(place, write)
    return place


def file(path: str | Path) -> Path:
    """A file that is to be written, or written anew, tried: it stays as it is. Links are followed.

    UserError where it cannot be written, by name: a folder, a pipe or a device is no place for it.
    """
    place = _named(path)
    with _telling(place):
        _fits(place)
        if place.is_dir():
            raise UserError(f"{_shown(place)} is a folder: name a file, as {_shown(place / 'NAME')}.")
        if os.path.lexists(place) and not place.is_file():
            what = "a pipe or a device" if place.exists() else "a link that leads nowhere"
            raise UserError(f"{_shown(place)} is {what}, and no file: choose another.")
        _try_below(place)
        place = place.resolve()
        if place.exists() and not os.access(place, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
        _try_below(place)
    return place


def _named(path: str | Path) -> Path:
    """UserError for what cannot be a name on any disk, or would not be the same name everywhere."""
    text = os.fspath(path)
    if not text:
        raise UserError("the name of what is to be written is empty: give one.")
    if visible(text) != text:
        raise UserError(
            f"{quoted(text)} has letters that nobody sees, or none of UTF-8: choose another name."
        )
    return Path(text)


def _fits(place: Path) -> None:
    """OSError where a path is too long for the system, with what goes below it, or goes round in links."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.lstat(place / ("x" * _BELOW))
    for part in place.parts:
        if len(os.fsencode(part)) > _MOST:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))


def _try_below(place: Path, write: bool = True) -> None:
    """Whether a file or folder of that name, and the folders that it still needs, can be made."""
    missing = [place.name]
    there = place.absolute().parent
    while not os.path.lexists(there):
        missing.append(there.name)
        there = there.parent
    if not there.is_dir():
        what = "a file" if there.exists() else "a link that leads nowhere"
        raise UserError(f"{_shown(place)} cannot be made: {_shown(there)} is {what}. Choose another place.")
    for name in missing if write else ():
        _try(there, name)


def _try(there: Path, name: str) -> None:
    """Writes a file of that name, longer by what parts of it are called, and deletes it."""
    probe = there / f".{name}.{secrets.token_hex(4)}.part"
    handle = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, b"remem")
    finally:
        os.close(handle)
        os.unlink(probe)


@contextlib.contextmanager
def writing(place: Path, what: str = "", kept: str = "finished steps are kept") -> Iterator[None]:
    """Turns a full disk, or a place that cannot be written, into one message. `kept`: what is not lost."""
    try:
        yield
    except UserError:
        raise
    except Exception as problem:
        told = said(problem, place, what, kept)
        if told is None:
            raise
        raise UserError(told) from problem


def said(problem: BaseException, place: Path, what: str = "", kept: str = "") -> str | None:
    """What a user is told of a problem in writing under `place`; None for any other."""
    number = number_of(problem)
    named = getattr(problem, "filename", None)
    where = Path(os.fsdecode(named)) if isinstance(named, str | bytes | Path) else None
    here = where is None or _about(where, place)
    if number in FULL:
        under = place if where is None or here else where.parent
        lost = what or (_shown(where) if where else "a file")
        file = f" ({_shown(Path(where.name))})" if what and where else ""
        again = AGAIN if number != errno.EFBIG else "Raise that limit and run the same command again."
        end = f"{again[:-1]}: {kept}." if kept else again
        lost = f"{lost}{file} could not be written under {_shown(under)}{_left(under)}"
        return f"{FULL[number]}: {lost}.\n{end}"
    if number in MACHINE or (number in SHAPE and where and here):
        assert number is not None
        done = "cannot write" if here else "cannot read or write"
        return f"{done} {_shown(where or place)}: {os.strerror(number)}. Choose another place, or mend that."
    return None


def number_of(problem: BaseException) -> int | None:
    """The system's number of an error, also where a library has put it into words of its own."""
    if isinstance(problem, OSError) and problem.errno is not None:
        return problem.errno
    text = str(problem)
    known = next((number for words, number in _WORDS.items() if words in text), None)
    found = _NUMBER.search(text)
    return known if known is not None else int(found[1]) if found else None


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A file to be filled by a library, flushed to the disk in the end; gone where that fails.

    What the system said is raised, with the file's name, though the library raises something else.
    """
    file = _Heard(path)
    try:
        with file.inner:
            yield file
            file.flush()
            os.fsync(file.inner.fileno())
    except BaseException as problem:
        path.unlink(missing_ok=True)
        heard = file.heard or (problem if isinstance(problem, OSError) else None)
        if heard is None or heard.errno is None:
            raise
        raise OSError(heard.errno, os.strerror(heard.errno), str(path)) from problem


def reserve(path: Path) -> None:
    """Takes the disk's room for all of a file that is written by way of memory: where the disk is full, the
    system would else end the process in the middle of it."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, path.stat().st_size))


class _Heard:
    """A file that keeps the first error of the system's: torch.save loses it."""

    def __init__(self, path: Path):
        self.inner = path.open("wb")
        self.heard: OSError | None = None

    def write(self, data: Any) -> int:
        with self._listening():
            return self.inner.write(data)

    def flush(self) -> None:
        with self._listening():
            self.inner.flush()

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            self.heard = self.heard or problem
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@contextlib.contextmanager
def _telling(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        number = problem.errno or errno.EIO
        if number in FULL:
            told = f"{FULL[number]}: nothing can be written to {_shown(place)}{_left(place)}. {AGAIN}"
            raise UserError(told) from problem
        cure = "Give a shorter name" if number == errno.ENAMETOOLONG else "Choose another place, or mend that"
        raise UserError(f"cannot write {_shown(place)}: {os.strerror(number)}. {cure}.") from problem


def _about(path: Path, place: Path) -> bool:
    """Whether a path is the place, inside it, or a parent that it needs."""
    path, place = path.absolute(), place.absolute()
    return path.is_relative_to(place) or place.is_relative_to(path)


def _left(place: Path) -> str:
    """How much is free there, in words; "" where that cannot be told."""
    there = place.absolute()
    for one in (there, *there.parents):
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(one).free
            return f" ({free / 1e9:,.1f} GB are free)" if free >= 5e7 else f" ({free / 1e6:,.1f} MB are free)"
    return ""


def _shown(path: Path) -> str:
    return quoted(str(path))
