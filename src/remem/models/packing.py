"""Several questions in one row: those on one picture share it, and each attends to its own words alone.

The loss is that of one row a question; the picture, which is most of the tokens, is read once. Rows are
filled up with other questions, so that little is padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from remem.models.base import Batch, Encoded
from remem.models.reading import common
from remem.models.tree import Tree, additive, grow

if TYPE_CHECKING:
    from remem.models.inside import Model

PACKED = "packing several questions into one row"
WORTH = 0.9  # share of the plain batch's tokens above which packing is not worth its mask
PROBES = 4


def batch(model: Model, rows: Sequence[Encoded]) -> Batch:
    """The rows as a batch, packed where that saves much and gives the plain numbers.

    While dropout is on nothing is packed: other places in the batch draw other random numbers.
    """
    if model.own_positions or drops_out(model.network):
        return model.collate(rows)
    bins = _bins(rows, model.placeholder)
    plain = len(rows) * max(map(len, rows))
    if len(bins) * _width(bins) > WORTH * plain or not _exact(model, rows):
        return model.collate(rows)
    return _laid_out(model, rows, bins)


def pack(model: Model, rows: Sequence[Encoded]) -> Batch:
    """The rows as a packed batch, whether it saves anything or not."""
    return _laid_out(model, rows, _bins(rows, model.placeholder))


def by_token(packed: Batch) -> Batch:
    """A packed batch whose items are the single tokens of its answers, in their order.

    Where the vocabulary is large so is the head's work: it then runs on no padding.
    """
    assert packed.row is not None
    assert packed.at is not None
    answer = packed.answer[packed.mask].unsqueeze(1)
    return replace(
        packed,
        answer=answer,
        mask=torch.ones_like(answer, dtype=torch.bool),
        ids=(),
        marked=None,
        row=packed.row[packed.mask.nonzero()[:, 0]],
        at=packed.at[packed.mask].unsqueeze(1),
    )


def drops_out(network: Any) -> bool:
    """Whether a forward of this network draws random numbers."""
    config = network.config
    parts = [config, *(getattr(config, name, None) for name in ("text_config", "vision_config"))]
    return bool(network.training) and (
        any(isinstance(module, nn.Dropout) and module.p > 0 for module in network.modules())
        or any(getattr(part, "attention_dropout", 0.0) for part in parts)
    )


Unit = tuple[Tree, list[int]]  # what shares a beginning, and the numbers of its rows


def _bins(rows: Sequence[Encoded], placeholder: int | None) -> list[list[Unit]]:
    """The units of each packed row, no row longer than the longest unit."""
    owner, _ = common(rows, placeholder)
    together: dict[int, list[int]] = {}
    for number, group in enumerate(owner):
        together.setdefault(group, []).append(number)
    units = [(grow(rows[i].prompt + rows[i].answer for i in inside), inside) for inside in together.values()]
    units.sort(key=lambda unit: -len(unit[0]))
    bins: list[list[Unit]] = []
    room: list[int] = []
    for tree, inside in units:
        at = next((i for i, left in enumerate(room) if left >= len(tree)), len(bins))
        if at == len(bins):
            bins.append([])
            room.append(len(units[0][0]))
        bins[at].append((tree, inside))
        room[at] -= len(tree)
    return bins


def _width(bins: list[list[Unit]]) -> int:
    return max(sum(len(tree) for tree, _ in units) for units in bins)


def _laid_out(model: Model, rows: Sequence[Encoded], bins: list[list[Unit]]) -> Batch:
    width, plain = _width(bins), model.answers(rows)
    ids = torch.full((len(bins), width), model.encoder.pad, dtype=torch.long)
    positions = torch.zeros_like(ids)
    sees = torch.zeros((len(bins), 1, width, width), dtype=torch.bool)
    row = torch.zeros(len(rows), dtype=torch.long)
    at = torch.zeros(tuple(plain.answer.shape), dtype=torch.long)
    pictured: list[Encoded] = []  # one row for each picture, in the order in which their places are filled
    for number, units in enumerate(bins):
        start = 0
        for tree, inside in units:
            here = slice(start, start + len(tree))
            ids[number, here] = torch.tensor(tree.tokens)
            positions[number, here] = torch.tensor(tree.depths)
            sees[number, 0, here, here] = tree.sees()
            for i, path in zip(inside, tree.paths, strict=True):
                row[i], size = number, len(rows[i].answer)
                if size:
                    at[i, -size:] = start + torch.tensor(path[-size:])
            if rows[inside[0]].question.pictures:
                pictured.append(rows[inside[0]])
            start += len(tree)
    inputs = {
        "input_ids": ids.to(model.device),
        "attention_mask": additive(sees.to(model.device), model.dtype),
        "position_ids": positions.to(model.device),
        **model.pictures(pictured),
    }
    return replace(plain, inputs=inputs, row=row.to(model.device), at=at.to(model.device))


def _exact(model: Model, rows: Sequence[Encoded]) -> bool:
    if model.trust[PACKED] is not None:
        return bool(model.trust[PACKED])
    owner, _ = common(rows, model.placeholder)
    probes = sorted(range(len(rows)), key=lambda i: (-owner.count(owner[i]), owner[i]))[:PROBES]
    some = [rows[i] for i in probes]

    def logp(made: Batch) -> list[float]:
        with torch.no_grad(), model.deterministic():
            return model.forward(made).logp.flatten().tolist()

    return model.trust.try_(PACKED, lambda: logp(model.collate(some)), lambda: logp(pack(model, some)))
