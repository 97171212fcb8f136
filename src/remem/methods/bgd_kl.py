"""Balanced KL minimisation: KL minimisation with one loss for each kind of thing to forget, all equal.

Xu et al. PEBench: A Fictitious Dataset to Benchmark Machine Unlearning for Multimodal Large Language
Models. 2025. arXiv:2503.12545 ("KL + BGD").
Departure from the paper: reconstructed from its one-paragraph description (balanced sampling, one loss per
target, on top of KL minimisation) and not compared with the code that its second version announces, as bgd.
Both the ascent and the divergence from the model before are means over targets of each one's mean over answer
tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.bgd import balanced_nll
from remem.methods.checks import not_negative
from remem.methods.divergence import divergence
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class BalancedKLMinimisation:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "reference", "balance"})
    search: ClassVar[Space] = {"lr": (1e-4, 2e-4, 3e-4, 5e-4), "epochs": (4, 8)}

    forget_weight: float = 1.0  # of the loss on rows to forget
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative("bgd_kl", forget_weight=self.forget_weight, retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        # Unbounded below: the divergence guard stops a run, not this loss.
        now = policy(batch.retain)
        apart = divergence(reference(batch.retain), now).masked_fill(~now.mask, 0.0).sum(-1)  # (batch,) nats
        assert batch.retain.balance is not None
        kept = (apart * batch.retain.balance).sum()
        return self.retain_weight * kept - self.forget_weight * balanced_nll(policy, batch.forget)
