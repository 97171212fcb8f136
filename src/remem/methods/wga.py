"""Weighted gradient ascent: ascent on tokens in proportion to how likely they still are.

Wang, Zhou, Zhou, Shin, Han and Weinberger. Rethinking LLM Unlearning Objectives: A Gradient Perspective and
Go Beyond. ICLR 2025. arXiv:2502.19301.
Departure from the paper: none. The retain term is plain descent, as in gd.
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
class WGA:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    search: ClassVar[Space] = {"lr": (2e-4, 3e-4, 5e-4, 1e-3), "epochs": (4, 8), "beta": (0.5, 1.0)}

    beta: float = 1.0  # 0 is gradient difference; larger leaves unlikely tokens alone sooner
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative("wga", beta=self.beta, retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        now = policy(batch.forget)
        weight = now.logp.detach().exp() ** self.beta  # (batch, answer)
        return now.token_mean(weight * now.logp) + self.retain_weight * policy(batch.retain).nll
