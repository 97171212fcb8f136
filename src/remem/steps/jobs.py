"""One step on its way to be made, and who hears how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from remem.steps.store import Order, Step

KINDS = {
    "train": ("model", "attack", "control"),
    "ask": ("responses", "world", "strangers"),
    "other": (),
}  # last part of the name, up to a dash


@dataclass(frozen=True)
class Job:
    """One step, ready to be made anywhere."""

    root: Path
    step: Step
    order: Order
    context: Any


class View(Protocol):
    """Who is told how far the steps are."""

    def start(self, step: str) -> None: ...
    def update(self, step: str, done: int, total: int, note: str) -> None: ...
    def finish(self, step: str, seconds: float) -> None: ...


class Nobody:
    """The view of a worker that cannot be heard."""

    def start(self, step: str) -> None: ...
    def update(self, step: str, done: int, total: int, note: str) -> None: ...
    def finish(self, step: str, seconds: float) -> None: ...


def kind_of(step: str) -> str:
    """What a step does: "train", "ask" or "other"."""
    last = step.rpartition("/")[2].partition("-")[0]
    return next((kind for kind, parts in KINDS.items() if last in parts), "other")
