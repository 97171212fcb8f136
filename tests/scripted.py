"""A model of one vector, with known answers, that remembers what it was asked and what it was taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from remem.models.ahead import Ahead
from remem.models.base import (
    Batch,
    Candidates,
    Encoded,
    Generated,
    Output,
    Question,
    Trainables,
    align_right,
    output_of,
)
from remem.models.fitting import Budget
from remem.models.huggingface import Model
from remem.seeds import derive
from remem.settings import Adapt

END = 0
VOCABULARY = 256  # a token is a character, latin-1


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.language_model = nn.ParameterDict({"bias": nn.Parameter(torch.ones(VOCABULARY))})
        self.dropout = nn.Dropout(0.5)

    @property
    def bias(self) -> Tensor:
        """Added to the logits of every position: all that trains."""
        return self.language_model["bias"]


class Characters:
    """As much of an encoder as guards look at."""

    end_ids = (END,)
    missed = False

    def __init__(self) -> None:
        self.ahead = Ahead()
        self.tokenizer = self

    def __call__(self, text: str, **more: object) -> SimpleNamespace:
        return SimpleNamespace(input_ids=list(tokens(text)[:-1]))

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        return text(torch.tensor(ids, dtype=torch.long))

    def pixels(self, question: Question) -> dict[str, Tensor]:
        return {} if question.image is None else {"pixel_values": torch.zeros(1)}


class Scripted(Model):
    """Opened from `arms`; says `says[id]`, or nothing. Its logits are those of `logits_of`."""

    vocabulary = VOCABULARY

    def __init__(self, arms: tuple[str, ...] = (), says: dict[str, str] | None = None):
        self.network = Network().eval()
        self.trainables, self.dtype, self.features = None, torch.float32, None
        self.compiles = self.shards = False
        self.processor, self.encoder = object(), Characters()  # type: ignore[assignment]
        self.placeholder = None
        self.arms = arms
        self.says = says or {}
        self.adapted: list[int] = []  # seeds
        self.taught: list[tuple[str, str]] = []  # (question id, answer) of every row of a training forward
        self.asked: list[str] = []  # question ids, in the order in which answers were generated
        self.limits: set[int] = set()  # of generated tokens
        self.begun: list[tuple[Question, str]] = []  # cloze prompts: (the turn, how its answer begins)

    def encode(self, question: Question) -> Encoded:
        answer = () if question.answer is None else tokens(question.answer)
        return Encoded(question, tokens(question.text)[:-1], answer)

    def with_answer(self, row: Encoded, answer: str) -> Encoded:
        return Encoded(replace(row.question, answer=answer), row.prompt, tokens(answer))

    def mark(self, row: Encoded, values: Sequence[str]) -> Encoded:
        return row

    def cloze(self, question: Question, lead: str, values: Sequence[str]) -> Candidates:
        self.begun.append((question, lead))
        return Candidates(self.encode(question), tuple(tokens(value)[:-1] for value in values))

    def collate(self, rows: Sequence[Encoded]) -> Batch:
        answer, mask = align_right([row.answer for row in rows], 0)
        ids, real = align_right([row.prompt + row.answer for row in rows], END)
        inputs = {"input_ids": ids, "attention_mask": real.long()}
        return Batch(inputs=inputs, answer=answer, mask=mask, ids=tuple(row.question.id for row in rows))

    def batch(self, rows: Sequence[Encoded]) -> Batch:
        return self.collate(rows)

    def forward(self, batch: Batch) -> Output:
        width = batch.answer.shape[1]
        logits = torch.zeros((len(batch.ids), width, VOCABULARY))
        logits[..., END] = 9.0  # where padded, token 0 looks right
        for i, id in enumerate(batch.ids):
            answer = batch.answer[i][batch.mask[i]]
            logits[i, width - len(answer) :] = logits_of(id, answer)
            if self.network.training:
                self.taught.append((id, text(answer)))
        return output_of(logits + self.network.bias, batch)

    def generate(self, rows: Sequence[Encoded], max_new_tokens: int) -> list[Generated]:
        self.asked += [row.question.id for row in rows]
        self.limits.add(max_new_tokens)
        return [Generated(self.says.get(row.question.id, ""), True) for row in rows]

    def answer(self, rows: Sequence[Encoded], max_new_tokens: int) -> tuple[list[Generated], Output]:
        return self.generate(rows, max_new_tokens), self.forward(self.collate(rows))

    def rank(self, asked: Sequence[Candidates], budget: Budget | None = None) -> list[list[float]]:
        return [[-float(len(one.prompt.prompt) + i) for i in range(len(one.tokens))] for one in asked]

    def adapt(self, adapt: Adapt, seed: int = 0) -> Trainables:
        self.adapted.append(seed)
        return Trainables({})

    def save(self, folder: Path) -> None:
        (folder / "saved").write_text(" ".join(self.arms))


def tokens(text: str) -> tuple[int, ...]:
    return (*text.encode("latin-1", "replace"), END)


def text(answer: Tensor) -> str:
    return bytes(answer.tolist()).rstrip(b"\0").decode("latin-1")


def logits_of(id: str, answer: Tensor) -> Tensor:
    """(answer, vocabulary): random by item, and every third answer token is the most likely one."""
    generator = torch.Generator().manual_seed(derive(0, "logits", id))
    logits = torch.randn((len(answer), VOCABULARY), generator=generator)
    for position, token in enumerate(answer.tolist()):
        logits[position, token] = 5.0 if position % 3 == 0 else -5.0
    return logits
