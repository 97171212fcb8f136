"""SimNPO: negative preference optimisation without a reference, on the mean over an answer's tokens.

Fan, Liu, Lin, Jia, Zhang, Mei and Liu. Simplicity Prevails: Rethinking Negative Preference Optimization for
LLM Unlearning. NeurIPS 2025. arXiv:2410.07163.
Departure from the paper: the margin stands inside the factor beta, as in public code: `margin` is the
paper's gamma / beta. At its published value 0 there is no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative, positive
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class SimNPO:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    search: ClassVar[Space] = {
        "lr": (3e-4, 5e-4, 1e-3, 2e-3),
        "beta": (2.5, 4.5),
        "forget_weight": (0.125, 1.0),
    }

    beta: float = 4.5  # inverse temperature
    margin: float = 0.0  # nats per token that an answer may cost before pushing eases off
    forget_weight: float = 0.125  # of the loss on rows to forget
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        positive("simnpo", beta=self.beta)
        not_negative(
            "simnpo", margin=self.margin, forget_weight=self.forget_weight, retain_weight=self.retain_weight
        )

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        now = policy(batch.forget)
        cost = -now.sequence_logp / now.mask.sum(-1)  # (batch,) nats per token
        push_down = now.item_mean(-F.logsigmoid(self.beta * (cost - self.margin))) * 2 / self.beta
        return self.forget_weight * push_down + self.retain_weight * policy(batch.retain).nll
