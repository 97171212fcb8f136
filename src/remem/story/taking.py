"""What is known of a model that was made elsewhere: given.json. Its weights stay where they are."""

from __future__ import annotations

from pathlib import Path

from remem.asking.given import Soundness, write_given
from remem.run.context import Context
from remem.types import Progress

SHOWN = 16  # questions on pictures that are asked with a grey one


def take(folder: Path, context: Context, progress: Progress, arm: str) -> None:
    """Opens the model and writes down what it is, and whether it is sound enough to be judged."""
    from remem.asking.soundness import sound
    from remem.models.prints import prints

    progress(0, 2, "opening")
    model, data = context.model(arm), context.data()
    source = context.run.elsewhere[arm].source
    progress(1, 2, "looking")
    found: Soundness = sound(model, data, SHOWN)
    write_given(folder, prints(model, source), found)
    progress(2, 2, "taken in")
