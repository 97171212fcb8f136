"""Pictures of a family that looks at them through cross-attention (Mllama): one entry a row.

A batch may mix rows with and without a picture. Those without get an empty one, of which nothing comes out of
the projector: transformers lets a row whose mask is empty look at everything, and only its values can be 0.
The row's answers are then those of a batch without pictures, where these layers are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from remem.errors import UserError
from remem.models.base import Encoded

Vision = dict[str, Tensor]
BLANK = "blank"  # of a batch's inputs: which rows have no picture


def align(rows: Sequence[Encoded], seen: Sequence[Vision | None], placeholder: int) -> Vision:
    """The batch's pictures, of right-aligned rows. `seen`: the processed picture of each row, if any.

    `cross_attention_mask` is (row, token, picture, tile): from a picture's token on, its tiles are looked at.
    """
    some = next(vision for vision in seen if vision is not None)
    blank = {name: torch.zeros_like(tensor) for name, tensor in some.items()}
    blank["aspect_ratio_mask"][..., 0] = 1  # the tower divides by what it attends to
    whole = [blank if vision is None else vision for vision in seen]
    batch = {name: torch.cat([vision[name] for vision in whole]) for name in some}
    width = max(len(row.prompt) + len(row.answer) for row in rows)
    tiles = batch["aspect_ratio_mask"]  # (row, picture, tile)
    looks = torch.zeros((len(rows), width, *tiles.shape[1:]), dtype=torch.long)
    for row in rows:
        if len(row.question.pictures) > 1:
            raise UserError(
                f"item {row.question.id} shows several pictures, and this family is given one through "
                "cross-attention: leave the pictures of earlier turns out"
            )
    for number, (row, vision) in enumerate(zip(rows, seen, strict=True)):
        if vision is not None:
            start = width - len(row.prompt) - len(row.answer) + row.prompt.index(placeholder)
            looks[number, start:] = tiles[number]
    return batch | {"cross_attention_mask": looks, BLANK: torch.tensor([vision is None for vision in seen])}


def without(projected: Tensor, blank: Tensor) -> Tensor:
    """What comes out of the projector, in the order of the rows, with 0 for the rows that are blank."""
    return projected.reshape(len(blank), -1).masked_fill(blank[:, None], 0.0).reshape(projected.shape)
