"""Representation misdirection: push hidden states to a random direction, and hold the retain set's.

Li et al. The WMDP Benchmark: Measuring and Reducing Malicious Use with Unlearning. ICML 2024.
arXiv:2403.03218.
Departure from the paper: hidden states are those of the positions that predict the answer, not of a whole
text; both terms are means over all answer tokens of a step, where the paper takes the mean of each text
first, so that long answers weigh more here; distances are squared norms as in the paper, where public code
divides them by the width; all weights of the three layers train (with LoRA: their adapters), where public
code takes one matrix of each. Layers below 0 are left out, so that a shallow model can be treated as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from remem.errors import UserError
from remem.methods.base import Paired
from remem.methods.checks import not_negative, positive
from remem.methods.needs import Need, Space
from remem.models.base import Anatomy, Output, Policy
from remem.seeds import derive

if TYPE_CHECKING:
    from remem.methods.streams import Streams
    from remem.models.huggingface import Model


@dataclass(frozen=True, kw_only=True)
class RMU:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "reference", "hidden"})
    search: ClassVar[Space] = {
        "lr": (1e-4, 3e-4, 1e-3, 3e-3),
        "steering": (5.0, 20.0),
        "retain_weight": (1.0, 10.0),
    }

    layer: int = 7  # of the language model, from 0; published for 32 layers
    steering: float = 20.0  # length of the vector that hidden states are pushed to
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        positive("rmu", steering=self.steering)
        not_negative("rmu", layer=self.layer, retain_weight=self.retain_weight)

    def check(self, anatomy: Anatomy) -> None:
        if self.layer >= anatomy.layers:
            raise UserError(
                f"rmu.layer={self.layer}, but this language model has {anatomy.layers} layers: "
                f"choose 0 to {anatomy.layers - 1}, for example --set rmu.layer={anatomy.layers // 2}"
            )
        if anatomy.how["language"] == "frozen":
            raise UserError(
                "rmu trains layers of the language model: set model.adapt.language to lora or full"
            )

    def mask(self, model: Model, streams: Streams) -> dict[str, Bool[Tensor, " *shape"]]:
        from remem.models.anatomy import layer_of

        near = range(self.layer - 2, self.layer + 1)
        return {path: torch.tensor(True) for path in model.trainable() if layer_of(path) in near}

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        forget, retain = batch.forget.at_layer(self.layer), batch.retain.at_layer(self.layer)
        now, kept = policy(forget), policy(retain)
        to = self.steering * direction(batch.step.seed, _hidden(now)).to(now.logits.device)
        astray = now.token_mean((_hidden(now) - to).square().sum(-1))
        moved = (_hidden(kept) - _hidden(reference(retain))).square().sum(-1)  # (batch, answer)
        return astray + self.retain_weight * kept.token_mean(moved)


def direction(seed: int, like: Float[Tensor, "*rest width"]) -> Float[Tensor, " width"]:
    """The unit vector of a training: entries drawn evenly from [0, 1), as in the paper, then normalised."""
    generator = torch.Generator().manual_seed(derive(seed, "rmu"))
    drawn = torch.rand(like.shape[-1], generator=generator)
    return drawn / drawn.norm()


def _hidden(output: Output) -> Float[Tensor, "batch answer width"]:
    assert output.hidden is not None
    return output.hidden
