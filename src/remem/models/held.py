"""Tensors kept in memory up to a budget, oldest out first."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor

Tensors = dict[str, Tensor]


class Held:
    """By key, such as a digest of a picture; "" is no key, and nothing is kept under it."""

    def __init__(self, budget_bytes: int) -> None:
        self.budget = budget_bytes
        self._kept: OrderedDict[str, Tensors] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> Tensors | None:
        return self._kept.get(key)

    def put(self, key: str, tensors: Tensors) -> None:
        """Keeps these, unless they alone are over the budget or the key is there already."""
        size = _bytes(tensors)
        if not key or key in self._kept or size > self.budget:
            return
        self._kept[key] = tensors
        self._size += size
        while self._size > self.budget:
            self._size -= _bytes(self._kept.popitem(last=False)[1])

    def clear(self) -> None:
        self._kept.clear()
        self._size = 0


def _bytes(tensors: Tensors) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())
