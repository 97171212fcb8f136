"""Single image unlearning: learn another value in place of the true one, and hold all other predictions.

Li, Wei, Zhang, Qi, Du, Chen, Bi and Liu. Single Image Unlearning: Efficient Machine Unlearning in
Multimodal Large Language Models. NeurIPS 2024. arXiv:2405.12523.
Departure from the paper: its four targets (align with an unseen concept, give a new visual description,
decouple the facts, preserve other knowledge) are hand-made texts about one picture of a celebrity. Here two
stand for them, which is ours: the questions to forget, each answer with another value of the same attribute
in place of the true one, for the first three, and the questions to keep for the last. The dual mask is
theirs: the divergence leaves out the positions that spell the substituted value, and at the other positions
the vocabulary ids that spell the true one; it is a mean over answer tokens, the left-out ones counting 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from remem.methods.base import Paired
from remem.methods.checks import not_negative
from remem.methods.needs import Need, Space
from remem.models.base import Batch, Policy


@dataclass(frozen=True, kw_only=True)
class SIU:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "reference", "substitute"})
    search: ClassVar[Space] = {"lr": (1e-4, 3e-4, 5e-4, 1e-3), "epochs": (4, 8)}

    learn_weight: float = 0.9  # of the cross entropy ("a")
    hold_weight: float = 0.75  # of the masked divergence ("b")
    retain_weight: float = 1.0  # of the loss on rehearsed rows

    def __post_init__(self) -> None:
        not_negative(
            "siu",
            learn_weight=self.learn_weight,
            hold_weight=self.hold_weight,
            retain_weight=self.retain_weight,
        )

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> Float[Tensor, ""]:
        now = policy(batch.substitute)
        before = reference(batch.substitute).logits.log_softmax(-1)
        terms = before.exp() * (before - now.logits.log_softmax(-1))  # (batch, answer, vocabulary) nats
        spelt = true_ids(batch.forget, now.logits.shape[-1]).unsqueeze(1)  # (batch, 1, vocabulary)
        held = terms.masked_fill(spelt, 0.0).sum(-1).masked_fill(marked(batch.substitute), 0.0)
        learnt = now.nll + self.retain_weight * policy(batch.retain).nll
        return self.learn_weight * learnt + self.hold_weight * now.token_mean(held)


def marked(batch: Batch) -> Bool[Tensor, "batch answer"]:
    """Where the answers spell their values."""
    if batch.marked is None:
        raise RuntimeError("nobody marked the values in these answers: see Model.mark")
    return batch.marked


def true_ids(batch: Batch, vocabulary: int) -> Bool[Tensor, "batch vocabulary"]:
    """Which vocabulary ids spell the true value of each item."""
    counts = torch.zeros((len(batch.answer), vocabulary), device=batch.answer.device)
    return counts.scatter_add(1, batch.answer, marked(batch).float()) > 0
