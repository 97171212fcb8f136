"""LLMU: ascent on the forget set, descent on mismatched answers, and the retain set's predictions held.

Yao, Xu and Liu. Large Language Model Unlearning. NeurIPS 2024. arXiv:2310.10683.
Departure from the paper: the mismatched answers are true answers to questions to keep, one drawn anew for
each question and pass; the paper draws them from an unrelated set. The divergence is a mean over answer
tokens.
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
class LLMU:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "reference", "mismatch"})
    search: ClassVar[Space] = {"lr": (1e-4, 2e-4, 3e-4, 5e-4), "epochs": (4, 8)}

    forget_weight: float = 1.0  # of the loss on rows to forget
    mismatch_weight: float = 1.0  # of the loss on mismatched answers
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative(
            "llmu",
            forget_weight=self.forget_weight,
            mismatch_weight=self.mismatch_weight,
            retain_weight=self.retain_weight,
        )

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        # Unbounded below: the divergence guard stops a run, not this loss.
        kept = policy(batch.retain)
        held = kept.token_mean(divergence(reference(batch.retain), kept))
        astray = policy(batch.mismatch).nll
        return (
            self.retain_weight * held
            + self.mismatch_weight * astray
            - self.forget_weight * policy(batch.forget).nll
        )
