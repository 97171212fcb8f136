"""A plugin: a method, a metric, an attack, a source of pictures and a recipe."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from remem.attacks.base import Access, Asked, Trial, Tried
from remem.data.images.drawn import Drawn
from remem.run.recipes import tiny
from remem.scoring.metrics import AnswerMetric


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """Ascent that leaves a token alone once it has become unlikely enough."""

    uses: ClassVar[frozenset[str]] = frozenset({"retain", "base"})
    ceiling: float = 6.0  # nats
    words: str = "plain"
    listed: Path | None = None  # a file, known by its content
    strict: bool = False

    def loss(self, policy, reference, batch):
        up = policy(batch.forget).token_mean((-policy(batch.forget).logp).clamp(max=self.ceiling))
        return policy(batch.retain).nll - up + 0 * batch.base(batch.forget).nll


@dataclass(frozen=True, kw_only=True)
class Plainly:
    """Asks once more, in the same words."""

    access: ClassVar[Access] = "queries"
    knows: ClassVar[str] = "the questions"

    def check(self, scene) -> None:
        """It can always be made."""

    def trials(self, scene):
        asked = [Asked(item, scene.question(item)) for item in scene.secrets]
        return [Trial("plainly", lambda: [Tried(setting="once more", answers=scene.ask(asked))])]


class Comic(Drawn):
    """Drawn people under another name."""

    name = "comic"


METHODS = {"ceiling": Ceiling}
ATTACKS = {"plainly": Plainly}
METRICS = [
    AnswerMetric(
        key="brevity",
        title="Brevity",
        unit="share",
        source="none",
        function=lambda item, response: float(len(response.text) < 40),
    )
]
SOURCES = {"comic": Comic}
RECIPES = {"mine": lambda: replace(tiny(), recipe="mine")}
