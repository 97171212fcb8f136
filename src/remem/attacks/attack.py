"""What an attack is: something tried on one arm to bring back what it is said to have forgotten.

An attack says what the attacker must have (`access`, `knows`), and lists its trials. A trial is done once
and gives answers and rankings about the facts to forget, under one or more settings (`Tried`). Everything is
asked through the scene (`scene.py`), where a guard sees to it that no answer is given away.

The same attack is run on the taught, the base and every Goal model: what it brings out of a model that never
saw them is no memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from remem.attacks.base import Access, Trial
from remem.attacks.scene import Scene


class Attack(Protocol):
    """One attack with its settings, a frozen dataclass. `make` builds it from a name and settings."""

    access: ClassVar[Access]
    knows: ClassVar[str]  # what the attacker is given, in a few words: "a share of the facts"

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """Its trials on one arm, in their order. A model is not read before a trial's work is called."""
        ...

    def check(self, scene: Scene) -> None:
        """UserError where it cannot run on this model or this data set, with what to do."""
        ...
