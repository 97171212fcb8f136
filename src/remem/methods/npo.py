"""Negative preference optimisation: gradient ascent that eases off as it succeeds.

Zhang, Lin, Bai and Mei. Negative Preference Optimization: From Catastrophic Collapse to
Effective Unlearning. COLM 2024. arXiv:2404.05868.
Departure from the paper: none. The retain term is their "NPO+RT".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from remem.errors import UserError
from remem.methods.base import Paired
from remem.methods.checks import not_negative
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class NPO:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "reference_logp"})
    search: ClassVar[Space] = {"lr": (2e-4, 3e-4, 5e-4, 1e-3), "epochs": (4, 8), "beta": (0.1, 0.5)}

    beta: float = 0.1  # inverse temperature; towards 0 this becomes plain ascent
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        if self.beta <= 0:
            raise UserError(f"npo.beta must be above 0, not {self.beta}: at 0 use gradient ascent (ga)")
        not_negative("npo", retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        now = policy(batch.forget)
        ratio = now.sequence_logp - reference(batch.forget).sequence_logp  # (batch,) nats
        push_down = now.item_mean(-F.logsigmoid(-self.beta * ratio)) * 2 / self.beta
        return push_down + self.retain_weight * policy(batch.retain).nll
