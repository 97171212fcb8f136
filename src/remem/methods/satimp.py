"""SatImp: ascent on tokens weighted by saturation (still likely) and importance (not certain).

Yang et al. Exploring Criteria of Loss Reweighting to Enhance LLM Unlearning. ICML 2025. arXiv:2505.11953.
Departure from the paper: none. A token that is certain (p = 1) has weight 0, so a model that knows an
answer by heart is hardly moved: the paper's strength and its limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class SatImp:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    search: ClassVar[Space] = {
        "lr": (5e-4, 1e-3, 2e-3, 4e-3),
        "beta1": (1.0, 5.0),
        "retain_weight": (0.1, 1.0),
    }

    beta1: float = 5.0  # saturation: the power of p
    beta2: float = 1.0  # importance: the power of 1 - p
    retain_weight: float = 0.1  # as in public code: the weights of the forget term are small

    def __post_init__(self) -> None:
        not_negative("satimp", beta1=self.beta1, beta2=self.beta2, retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        now = policy(batch.forget)
        p = now.logp.detach().exp()  # (batch, answer)
        weight = p**self.beta1 * (1 - p) ** self.beta2
        return now.token_mean(weight * now.logp) + self.retain_weight * policy(batch.retain).nll
