"""Direct preference optimisation: prefer a refusal to the true answer, relative to the model before.

Rafailov, Sharma, Mitchell, Ermon, Manning and Finn. Direct Preference Optimization. NeurIPS 2023.
arXiv:2305.18290. As a baseline of unlearning, with the factor 2/beta: Zhang et al., COLM 2024,
arXiv:2404.05868.
Departure from the paper: the factor 2/beta, which puts it on the scale of npo, and a retain term; both as
in arXiv:2404.05868.
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
class DPO:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "reference_logp", "refusal"})
    search: ClassVar[Space] = {"lr": (2e-4, 3e-4, 5e-4, 1e-3), "epochs": (4, 8), "beta": (0.1, 0.5)}

    beta: float = 0.1  # inverse temperature
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        positive("dpo", beta=self.beta)
        not_negative("dpo", retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        refused, told = policy(batch.refusal), policy(batch.forget)
        gain = refused.sequence_logp - reference(batch.refusal).sequence_logp  # (batch,) nats
        loss_of_truth = told.sequence_logp - reference(batch.forget).sequence_logp
        preferred = told.item_mean(-F.logsigmoid(self.beta * (gain - loss_of_truth))) * 2 / self.beta
        return preferred + self.retain_weight * policy(batch.retain).nll
