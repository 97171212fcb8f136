"""Answers by the network's own generation: greedy, or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from remem.models.anatomy import plain
from remem.models.base import Encoded, Generated
from remem.models.crossing import BLANK, without
from remem.seeds import derive

if TYPE_CHECKING:
    from remem.models.inside import Model


def said(model: Model, rows: Sequence[Encoded], most: int, **how: Any) -> list[Generated]:
    """What the network's own generation makes of prompts; the rows' own answers are left out.

    Settings are these alone: a folder's own may hold penalties and bans that change the answers.
    """
    from transformers import GenerationConfig

    rows = [Encoded(row.question, row.prompt, ()) for row in rows]
    batch = model.encoder.collate(rows, model.device)
    vision = model.encoder.pictures(rows, model.device, model.dtype)
    blank = vision.pop(BLANK, None)
    network, ends = plain(model.network), model.encoder.end_ids
    kept = network.generation_config
    network.generation_config = GenerationConfig(
        max_new_tokens=most,
        num_beams=1,
        eos_token_id=list(ends),
        pad_token_id=model.encoder.tokenizer.pad_token_id or ends[0],
        **how,
    )
    try:
        with model.precision(), model.projecting(without, blank):
            out = model.network.generate(**batch.inputs, **vision)
    finally:
        network.generation_config = kept
    return [model.spoken(ids) for ids in out[:, batch.inputs["input_ids"].shape[1] :].tolist()]


def sample(
    model: Model, rows: Sequence[Encoded], count: int, temperature: float, seed: int, most: int
) -> list[list[Generated]]:
    """See `huggingface.Model.sample`."""
    how = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    drawn = []
    for row in rows:
        with torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []):
            torch.manual_seed(derive(seed, "sample", row.question.id))
            drawn.append(said(model, [row], most, **how, num_return_sequences=count))
    return drawn
