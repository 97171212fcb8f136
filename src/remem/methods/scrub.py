"""SCRUB: in turns, disagree with the model before on the forget set and agree with it on the retain set.

Kurmanji, Triantafillou, Hayes and Triantafillou. Towards Unbounded Machine Unlearning. NeurIPS 2023.
arXiv:2302.09880.
Departure from the paper: turns are optimiser steps, not passes over a set, and the first keeps: before it
pupil and teacher are one model, so that their divergence has no gradient. No rewinding (their SCRUB+R).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative, share
from remem.methods.divergence import divergence
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class SCRUB:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "reference"})
    search: ClassVar[Space] = {"lr": (2e-4, 3e-4, 5e-4, 1e-3), "epochs": (4, 8)}

    kl_weight: float = 1.0  # agreement with the teacher on the retain set
    retain_weight: float = 1.0  # the retain set's own loss
    forget_until: float = 0.8  # share of the steps after which only keeping steps follow

    def __post_init__(self) -> None:
        not_negative("scrub", kl_weight=self.kl_weight, retain_weight=self.retain_weight)
        share("scrub", forget_until=self.forget_until)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        step = batch.step
        if step.number % 2 == 1 and step.number < self.forget_until * step.total:
            # Unbounded below: the divergence guard stops a run, not this loss.
            now = policy(batch.forget)
            return -now.token_mean(divergence(reference(batch.forget), now))
        now = policy(batch.retain)
        agree = now.token_mean(divergence(reference(batch.retain), now))
        return self.kl_weight * agree + self.retain_weight * now.nll
