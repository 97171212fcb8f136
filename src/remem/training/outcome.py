"""How a training ended, and what it leaves beside the weights."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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
