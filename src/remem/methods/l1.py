"""Gradient difference with an L1 penalty on the adapter: few adapter weights are spent on forgetting.

Dontsov et al. CLEAR: Character Unlearning in Textual and Visual Modalities. Findings of ACL 2025.
arXiv:2410.18057.
Departure from the paper: it adds the penalty to several losses; here it is on gradient difference. The
penalty is a sum over the adapter's matrices, once an optimiser step, as in the authors' code. Its weight is
0.1 in their configuration and 0.01 in the script of their experiments, for 7 billion parameters and their
own sum; ours is smaller and not from the paper. Works with LoRA only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative
from remem.methods.needs import Need, Space, Trained
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class L1Adapter:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    works_with: ClassVar[frozenset[Trained]] = frozenset({"lora"})
    search: ClassVar[Space] = {"lr": (5e-4, 1e-3, 2e-3, 4e-3), "l1_weight": (1e-4, 1e-2)}

    l1_weight: float = 1e-4  # per unit of the sum of absolute adapter weights
    forget_weight: float = 1.0  # of the loss on rows to forget
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative(
            "l1",
            l1_weight=self.l1_weight,
            forget_weight=self.forget_weight,
            retain_weight=self.retain_weight,
        )

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        # Unbounded below: the divergence guard stops a run, not this loss.
        return self.retain_weight * policy(batch.retain).nll - self.forget_weight * policy(batch.forget).nll

    def penalty(self, weights: Mapping[str, Tensor]) -> Float[Tensor, ""]:
        sums = [weight.abs().sum().float() for path, weight in weights.items() if "lora_" in path]
        return self.l1_weight * torch.stack(sums).sum()
