"""The model before unlearning, as a loss asks for it: at work, or as what it said when it was asked.

Every question of the data set was put to the taught model once, and the log-probs of the true answers were
written down. A method that needs no more reads them there, whatever its seed: no second forward, no second
model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, get_args

import torch

from remem.methods.needs import Need, StandIn
from remem.models.base import Batch, Encoded, Output, Policy

if TYPE_CHECKING:
    from remem.methods.streams import Streams
    from remem.models.huggingface import Model

Said = Mapping[tuple[str, tuple[int, ...]], Sequence[float]]  # (question id, answer) -> nats, token by token


def reference_of(model: Model, uses: Collection[Need], streams: Streams) -> Policy:
    """The reference of a method that uses these: call before the first update."""
    if "reference" in uses:
        return model.reference()
    if "reference_logp" not in uses:
        return _unnamed
    rows = [*streams.forget, *(streams.retain if "retain" in uses else ())]
    said = _said(rows, streams.recorded)
    whole = len(said) == len({(row.question.id, row.answer) for row in rows})
    others = [name for name in get_args(StandIn) if name in uses]  # answers that nobody has asked about yet
    return recorded(said, None if whole and not others else model.reference())


def recorded(said: Said, asked: Policy | None) -> Policy:
    """A policy that gives what was said. A batch with any other answer is `asked` about.

    Its output has log-probs and no logits.
    """

    def policy(batch: Batch) -> Output:
        answers = [row[mask].tolist() for row, mask in zip(batch.answer.cpu(), batch.mask.cpu(), strict=True)]
        found = [said.get((id, tuple(answer))) for id, answer in zip(batch.ids, answers, strict=True)]
        logp = torch.zeros(tuple(batch.answer.shape))
        for row, known in zip(logp, found, strict=True):
            if known is None:
                assert asked is not None
                return asked(batch)
            row[len(row) - len(known) :] = torch.tensor(known)
        logp = logp.to(batch.answer.device)
        items = batch.items_in_step or len(batch.answer)
        tokens = batch.tokens_in_step or int(batch.mask.sum())
        return Output(logp, batch.mask, logp.new_zeros((*logp.shape, 0)), batch.answer, items, tokens)

    return policy


def _said(rows: Sequence[Encoded], record: Mapping[str, Sequence[float]]) -> Said:
    return {
        (row.question.id, row.answer): record[row.question.id]
        for row in rows
        if len(record.get(row.question.id, ())) == len(row.answer)
    }


def _unnamed(batch: Batch) -> Output:
    raise RuntimeError('this method reads the reference model but does not name "reference" in its `uses`')
