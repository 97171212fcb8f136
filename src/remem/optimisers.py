"""AdamW, or Muon for the matrices inside of the network and AdamW for all else.

Muon (Jordan et al., 2024; Liu et al., Muon is Scalable for LLM Training, arXiv:2502.16982) makes the update
of a matrix orthogonal. Small models learn a corpus in fewer steps with it (docs/results/embedded.md);
it is not what the field unlearns with, so nothing uses it unless asked to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from remem.config import Train
from remem.errors import UserError

OUTER = ("embed_tokens", "lm_head", "embeddings", "wte", "heads")  # of paths: where it meets the world


class Optimiser(Protocol):
    """What the loop needs of torch's."""

    @property
    def param_groups(self) -> list[dict[str, Any]]: ...
    def step(self) -> Any: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: Any) -> None: ...


class Several:
    """Optimisers of different weights as one."""

    def __init__(self, *inside: torch.optim.Optimizer):
        self.inside = inside

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        return [group for one in self.inside for group in one.param_groups]

    def step(self) -> None:
        for one in self.inside:
            one.step()

    def state_dict(self) -> dict[str, Any]:
        return {str(number): one.state_dict() for number, one in enumerate(self.inside)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for number, one in enumerate(self.inside):
            one.load_state_dict(state[str(number)])


def optimiser(weights: Mapping[str, Tensor], settings: Train) -> Optimiser:
    """The optimiser of these weights, by path. UserError where this torch has no Muon."""

    def adamw(some: list[Tensor]) -> torch.optim.Optimizer:
        return torch.optim.AdamW(
            some, lr=settings.lr, betas=(0.9, settings.beta2), weight_decay=settings.weight_decay
        )

    if settings.optimiser == "adamw":
        return adamw(list(weights.values()))
    if not hasattr(torch.optim, "Muon"):
        raise UserError("optimiser=muon needs torch 2.9 or newer: update torch, or leave the default, adamw")
    inner = [path for path, weight in weights.items() if weight.dim() == 2 and not _outer(path)]
    rest = [weight for path, weight in weights.items() if path not in set(inner)]
    if not inner:
        return adamw(rest)
    muon = torch.optim.Muon(
        [weights[path] for path in inner],
        lr=settings.lr,
        weight_decay=settings.weight_decay,
        adjust_lr_fn="match_rms_adamw",  # updates of AdamW's size: one learning rate serves both
    )
    return Several(muon, adamw(rest)) if rest else muon


def _outer(path: str) -> bool:
    return any(part in OUTER for part in path.split("."))
