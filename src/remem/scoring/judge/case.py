"""What a judge is shown, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from remem.types import Progress, silent


@dataclass(frozen=True, kw_only=True)
class Case:
    """One answer beside the truth and what the Goal model answered to the same question."""

    id: str  # of the item
    question: str
    truth: str
    goal: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How much an answer is like the Goal model's: 1 as the Goal model answers, 0 not at all."""

    id: str
    score: float | None  # None: the judge failed. Never 0 for that
    why: str = ""  # it failed


class Judge(Protocol):
    """Scores cases, in their order."""

    def judge(self, cases: Sequence[Case], progress: Progress = silent) -> list[Verdict]: ...

    def usage(self) -> dict[str, float | None]:
        """What the verdicts cost; empty for a judge that costs nothing."""
        ...
