"""MMUnlearner: gradient difference, on the weights that matter more to the forget set than to the rest.

Huo et al. MMUnlearner: Reformulating Multimodal Machine Unlearning in the Era of Multimodal Large Language
Models. Findings of ACL 2025. arXiv:2502.11051.
Departure from the paper: what is preserved is the retain split; the paper adds the forgotten people's own
knowledge in text, which in ReMem is to be forgotten too. The mask is made once, from the model before
unlearning. Works with full fine-tuning only: an adapter that starts at 0 has no Fisher information in half
of its matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative, positive
from remem.methods.needs import Need, Space, Trained
from remem.models.base import Encoded, Policy
from remem.spread import evenly

if TYPE_CHECKING:
    from remem.methods.streams import Streams
    from remem.models.huggingface import Model


@dataclass(frozen=True, kw_only=True)
class MMUnlearner:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    works_with: ClassVar[frozenset[Trained]] = frozenset({"full"})
    search: ClassVar[Space] = {"lr": (2e-4, 3e-4, 5e-4, 1e-3), "epochs": (4, 8)}

    threshold: float = 1.0  # of the ratio of Fisher informations, forget to preserve
    items: int = 64  # at most, of each set, that the informations are estimated from
    forget_weight: float = 1.0  # of the loss on rows to forget
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        positive("mmunlearner", threshold=self.threshold, items=self.items)
        not_negative("mmunlearner", forget_weight=self.forget_weight, retain_weight=self.retain_weight)

    def mask(self, model: Model, streams: Streams) -> dict[str, Bool[Tensor, " *shape"]]:
        forget = fisher(model, evenly(streams.forget, self.items))
        preserve = fisher(model, evenly(streams.retain, self.items))
        # A weight that matters to neither (0 and 0) has nothing to forget.
        return {
            path: (forget[path] > 0) & (forget[path] >= self.threshold * preserve[path]) for path in forget
        }

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        # Unbounded below: the divergence guard stops a run, not this loss.
        return self.retain_weight * policy(batch.retain).nll - self.forget_weight * policy(batch.forget).nll


def fisher(model: Model, rows: Sequence[Encoded]) -> dict[str, Float[Tensor, " *shape"]]:
    """Mean over items of the squared gradient of the answer's NLL (nats), by path of what trains.

    In float32: squares of gradients vanish in half precision.
    """
    weights = model.trainable()
    found = {path: torch.zeros_like(weight, dtype=torch.float32) for path, weight in weights.items()}
    with model.deterministic():
        for row in rows:
            gradients = torch.autograd.grad(
                model.forward(model.collate([row])).nll, list(weights.values()), allow_unused=True
            )
            for path, gradient in zip(weights, gradients, strict=True):
                if gradient is not None:
                    found[path] += gradient.float().square() / len(rows)
    return found
