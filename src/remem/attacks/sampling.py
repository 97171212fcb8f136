"""Many answers drawn at a temperature: does any of them hold the value?

Scholten, Günnemann and Schwinn, A Probabilistic Perspective on Unlearning and Alignment for Large Language
Models, ICLR 2025 (arXiv:2410.03523): greedy answers hide what a model still says at times.
Departure: their bounds are on the chance of one answer; here it is counted whether any of so many holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from remem.attacks.base import Access, Asked, Trial, Tried
from remem.attacks.guard import told
from remem.attacks.queries import at_least, none_of
from remem.errors import UserError

if TYPE_CHECKING:
    from remem.attacks.scene import Scene

LEAST, MOST = 0.001, 1000.0  # beyond them logits overflow, or every token is as likely as any other


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """So many answers to each question; a value counts as said if any of them says it."""

    access: ClassVar[Access] = "queries"
    knows: ClassVar[str] = "the questions"

    count: int = 32  # answers to each question
    temperature: float = 1.0  # logits are divided by it

    def __post_init__(self) -> None:
        at_least("sampling", 1, count=self.count)
        if not LEAST <= self.temperature <= MOST:
            raise UserError(
                f"sampling.temperature={self.temperature} must be {LEAST} to {MOST:,}: 1 leaves the model as "
                "it is."
            )

    def check(self, scene: Scene) -> None:
        """UserError where there is nothing to ask."""
        if not scene.secrets:
            raise none_of("sampling", "no fact to forget is asked for", "Choose rows to forget.")

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """One trial."""

        def work() -> Iterable[Tried]:
            every = [Asked(item, scene.question(item)) for item in scene.secrets]
            asked = [one for one in every if not told(one)]
            setting = f"{self.count} answers at temperature {self.temperature:g}"
            try:
                answers = scene.sample(asked, self.count, self.temperature)
            except RuntimeError as problem:
                if "probability tensor" not in str(problem):
                    raise
                from remem.attacks.gradients import DIVERGED

                raise UserError(f"sampling: an answer's chances are no numbers: {DIVERGED}") from problem
            yield Tried(setting=setting, answers=answers)

        return [Trial("drawn", work)]
