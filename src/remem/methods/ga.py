"""Gradient ascent: raise the loss on what should be forgotten.

Thudi, Deza, Chandrasekaran and Papernot. Unrolling SGD: Understanding Factors Influencing
Machine Unlearning. EuroS&P 2022. arXiv:2109.13398. As used for language models by
Jang et al., ACL 2023, arXiv:2210.01504.
Departure from the paper: none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class GradientAscent:
    uses: ClassVar[frozenset[Need]] = frozenset()
    search: ClassVar[Space] = {"lr": (1e-4, 2e-4, 3e-4, 5e-4), "epochs": (4, 8)}

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        # Unbounded below: the divergence guard stops a run, not this loss.
        return -policy(batch.forget).nll
