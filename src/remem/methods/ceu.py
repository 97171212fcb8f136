"""CE-U: learn the model's own prediction with the true token struck out.

Yang. CE-U: Cross Entropy Unlearning. 2025. arXiv:2503.01224.
Departure from the paper: every answer token is unlearnt; a footnote of the paper leaves the first one out. A
retain term may be added; the paper has none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class CEU:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    search: ClassVar[Space] = {"lr": (1e-4, 2e-4, 3e-4, 5e-4), "retain_weight": (0.0, 1.0)}

    retain_weight: float = 0.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative("ceu", retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        now = policy(batch.forget)
        struck = now.logits.detach().scatter(-1, batch.forget.answer.unsqueeze(-1), -math.inf)
        logp = now.logits.log_softmax(-1)
        loss = now.token_mean(-(struck.softmax(-1) * logp).sum(-1))
        if self.retain_weight:
            loss = loss + self.retain_weight * policy(batch.retain).nll
        return loss
