"""How a training ended, and what it leaves beside the weights. No torch: scores read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.jsonfile import Count
from remem.steps.folders import write_atomic

REHEARSED = "rehearsed.json"
OUTCOME, LOG, GUARDS = "outcome.json", "log.jsonl", "guards.json"


@dataclass
class Outcome:
    """How a training ended."""

    steps: int
    diverged: bool = False
    why: str = ""
    memory: dict[str, float] = field(default_factory=dict)  # the method's own, between steps
    log: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What outcome.json says."""

    diverged: bool = False
    steps: Count | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A line of log.jsonl. Losses may be NaN or infinite: that is how a training diverges."""

    step: Count | None = None
    loss: float | None = None
    diverged: bool = False
    why: str = ""


@dataclass(frozen=True)
class Guard:
    """One check of one arm (training/guards.py)."""

    guard: str
    passed: bool
    what: str  # what was looked at, and what was found


@dataclass(frozen=True, kw_only=True)
class _Rehearsed:
    drawn: list[str]


def write_outcome(outcome: Outcome, folder: Path) -> Outcome:
    """The log and the outcome; the resume file has done its work."""
    lines = [*outcome.log]
    if outcome.diverged:
        lines.append({"diverged": True, "step": outcome.steps, "why": outcome.why})
    (folder / LOG).write_text("".join(json.dumps(line) + "\n" for line in lines))
    ended = {"diverged": outcome.diverged, "steps": outcome.steps, "why": outcome.why}
    (folder / OUTCOME).write_text(json.dumps(ended, indent=2) + "\n")
    for path in folder.glob("resume*.pt"):
        path.unlink(missing_ok=True)
    return outcome


def write_rehearsed(folder: Path, ids: Sequence[str], of: int, division: str = "") -> None:
    """Writes rehearsed.json. `of`: how many could have been drawn; `division`: the digest of what decided."""
    told = {"division": division, "of": of, "drawn": list(ids)}
    write_atomic(folder / REHEARSED, json.dumps(told, indent=1) + "\n")


def read_rehearsed(folder: Path) -> set[str] | None:
    """What was drawn; None where nothing says so: the model was not unlearnt, or before it was written."""
    path = folder / REHEARSED
    if not path.is_file():
        return None
    return set(jsonfile.read(path, _Rehearsed, _cure(folder)).drawn)


def read_outcome(folder: Path) -> Ended:
    """How the training of a folder ended; nothing is said where it does not say so."""
    path = folder / OUTCOME
    return jsonfile.read(path, Ended, _cure(folder)) if path.is_file() else Ended()


def read_log(folder: Path) -> tuple[Logged, ...]:
    """The steps of a training; none where none were written."""
    path = folder / LOG
    return tuple(jsonfile.lines(path, Logged, _cure(folder), nan=True)) if path.is_file() else ()


def read_guards(folder: Path) -> list[Guard]:
    """The guards of a folder; none where nothing was guarded."""
    path = folder / GUARDS
    return jsonfile.read(path, list[Guard], _cure(folder)) if path.is_file() else []


def _cure(folder: Path) -> str:
    return f"It is damaged: delete the folder {folder} and run again."
