"""Is this result real? Checks that run in every run, each for a mistake that published code has made.

A guard that fails is either fatal (the numbers would mean something else than they say: the run stops) or it
is written down beside the result, which stands.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from remem.errors import UserError
from remem.models.adapt import part_of
from remem.models.base import Encoded, Policy
from remem.steps.folders import write_atomic
from remem.text import contains, degenerate
from remem.training.outcome import GUARDS, Guard
from remem.types import Item, Response

if TYPE_CHECKING:
    from PIL import Image

    from remem.methods.streams import Streams
    from remem.models.huggingface import Model
    from remem.training.outcome import Outcome

PROBES = 8  # items that the reference is compared on
BROKEN_SHARE = (
    0.1  # of the answers to a split, above which they say more about the model than about its memory
)
# Fatal: the arm would not be what it is called.
FATAL = {
    "labels",
    "stand-ins",
    "start",
    "reference",
    "moved",
    "adapter",
    "scope",
    "steps",
    "pictures",
    "features",
}

ROOM = "room"  # for the true answers
PICTURED = "items with a picture are asked with it"
Prints = dict[str, tuple[float, float]]


class Album(Protocol):
    """As much of a data set as guards look at."""

    @property
    def items(self) -> Mapping[str, Item]: ...
    def image_key(self, item: str, /) -> str: ...
    def image(self, item: str, /) -> Image.Image | None: ...


def write(folder: Path, guards: Sequence[Guard]) -> None:
    """Writes guards.json; UserError when a fatal one failed."""
    write_atomic(folder / GUARDS, json.dumps([asdict(one) for one in guards], indent=1) + "\n")
    stop(*guards)


def stop(*guards: Guard) -> None:
    """UserError when a fatal guard failed."""
    failed = [f"{one.guard}: {one.what}" for one in guards if one.guard in FATAL and not one.passed]
    if failed:
        raise UserError("this result would not be real.\n" + "\n".join(failed))


# -- before a training --------------------------------------------------------------------------------


def labels(model: Model, rows: Iterable[Encoded], answers: Mapping[str, str]) -> Guard:
    """What is taught, decoded, is the data's answer to the letter: no prompt, no picture, no end cut off.

    `answers`: item id -> the answer as the data has it. White space is not compared.
    """
    wrong, seen = [], 0
    for row in rows:
        seen += 1
        answer = answers[row.question.id]
        tokenizer, ids = model.encoder.tokenizer, list(row.answer)
        ended = bool(ids) and ids[-1] in model.encoder.end_ids
        said = _squeeze(tokenizer.decode(ids[:-1] if ended else ids))
        # A tokenizer that cannot spell an answer decodes it to something else wherever it stands.
        alone = tokenizer.decode(tokenizer(answer, add_special_tokens=False).input_ids)
        spelt = ended and said in (_squeeze(answer), _squeeze(alone))
        if not spelt or (seen <= PROBES and not _collated(model, row)):
            wrong.append(f"{row.question.id} teaches {said[:60]!r} for {answer[:60]!r}")
    return _found("labels", seen, "answers are taught to the letter, and nothing else", wrong)


def _collated(model: Model, row: Encoded) -> bool:
    batch = model.collate([row])
    tail = batch.inputs["input_ids"][0, -len(row.answer) :].tolist()
    return batch.answer[0][batch.mask[0]].tolist() == tail == list(row.answer)


def stand_ins(streams: Streams, uses: Iterable[str], values: Mapping[str, Sequence[str]]) -> list[Guard]:
    """What is taught in place of an answer does not hold its value. `values`: item id -> its keywords."""
    found = []
    for name, put in streams.stand_ins.items():
        if name in uses:
            wrong = []
            for row in streams.forget:
                other = put(row, 0)
                # Descriptions of two scenes may share a word: a value of several keywords leaks when all do.
                true = values[row.question.id]
                leak = bool(true) and all(contains(other.question.answer or "", one) for one in true)
                if other.answer == row.answer or (leak and name != "mismatch"):
                    wrong.append(f"{row.question.id} is taught {(other.question.answer or '')[:60]!r}")
            found.append(
                _found("stand-ins", len(streams.forget), f"items have a {name} without the true value", wrong)
            )
    return found


def same(
    guard: str,
    what: str,
    model: Model,
    policy: Policy,
    rows: Sequence[Encoded],
    before: Mapping[str, Sequence[float]],
) -> Guard:
    """A model says what stage 1 said.

    `before`: item id -> the taught model's log-probs of its answer's tokens (nats). Compared is the mean
    absolute difference over the tokens of a few items; in half precision, it differs between batch sizes.
    """
    probes = [row for row in rows if row.question.id in before][:PROBES]
    apart: list[float] = []
    for row in probes:
        with torch.no_grad(), model.deterministic():
            logp = policy(model.collate([row])).logp[0].tolist()
        then = before[row.question.id]
        alike = len(then) == len(logp)
        apart += [abs(a - b) for a, b in zip(logp, then, strict=True)] if alike else [math.inf]
    mean = sum(apart) / len(apart) if apart else math.nan
    limit = 1e-2 if model.dtype == torch.float32 else 0.2
    text = f"{what} gives the taught model's log-probs on {len(probes)} items, within {limit:g} nats a token"
    passed = mean <= limit  # false for NaN, and where there was nothing to compare
    return Guard(guard, passed, text if passed else f"{text}: no, they are {mean:.3g} apart")


# -- after a training ---------------------------------------------------------------------------------


def prints(network: Any) -> Prints:
    """Sum and sum of squares of every parameter: differ where one was changed."""
    with torch.no_grad():
        return {
            path: (p.double().sum().item(), p.double().square().sum().item())
            for path, p in network.named_parameters()
        }


def weights(before: Prints, after: Prints, allowed: Iterable[str]) -> list[Guard]:
    """Something moved, in the allowed parts only; an adapter is not all zero."""
    changed = [path for path in after if after[path] != before.get(path)]
    astray = [path for path in changed if part_of(path) not in set(allowed)]
    guards = [
        Guard("moved", bool(changed), f"{len(changed)} of {len(after)} parameter tensors moved"),
        _found("scope", len(changed), f"tensors that moved lie in {', '.join(allowed)}", astray),
    ]
    adapters = [path for path in after if "lora_B" in path]
    if adapters:
        alive = sum(after[path][1] > 0 for path in adapters)
        guards.append(Guard("adapter", alive > 0, f"{alive} of {len(adapters)} adapters are not zero"))
    return guards


def ending(outcome: Outcome, planned: int, after: Prints) -> list[Guard]:
    """All planned steps were made, or the divergence is on record; every weight is a number."""
    finite = all(math.isfinite(sum(one)) for one in after.values())
    whole = outcome.steps == planned or outcome.diverged
    return [
        Guard("steps", whole, f"{outcome.steps} of {planned} planned steps"),
        Guard(
            "finite",
            finite and not outcome.diverged,
            f"diverged, last good weights kept: {outcome.why}"
            if outcome.diverged
            else "all weights are numbers",
        ),
    ]


def features(model: Model, rows: Sequence[Encoded]) -> list[Guard]:
    """What was kept of pictures is what the tower sees in them still; nothing where nothing is kept."""
    shown = [row for row in rows if row.question.image_key][:PROBES]
    if model.features is None or not model.features.at_work() or not shown:
        return []
    apart = model.features.apart(shown)
    limit = 1e-4 if model.dtype == torch.float32 else 0.1
    text = f"the tower sees in {len(shown)} pictures what was kept of them"
    passed = apart <= limit  # false for NaN
    return [Guard("features", passed, text if passed else f"{text}: no, it is {apart:.3g} apart")]


# -- after asking -------------------------------------------------------------------------------------


def pictures(model: Model, rows: Sequence[Encoded], items: Mapping[str, Item]) -> Guard:
    """Every item with a picture is asked with it: placeholders in the prompt, pixels in the batch."""
    placeholder = getattr(model.processor, "image_token_id", None)
    wrong, seen = [], 0
    for row in rows:
        if items[row.question.id].image_path:
            seen += 1
            held = row.question.image is not None and (placeholder is None or placeholder in row.prompt)
            if not held or (seen <= PROBES and not model.encoder.pixels(row.question)):
                wrong.append(row.question.id)
    return _found("pictures", seen, PICTURED, wrong)


def own_pictures(rows: Iterable[Encoded], data: Album) -> Guard:
    """Every question shows its own item's picture, and none where the item has none.

    By key; a few are compared pixel by pixel with what the data set gives for the item.
    """
    wrong, seen, compared = [], 0, 0
    for row in rows:
        asked, id = row.question, row.question.id
        seen += 1
        own = asked.image_key == (data.image_key(id) if data.items[id].image_path else "")
        if own and asked.image is not None and compared < PROBES:
            compared += 1
            theirs = data.image(id)
            own = theirs is not None and asked.image().tobytes() == theirs.tobytes()
        wrong += [] if own else [id]
    return _found("pictures", seen, "questions show their own item's picture", wrong)


def all_pictured(items: Sequence[Item]) -> Guard:
    """The guard of items that `pictures` let pass, chunk by chunk."""
    return _found("pictures", sum(bool(item.image_path) for item in items), PICTURED, [])


def answers(responses: Sequence[Response], splits: Mapping[str, Sequence[str]], most: int) -> list[Guard]:
    """There is room for the true answers (`most` new tokens); what was said is neither empty nor a loop."""
    long = [one.id for one in responses if len(one.logp) > most]
    need = max((len(one.logp) for one in responses), default=0)
    room = f"true answers fit into {most} new tokens"
    room += f" (room for all: --set evaluate.max_new_tokens={need})" if long else ""
    guards = [_found(ROOM, len(responses), room, long)]
    said = {one.id: one for one in responses}
    for split, ids in splits.items():
        here = [said[i] for i in ids if i in said]
        broken = sum(degenerate(one.text) for one in here)
        guards.append(
            Guard(
                "sound",
                broken <= BROKEN_SHARE * len(here),
                f"{split}: {broken} of {len(here)} answers are empty or repeat themselves",
            )
        )
    return guards


def _found(guard: str, seen: int, good: str, wrong: Sequence[str]) -> Guard:
    shown = f"; {len(wrong)} do not: {', '.join(wrong[:3])}" if wrong else ""
    return Guard(guard, not wrong, f"{seen - len(wrong)} of {seen} {good}{shown}")


def _squeeze(text: str) -> str:
    return "".join(text.split())
