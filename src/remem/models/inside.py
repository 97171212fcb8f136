"""A model as the helpers of this room see it: they are called by it, and call it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from remem.models.base import Batch, Encoded, Generated, Output, Trainables
from remem.models.trust import Trust

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from remem.models.encoding import Encoder


class Model(Protocol):
    """What `huggingface.Model` is to answering, packing, ranking, reading and features."""

    network: Any
    processor: Any
    dtype: torch.dtype
    placeholder: int | None
    own_positions: bool
    trust: Trust
    encoder: Encoder
    trainables: Trainables | None

    @property
    def device(self) -> torch.device: ...
    @property
    def vocabulary(self) -> int: ...
    def trainable(self) -> dict[str, Tensor]: ...
    def collate(self, rows: Sequence[Encoded]) -> Batch: ...
    def pictures(self, rows: Sequence[Encoded]) -> dict[str, Tensor]: ...
    def answers(self, rows: Sequence[Encoded]) -> Batch: ...
    def forward(self, batch: Batch) -> Output: ...
    def call(self, **inputs: Any) -> Any: ...
    def deterministic(self) -> AbstractContextManager[None]: ...
    def generate(self, rows: Sequence[Encoded], max_new_tokens: int) -> list[Generated]: ...
    def spoken(self, ids: Sequence[int]) -> Generated: ...
    def cache_of(self, out: Any) -> Any: ...
    def precision(self) -> AbstractContextManager[Any]: ...
    def projecting(
        self, change: Callable[[Tensor, Tensor], Tensor], which: Tensor | None
    ) -> AbstractContextManager[None]: ...
