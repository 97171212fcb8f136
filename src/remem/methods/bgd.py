"""Balanced gradient difference: one loss for each kind of thing to forget, all of equal weight.

Xu et al. PEBench: A Fictitious Dataset to Benchmark Machine Unlearning for Multimodal Large Language
Models. 2025. arXiv:2503.12545.
Departure from the paper: reconstructed from a one-paragraph description (balanced sampling, one loss per
target, on top of gradient difference) and not compared with the code that its second version announces. That
the losses have equal weight is ours. Its targets are people and events. Here a target is a value of the
data's `qa_category`: every step holds as many questions of each, the smaller kind coming round more often,
and each has its own mean over answer tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative
from remem.methods.needs import Need, Space
from remem.models.base import Batch, Policy


@dataclass(frozen=True, kw_only=True)
class BalancedGradientDifference:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "balance"})
    search: ClassVar[Space] = {"lr": (1e-4, 2e-4, 3e-4, 5e-4), "epochs": (4, 8)}

    forget_weight: float = 1.0  # of the loss on rows to forget
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative("bgd", forget_weight=self.forget_weight, retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        # Unbounded below: the divergence guard stops a run, not this loss.
        kept, forgotten = balanced_nll(policy, batch.retain), balanced_nll(policy, batch.forget)
        return self.retain_weight * kept - self.forget_weight * forgotten


def balanced_nll(policy: Policy, batch: Batch) -> Float[Tensor, ""]:
    """Mean over the step's concepts of each one's mean NLL over its answer tokens, nats per token."""
    assert batch.balance is not None
    return -(policy(batch).sequence_logp * batch.balance).sum()
