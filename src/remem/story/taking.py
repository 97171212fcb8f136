"""What is known of a model that was made elsewhere: given.json. Its weights stay where they are."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from remem.run.context import Context
from remem.steps.folders import write_atomic
from remem.types import Progress

FILE = "given.json"
SHOWN = 16  # questions on pictures that are asked with a grey one


def take(folder: Path, context: Context, progress: Progress, arm: str) -> None:
    """Opens the model and writes down what it is, and whether it is sound enough to be judged."""
    from remem.asking.soundness import Soundness, sound
    from remem.models.prints import prints

    progress(0, 2, "opening")
    model, data = context.model(arm), context.data()
    source = context.run.elsewhere[arm].source
    progress(1, 2, "looking")
    found: Soundness = sound(model, data, SHOWN)
    record = asdict(prints(model, source)) | {"sound": asdict(found)}
    write_atomic(folder / FILE, json.dumps(record, indent=1, allow_nan=False) + "\n")
    progress(2, 2, "taken in")
