"""Sculpted memory forgetting adapter: learn to refuse, and take from that change what works against the rest.

Zeng, Gu, Duan, Li, Shi, Snoek and Wang. Towards Benign Memory Forgetting for Selective Multimodal Large
Language Model Unlearning. 2025. arXiv:2511.20196.
Departure from the paper: the mask is reconstructed from its description and not compared with the code that
its second version announces; that it compares signs and sizes weight by weight is ours. Two changes are
learnt from the taught model: refusals to the forget set, and the retain set once more (the anchor). A
weight's change towards refusing is dropped where the anchor's points the other way and is at least `ratio`
times as large. The result is merged into the model and saved whole, with LoRA too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jaxtyping import Float
from torch import Tensor

from remem.errors import UserError
from remem.methods.checks import not_negative
from remem.methods.needs import Need, Space

if TYPE_CHECKING:
    from remem.methods.base import Bench
    from remem.models.huggingface import Model


@dataclass(frozen=True, kw_only=True)
class SMFA:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "refusal"})
    search: ClassVar[Space] = {"lr": (3e-4, 5e-4, 1e-3, 2e-3), "ratio": (1.0, 3.0)}

    ratio: float = 1.0  # 0: drop every weight on which the two disagree; large: drop none

    def __post_init__(self) -> None:
        not_negative("smfa", ratio=self.ratio)

    def edit(self, bench: Bench) -> Model:
        from remem.methods.base import Teach
        from remem.methods.po import PreferenceOptimisation
        from remem.methods.streams import Streams

        refusing = bench.change(PreferenceOptimisation(retain_weight=0.0), bench.streams)
        anchor = bench.change(Teach(), Streams(retain=bench.streams.retain))
        sculpted = {path: sculpt(change, anchor[path], self.ratio) for path, change in refusing.items()}
        if not any(change.any() for change in sculpted.values()):
            raise UserError(f"smfa.ratio={self.ratio} leaves nothing of the change: choose a larger one")
        return bench.moved(sculpted)


def sculpt(
    change: Float[Tensor, " *shape"], anchor: Float[Tensor, " *shape"], ratio: float
) -> Float[Tensor, " *shape"]:
    """The change, with 0 where the anchor opposes it and is at least `ratio` times as large."""
    opposed = (change * anchor < 0) & (anchor.abs() >= ratio * change.abs())
    return change.masked_fill(opposed, 0.0)
