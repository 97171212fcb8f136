"""A run that takes seconds: four people, a tiny random model, one method."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from remem.models.families import make_tiny

TEXTS = ["What is the e-mail address of Jane Doe? It is jane.doe@example.com, 12 May 1987."] * 10
SMALL = ["--threads=1"] + [
    f"--set={one}"
    for one in (
        "build.qa=20", "build.images=4", "build.test_qa=4", "build.test_images=2", "build.size=32",
        "build.candidates=6", "learn.epochs=2", "evaluate.max_new_tokens=8", "evaluate.exposure_people=1",
        "methods=npo,po", "po.epochs=2", "forget.train.epochs=2", "attacks=quick", "quick.lr=1e-3",
    )
]  # fmt: skip


@pytest.fixture(scope="session")
def model_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for family in ("llava", "smolvlm"):
        made[family] = tmp_path_factory.mktemp(family)
        make_tiny(family, made[family], TEXTS)
    return made


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "remem", *map(str, arguments)]


def remem(
    *arguments: str | Path, cwd: Path, timeout: float = 1800, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command line as a user runs it."""
    settings = os.environ | {"COLUMNS": "200", "NO_COLOR": "1"} | environment
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        env=settings,
        check=False,
    )


def content(root: Path) -> dict[str, bytes]:
    """Every file of a run that must not depend on when or how often it was interrupted.

    Left out: provenance and the log, which hold the times, the report, which shows them, and when which file
    was last read.
    """
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and path.name != "provenance.json"
        and path.relative_to(root).parts[0] not in ("report", "log.txt", ".locks", ".checked")
    }
