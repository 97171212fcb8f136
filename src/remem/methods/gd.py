"""Gradient difference: ascent on the forget set, descent on the retain set.

Liu, Liu and Stone. Continual Learning and Private Unlearning. CoLLAs 2022. arXiv:2203.12817.
Departure from the paper: none. Called GD or GradDiff in TOFU, FIUBench and PEBench.
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
class GradientDifference:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    search: ClassVar[Space] = {"lr": (1e-4, 2e-4, 3e-4, 5e-4), "epochs": (4, 8)}

    forget_weight: float = 1.0  # of the loss on rows to forget
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative("gd", forget_weight=self.forget_weight, retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        # Unbounded below: the divergence guard stops a run, not this loss.
        return self.retain_weight * policy(batch.retain).nll - self.forget_weight * policy(batch.forget).nll
