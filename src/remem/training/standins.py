"""Other answers to the questions to forget: refusals, answers to other questions, other values."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from remem.data.dataset import value
from remem.methods.needs import StandIn
from remem.models.base import Encoded
from remem.models.huggingface import Model
from remem.refusals import REFUSALS, SCENE_REFUSALS, refusal_for
from remem.seeds import derive
from remem.text import contains, swapped

if TYPE_CHECKING:
    from remem.data import Dataset


def stand_ins(
    model: Model, data: Dataset, retain: Sequence[Encoded], seed: int
) -> Mapping[StandIn, Callable[[Encoded, int], Encoded]]:
    """By kind: (question, epoch) -> the same question with another answer, drawn anew for each epoch."""

    def draw(row: Encoded, epoch: int, purpose: str) -> random.Random:
        return random.Random(derive(seed, purpose, row.question.id, epoch))

    def refusal(row: Encoded, epoch: int) -> Encoded:
        item = data.items[row.question.id]
        of = SCENE_REFUSALS if item.category == "event" else REFUSALS
        # A refusal that holds the value, such as "I", would teach the true answer.
        other = [one for one in of if not item.keywords or not all(contains(one, k) for k in item.keywords)]
        return model.with_answer(row, refusal_for(row.question.id, seed, epoch, other or of))

    def mismatch(row: Encoded, epoch: int) -> Encoded:
        answer = draw(row, epoch, "mismatch").choice(retain).question.answer
        assert answer is not None
        return model.with_answer(row, answer)

    def substitute(row: Encoded, epoch: int) -> Encoded:
        item = data.items[row.question.id]
        true = value(item)
        others = [one for one in data.candidates(item) if not contains(one, true)]
        if not others:  # never the true answer: an attribute with one value only is refused
            return model.mark(refusal(row, epoch), [])
        other = draw(row, epoch, "substitute").choice(others)
        written = swapped(item.answer, true, other) if contains(item.answer, true) else other
        return model.mark(model.with_answer(row, written), [other])

    return {"refusal": refusal, "mismatch": mismatch, "substitute": substitute}
