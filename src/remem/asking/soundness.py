"""Whether a model can be judged at all: does it look at pictures, does it speak, is it made of numbers?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from PIL import Image

from remem.asking.given import Soundness
from remem.asking.respond import question_of
from remem.models.base import Question
from remem.spread import evenly
from remem.world.corpus import plain
from remem.world.sentences import sentences

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.base import Encoded
    from remem.models.huggingface import Model

SENTENCES, TOGETHER = 32, 8


def sound(model: Model, data: Dataset, shown: int) -> Soundness:
    """Of a model, on `shown` of the data's questions with a picture at most."""
    finite = all(bool(torch.isfinite(one).all()) for one in model.network.parameters())
    with_picture = [item for item in data.items.values() if item.image_path]
    asked = [question_of(data, item) for item in evenly(with_picture, min(shown, len(with_picture)))]
    return Soundness(
        finite=finite,
        pictures=len(asked),
        grey=_grey(model, asked) if asked and finite else None,
        perplexity=_perplexity(model) if finite else None,
    )


def _grey(model: Model, asked: Sequence[Question]) -> float | None:
    apart = []
    for number, question in enumerate(asked):
        seen, blank = (
            sum(_logp(model, [model.encode(one)])[0]) for one in (question, _blank(question, number))
        )
        apart.append(abs(seen - blank))
    return _number(sum(apart) / len(apart))


def _blank(question: Question, number: int) -> Question:
    """The question with a grey picture of its own's size."""
    assert question.image is not None
    size = question.image().size

    def grey() -> Image.Image:
        return Image.new("RGB", size, "grey")

    return replace(question, image=grey, image_key=f"grey-{number}")


def _perplexity(model: Model) -> float | None:
    said = [plain(begin, rest) for begin, rest in sentences(0, SENTENCES, "exam")]
    rows = [model.encode(Question(f"plain-{n}", one.question, one.answer)) for n, one in enumerate(said)]
    parts = [rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)]
    found = [logp for part in parts for logp in _logp(model, part)]
    mean = -sum(map(sum, found)) / sum(map(len, found))
    return _number(math.exp(mean)) if mean < 700 else None


@torch.inference_mode()
def _logp(model: Model, rows: Sequence[Encoded]) -> list[list[float]]:
    """log p of each answer's tokens, nats."""
    out = model.forward(model.collate(rows))
    return [logp[mask].tolist() for logp, mask in zip(out.logp, out.mask, strict=True)]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
