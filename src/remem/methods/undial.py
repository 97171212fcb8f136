"""UNDIAL: learn from oneself as one was, with the true token's logit turned down.

Dong, Lin, Belkin, Huerta and Vulić. UNDIAL: Self-Distillation with Adjusted Logits for Robust Unlearning in
Large Language Models. NAACL 2025. arXiv:2402.10052.
Departure from the paper: the mean is over answer tokens; published code averages over prompt and padding
too, so that its loss changes with the padding. A retain term may be added; the paper has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative, positive
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class UNDIAL:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "reference"})
    search: ClassVar[Space] = {
        "lr": (1e-4, 3e-4, 5e-4, 1e-3),
        "beta": (3.0, 10.0),
        "retain_weight": (0.0, 1.0),
    }

    beta: float = 10.0  # how far the true token's logit is turned down, nats
    retain_weight: float = 0.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        positive("undial", beta=self.beta)
        not_negative("undial", retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        now = policy(batch.forget)
        before = reference(batch.forget).logits
        down = torch.zeros_like(before).scatter_(-1, batch.forget.answer.unsqueeze(-1), self.beta)
        target = (before - down).softmax(-1)
        loss = now.token_mean(-(target * now.logits.log_softmax(-1)).sum(-1))
        if self.retain_weight:
            loss = loss + self.retain_weight * policy(batch.retain).nll
        return loss
