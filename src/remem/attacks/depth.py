"""Which layers of a language model are looked at: by their number, or by share of its depth."""

from __future__ import annotations

import math
from collections.abc import Sequence

from remem.errors import UserError


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
        raise UserError(f"{name}: layers are counted from 1, and {wrong[0]} is none; leave it empty for a few")


def named(layer: int, total: int) -> str:
    """As settings of attacks have it."""
    return f"layer {layer} of {total}"
