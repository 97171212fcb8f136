"""What attacks by gradients share: weights that stay as they are, and vectors in place of tokens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from remem.errors import UserError
from remem.models.base import Encoded
from remem.models.touching import Change, Place

if TYPE_CHECKING:
    from remem.attacks.base import Asked
    from remem.attacks.scene import Scene
    from remem.models.huggingface import Model

EMBEDDINGS = Place("embeddings")
# What the notes of an attack by gradients tell.
STEPS, LOSS = "gradient steps", "loss after, nats per token"
DIVERGED = "this arm's model has diverged. Leave it out, or train it anew with a smaller learning rate"
SHARE = 4  # a reading with gradients holds so many times as much as one without


@contextlib.contextmanager
def still(model: Model) -> Iterator[None]:
    """No weight is given a gradient meanwhile, and dropout is off."""
    weights = list(model.network.parameters())
    were = [weight.requires_grad for weight in weights]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        with model.deterministic(), torch.enable_grad():
            yield
    finally:
        for weight, was in zip(weights, were, strict=True):
            weight.requires_grad_(was)


def gradient(loss: Float[Tensor, ""], of: Tensor) -> Tensor:
    """Of a loss, for one tensor alone. UserError where the loss is no number."""
    if not bool(torch.isfinite(loss)):
        raise UserError(f"the loss is no number: {DIVERGED}")
    (found,) = torch.autograd.grad(loss, of)
    return found


def soft(ids: Sequence[int], vectors: Float[Tensor, "place width"]) -> Change:
    """At the embeddings: the k-th vector wherever the k-th of these token ids stands."""

    def change(there: Tensor, tokens: Tensor | None) -> Tensor:
        assert tokens is not None
        at = tokens.unsqueeze(-1) == torch.tensor(ids, device=tokens.device)  # (row, token, place)
        # A product and not an index: its gradient is summed in one order.
        put = at.to(there.dtype) @ vectors.to(there.dtype)
        return torch.where(at.any(-1, keepdim=True), put, there)

    return change


def embedded(model: Model, rows: Sequence[Encoded]) -> list[Float[Tensor, "token width"]]:
    """Of each row, the embeddings of its prompt's tokens, but for those that stand for pictures; float32."""
    found = []
    for row in rows:
        caught: list[Tensor] = []

        def keep(there: Tensor, tokens: Tensor | None, caught: list[Tensor] = caught) -> Tensor:
            caught.append(there[0].detach().float())
            return there

        alone = Encoded(row.question, row.prompt, ())
        with torch.no_grad(), model.touched(EMBEDDINGS, keep):
            model.forward(model.collate([alone]))
        text = [number for number, token in enumerate(row.prompt) if token != model.placeholder]
        found.append(caught[0][text])
    return found


def free(
    scene: Scene, asked: Sequence[Asked], ranked: Sequence[Asked], taught: Sequence[Encoded], count: int
) -> tuple[int, ...]:
    """So many token ids that stand in no question, no candidate value and no row that is trained on."""
    spoken = [
        Encoded(prompt.prompt.question, prompt.prompt.prompt, tuple(set(sum(prompt.tokens, ()))))
        for _, prompt in scene.candidates(ranked)
    ]
    return scene.model.spare([*scene.rows(asked), *spoken, *taught], count)
