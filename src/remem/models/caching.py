"""Reading on from a cache of keys and values: as often as one likes, without reading its beginning again."""

from __future__ import annotations

from typing import Any

from jaxtyping import Int
from torch import Tensor


class Kept:
    """A cache as it was when this was made; what is read on from it can be taken back.

    A layer of transformers' dynamic cache joins new keys to old ones into a new tensor, so the old ones
    are still there to return to: nothing is copied.
    """

    def __init__(self, cache: Any) -> None:
        self.cache = cache
        self._layers = [(layer.keys, layer.values) for layer in cache.layers]

    def back(self) -> Any:
        """The cache, as it was."""
        for layer, (keys, values) in zip(self.cache.layers, self._layers, strict=True):
            layer.keys, layer.values = keys, values
        return self.cache

    def rows(self, chosen: Int[Tensor, " row"]) -> Any:
        """The cache of some rows, for good; a row may be chosen more than once."""
        self.cache.batch_select_indices(chosen)
        return self.cache
