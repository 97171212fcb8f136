"""What some families must be told of every token: whether it stands for a picture, or is the answer's."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from remem.errors import UserError
from remem.models.anatomy import plain
from remem.models.templates import Unwritten, where, writer

# Model types whose prompt is read in both directions, and only its answer from left to right.
PREFIX_READERS = ("paligemma",)


@dataclass(frozen=True)
class Marks:
    """One network's further inputs, one entry a token; most families have none.

    Qwen-VL places a picture's tokens in a grid by `mm_token_type_ids`, Gemma 3 lets them see each other by
    `token_type_ids`; for PaliGemma the same name says where the answer begins.
    """

    names: tuple[str, ...] = ()
    placeholder: int = -1
    prefix: bool = False
    crosses: bool = False  # looks at pictures through cross-attention: see `crossing`
    rows: int = 0  # of the embedding; 0 where it is not known

    @classmethod
    def of(cls, network: Any, placeholder: int | None) -> Marks:
        takes = signature(plain(network).forward).parameters
        names = tuple(name for name in ("token_type_ids", "mm_token_type_ids") if name in takes)
        prefix = plain(network).config.model_type in PREFIX_READERS
        crosses = "cross_attention_mask" in takes
        rows = int(plain(network).get_input_embeddings().weight.shape[0])
        return cls(names, -1 if placeholder is None else placeholder, prefix, crosses, rows)

    def __call__(self, ids: Int[Tensor, "row token"], answers: Sequence[int]) -> dict[str, Tensor]:
        """For right-aligned rows that end in answers of so many tokens."""
        if not self.names:
            return {}
        picture = (ids == self.placeholder).long()
        place = torch.arange(ids.shape[1], 0, -1, device=ids.device)
        answer = (place <= torch.tensor(answers, device=ids.device)[:, None]).long()
        told = answer if self.prefix else picture
        return {name: picture if name == "mm_token_type_ids" else told for name in self.names}

    def check(self, ids: Sequence[int], tokenizer: Any) -> None:
        """UserError for a token that the embedding has no row for."""
        wrong = max(ids, default=0)
        if self.rows and wrong >= self.rows:
            called = repr(tokenizer.convert_ids_to_tokens(wrong))[:40]
            raise UserError(
                f"{where(tokenizer)}: the token {wrong:,} ({called}) lies "
                f"beyond the {self.rows:,} that the model knows: the tokenizer (tokenizer.json) is another "
                "model's. Put the model's own there."
            )


def placeholder_of(network: Any, processor: Any) -> int | None:
    """The token that stands for a picture's part. A processor may name the one before a picture (Gemma 3)."""
    config = plain(network).config
    for place, name in (
        (config, "image_token_id"),
        (config, "image_token_index"),
        (processor, "image_token_id"),
    ):
        found = getattr(place, name, None)
        if isinstance(found, int):
            return found
    return None


def end_of_turn(network: Any, processor: Any) -> tuple[int, ...]:
    """Ids that end an answer. The first is the one that answers are taught to end with.

    What the chat template writes after an answer comes first, then what the model's
    generation settings and tokenizer name.
    """
    tokenizer = processor.tokenizer
    named = getattr(network.generation_config, "eos_token_id", None)
    ends = list(named) if isinstance(named, list | tuple) else [] if named is None else [named]
    rows = int(plain(network).get_input_embeddings().weight.shape[0])
    for end in ends:
        if type(end) is not int or not 0 <= end < rows:
            raise UserError(
                f"{where(tokenizer)}: eos_token_id is {end!r:.60} (generation_config.json, or else "
                f"config.json), and no token of the model's {rows:,}. Name the token that ends an answer"
            )
    ends += [tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else []
    if not ends:
        raise UserError("this model names no end-of-text token (eos_token_id): its answers would never end")
    mark = "\u2042"
    turn = [{"role": "assistant", "content": [{"type": "text", "text": mark}]}]
    with contextlib.suppress(Unwritten):  # some templates refuse a conversation that the assistant opens
        after = writer(processor)(turn).split(mark)[-1]
        special = [
            i for i in tokenizer(after, add_special_tokens=False).input_ids if i in tokenizer.all_special_ids
        ]
        ends = special[:1] + ends
    return tuple(dict.fromkeys(ends))
