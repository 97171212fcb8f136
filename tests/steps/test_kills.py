"""Killed between any two operations on files, the next run ends in the same bytes: each point is tried."""

from __future__ import annotations

import errno
import io
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from remem.errors import UserError
from remem.run.recipes import tiny
from remem.steps import provenance
from remem.steps.execute import execute
from remem.steps.folders import new_folder
from remem.steps.jobs import Nobody
from remem.steps.sealed import drop
from remem.steps.store import Step
from remem.steps.verify import verify
from remem.story.claim import at_work, request_of
from some_steps import write

CONTEXT = SimpleNamespace(seed=0)
TIMES = ("provenance.json", "log.txt")
BESIDE = {".locks", ".checked", ".trash"}  # empty, or a cache


def several(folder: Path, context: Any, progress: Any, text: str = "") -> None:
    """Files in folders, and one that is written and replaced as weights are."""
    (folder / "text").write_text(text)
    (folder / "inside").mkdir(exist_ok=True)
    part = folder / "inside" / f"weights.{os.getpid()}.tmp"
    part.write_text(text * 10)
    part.replace(folder / "inside" / "weights")


def plan(code: int = 1, text: str = "x") -> list[Step]:
    model = Step(name="a/model", work=several, settings={}, arguments={"text": text}, code={"method": code})
    scores = Step(
        name="a/scores", work=several, settings={}, needs=("a/model",), arguments={"text": text}, derived=True
    )
    page = Step(name="report", work=several, settings={}, needs=("a/scores",), derived=True)
    return [model, scores, page]


def carry_out(root: Path, steps: list[Step]) -> None:
    run = tiny()
    with at_work(root, run, request_of(run, False, ""), steps, steps):
        execute(root, steps, CONTEXT, Nobody())


def fresh(root: Path) -> None:
    carry_out(root, plan())


def again(root: Path) -> None:
    """The code of everything has changed: all is made again in place of what is there."""
    carry_out(root, plan(code=2, text="y"))


def dropped(root: Path) -> None:
    carry_out(root, plan())
    drop(root / "a/model", ["inside/weights"])


def exported(root: Path) -> None:
    carry_out(root, plan())
    if not (root / "export").exists():
        with new_folder(root / "export") as part:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            (part / "model").write_text("x")


# What is done, and what was done before.
SCENES: dict[str, tuple[Callable[[Path], None], Callable[[Path], None] | None]] = {
    "fresh": (fresh, None),
    "again": (again, fresh),
    "dropped": (dropped, fresh),
    "exported": (exported, fresh),
}
OPERATIONS = ("rename", "replace", "unlink", "rmdir", "mkdir", "fsync", "remove")


class Counted:
    """Operations on files, counted; the process dies in front of the one with the given number, or the
    system refuses it."""

    def __init__(self, kill_at: int = -1, refuses: int = 0):
        self.count, self.kill_at, self.refuses = 0, kill_at, refuses

    def passed(self) -> None:
        self.count += 1
        if self.count - 1 == self.kill_at:
            if self.refuses:
                raise OSError(self.refuses, os.strerror(self.refuses))
            os._exit(9)  # as SIGKILL: no `finally` runs, no buffer is written

    def put(self, patch: pytest.MonkeyPatch) -> None:
        for name in OPERATIONS:
            whole = getattr(os, name)

            def other(*args: Any, _whole: Any = whole, **more: Any) -> Any:
                self.passed()
                return _whole(*args, **more)

            patch.setattr(os, name, other)
        opened = io.open

        def open_(file: Any, mode: str = "r", *args: Any, **more: Any) -> Any:
            if set(mode) & set("wax+"):
                self.passed()
                made = opened(file, mode, *args, **more)
                self.passed()  # made, and empty still
                return made
            return opened(file, mode, *args, **more)

        patch.setattr(io, "open", open_)
        patch.setattr("builtins.open", open_)


def content(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in TIMES and not BESIDE & set(path.relative_to(root).parts)
    }


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "commit", lambda: None)
    monkeypatch.setattr(provenance, "versions", dict)
    monkeypatch.setattr(os, "fsync", lambda there: None)  # a point like any other; the disk may be slow


def counted(scene: Callable[[Path], None], root: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        counter = Counted()
        counter.put(patch)
        scene(root)
    return counter.count


def killed(scene: Callable[[Path], None], root: Path, at: int) -> bool:
    """Runs the scene in a process that dies in front of an operation; whether it died there."""
    child = os.fork()
    if child == 0:
        try:
            with pytest.MonkeyPatch.context() as patch:
                Counted(at).put(patch)
                scene(root)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def points(tmp_path: Path) -> Iterator[tuple[str, int]]:
    for name, (scene, before) in SCENES.items():
        root = tmp_path / f"counted-{name}"
        if before:
            before(root)
        yield from ((name, at) for at in range(counted(scene, root)))


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_every_point_between_two_file_operations_heals(tmp_path: Path, every: int) -> None:
    whole = {}
    for name, (scene, before) in SCENES.items():
        if before:
            before(tmp_path / name / "start")
        shutil.copytree(tmp_path / name / "start", tmp_path / name / "end") if before else None
        scene(tmp_path / name / "end")
        whole[name] = content(tmp_path / name / "end")
    tried = 0
    for name, at in itertools.islice(points(tmp_path), 1, None, every):
        scene, before = SCENES[name]
        root = tmp_path / "run"
        shutil.rmtree(root, ignore_errors=True)
        if before:
            shutil.copytree(tmp_path / name / "start", root)
        assert killed(scene, root, at), (name, at)
        scene(root)  # raises where the folder is stuck
        assert content(root) == whole[name], (name, at)
        assert [one.wrong for one in verify(root)] == [""] * 3, (name, at)
        tried += 1
    assert tried >= 200 / every  # 346 when this was written


REFUSED = {errno.ENOSPC: "the disk is full", errno.EIO: os.strerror(errno.EIO), errno.EROFS: "cannot write"}


@pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.slow)])
def test_what_the_disk_refuses_at_any_point_is_one_message_and_heals(tmp_path: Path, every: int) -> None:
    told = 0
    turns = itertools.cycle(REFUSED)
    for (name, at), number in zip(itertools.islice(points(tmp_path), 1, None, every), turns, strict=False):
        scene, before = SCENES[name]
        root = tmp_path / "run"
        shutil.rmtree(root, ignore_errors=True)
        if before:
            before(root)
        said = refused(scene, root, at, number)
        assert REFUSED[number] in said, (name, at)
        told += said != REFUSED[number]
        scene(root)
        assert [one.wrong for one in verify(root)] == [""] * 3, (name, at)
    assert told >= 100 / every


def refused(scene: Callable[[Path], None], root: Path, at: int, number: int) -> str:
    """What a scene says when the system refuses an operation. Of a cache nothing is said."""
    with pytest.MonkeyPatch.context() as patch:
        Counted(at, number).put(patch)
        try:
            scene(root)
        except UserError as problem:
            return str(problem)
    return REFUSED[number]


def test_half_a_part_of_another_run_is_thrown_away_whole(tmp_path: Path) -> None:
    """Killed while it threw away what another request had begun: nothing is taken for the user's."""
    part = tmp_path / "a" / "model.part"
    for at in range(30):
        shutil.rmtree(tmp_path, ignore_errors=True)
        part.mkdir(parents=True)
        (part / "key").write_text("of another request")
        (part / "text").write_text("x")
        if not killed(fresh, tmp_path, at):
            break
        fresh(tmp_path)
        assert content(tmp_path)["a/model/text"] == b"x"


def test_what_is_not_ours_is_never_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "a/model.part").mkdir(parents=True)
    (tmp_path / "a/model.part/thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="not remem's"):
        fresh(tmp_path)
    assert (tmp_path / "a/model.part/thesis.txt").read_text() == "mine"


def test_temporary_files_of_the_dead_are_swept(tmp_path: Path) -> None:
    part = tmp_path / "a/model.part"
    step = replace(plan()[0], work=write)
    part.mkdir(parents=True)
    (part / "key").write_text("x")
    (part / "step.json.4711.tmp").write_text("torn")
    execute(tmp_path, [step], CONTEXT, Nobody())
    assert not list(tmp_path.rglob("*.tmp"))
