"""Preference optimisation with refusals ("IDK"): teach the model to decline, and keep the rest.

Maini, Feng, Schwarzschild, Lipton and Kolter. TOFU: A Task of Fictitious Unlearning for LLMs.
COLM 2024. arXiv:2401.06121. "PO" in MLLMU-Bench, FIUBench and PEBench.
Departure from the paper: refusals and the retain set have a mean over answer tokens each, and the two are
added. The authors' code joins both into one batch with one mean, in which whichever has more tokens weighs
more.
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
class PreferenceOptimisation:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "refusal"})
    search: ClassVar[Space] = {"lr": (3e-4, 5e-4, 1e-3, 2e-3), "epochs": (4, 8)}

    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative("po", retain_weight=self.retain_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        return policy(batch.refusal).nll + self.retain_weight * policy(batch.retain).nll
