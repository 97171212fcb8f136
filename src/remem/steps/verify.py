"""Reads every byte of a folder of steps, and says what is not as it was sealed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from remem import jsonfile
from remem.errors import UserError
from remem.steps.digests import canonical, text_digest
from remem.steps.sealed import PROVENANCE, RECORD, Sealed, differing, home_of, read_record
from remem.types import Progress, silent


class Finding(NamedTuple):
    """One step, and what is wrong with it; "" where nothing is."""

    step: str
    wrong: str


def verify(root: Path, progress: Progress = silent) -> Iterator[Finding]:
    """Every finished step under `root`, one finding each."""
    marks = [mark for mark in sorted(root.rglob(RECORD)) if not _unfinished(mark.parent.relative_to(root))]
    sealed = {}
    for number, mark in enumerate(marks):
        name = mark.parent.relative_to(root).as_posix()
        progress(number, len(marks), name)
        wrong, found = _looked_at(mark.parent)
        if found is not None:
            sealed[name] = found
        yield Finding(name, wrong)
    contents = {(root / name).absolute(): found.content for name, found in sealed.items()}
    for name, found in sealed.items():
        for other, content in found.read.items():
            home = home_of(root / name, found)
            above = home / other if home else root / other
            if not (above / RECORD).exists():
                yield Finding(name, f"it was made from {other}, and no finished step lies there now")
            elif above in contents and contents[above] != content:
                yield Finding(name, f"it was made from another {other} than the one that lies here now")
    progress(len(marks), len(marks), "")


def _unfinished(place: Path) -> bool:
    return any(part.endswith(".part") or part.startswith(".") for part in place.parts)


def _looked_at(folder: Path) -> tuple[str, Sealed | None]:
    try:
        sealed = read_record(folder)
    except UserError as problem:
        return str(problem), None
    assert sealed is not None
    if home_of(folder, sealed) is None:
        return f"its record is that of {sealed.step}: it was copied or renamed", sealed
    wrong = differing(folder, sealed, whole=True) or _times(folder / PROVENANCE)
    return wrong, sealed


def _times(path: Path) -> str:
    """What is wrong with a step's provenance; a step that `remem build` made has none."""
    if not path.exists():
        return ""
    try:
        record = jsonfile.read(path, dict[str, Any], "")
    except UserError as problem:
        return str(problem)
    fits = record.pop("sha256", None) == text_digest(canonical(record))
    return "" if fits else f"{path.name} does not fit its own digest"
