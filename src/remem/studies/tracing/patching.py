"""Run a model on a corrupted prompt with a piece of its clean run put back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from remem.errors import UserError
from remem.models.anatomy import decoder_layers
from remem.models.base import Encoded
from remem.models.huggingface import Model

KINDS = ("hidden", "attention", "mlp")
_PARTS = {"attention": "self_attn", "mlp": "mlp"}  # as all decoders of transformers call them
Clean = dict[str, list[Float[Tensor, "token width"]]]


@dataclass(frozen=True)
class Patch:
    """What one corrupted run gets back: one kind of output of one layer, at some tokens."""

    kind: str
    layer: int  # from 0
    tokens: Bool[Tensor, " token"]  # of the corrupted prompt, or of it and its answer


@dataclass(frozen=True)
class Effects:
    """Summed log-probs of the answer, nats."""

    clean: float
    corrupted: float
    restored: tuple[float, ...]  # one for each patch


def outputs(model: Model) -> dict[str, list[Any]]:
    """The modules whose output is the hidden state, the attention output and the MLP output of each layer."""
    layers = decoder_layers(model.network)
    found: dict[str, list[Any]] = {"hidden": layers}
    for kind, name in _PARTS.items():
        if not layers or not all(hasattr(layer, name) for layer in layers):
            raise UserError(
                f"this model's language layers have no {name}, so there is no {kind} output to restore: "
                "tracing needs layers that hold self_attn and mlp"
            )
        found[kind] = [getattr(layer, name) for layer in layers]
    return found


@torch.inference_mode()
def effects(
    model: Model,
    clean: Encoded,
    corrupted: Encoded,
    patches: Sequence[Patch],
    fellows: Sequence[int] = (),
    rows_at_once: int = 32,
) -> Effects:
    """log p(answer) of the clean prompt, of the corrupted one, and of the corrupted one with each patch.

    `fellows` names for each token of the corrupted prompt the one of the clean prompt that stands for it, -1
    where none does (nothing is put back there); without it the prompts must be of one length. The answers
    must be equal. Several patches are run as the rows of one batch.
    """
    fellows = fellows or range(len(clean.prompt))
    if len(fellows) != len(corrupted.prompt) or clean.answer != corrupted.answer:
        raise ValueError("clean and corrupted must have the same answer, and prompts that are told to match")
    ends = range(len(clean.prompt), len(clean))
    source = torch.tensor([*fellows, *ends], device=model.device)
    with _caught(outputs(model)) as kept:
        before = model.forward(model.collate([clean])).sequence_logp.item()
    after = model.forward(model.collate([corrupted])).sequence_logp.item()
    restored: list[float] = []
    for start in range(0, len(patches), rows_at_once):
        part = patches[start : start + rows_at_once]
        batch = model.collate([corrupted] * len(part))
        with _restored(outputs(model), kept, part, source):
            restored += model.forward(batch).sequence_logp.tolist()
    return Effects(before, after, tuple(restored))


@contextlib.contextmanager
def _caught(modules: dict[str, list[Any]]) -> Iterator[Clean]:
    """Every output of a run of one row, by kind and layer; filled when the run is over."""
    kept: Clean = {kind: [] for kind in modules}
    with contextlib.ExitStack() as stack:
        for kind, layers in modules.items():
            for module in layers:

                def keep(module: Any, inputs: Any, output: Any, into: list[Tensor] = kept[kind]) -> None:
                    into.append(_tensor(output)[0])

                stack.enter_context(module.register_forward_hook(keep))
        yield kept


@contextlib.contextmanager
def _restored(
    modules: dict[str, list[Any]],
    kept: Clean,
    patches: Sequence[Patch],
    source: Int[Tensor, " token"],
) -> Iterator[None]:
    """While this lasts, row r of a batch gets what patch r puts back."""
    wanted: dict[tuple[str, int], Tensor] = {}
    for row, patch in enumerate(patches):
        key = (patch.kind, patch.layer)
        where = wanted.setdefault(key, torch.zeros((len(patches), len(source)), dtype=torch.bool))
        where[row, : len(patch.tokens)] = patch.tokens
    with contextlib.ExitStack() as stack:
        for (kind, layer), where in wanted.items():

            def put(
                module: Any,
                inputs: Any,
                output: Any,
                where: Tensor = where,
                clean: Tensor = kept[kind][layer],
            ) -> Any:
                found = _tensor(output)
                here = (where.to(found.device) & (source >= 0)).unsqueeze(-1)
                mended = torch.where(here, clean[source.clamp(min=0)], found)
                return (mended, *output[1:]) if isinstance(output, tuple) else mended

            stack.enter_context(modules[kind][layer].register_forward_hook(put))
        yield


def _tensor(output: Any) -> Tensor:
    found = output[0] if isinstance(output, tuple) else output
    if not isinstance(found, Tensor) or found.dim() != 3:
        raise UserError(
            f"a layer gives {type(found).__name__} of a shape that is not (row, token, width): "
            "this family cannot be traced"
        )
    return found
