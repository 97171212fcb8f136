"""Other weights for a while: rounded, merged, or whatever is to be tried on a model without changing it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from remem.errors import UserError


@contextlib.contextmanager
def weighed(network: Any, change: Callable[[str, Tensor], Tensor | None]) -> Iterator[None]:
    """By path and value what is put in a parameter's place, None for what stays.

    Afterwards every parameter is as before, bit for bit. UserError for a model whose weights are quantised,
    and for a value of another shape.
    """
    kept: list[tuple[Tensor, Tensor]] = []
    try:
        with torch.no_grad():
            for path, parameter in network.named_parameters():
                if not parameter.is_floating_point():
                    raise UserError(f"{path} is quantised: other weights cannot be put in its place")
                new = change(path, parameter.detach())
                if new is None:
                    continue
                if new.shape != parameter.shape:
                    raise UserError(f"{path} is {tuple(parameter.shape)}, and not {tuple(new.shape)}")
                kept.append((parameter, parameter.detach().clone()))
                parameter.copy_(new)  # in place: what a frozen tower has seen is kept by its version
        yield
    finally:
        with torch.no_grad():
            for parameter, before in kept:
                parameter.copy_(before)
