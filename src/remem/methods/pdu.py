"""Primal-dual unlearning: flatten the logits on the forget set, under a bound on the retain set's loss.

Entesari, Hatami, Khaziev, Ramakrishna and Fazlyab. Constrained Entropic Unlearning: A Primal-Dual Framework
for Large Language Models. NeurIPS 2025. arXiv:2506.05314.
Departure from the paper: the multiplier moves from the first step on; the authors let it stand for the first
3 to 5 epochs. The forget loss is a mean over the positions that predict an answer token. Their code first
took prompt and padding, too; in open-unlearning it now masks by labels that are not shifted, one place late:
the position that predicts the first token is left out, and the one behind the last is taken. The constant
-multiplier x tolerance, which has no gradient, is left out of the loss. The defaults are those of their
script for TOFU, but for `rate`, which is that of their configuration (5 in that script). They advise a
tolerance a little above the retain loss at the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from remem.methods.base import Paired, Step
from remem.methods.checks import not_negative, positive
from remem.methods.needs import Need, Space
from remem.models.base import Policy


@dataclass(frozen=True, kw_only=True)
class PDU:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    search: ClassVar[Space] = {"lr": (2e-4, 3e-4, 5e-4, 1e-3), "tolerance": (0.03, 0.3)}

    tolerance: float = 0.3  # what the retain loss may be, nats per token
    rate: float = 1.0  # of the multiplier, per step
    first: float = 100.0  # the multiplier at the start
    forget_weight: float = 1.0  # of the loss on rows to forget

    def __post_init__(self) -> None:
        not_negative("pdu", tolerance=self.tolerance, rate=self.rate, first=self.first)
        positive("pdu", forget_weight=self.forget_weight)

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        now, kept = policy(batch.forget), policy(batch.retain).nll
        peak = now.logits.amax(-1) - now.logits.mean(-1)  # (batch, answer) nats; 0 where the logits are flat
        batch.step.note("retain_nll", kept)
        return self.forget_weight * now.token_mean(peak.square()) + self._multiplier(batch.step) * kept

    def after_step(self, step: Step) -> dict[str, float]:
        over = step.noted["retain_nll"] - self.tolerance
        return {"multiplier": max(0.0, self._multiplier(step) + self.rate * over)}

    def _multiplier(self, step: Step) -> float:
        return step.memory.get("multiplier", self.first)
