"""Memory that runs out: whoever says so, a step is stopped by one message that says what takes less."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from children import in_a_child
from remem import memory
from remem.errors import UserError
from remem.steps.engines.local import Processes
from remem.steps.execute import execute
from remem.steps.jobs import Nobody
from remem.steps.store import Step
from some_steps import much

TORCH = (
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
)
TORCH += "allocate 4000000000 bytes. Error code 12 (Cannot allocate memory)"


@pytest.mark.parametrize(
    ("problem", "asked"),
    [
        (MemoryError(), None),
        (RuntimeError(TORCH), 4_000_000_000),
        (MemoryError("Unable to allocate 7.45 GiB for an array with shape (10,)"), int(7.45 * (1 << 30))),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), None),
        (RuntimeError("can't start new thread"), None),
    ],
)
def test_what_is_about_memory_is_known_and_how_much_was_asked_for(
    problem: Exception, asked: int | None
) -> None:
    told = memory.said(problem, "the step a", "Ask for less.")
    assert told is not None
    assert told.startswith("there is not enough memory for the step a: ")
    assert told.endswith(" Ask for less.")
    assert memory.wanted(str(problem)) == asked
    assert ("more were asked for" in told) == (asked is not None)


def test_what_may_have_other_reasons_is_about_memory_where_none_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = RuntimeError("could not create a primitive")
    monkeypatch.setattr(memory, "free", lambda: 1 << 20)
    assert memory.short(problem)
    monkeypatch.setattr(memory, "free", lambda: 1 << 40)
    assert not memory.short(problem)
    assert not memory.short(ValueError("can't allocate memory for your argument"))


def by_torch(folder: Path, context: Any, progress: Any) -> None:
    torch.empty(1 << 33, dtype=torch.uint8)


def by_numpy(folder: Path, context: Any, progress: Any) -> None:
    np.ones(1 << 33, dtype=np.uint8)


def by_arrow(folder: Path, context: Any, progress: Any) -> None:
    pa.allocate_buffer(1 << 33)


WORK: dict[str, tuple[Callable[..., None], bool]] = {
    "torch": (by_torch, False),
    "numpy": (by_numpy, False),
    "arrow": (by_arrow, False),
    "python": (much, False),
    "a worker": (much, True),
}
needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc/self/statm")


def limit(more: int) -> None:
    """This process may have so many bytes more than it has."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + more, used + more))


@needs_proc
@pytest.mark.parametrize("by", WORK)
def test_a_limit_of_memory_is_told_by_the_step_that_meets_it(tmp_path: Path, by: str) -> None:
    work, elsewhere = WORK[by]

    def run() -> str:
        limit(1 << 30)
        step = Step(name="a/responses", work=work, settings={})
        with pytest.raises(UserError) as told:
            execute(
                tmp_path, [step], SimpleNamespace(seed=0), Nobody(), Processes(1, 0) if elsewhere else None
            )
        return str(told.value)

    said = in_a_child(run)
    assert said.startswith("there is not enough memory for the step a/responses: "), said
    assert "Set evaluate.tokens or evaluate.batch lower" in said
    assert ("8.6 GB more were asked for" in said) == (by in ("torch", "arrow", "numpy")), said


SCRIPT = """
import sys, resource
from pathlib import Path
import remem.cli
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv.pop()), ) * 2)
remem.cli.main()
"""


@needs_proc
@pytest.mark.parametrize("more", [8 << 20, 100 << 20])
def test_a_command_that_memory_is_too_short_for_says_so_in_one_message(tmp_path: Path, more: int) -> None:
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, "make-tiny-model", "llava", "made", str(more)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert told.returncode == 1, told.stderr
    assert told.stderr.count("there is not enough memory for this command") == 1, told.stderr
    assert "Traceback" not in told.stderr
    assert not list(tmp_path.iterdir())
