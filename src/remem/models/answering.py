"""All that is asked of a question, from one reading: log-probs of the true answer, and a greedy answer.

The true answer is read behind its prompt, and its log-probs are known. Greedy decoding says that same answer
for as long as each of its tokens is the most likely one, so it is decoded only from the first that is not:
what a model has learnt by heart is not decoded at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from remem.models.base import Encoded, Generated, Output, output_of
from remem.models.reading import Read, read
from remem.models.trust import OWN_POSITIONS

if TYPE_CHECKING:
    from remem.models.inside import Model

ONCE = "answering and scoring from one reading"
PROBES = 3


@torch.inference_mode()
def answer(model: Model, rows: Sequence[Encoded], most: int) -> tuple[list[Generated], Output]:
    """Greedy answers of at most so many tokens, and the log-probs of the rows' own answers.

    The first call compares this with the plain way; where they differ, the plain one is used.
    """
    if model.own_positions and model.trust[ONCE] is None:
        model.trust.refuse(ONCE, OWN_POSITIONS)
    probes = rows[:PROBES]
    if not model.trust.try_(ONCE, lambda: _plain(model, probes), lambda: _fast(model, probes, most)):
        return model.generate(rows, most), model.forward(model.collate(rows))
    said, out = once(model, rows, most)
    return [model.spoken(tokens) for tokens in said], out


def once(
    model: Model, rows: Sequence[Encoded], most: int, worth: float | None = None
) -> tuple[list[list[int]], Output]:
    """The tokens of each greedy answer, end of turn included, and the log-probs of the rows' own answers.

    `worth`: see `read`.
    """
    batch = model.answers(rows)
    width = batch.answer.shape[1]
    found = read(model, rows, width + 1, worth)
    best = found.logits.argmax(-1)
    said = [_agreed(row.answer, best[i, width - len(row.answer) :].tolist()) for i, row in enumerate(rows)]
    out = output_of(found.logits[:, :-1], batch)
    more = [
        i for i, tokens in enumerate(said) if len(tokens) < most and tokens[-1] not in model.encoder.end_ids
    ]
    if more:
        _go_on(model, rows, said, found, more, most)
    return [tokens[:most] for tokens in said], out


def _agreed(answer: Sequence[int], best: Sequence[int]) -> list[int]:
    """What greedy decoding says while it says the answer, and the first token that is another.

    `best`: the most likely token at each place of the answer, and behind it.
    """
    miss = next((i for i, token in enumerate(answer) if token != best[i]), len(answer))
    whole = miss == len(answer) > 0  # what the answer ends with is the end of the turn
    return list(answer[:miss]) + ([] if whole else [best[miss]])


def _go_on(
    model: Model, rows: Sequence[Encoded], said: list[list[int]], found: Read, more: list[int], most: int
) -> None:
    """Decodes the answers that have not ended, from the cache; those that end leave the batch."""
    device = model.device
    chosen = torch.tensor(more, device=device)
    cache, mask = found.kept.rows(chosen), found.mask[chosen].clone()
    unsaid = [len(rows[i].answer) - (len(said[i]) - 1) for i in more]
    for number, tokens in enumerate(unsaid):  # what the true answer goes on with was not said
        mask[number, mask.shape[1] - tokens :] = False
    position = mask.sum(1, keepdim=True)
    token = torch.tensor([[said[i][-1]] for i in more], device=device)
    while more:
        mask = torch.cat([mask, mask.new_ones((len(more), 1))], 1)
        logits = model.call(
            input_ids=token, attention_mask=mask.long(), position_ids=position, cache=cache, logits_to_keep=1
        ).logits
        token, position = logits[:, -1:].argmax(-1), position + 1
        for i, new in zip(more, token[:, 0].tolist(), strict=True):
            said[i].append(new)
        left = [
            number
            for number, i in enumerate(more)
            if len(said[i]) < most and said[i][-1] not in model.encoder.end_ids
        ]
        if len(left) < len(more):
            more = [more[number] for number in left]
            chosen = torch.tensor(left, dtype=torch.long, device=device)
            mask, position, token = mask[chosen], position[chosen], token[chosen]
            if more:
                cache.batch_select_indices(chosen)


def _plain(model: Model, rows: Sequence[Encoded]) -> list[float]:
    with torch.inference_mode():
        return [*model.forward(model.collate(rows)).logp.flatten().tolist(), 0.0]


def _fast(model: Model, rows: Sequence[Encoded], most: int) -> list[float]:
    """Log-probs, and by how much the plain way finds another token more likely than one that was said."""
    said, out = once(model, rows, most, worth=-1.0)  # the way with the most that can go wrong
    spoken = [
        Encoded(row.question, row.prompt, tuple(tokens)) for row, tokens in zip(rows, said, strict=True)
    ]
    plain = model.forward(model.collate(spoken))
    short = plain.logits.amax(-1) - plain.logits.gather(-1, plain.answer.unsqueeze(-1)).squeeze(-1)
    return [*out.logp.flatten().tolist(), short.masked_fill(~plain.mask, 0.0).max().item()]
