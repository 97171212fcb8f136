"""Which layers of a language model are looked into: by their number, or by share of its depth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from remem.attacks.gradients import DIVERGED
from remem.errors import UserError
from remem.models.base import Encoded

if TYPE_CHECKING:
    from remem.models.huggingface import Model


def chosen(layers: Sequence[int], shares: Sequence[float], total: int) -> tuple[int, ...]:
    """Numbers from 1, in their order: those given, or those at these shares (0 to 1) of the depth.

    UserError for one beyond the last.
    """
    if layers and max(layers) > total:
        raise UserError(f"layer {max(layers)}: this model has layers 1 to {total}; choose among these")
    at = layers or [max(1, math.ceil(round(share * total, 6))) for share in shares]
    return tuple(sorted(set(at)))


def check(name: str, layers: Sequence[int]) -> None:
    """UserError for a layer before the first. `name`: of the setting."""
    if wrong := [layer for layer in layers if layer < 1]:
        raise UserError(f"{name}={wrong[0]}: layers are counted from 1; leave it empty for a few of them")


def named(layer: int, total: int) -> str:
    """As settings of attacks have it."""
    return f"layer {layer} of {total}"


def states(model: Model, rows: Sequence[Encoded], layers: Sequence[int]) -> Float[Tensor, "layer row width"]:
    """Behind these layers, from 1, at the end of each prompt; float32. UserError: they are no numbers."""
    found = model.states(rows, [layer - 1 for layer in layers])
    if not bool(torch.isfinite(found).all()):
        raise UserError(f"hidden states are no numbers: {DIVERGED}")
    return found
