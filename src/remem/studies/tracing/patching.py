"""Run a model on a corrupted prompt with a piece of its clean run put back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from remem.models.base import Encoded
from remem.models.huggingface import Model
from remem.models.touching import Part, Place

KINDS = ("hidden", "attention", "mlp")
_PARTS: dict[str, Part] = {"hidden": "layer", "attention": "attention", "mlp": "mlp"}
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


def layers_of(model: Model) -> int:
    """How many layers can be restored; UserError where a layer has no attention or MLP to look at."""
    for kind in KINDS:
        with model.touched(_place(kind, 0), lambda made, _: made):
            pass
    return model.layers


def _place(kind: str, layer: int) -> Place:
    return Place(_PARTS[kind], layer)


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
    with _caught(model) as kept:
        before = model.forward(model.collate([clean])).sequence_logp.item()
    after = model.forward(model.collate([corrupted])).sequence_logp.item()
    restored: list[float] = []
    for start in range(0, len(patches), rows_at_once):
        part = patches[start : start + rows_at_once]
        batch = model.collate([corrupted] * len(part))
        with _restored(model, kept, part, source):
            restored += model.forward(batch).sequence_logp.tolist()
    return Effects(before, after, tuple(restored))


@contextlib.contextmanager
def _caught(model: Model) -> Iterator[Clean]:
    """Every output of a run of one row, by kind and layer; filled when the run is over."""
    kept: Clean = {kind: [] for kind in KINDS}
    with contextlib.ExitStack() as stack:
        for kind in KINDS:
            for layer in range(model.layers):

                def keep(made: Tensor, _: Tensor | None, into: list[Tensor] = kept[kind]) -> Tensor:
                    into.append(made[0])
                    return made

                stack.enter_context(model.touched(_place(kind, layer), keep))
        yield kept


@contextlib.contextmanager
def _restored(
    model: Model, kept: Clean, patches: Sequence[Patch], source: Int[Tensor, " token"]
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
                made: Tensor, _: Tensor | None, where: Tensor = where, clean: Tensor = kept[kind][layer]
            ) -> Tensor:
                here = (where.to(made.device) & (source >= 0)).unsqueeze(-1)
                return torch.where(here, clean[source.clamp(min=0)], made)

            stack.enter_context(model.touched(_place(kind, layer), put))
        yield
