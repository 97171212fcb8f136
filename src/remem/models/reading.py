"""Rows read once, with a cache to read on from. Rows with one picture read it, and what they share, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from remem.models.base import Encoded, align_right
from remem.models.caching import Kept

if TYPE_CHECKING:
    from remem.models.inside import Model

WORTH = 0.3  # share of the tokens that must be saved before beginnings are read apart: it takes two forwards


@dataclass(frozen=True)
class Read:
    """What is left of reading: rows end in the last column."""

    kept: Kept
    logits: Float[Tensor, "row kept vocab"]  # of the last positions
    mask: Bool[Tensor, "row column"]  # of the cache: where its columns are real
    lengths: Int[Tensor, " row"]  # real tokens of each row


def read(model: Model, rows: Sequence[Encoded], keep: int, worth: float | None = None) -> Read:
    """Reads prompts and answers; logits of the last `keep` positions.

    Beginnings are read apart where this saves a share of the tokens above `worth`; below 0, always.
    """
    owner, shared = common(rows, model.placeholder)
    saved = sum(shared[number] for number in owner) - sum(shared)
    if saved <= (WORTH if worth is None else worth) * sum(map(len, rows)):
        batch = model.collate(rows)
        out = model.call(**batch.inputs, use_cache=True, logits_to_keep=keep)
        mask = batch.inputs["attention_mask"].bool()
        return Read(Kept(model.cache_of(out)), out.logits, mask, mask.sum(1))
    first = [rows[owner.index(number)] for number in range(len(shared))]
    beginnings = [
        Encoded(row.question, row.prompt[:size], ()) for row, size in zip(first, shared, strict=True)
    ]
    before = model.collate(beginnings)
    begun = model.call(**before.inputs, use_cache=True, logits_to_keep=1)
    chosen = torch.tensor(owner, device=model.device)
    cache = Kept(model.cache_of(begun)).rows(chosen)
    rest = [row.prompt[shared[number] :] + row.answer for number, row in zip(owner, rows, strict=True)]
    ids, real = (part.to(model.device) for part in align_right(rest, model.encoder.pad))
    mask = torch.cat([before.inputs["attention_mask"].bool()[chosen], real], 1)
    sizes = torch.tensor(shared, device=model.device)[chosen]
    out = model.call(
        input_ids=ids,
        attention_mask=mask.long(),
        position_ids=sizes.unsqueeze(1) + (real.long().cumsum(1) - 1).clamp(min=0),
        cache=cache,
        use_cache=True,
        logits_to_keep=keep,
    )
    return Read(Kept(cache), out.logits, mask, mask.sum(1))


def common(rows: Sequence[Encoded], placeholder: int | None) -> tuple[list[int], list[int]]:
    """For each row, its group; for each group, how many tokens its prompts share.

    A group is the rows with one picture, where that stands in what they share whole. Other rows, each a
    group of one, are said to share all but the last token of their prompt: that much is read first.
    """
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        alone = not row.question.pictures or not row.question.seen_key or placeholder is None
        # Two that see of one picture not the same do not share it.
        shown = f"picture {row.question.seen_key} {row.glanced}"
        groups.setdefault(f"row {number}" if alone else shown, []).append(number)
    owner, shared = [0] * len(rows), list[int]()
    for numbers in groups.values():
        prompts = [rows[number].prompt for number in numbers]
        size = alike(prompts)
        apart = [numbers]
        if any(placeholder in prompt[size:] for prompt in prompts):  # the picture stands behind the question
            apart = [[number] for number in numbers]
        for together in apart:
            for number in together:
                owner[number] = len(shared)
            alone = len(together) == 1
            shared.append(len(rows[together[0]].prompt) - 1 if alone else size)
    return owner, shared


def alike(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens these begin with in common; the last of each is not counted, so that one is left."""
    size = min(map(len, prompts)) - 1
    first = prompts[0]
    return next((i for i in range(size) if any(prompt[i] != first[i] for prompt in prompts)), size)
