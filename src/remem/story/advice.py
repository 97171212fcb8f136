"""Why the gate failed, where something else than the training is to blame."""

from __future__ import annotations

from pathlib import Path

from remem.training.outcome import read_guards


def advice(root: Path) -> str:
    """What to do about a gate that failed: in a sentence or two; "" where it is to train longer.

    A true answer that is cut off counts as wrong, whatever the model has learnt.
    """
    from remem.training import guards  # with torch: not to be waited for where the gate passes

    for one in read_guards(root / "taught" / "responses"):
        if one.guard == guards.ROOM and not one.passed:
            return f"{one.what}: true answers are cut off and count as wrong, however long it trains."
    return ""
