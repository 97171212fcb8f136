"""Merging: the arm's weights a part of the way back to an older checkpoint.

The mean of two fine-tuned models with one origin is a model again (Wortsman et al. Model soups. ICML 2022.
arXiv:2203.05482). Where an arm hides what it knows behind a small change of its weights, a part of the way
back can undo the change before it undoes the knowledge. Weights are (1 - alpha) arm + alpha older.
Towards the base, which never knew, that is an attack. Towards the taught model it is a control: whoever has
that model needs no attack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from remem.attacks.base import Access, Asked, Trial, Tried
from remem.errors import UserError, unknown
from remem.settings import within

if TYPE_CHECKING:
    from torch import Tensor

    from remem.attacks.scene import Scene

OLDER = ("base", "taught")


@dataclass(frozen=True, kw_only=True)
class Merge:
    access: ClassVar[Access] = "weights"
    knows: ClassVar[str] = "an older checkpoint: the base, which never knew (the taught model as a control)"

    alphas: tuple[float, ...] = (0.25, 0.5, 0.75)  # of the way to the older model; 1: all of it
    towards: str = "base"  # the older model: base, or taught (a control)

    def __post_init__(self) -> None:
        if self.towards not in OLDER:
            raise unknown("model for merge.towards", self.towards, OLDER)
        if not self.alphas or len(set(self.alphas)) < len(self.alphas):
            raise UserError(f"merge.alphas={list(self.alphas)}: give one alpha or several different ones")
        for alpha in self.alphas:
            within("merge.alphas", alpha, 0, 1, above=True)

    def check(self, scene: Scene) -> None:
        """UserError where the weights are quantised."""
        from remem.models.quantised import is_quantised

        if is_quantised(scene.model.network):
            raise UserError(
                "merge: this model's weights are quantised, and have no mean with others: leave the attack "
                "out, or set model.quantise=none"
            )

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """One for each alpha."""
        return [
            Trial(f"{self.towards}-{_percent(alpha)}".replace(".", "-"), self._trial(scene, alpha))
            for alpha in self.alphas
        ]

    def _trial(self, scene: Scene, alpha: float) -> Callable[[], Iterator[Tried]]:
        def work() -> Iterator[Tried]:
            older = dict(scene.older(self.towards).network.named_parameters())

            def change(name: str, weight: Tensor) -> Tensor | None:
                other = older.get(name)
                if other is None or other.shape != weight.shape:
                    raise UserError(
                        f"merge: the {self.towards} model has no weight {name} of this shape, so the two "
                        "cannot be merged: leave the attack out"
                    )
                # What neither training moved stays bit for bit: the mean of equals may be rounded.
                return None if weight.equal(other.to(weight.device)) else between(weight, other, alpha)

            with scene.model.reweighed(change):
                answers = scene.ask([Asked(item, scene.question(item)) for item in scene.secrets])
                rankings = scene.rank()
            yield Tried(
                setting=f"{_percent(alpha)} % of {self.towards}",
                control=self.towards == "taught",
                answers=answers,
                rankings=rankings,
            )

        return work


def between(weight: Tensor, older: Tensor, alpha: float) -> Tensor:
    """(1 - alpha) weight + alpha older, worked out in float32."""
    return (weight.float() * (1 - alpha) + older.to(weight.device).float() * alpha).to(weight.dtype)


def _percent(alpha: float) -> str:
    return f"{100 * alpha:.6g}"
