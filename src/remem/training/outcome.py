"""How a training ended, and what it leaves beside the weights. No torch: scores read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.errors import UserError
from remem.steps.folders import write_atomic

REHEARSED = "rehearsed.json"


@dataclass
class Outcome:
    """How a training ended."""

    steps: int
    diverged: bool = False
    why: str = ""
    memory: dict[str, float] = field(default_factory=dict)  # the method's own, between steps
    log: list[dict[str, Any]] = field(default_factory=list)


def write_outcome(outcome: Outcome, folder: Path) -> Outcome:
    """The log and the outcome; the resume file has done its work."""
    lines = [*outcome.log]
    if outcome.diverged:
        lines.append({"diverged": True, "step": outcome.steps, "why": outcome.why})
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ended = {"diverged": outcome.diverged, "steps": outcome.steps, "why": outcome.why}
    (folder / "outcome.json").write_text(json.dumps(ended, indent=2) + "\n")
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
    record = jsonfile.read(path, dict[str, object], f"Delete the folder {folder} and run again.")
    ids = record.get("drawn")
    if not isinstance(ids, list):
        raise UserError(f"{path} does not say what was drawn. Delete the folder {folder} and run again.")
    return set(map(str, ids))
