"""Batches that fit the memory: of like length, of so many tokens at most, and halved when memory runs out."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import torch

from remem.errors import UserError
from remem.memory import short as out_of_memory

Result = TypeVar("Result")


def longest_of(config: Any) -> int:
    """Tokens that a model reads at most, by its configuration; a billion where that does not say."""
    return int(getattr(config.get_text_config(), "max_position_embeddings", None) or 1 << 30)


LOGITS = 4096  # that take the room of one token: of a vocabulary up to this size nothing is added


def weight(tokens: int, positions: int, vocabulary: int) -> int:
    """What a row of so many tokens counts in a budget, where logits of so many positions are kept: of a large
    vocabulary these, and not what the layers hold, are what fills the memory."""
    return max(tokens, positions * vocabulary // LOGITS)


class Budget:
    """Tokens that one forward may hold, padding included: as given, until memory says otherwise. A row's
    logits count as tokens where they take more room: see `weight`."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens

    def each(
        self, sizes: Sequence[int], work: Callable[[list[int]], Result], most: int = 1 << 30
    ) -> Iterator[tuple[list[int], Result]]:
        """Work on consecutive items, of `sizes` tokens each, in batches of at most `most`.

        Yields the numbers of a batch's items, and what the work gave. A batch for which memory runs out is
        done in halves, and later ones stay as small. UserError where a single item does not fit.
        """
        start = 0
        while start < len(sizes):
            picked = self._next(sizes, start, most)
            result = None
            try:
                result = work(picked)
            except (RuntimeError, MemoryError) as problem:
                if not out_of_memory(problem):
                    raise
                if len(picked) == 1:
                    raise UserError(
                        f"there is not enough memory for one question of {sizes[start]:,} tokens: use "
                        "bfloat16, smaller pictures or a smaller model"
                    ) from problem
                self.tokens = len(picked) * max(sizes[i] for i in picked) // 2
            if result is None:  # outside of `except`, which would keep the failed forward's tensors alive
                free()
                continue
            yield picked, result
            start += len(picked)

    def _next(self, sizes: Sequence[int], start: int, most: int) -> list[int]:
        widest, end = sizes[start], start + 1
        while end < len(sizes) and end - start < most:
            widest = max(widest, sizes[end])
            if (end + 1 - start) * widest > self.tokens:
                break
            end += 1
        return list(range(start, end))


def free() -> None:
    """Gives back what a failed forward held."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
