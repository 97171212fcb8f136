"""Quantisation: the arm's weights in eight and in four bits.

Zhang et al. Catastrophic Failure of LLM Unlearning via Quantization. ICLR 2025.
arXiv:2410.16454. Unlearning moves weights little, and rounding can put them back where they were.
Departure from the paper: weights are rounded (`rounding.py`) and then read in the model's own dtype, which
needs neither bitsandbytes nor a GPU; of eight bits, what flows through the layers is not rounded. Rounded are
the language model's linear layers without its head, as for the base in four bits (`models/quantised.py`),
and never the tower and the projector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from remem.attacks.base import Access, Asked, Trial, Tried
from remem.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from remem.attacks.scene import Scene

BITS = (8, 4)


@dataclass(frozen=True, kw_only=True)
class Quantise:
    access: ClassVar[Access] = "weights"
    knows: ClassVar[str] = "nothing beside the weights"

    bits: tuple[int, ...] = BITS  # of a weight

    def __post_init__(self) -> None:
        if not self.bits or len(set(self.bits)) < len(self.bits) or not set(self.bits) <= set(BITS):
            raise UserError(f"quantise.bits={list(self.bits)}: give 8, 4 or both")

    def check(self, scene: Scene) -> None:
        """UserError where the weights are quantised already."""
        from remem.models.quantised import is_quantised

        if is_quantised(scene.model.network):
            raise UserError(
                "quantise: this model's weights are quantised already, so nothing is left to round: leave "
                "the attack out, or set model.quantise=none"
            )

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """One for each number of bits."""
        return [Trial(f"bits-{bits}", self._trial(scene, bits)) for bits in self.bits]

    def _trial(self, scene: Scene, bits: int) -> Callable[[], Iterator[Tried]]:
        def work() -> Iterator[Tried]:
            from remem.attacks.rounding import int8, nf4
            from remem.models.quantised import rounded

            names = {f"{path}.weight" for path in rounded(scene.model.network)}

            def change(name: str, weight: Tensor) -> Tensor | None:
                if name not in names:
                    return None
                return nf4(weight) if bits == 4 else int8(weight)

            with scene.model.reweighed(change):
                answers = scene.ask([Asked(item, scene.question(item)) for item in scene.secrets])
                rankings = scene.rank()
            yield Tried(setting=f"{bits} bit", answers=answers, rankings=rankings)

        return work
