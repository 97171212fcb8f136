"""What stands inside a model while it reads: hidden states, the head on them, and token ids that are free."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from remem.errors import UserError
from remem.models.anatomy import final_norm, plain
from remem.models.base import Encoded
from remem.models.fitting import Budget
from remem.models.touching import Change, Place, touched

if TYPE_CHECKING:
    from remem.models.inside import Model

TOKENS = 4096  # read at once


@torch.inference_mode()
def states(model: Model, rows: Sequence[Encoded], layers: Sequence[int]) -> Float[Tensor, "layer row width"]:
    """What comes out of these layers of the language model, at the last token of each prompt; float32.

    The rows' answers are left out. UserError for a layer that is not there.
    """
    prompts = [Encoded(row.question, row.prompt, ()) for row in rows]
    found: list[Tensor] = []

    def read(picked: Sequence[int]) -> Tensor:
        kept: dict[int, Tensor] = {}
        with contextlib.ExitStack() as stack:
            for layer in layers:
                place = Place("layer", layer)
                stack.enter_context(touched(model.network, model.processor, place, _keep(kept, layer)))
            batch = model.collate([prompts[i] for i in picked])
            model.call(**batch.inputs, logits_to_keep=1)
        return torch.stack([kept[layer] for layer in layers])

    for _, part in Budget(TOKENS).each([len(row) for row in prompts], read):
        found.append(part)
    return torch.cat(found, 1)


def _keep(kept: dict[int, Tensor], layer: int) -> Change:
    def keep(made: Tensor, ids: Tensor | None) -> Tensor:
        kept[layer] = made[:, -1].float()
        return made

    return keep


def head(network: Any, found: Float[Tensor, "*any width"]) -> Float[Tensor, "*any vocab"]:
    """Logits of hidden states, as if they had come out of the last layer; float32."""
    body = plain(network)
    matrix = body.get_output_embeddings()
    logits: Tensor = matrix(final_norm(network)(found.to(matrix.weight.dtype)))
    return logits.float()


def spare(network: Any, tokenizer: Any, rows: Sequence[Encoded], count: int) -> tuple[int, ...]:
    """So many token ids that stand in none of these rows, the last of the vocabulary first.

    Those beyond the tokenizer's, where the matrix has such rows, come before all. UserError where too few are
    free.
    """
    size = plain(network).get_input_embeddings().weight.shape[0]
    taken = {token for row in rows for token in (*row.prompt, *row.answer)} | set(tokenizer.all_special_ids)
    free = [token for token in range(size - 1, -1, -1) if token not in taken]
    if len(free) < count:
        raise UserError(f"{count} soft tokens want as many free token ids, and this model has {len(free)}")
    return tuple(free[:count])
