"""KL minimisation: ascent on the forget set, while the retain set's predictions stay where they were.

Maini, Feng, Schwarzschild, Lipton and Kolter. TOFU: A Task of Fictitious Unlearning for LLMs.
COLM 2024. arXiv:2401.06121.
Departure from the paper: the divergence is a mean over answer tokens. Published code averages
over prompt and padding too, so that its loss changes with the padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative
from remem.methods.divergence import divergence
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class KLMinimisation:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "reference"})
    search: ClassVar[Space] = {"lr": (1e-4, 2e-4, 3e-4, 5e-4), "epochs": (4, 8)}

    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative("kl", retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        # Unbounded below: the divergence guard stops a run, not this loss.
        now = policy(batch.retain)
        kept = now.token_mean(divergence(reference(batch.retain), now))
        return self.retain_weight * kept - policy(batch.forget).nll
