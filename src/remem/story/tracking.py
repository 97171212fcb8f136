"""Trackers (TensorBoard, Trackio, W&B, MLflow) through accelerate: told of a step once it is whole.

The training loop knows nothing of them, so its bytes cannot change; one that fails cannot stop a run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.errors import UserError, unknown
from remem.scoring.score import read_summary
from remem.steps.jobs import View

TRACKERS = ("tensorboard", "trackio", "wandb", "mlflow")


def check(names: Sequence[str]) -> None:
    """UserError for a tracker that is unknown or not installed, before any work is done."""
    import importlib.util

    for name in names:
        if name not in TRACKERS:
            raise unknown("tracker", name, TRACKERS)
        if importlib.util.find_spec(name) is None:
            raise UserError(
                f"--track {name}: the package is not installed. Install it with: pip install {name}"
            )


class Tracking:
    """A view that passes everything on, and tells the trackers what a finished step wrote."""

    def __init__(self, view: View, root: Path, names: Sequence[str], warn: Callable[[str], None]):
        self.view, self.root, self.warn = view, root, warn
        self.names = list(names)

    def start(self, step: str) -> None:
        self.view.start(step)

    def update(self, step: str, done: int, total: int, note: str) -> None:
        self.view.update(step, done, total, note)

    def finish(self, step: str, seconds: float) -> None:
        self.view.finish(step, seconds)
        arm, _, part = step.rpartition("/")
        if part not in ("model", "scores"):
            return
        for name in tuple(self.names):
            try:
                tell(name, self.root, arm, part)
            except Exception as problem:  # whatever a tracker raises, the run goes on
                self.names.remove(name)
                self.warn(f"the tracker {name} failed and is told nothing more: {problem!r}")


def tell(name: str, root: Path, arm: str, part: str) -> None:
    """One finished step to one tracker: a tracker's run is an arm's part, as demo/npo-s0/model."""
    lines = _training(root / arm / part) if part == "model" else _scores(root / arm / part)
    if not lines:
        return
    tracker = _tracker(name, f"{root.name}/{arm}/{part}", root / "tracking")
    tracker.start()
    for step, values in lines:
        tracker.log(values, step=step)
    tracker.finish()


def _tracker(name: str, run: str, folder: Path) -> Any:
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS

    kind = LOGGER_TYPE_TO_CLASS[name]
    if not kind.requires_logging_directory:
        return kind(run)
    folder.mkdir(parents=True, exist_ok=True)
    return kind(run, folder)


def _training(folder: Path) -> list[tuple[int, dict[str, float]]]:
    path = folder / "log.jsonl"
    cure = f"Delete {folder} and run again."
    found = jsonfile.lines(path, dict[str, Any], cure, nan=True) if path.is_file() else ()
    return [
        (int(line["step"]), values)
        for line in found
        if "loss" in line and (values := _numbers({k: v for k, v in line.items() if k != "step"}))
    ]


def _scores(folder: Path) -> list[tuple[int, dict[str, float]]]:
    values = _numbers({f"{r.split}/{r.question_type}/{r.metric}": r.mean for r in read_summary(folder)})
    return [(0, values)] if values else []


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
