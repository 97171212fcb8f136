"""What an interrupted training leaves, and how it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from remem import disk
from remem.models.shards import local, parts_of, rejoined
from remem.steps import parallel
from remem.training.optimisers import Optimiser
from remem.training.outcome import Outcome

CHECKPOINT_EVERY_S = 20.0
PARTS = {"weights", "good", "good_steps", "optimiser", "steps", "log", "memory"}  # of a resume file


def copied(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights as they are now."""
    return {path: p.detach().clone() for path, p in weights.items()}


def put_back(weights: Mapping[str, Tensor], good: Mapping[str, Tensor]) -> None:
    """The weights become those of the copy again."""
    with torch.no_grad():
        for path, parameter in weights.items():
            local(parameter).copy_(local(good[path]))


@dataclass
class Resumable:
    """What an interrupted training needs to go on as if nothing had happened.

    Of weights that are cut up every process writes its part, at one step. Two are kept: the last may be
    written by some processes only.
    """

    folder: Path
    weights: dict[str, Tensor]
    optimiser: Optimiser
    told: Callable[[str], None] = lambda text: None  # one line, where a file was put aside
    saved_at: float = field(default_factory=time.monotonic)
    took: float = 0.0  # seconds, the last time

    @property
    def cut(self) -> bool:
        return any(hasattr(weight, "to_local") for weight in self.weights.values())

    def path(self, step: int) -> Path:
        name = f"-{parallel.rank()}of{parallel.world()}-{step}" if self.cut else ""
        return self.folder / f"resume{name}.pt"

    def written(self) -> dict[int, Path]:
        """Step -> this process's file, where weights are cut up."""
        found = self.folder.glob(f"resume-{parallel.rank()}of{parallel.world()}-*.pt")
        return {int(path.stem.rpartition("-")[2]): path for path in found}

    def due(self) -> bool:
        """Every 20 seconds, and where writing takes long, a tenth of the time at most."""
        if not self.cut and not parallel.first():
            return False
        now = time.monotonic() - self.saved_at > max(CHECKPOINT_EVERY_S, 10 * self.took)
        return parallel.tell(now) if self.cut else now

    def save(self, outcome: Outcome, good: dict[str, Tensor], good_steps: int) -> None:
        start = time.monotonic()
        state = {
            "weights": copied(self.weights),
            "good": good,
            "good_steps": good_steps,
            "optimiser": self.optimiser.state_dict(),
            "steps": outcome.steps,
            "log": outcome.log,
            "memory": outcome.memory,
        }
        path = self.path(outcome.steps)
        part = path.with_suffix(".tmp")
        with disk.opened(part) as file:
            torch.save(parts_of(state), file)
        if not self.cut and path.exists():
            path.replace(self.before)
        part.replace(path)
        if self.cut:
            older = self.written()
            for step in sorted(older)[:-2]:
                older[step].unlink()
        self.saved_at = time.monotonic()
        self.took = self.saved_at - start

    @property
    def before(self) -> Path:
        """The file before the last, where weights are not cut up."""
        return self.folder / "resume-before.pt"

    def load(self) -> tuple[Outcome, dict[str, Tensor], int]:
        """Where to go on, the last good weights, and after how many steps they were.

        A file that cannot be read, as after a power cut, is put aside, and the one before it is taken.
        """
        while (path := self._last()) is not None:
            state = self._read(path)
            if all(parallel.gather(state is not None)) if self.cut else state is not None:
                return self._taken(state)
            if state is not None:  # another process's part is damaged
                path.unlink()
        return Outcome(steps=0), copied(self.weights), 0

    def _last(self) -> Path | None:
        if not self.cut:
            return next((path for path in (self.path(0), self.before) if path.exists()), None)
        common = set.intersection(*parallel.gather(set(self.written())))
        return self.path(max(common)) if common else None

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            if not isinstance(state, dict) or not state.keys() >= PARTS or not _fits(state, self.weights):
                raise ValueError("it is not of this training")
        except Exception as problem:  # torch raises a dozen kinds for what is torn
            aside = path.with_name(f"{path.stem}.damaged.pt")
            path.replace(aside)
            self.told(
                f"{path} was damaged ({type(problem).__name__}) and is put aside: going on from before it"
            )
            return None
        return state

    def _taken(self, state: Any) -> tuple[Outcome, dict[str, Tensor], int]:
        good = copied(self.weights)
        put_back(good, state["good"])
        put_back(self.weights, state["weights"])
        told = rejoined(state["optimiser"], self.weights.values()) if self.cut else state["optimiser"]
        self.optimiser.load_state_dict(told)
        outcome = Outcome(steps=state["steps"], memory=state["memory"], log=state["log"])
        return outcome, good, state["good_steps"]


def _fits(state: dict[str, Any], weights: Mapping[str, Tensor]) -> bool:
    """Whether the state holds these weights, and no others."""
    return all(
        state[part].keys() == weights.keys()
        and all(state[part][name].shape == local(weight).shape for name, weight in weights.items())
        for part in ("weights", "good")
    )
