"""The batches of one optimiser step: which questions, in what order, in slices that fit the memory."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Literal, get_args

import torch

from remem.errors import UserError
from remem.methods.base import Method, Paired, Step
from remem.methods.needs import StandIn
from remem.methods.streams import Views, picture_tokens
from remem.models.base import Batch, Encoded
from remem.models.huggingface import Model
from remem.seeds import derive
from remem.settings import Train

if TYPE_CHECKING:
    from remem.methods.streams import Streams


Purpose = Literal["forget", "retain"]


def steps_in_epoch(settings: Train, items: int) -> int:
    """Optimiser steps of one pass over so many items."""
    return math.ceil(items / settings.batch)


def order(count: int, seed: int, purpose: str, epoch: int) -> list[int]:
    """The order of one pass over a stream."""
    generator = torch.Generator().manual_seed(derive(seed, "order", purpose, epoch))
    return torch.randperm(count, generator=generator).tolist()


def _take(rows: Sequence[Encoded], first: int, size: int, seed: int, purpose: str) -> list[Encoded]:
    """So many rows of an endless shuffled stream, from a position on: every pass holds each row once."""
    passes = range(first // len(rows), (first + size - 1) // len(rows) + 1)
    shuffled = [index for epoch in passes for index in order(len(rows), seed, purpose, epoch)]
    start = first - passes.start * len(rows)
    return [rows[index] for index in shuffled[start : start + size]]


def balanced(rows: Sequence[Encoded], step: int, size: int, seed: int, purpose: str) -> list[Encoded]:
    """The rows of one step, as many of each concept: each has an endless shuffled stream of its own.

    A concept with few rows comes round more often than one with many. What does not divide goes round.
    """
    piles: dict[str, list[Encoded]] = {}
    for row in rows:
        piles.setdefault(row.question.concept, []).append(row)
    whole, rest = divmod(size, len(piles))
    found = []
    for place, (concept, pile) in enumerate(piles.items()):
        turns = [(place + other) % len(piles) < rest for other in range(len(piles))]
        cycles, within = divmod(step, len(piles))
        first = step * whole + cycles * sum(turns) + sum(turns[:within])
        found += _take(pile, first, whole + turns[within], seed, f"{purpose}/{concept}")
    return found


def by_picture(rows: Sequence[Encoded], shuffled: Sequence[int]) -> list[int]:
    """A shuffled order in which the rows on one picture stand together, where the first row of them stood.

    The first in `rows`: by the first in the order, pictures with many questions would come early, text late.
    """
    piles: dict[str, list[int]] = {}
    for index in shuffled:
        question = rows[index].question
        piles.setdefault(question.image_key or f"row {index}", []).append(index)
    place = {index: at for at, index in enumerate(shuffled)}
    return [index for pile in sorted(piles.values(), key=lambda pile: place[min(pile)]) for index in pile]


def seen_anew(
    rows: Sequence[Encoded],
    views: Views,
    settings: Train,
    seed: int,
    placeholder: int | None,
) -> list[Encoded]:
    """Questions about persons in other pictures of them, some only glanced at: see the settings.

    A picture must take as many tokens as the one that it stands in for.
    """
    dice = Random(seed)

    def anew(row: Encoded) -> Encoded:
        if row.question.image is None or not row.question.person:
            return row
        if settings.vary_views:
            fit = views[row.question.person, picture_tokens(row, placeholder)]
            other = fit[dice.randrange(len(fit))].question
            row = replace(row, question=replace(row.question, image=other.image, image_key=other.image_key))
        return replace(row, glanced=dice.random() < settings.patch_dropout)

    return [anew(row) for row in rows]


def _lead(streams: Streams, purpose: Purpose, settings: Train, step: Step, mix: bool) -> list[Encoded]:
    """The rows of one step of the stream that epochs count: an epoch's last step may be smaller."""
    rows: Sequence[Encoded] = getattr(streams, purpose)
    if mix:
        return balanced(rows, step.number, min(settings.batch, len(rows)), step.seed, purpose)
    epoch, at = divmod(step.number, steps_in_epoch(settings, len(rows)))
    key = (purpose, step.seed, epoch, settings.by_picture)
    shuffled = streams.orders.get(key)
    if shuffled is None:  # of hundreds of thousands of rows it takes longer than the step
        shuffled = order(len(rows), step.seed, purpose, epoch)
        if settings.by_picture:
            shuffled = by_picture(rows, shuffled)
        streams.orders.clear()
        streams.orders[key] = shuffled
    return [rows[index] for index in shuffled[at * settings.batch : (at + 1) * settings.batch]]


def rows_to_keep(method: Method, streams: Streams, settings: Train, step: Step) -> list[Encoded]:
    """The rows of one optimiser step that are kept: as many as it forgets, so that slices come in pairs.

    None for a method that keeps nothing; in stage 1, where nothing is forgotten, the rows that are learnt.
    """
    mix = "balance" in method.uses
    if not streams.forget:
        return _lead(streams, "retain", settings, step, mix)
    if "retain" not in method.uses:
        return []
    if not streams.retain:
        raise UserError("this method needs questions to keep, and nothing is left to rehearse")
    epoch, at = divmod(step.number, steps_in_epoch(settings, len(streams.forget)))
    if mix:
        size = min(settings.batch, len(streams.forget))
        return balanced(streams.retain, step.number, size, step.seed, "retain")
    size = min(settings.batch, len(streams.forget) - at * settings.batch)
    first = epoch * len(streams.forget) + at * settings.batch
    return _take(streams.retain, first, size, step.seed, "retain")


def chosen(
    model: Model, method: Method, streams: Streams, settings: Train, step: Step
) -> tuple[list[Encoded], list[Encoded]]:
    """The rows of one optimiser step, to forget and to keep."""
    mix = "balance" in method.uses
    forget = _lead(streams, "forget", settings, step, mix) if streams.forget else []
    retain = rows_to_keep(method, streams, settings, step)
    if settings.vary_views or settings.patch_dropout:
        views, seed = streams.views(model.placeholder), derive(step.seed, "seen anew", step.number)
        forget, retain = (
            seen_anew(some, views, settings, derive(seed, name), model.placeholder)
            for name, some in (("forget", forget), ("retain", retain))
        )
    # A batch of like lengths wastes less padding; within a step the order changes nothing. What shares
    # a picture must stay in one slice, though.
    if not settings.by_picture:
        forget, retain = sorted(forget, key=len), sorted(retain, key=len)
    return forget, retain


def slices(model: Model, method: Method, streams: Streams, settings: Train, step: Step) -> Iterator[Paired]:
    """The batches of one optimiser step, cut into slices that fit the memory."""
    forget, retain = chosen(model, method, streams, settings, step)
    per_epoch = steps_in_epoch(settings, len(streams.forget or streams.retain))
    mix = "balance" in method.uses
    size = settings.micro_batch or settings.batch
    cuts = {"forget": _cut(model, forget, size, mix), "retain": _cut(model, retain, size, mix)}
    for name in get_args(StandIn):
        if name in method.uses:
            epoch = step.number // per_epoch
            # In the order of `forget`: row i of both is the same question.
            cuts[name] = _cut(model, [streams.stand_ins[name](row, epoch) for row in forget], size, mix)
    for batches in itertools.zip_longest(*cuts.values()):
        yield Paired(**dict(zip(cuts, batches, strict=True)), step=step)


def _cut(model: Model, rows: list[Encoded], size: int, mix: bool) -> Iterator[Batch]:
    tokens = sum(len(row.answer) for row in rows)
    if rows and not tokens:
        raise UserError("no answer token is supervised in this step: every answer is empty")
    by_concept = Counter[str]()
    for row in rows:
        by_concept[row.question.concept] += len(row.answer)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        batch = model.batch(part).within(len(rows), tokens)
        if mix:
            share = [1 / (len(by_concept) * by_concept[row.question.concept]) for row in part]
            batch = replace(batch, balance=torch.tensor(share, device=batch.answer.device))
        yield batch
