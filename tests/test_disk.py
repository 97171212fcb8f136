"""Places to write: what can be none is refused before any work, and what fails on the way is one message."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from children import in_a_child
from remem import disk
from remem.errors import UserError


def in_the_way(root: Path) -> Path:
    (root / "file").write_text("mine")
    return root / "file" / "below" / "it"


def nowhere(root: Path) -> Path:
    (root / "link").symlink_to(root / "gone" / "for good")
    return root / "link"


def in_a_circle(root: Path) -> Path:
    (root / "a").symlink_to(root / "b")
    (root / "b").symlink_to(root / "a")
    return root / "a" / "x"


def pipe(root: Path) -> Path:
    os.mkfifo(root / "pipe")
    return root / "pipe"


BAD: dict[str, Callable[[Path], object]] = {
    "below a file": in_the_way,
    "a link to nothing": nowhere,
    "below a link to nothing": lambda root: nowhere(root) / "x",
    "links in a circle": in_a_circle,
    "a pipe": pipe,
    "300 letters": lambda root: root / ("n" * 300),
    "300 letters above": lambda root: root / ("n" * 300) / "x",
    "no room for what is called a part": lambda root: root / ("n" * 250),
    "a long path": lambda root: root.joinpath(*["d" * 200] * 30),
    "nothing": lambda root: "",
    "a NUL": lambda root: f"{root}/a\0b",
    "a line break": lambda root: f"{root}/a\nb",
    "what turns text round": lambda root: f"{root}/a\u202eb",
    "no UTF-8": lambda root: f"{root}/a\udce9b",
}


def tree(root: Path) -> list[str]:
    return sorted(str(path) for path in root.rglob("*"))


@pytest.mark.parametrize("tried", [disk.file, disk.folder])
@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_place_to_write_is_refused_by_name(tmp_path: Path, kind: str, tried: Any) -> None:
    place = BAD[kind](tmp_path)
    before = tree(tmp_path)
    with pytest.raises(UserError) as refused:
        tried(place)
    assert tree(tmp_path) == before
    text = str(refused.value)
    assert str(place)[:20].split("\0")[0] in text
    assert len(text) < 500
    assert text.isprintable()
    assert text.count(". ") or text.count(": ")  # what is wrong, and what to do


def test_what_is_there_is_no_new_folder_and_a_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path, tmp_path / "file", nowhere(tmp_path)):
        with pytest.raises(UserError, match="exists already"):
            disk.folder(place, new=True)
    with pytest.raises(UserError, match="is no folder"):
        disk.folder(tmp_path / "file")
    with pytest.raises(UserError, match="is a folder: name a file"):
        disk.file(tmp_path)


def test_a_device_is_never_put_aside_for_a_file() -> None:
    with pytest.raises(UserError, match="a pipe or a device"):
        disk.file("/dev/null")


def test_what_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("file")
    before = tree(tmp_path)
    assert disk.file(tmp_path / "link") == (tmp_path / "file").resolve()
    assert disk.file(tmp_path / "a" / "b" / "c.html") == (tmp_path / "a" / "b" / "c.html").resolve()
    assert disk.folder(tmp_path) == tmp_path
    assert disk.folder(tmp_path / "a" / "b", new=True) == tmp_path / "a" / "b"
    assert tree(tmp_path) == before
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "number", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.EINVAL]
)
def test_a_disk_that_takes_nothing_is_told_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", refuse)
    for tried in (disk.file, disk.folder):
        with pytest.raises(UserError) as refused:
            tried(tmp_path / "x")
        words = disk.FULL.get(number, os.strerror(number))
        assert words in str(refused.value)
        assert str(tmp_path / "x") in str(refused.value)
    assert not tree(tmp_path)


FULL = "the disk is full"
TOLD = {  # what writers of weights and tables raise, and what is said of it
    "python": (OSError(errno.ENOSPC, "No space left on device"), FULL),
    "safetensors": (
        RuntimeError('I/O error: Os { code: 28, kind: StorageFull, message: "No space left on device" }'),
        FULL,
    ),
    "tokenizers": (Exception("No space left on device (os error 28)"), FULL),
    "arrow": (OSError("Error writing bytes to file. Detail: [errno 28] No space left on device"), FULL),
    "quota": (OSError(errno.EDQUOT, "x"), "your share of the disk is used up"),
    "limit": (OSError(errno.EFBIG, "File too large"), "Raise that limit"),
    "read-only": (OSError(errno.EROFS, "Read-only file system", "run/a"), "cannot write run/a: Read-only"),
    "in the way": (FileExistsError(errno.EEXIST, "File exists", "run"), "cannot write run: File exists"),
    "of another place": (PermissionError(errno.EACCES, "x", "/etc/y"), "cannot read or write /etc/y"),
    "too many": (OSError(errno.EMFILE, "x"), "Too many open files"),
}


@pytest.mark.parametrize("kind", TOLD)
def test_what_fails_in_writing_is_one_message(kind: str) -> None:
    problem, words = TOLD[kind]
    with pytest.raises(UserError, match=words) as told, disk.writing(Path("run"), "a/model"):
        raise problem
    assert told.value.__cause__ is problem


@pytest.mark.parametrize(
    "ours",
    [
        ValueError("a slip"),
        RuntimeError("finished with exit code: 1"),
        FileNotFoundError(errno.ENOENT, "x", "/elsewhere"),
        KeyError("code: 28"),
    ],
)
def test_a_slip_of_ours_is_never_told_as_the_disks(ours: Exception) -> None:
    with pytest.raises(type(ours)), disk.writing(Path("run")):
        raise ours


def limited(work: Callable[[], None], most: int) -> str:
    """What work says when no file may be larger than so many bytes: a full disk without a disk."""

    def run() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        work()
        return "nothing"

    return in_a_child(run)


def test_torch_and_safetensors_tell_the_disk_and_leave_no_half(tmp_path: Path) -> None:
    weights = {"a": torch.zeros(300_000)}

    def by_torch() -> None:
        with disk.writing(tmp_path), disk.opened(tmp_path / "resume.tmp") as file:
            torch.save(weights, file)

    def by_safetensors() -> None:
        with disk.writing(tmp_path):
            save_file(weights, tmp_path / "model.safetensors")

    said = limited(by_torch, 100_000)
    assert said.startswith("UserError: a file would be larger than this system allows"), said
    assert "resume.tmp" in said
    assert not (tmp_path / "resume.tmp").exists()
    assert limited(by_safetensors, 100_000).startswith("UserError: a file would be larger"), said


def test_room_is_taken_before_a_file_is_written_by_way_of_memory(tmp_path: Path) -> None:
    path = tmp_path / "pixels"
    with path.open("wb") as file:
        file.truncate(1 << 20)
    assert path.stat().st_blocks == 0
    disk.reserve(path)
    assert path.stat().st_blocks * 512 >= 1 << 20
