"""The real command in this process, and tiny models that were taught invented people."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from remem import cli
from remem.data import load
from remem.models.families import make_tiny
from remem.run.context import Context
from remem.run.settings import Run
from remem.settings import ModelSettings, Train
from remem.story.work import learn
from remem.types import silent

QUICK = ("--attacks", "none", "--workers", "1", "--set", "evaluate.max_new_tokens=32")
REQUEST = 'id = "2031-0142"\nreceived = 2031-03-03\nscope = "All facts of one person."\n'


class Said(NamedTuple):
    status: int
    out: str
    err: str


def remem(*arguments: str | Path) -> Said:
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["remem", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as end:
            status = int(end.code or 0)
    return Said(status, out.getvalue(), err.getvalue())


def teach(
    folder: Path, data: Path, *, without: tuple[str, ...] = (), seed: int = 0, epochs: int = 24
) -> Path:
    """A tiny model that knows these people, or all but those of some splits."""
    base = folder.parent / "tiny"
    if not base.exists():
        texts = [f"{one.question} {one.answer}" for one in load(str(data)).items.values()]
        make_tiny("llava", base, texts)
    settings = ModelSettings(name=str(base), rehearse=0.0)
    run = Run(recipe="taught", data=str(data), model=settings, learn=Train(lr=3e-3, epochs=epochs, batch=4))
    folder.mkdir()
    learn(folder, Context(folder, run), silent, seed, without)
    return folder


def content(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }
