"""What may be asked of a model. Everything outside this folder sees only these nouns and verbs.

The label shift, padding side, image tokens and chat template are dealt with behind this line, once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from PIL import Image
from torch import Tensor

Opener = Callable[[], Image.Image]


@dataclass(frozen=True)
class Turn:
    """Something said before a question: an instruction to the system, or a turn of either side."""

    role: Literal["system", "user", "assistant"]
    text: str  # without marks of pictures or turns: the chat template puts them in
    image: Opener | None = None  # of a user's turn; opened only when needed
    image_key: str = ""  # the same picture has the same key


@dataclass(frozen=True)
class Question:
    """One turn to be answered: what the model sees and, for teaching and scoring, what it should say."""

    id: str  # comes back with its answer
    text: str  # without marks of pictures or turns: the chat template puts them in
    answer: str | None = None  # None: to be generated
    image: Opener | None = None  # opened only when needed
    image_key: str = ""  # the same picture has the same key; an altered one has a key of its own
    concept: str = ""  # the kind of question, for methods that balance kinds
    person: str = ""  # whom the picture shows, where the answer is true of every picture of them
    turns: tuple[Turn, ...] = ()  # said before it
    soft: tuple[int, ...] = ()  # token ids in front of its prompt: places for vectors (`Model.touched`)
    begun: str = ""  # how its answer begins: said for the model, which goes on. `answer` is then the rest

    @cached_property
    def pictures(self) -> tuple[Opener, ...]:
        """All that it shows, those of earlier turns first, in the order of their places in the prompt."""
        opened = (*(turn.image for turn in self.turns), self.image)
        return tuple(one for one in opened if one is not None)

    @cached_property
    def seen_key(self) -> str:
        """Of all that it shows together: its own picture's key where no earlier turn shows one.

        "" where it shows nothing, or one of them has no key.
        """
        before = [turn.image_key for turn in self.turns if turn.image is not None]
        keys = before + ([self.image_key] if self.image is not None else [])
        if not before:
            return self.image_key
        return hashlib.blake2b(" ".join(keys).encode(), digest_size=16).hexdigest() if all(keys) else ""


@dataclass(frozen=True)
class Encoded:
    """One question as token ids. The answer's tokens are kept apart, so labels cannot hold anything else."""

    question: Question
    prompt: tuple[int, ...]  # image placeholders already expanded; ends where the answer begins
    answer: tuple[int, ...]  # ends with the end-of-turn token; empty when there is no answer
    marked: tuple[bool, ...] = ()  # the answer's tokens that spell its value; empty: nobody looked
    glanced: bool = False  # of the picture only the class token is shown

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True)
class Batch:
    """Encoded questions. Padded on the left, so that every answer ends in the last column; or packed."""

    inputs: dict[
        str, Tensor
    ]  # as the model's forward takes them: input_ids, attention_mask, pixel_values, ...
    answer: Int[Tensor, "batch answer"]  # 0 where padded; the answer's last token is in the last column
    mask: Bool[Tensor, "batch answer"]  # where `answer` is real
    ids: tuple[str, ...] = ()  # of the questions, in the order of the rows
    marked: Bool[Tensor, "batch answer"] | None = None  # see Encoded.marked
    # 1 / (concepts in the step x answer tokens of the item's concept in the step)
    balance: Float[Tensor, " batch"] | None = None
    # Where rows are packed: the row of the inputs that holds an item, and what positions predict its answer.
    # None: item i is row i, and its answer ends in the last column.
    row: Int[Tensor, " batch"] | None = None
    at: Int[Tensor, "batch answer"] | None = None
    layer: int | None = None  # the language model's layer, from 0, whose output is asked for
    # Means are taken over the whole optimiser step, not over this slice of it: accumulating
    # gradients over slices is then the same sum as one large batch.
    items_in_step: int = 0
    tokens_in_step: int = 0

    def within(self, items: int, tokens: int) -> Batch:
        """This batch as a slice of an optimiser step with so many items and answer tokens."""
        return replace(self, items_in_step=items, tokens_in_step=tokens)

    def predicting(self, states: Float[Tensor, "row position width"]) -> Float[Tensor, "batch answer width"]:
        """Of states at all positions, those at the positions that predict the answers."""
        if self.row is None or self.at is None:
            return states[:, -self.answer.shape[1] - 1 : -1]
        return states[self.row.unsqueeze(1), self.at]

    def at_layer(self, layer: int) -> Batch:
        """This batch, asking for the output of a layer of the language model as well (the first is 0)."""
        return replace(self, layer=layer)


class Output(NamedTuple):
    """One forward pass over answer positions, labels already shifted."""

    logp: Float[Tensor, "batch answer"]  # nats, of the answer's tokens; 0 where padded
    mask: Bool[Tensor, "batch answer"]  # where an answer has a token
    logits: Float[Tensor, "batch answer vocab"]  # of the positions that predict the answer; float32
    answer: Int[Tensor, "batch answer"]  # token ids of the true answers
    items: int  # of the optimiser step that this batch is a slice of
    tokens: int  # answer tokens of that step
    hidden: Float[Tensor, "batch answer width"] | None = None  # of the positions that predict the answer

    @property
    def sequence_logp(self) -> Float[Tensor, " batch"]:
        """log p(answer) of each item, nats."""
        return self.logp.sum(-1)

    @property
    def nll(self) -> Float[Tensor, ""]:
        """Mean negative log-likelihood over the answer tokens of the optimiser step, nats per token."""
        return self.token_mean(-self.logp)

    def token_mean(self, values: Float[Tensor, "batch answer"]) -> Float[Tensor, ""]:
        """This slice's share of the mean over all answer tokens of the step; padding counts for nothing."""
        return values.masked_fill(~self.mask, 0.0).sum() / self.tokens

    def item_mean(self, values: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """This slice's share of the mean over all items of the step."""
        return values.sum() / self.items


Policy = Callable[[Batch], Output]


class Generated(NamedTuple):
    """A greedy answer."""

    text: str  # special tokens removed, stripped
    finished: bool  # ended by itself; False: cut off at the token limit


@dataclass(frozen=True)
class Candidates:
    """One prompt, and the texts that may continue it."""

    prompt: Encoded  # of a cloze prompt: ends just before the value
    tokens: tuple[tuple[int, ...], ...]  # each non-empty; without end-of-turn


def align_right(
    rows: Sequence[Sequence[int]], fill: int
) -> tuple[Int[Tensor, "row width"], Bool[Tensor, "row width"]]:
    """Token ids padded on the left with `fill` to the longest row, and where they are real."""
    width = max((len(row) for row in rows), default=0)
    ids = torch.full((len(rows), width), fill, dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.bool)
    for i, row in enumerate(rows):
        if row:
            ids[i, width - len(row) :] = torch.tensor(row)
            mask[i, width - len(row) :] = True
    return ids, mask


def output_of(logits: Float[Tensor, "batch answer vocab"], batch: Batch) -> Output:
    """The answer's log-probs, in nats, from the logits that predict it; they are made float32 first."""
    logits = logits.float()
    chosen = logits.gather(-1, batch.answer.unsqueeze(-1)).squeeze(-1) - logits.logsumexp(-1)
    logp = chosen.masked_fill(~batch.mask, 0.0)
    items = batch.items_in_step or len(batch.answer)
    tokens = batch.tokens_in_step or int(batch.mask.sum())
    return Output(logp, batch.mask, logits, batch.answer, items, tokens)


@dataclass(frozen=True)
class Anatomy:
    """What a method may ask of a model before it is loaded."""

    layers: int  # of the language model
    neurons: int  # of its MLPs, all layers together; 0 where none are found
    how: dict[str, str]  # part -> frozen | lora | full


@dataclass
class Trainables:
    """What trains, by part of the model: printed at the start of a run, and checked by the guards."""

    parts: dict[str, str]  # part -> frozen | lora | full
    counts: dict[str, int] = field(default_factory=dict)  # part -> parameters that train
    total: int = 0  # parameters of the whole model

    def __str__(self) -> str:
        inside = ", ".join(f"{part} {self.counts.get(part, 0):,} ({how})" for part, how in self.parts.items())
        return f"{sum(self.counts.values()):,} of {self.total:,} parameters train: {inside}"
