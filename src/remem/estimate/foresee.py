"""Memory and time of a run from its settings: arithmetic, with its assumptions said.

Bytes: a weight that trains is held in float32 with its gradient, two moments of AdamW and the copy of the
last good weights (20 bytes); all others in the model's precision. Operations: two for each weight and token
in a forward, twice that in a backward through everything, as much again as a forward where weights are frozen
(gradients of activations alone); Kaplan et al., arXiv:2001.08361.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from remem.estimate.cards import GIB, Card
from remem.estimate.sizes import Sizes, sizes
from remem.run.amounts import rows
from remem.run.settings import Run
from remem.run.tasks import tasks
from remem.settings import Train
from remem.steps import parallel

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.base import Question

TRAINED_BYTES = 20
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
OVERHEAD = 1.0 * GIB  # libraries, their work space, and what the allocator cannot use
SAMPLE = 24


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The questions of a run, from a sample of them."""

    questions: int  # that stage 1 teaches
    forgotten: int
    asked: int  # of each arm
    prompt: float  # mean tokens
    longest: int  # tokens of the longest prompt and answer of the sample
    answer: float
    patches: float  # of the vision tower, a question


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a run will take on one card."""

    sizes: Sizes
    reading: Reading
    card: Card
    memory: dict[str, float]  # bytes, while it trains
    asking: dict[str, float]  # bytes, while it is asked
    steps: dict[str, int]  # optimiser steps, by training
    hours: dict[str, float]

    @property
    def peak(self) -> float:
        return max(sum(self.memory.values()), sum(self.asking.values()))

    @property
    def fits(self) -> bool:
        return self.peak <= self.card.memory


def foresee(run: Run, card: Card, data: Dataset | None = None) -> Forecast:
    """Of a resolved run. UserError where its model or processor cannot be read."""
    from remem.models import find

    source = find(run.model.name)
    body = sizes(source, run.model.adapt)
    read = reading(run, source, data, body.patch)
    return Forecast(
        sizes=body,
        reading=read,
        card=card,
        memory=training_memory(run, body, read),
        asking=asking_memory(run, body, read),
        steps=({} if run.given else {"stage 1": _steps(run.learn, read.questions)})
        | _unlearning_steps(run, read),
        hours=hours(run, body, read, card),
    )


def weights(run: Run, body: Sizes) -> float:
    """Bytes of the weights as they are loaded."""
    size = BYTES[run.model.dtype]
    if run.model.quantise == "none":
        return body.total * size
    from remem.models.quantised import PARAMETER_BYTES

    return (body.total - body.linear) * size + body.linear * PARAMETER_BYTES


def training_memory(run: Run, body: Sizes, read: Reading) -> dict[str, float]:
    """Bytes at the peak of a step, the largest of the trainings."""
    in_full = "lora" not in (run.model.adapt.language, run.model.adapt.vision, run.model.adapt.projector)
    size = BYTES[run.model.dtype]
    shared = parallel.world() if parallel.shards(run.model.shard) else 1
    grown = body.trained * (TRAINED_BYTES - (size if in_full else 0)) / shared
    rows = max(_rows(how) for how in _trainings(run))
    tokens = rows * read.longest
    again = body.layers * body.width + body.kept  # each layer's input, and one layer's all
    kept = again if run.model.checkpointing else body.layers * body.kept
    found = {
        "weights": weights(run, body),
        "what trains: float32, gradients, AdamW, last good copy": float(grown),
        "activations": float(tokens * kept * size),
        "answers' logits": float(3 * 4 * rows * read.answer * body.vocabulary),
        "overhead": OVERHEAD,
    }
    if shared > 1:
        found["whole in float32, when cut up and put together"] = float(body.trained * (4 - size))
    if in_full and any("reference" in use for use in _uses(run)):
        found["reference model"] = float(weights(run, body) + body.trained * (4 - size))
    return found


def asking_memory(run: Run, body: Sizes, read: Reading) -> dict[str, float]:
    """Bytes while an arm is asked."""
    size, rows = BYTES[run.model.dtype], min(run.evaluate.batch, max(1, run.evaluate.tokens // read.longest))
    tokens = rows * (read.longest + run.evaluate.max_new_tokens)
    return {
        "weights": weights(run, body),
        "keys and values": float(tokens * body.cached * size),
        "one layer's activations": float(tokens * body.kept * size),
        "answers' logits": float(2 * 4 * rows * read.answer * body.vocabulary),
        "overhead": OVERHEAD,
    }


def hours(run: Run, body: Sizes, read: Reading, card: Card) -> dict[str, float]:
    """By part of the run; stage 1 once more for each Goal model."""
    language, eyes = body.parameters["language"], body.parameters["vision"] + body.parameters["projector"]
    length = read.prompt + read.answer
    looked = 0.0 if run.model.features != "off" else 2.0 * eyes * read.patches
    adapt = run.model.adapt
    passes = 6 if adapt.language == "full" else 4
    if run.model.checkpointing:
        passes += 2
    taught = passes * language * length + (looked if adapt.vision == "frozen" else 6.0 * eyes * read.patches)
    forward = 2 * language * length + 2.0 * eyes * read.patches
    apart = len(tasks(run))  # each with a Goal model of its own
    goals = 0 if run.given else apart * run.forget.goals
    stage1 = 0.0 if run.given else (1 + goals) * taught * read.questions * run.learn.epochs
    unlearn = 0.0
    for one, how in zip(run.forget.methods, _methods_trainings(run), strict=True):
        uses = _needs(one.method)
        batches = 1 + ("retain" in uses) + bool({"refusal", "mismatch", "substitute"} & set(uses))
        each = batches * taught + (batches * forward if any("reference" in use for use in uses) else 0)
        unlearn += len(run.forget.seeds) * apart * each * read.forgotten * how.epochs
    arms = (len(run.given) or 2) + goals + len(run.forget.methods) * len(run.forget.seeds) * apart
    rows = min(run.evaluate.batch, max(1, run.evaluate.tokens // read.longest))
    # Every token that is said reads all weights once, for all rows.
    decoded = read.asked / rows * read.answer * weights(run, body) / card.bandwidth
    return {
        "stage 1, taught and goal": stage1 / card.flops / 3600,
        "unlearning": unlearn / card.flops / 3600,
        "asking": arms * (forward * read.asked / card.flops + decoded) / 3600,
    }


def reading(run: Run, source: str, data: Dataset | None, patch: int) -> Reading:
    """Counts from the settings or the data set; tokens from a sample, encoded as it will be."""
    from remem.models.encoding import Encoder
    from remem.models.loading import load_processor
    from remem.run.beside import rehearsal_folder
    from remem.world.exam import REHEARSAL, open_exam

    found = rows(run, data)
    taught, asked = found.taught, found.asked
    again = rehearsal_folder(run)
    if again is not None:
        lessons = len(open_exam(again).splits.get(REHEARSAL, ()))
        taught += round(run.model.rehearse * lessons)
    processor = load_processor(source)
    encoder = Encoder(processor, (processor.tokenizer.eos_token_id or 0,))
    sample = [encoder.encode(question) for question in _sample(run, data)]
    seen = [encoder.pixels(row.question) for row in sample]
    # Processors give (…, 3, h, w), or patches laid out flat; either way three values a pixel.
    pixels = [vision["pixel_values"].numel() / 3 if vision else 0 for vision in seen]
    limit = run.evaluate.items
    return Reading(
        questions=taught,
        forgotten=found.forgotten,
        asked=min(asked, found.forgotten + 2 * limit) if limit else asked,
        prompt=fmean(len(row.prompt) for row in sample),
        longest=max(len(row.prompt) + len(row.answer) for row in sample),
        answer=fmean(len(row.answer) for row in sample),
        patches=fmean(pixels) / patch**2,
    )


def _sample(run: Run, data: Dataset | None) -> list[Question]:
    from PIL import Image

    from remem.asking.respond import question_of
    from remem.data.pebench.settings import PEBenchSettings
    from remem.data.people import invent
    from remem.data.questions import questions
    from remem.models.base import Question
    from remem.spread import evenly

    if data is not None:
        return [question_of(data, data.items[id]) for id in evenly(data.splits["finetune"], SAMPLE)]
    blank = Image.new("RGB", (run.build.size, run.build.size))
    if isinstance(run.build, PEBenchSettings):
        from remem.data.events import EVENTS

        return [
            Question(
                event.name, "What is going on in this picture?", event.description, lambda: blank, "blank"
            )
            for event in list(EVENTS.values())[:SAMPLE]
        ]
    rows = [
        row
        for person in invent(3, run.build.seed)
        for row in questions(person, 20, run.build.one_hop, run.build.seed, images=max(run.build.images, 20))
    ]
    return [
        Question(str(n), row.question, row.answer, None if row.picture is None else lambda: blank, "blank")
        for n, row in enumerate(evenly(rows, SAMPLE))
    ]


def _rows(how: Train) -> int:
    return min(how.micro_batch or how.batch, how.batch)


def _methods_trainings(run: Run) -> list[Train]:
    from dataclasses import replace

    return [replace(run.forget.train, **one.train) for one in run.forget.methods]


def _trainings(run: Run) -> Iterable[Train]:
    unlearnt = _methods_trainings(run)
    return unlearnt if run.given and unlearnt else [run.learn, *unlearnt]


def _steps(how: Train, items: int) -> int:
    return max(1, round(how.epochs * -(-items // how.batch)))


def _unlearning_steps(run: Run, read: Reading) -> dict[str, int]:
    found = zip(run.forget.methods, _methods_trainings(run), strict=True)
    return {one.name or one.method: _steps(how, read.forgotten) for one, how in found}


def _needs(method: str) -> tuple[str, ...]:
    from remem.methods import uses

    return uses(method)


def _uses(run: Run) -> Iterable[str]:
    return [use for one in run.forget.methods for use in _needs(one.method)]
