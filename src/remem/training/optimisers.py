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

from remem.errors import UserError
from remem.settings import Train

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


def has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 itself; the others are six times slower in it than in float32."""
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16"))


class WholeMuon(torch.optim.Muon if hasattr(torch.optim, "Muon") else object):  # type: ignore[misc]
    """torch's Muon with its Newton-Schulz steps in float32, for CPUs that have no bfloat16; matrices of one
    shape are made orthogonal together."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    alike.setdefault(weight.shape, []).append(weight)
            for shape, weights in alike.items():
                moved = torch.stack([self._mean(weight, group) for weight in weights])
                moved = _orthogonal(moved, group["ns_coefficients"], group["ns_steps"], group["eps"])
                size = 0.2 * max(shape) ** 0.5  # match_rms_adamw, the only one that is asked for here
                for weight, move in zip(weights, moved, strict=True):
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.add_(move, alpha=-group["lr"] * size)

    def _mean(self, weight: Tensor, group: dict[str, Any]) -> Tensor:
        assert weight.grad is not None
        mean: Tensor = self.state[weight].setdefault("momentum_buffer", torch.zeros_like(weight))
        mean.lerp_(weight.grad, 1 - group["momentum"])
        return weight.grad.lerp(mean, group["momentum"]) if group["nesterov"] else mean


def _orthogonal(matrices: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """(n, rows, columns): the singular vectors of each, with singular values near 1 (Jordan et al.), in the
    matrices' own precision."""
    a, b, c = coefficients
    tall = matrices.shape[1] > matrices.shape[2]
    found = matrices.mT if tall else matrices
    found = found / found.norm(dim=(1, 2), keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = found @ found.mT
        found = torch.baddbmm(found, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found.mT if tall else found


def optimiser(weights: Mapping[str, Tensor], settings: Train) -> Optimiser:
    """The optimiser of these weights, by path. UserError where this torch has no Muon."""

    def adamw(some: list[Tensor]) -> torch.optim.Optimizer:
        return torch.optim.AdamW(
            some,
            lr=settings.lr,
            betas=(0.9, settings.beta2),
            weight_decay=settings.weight_decay,
            fused=all(weight.is_cuda for weight in some) or None,  # elsewhere as torch chooses
        )

    if settings.optimiser == "adamw":
        return adamw(list(weights.values()))
    if not hasattr(torch.optim, "Muon"):
        raise UserError("optimiser=muon needs torch 2.9 or newer: update torch, or leave the default, adamw")
    inner = [path for path, weight in weights.items() if weight.dim() == 2 and not _outer(path)]
    rest = [weight for path, weight in weights.items() if path not in set(inner)]
    if not inner:
        return adamw(rest)
    slow = any(not weights[path].is_cuda for path in inner) and not has_bfloat16()
    muon = (WholeMuon if slow else torch.optim.Muon)(
        [weights[path] for path in inner],
        lr=settings.lr,
        weight_decay=settings.weight_decay,
        adjust_lr_fn="match_rms_adamw",  # updates of AdamW's size: one learning rate serves both
    )
    return Several(muon, adamw(rest)) if rest else muon


def _outer(path: str) -> bool:
    return any(part in OUTER for part in path.split("."))
