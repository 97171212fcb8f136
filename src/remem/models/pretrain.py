"""How the embedded models' bases are made from nothing: eyes first, then language and a world.

Stage A teaches the vision tower to see (tower.py). Stage B freezes it, as LLaVA's own training does, and
teaches projector and language what is said in the world corpus (remem.world). The loop of stage B is the one
that teaches everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from remem.config import Adapt, Train
from remem.data.people import invent
from remem.data.questions import questions
from remem.errors import unknown
from remem.methods.refusals import REFUSALS
from remem.models import basecard
from remem.models.architectures import llava, save, train_tokenizer
from remem.models.base import Encoded, Question
from remem.models.huggingface import Model
from remem.models.tower import Towering, learn_to_see
from remem.seeds import derive
from remem.train import Streams, Teach, train
from remem.types import Progress, silent
from remem.world import exam
from remem.world.corpus import KNOWLEDGE, Lesson, World, lessons, shots
from remem.world.pictures import Album, Shot, album

_PIXELS_BYTES = 6 << 30  # processed pictures that are held in memory


@dataclass(frozen=True, kw_only=True)
class Pretrain:
    """Sizes and lengths of a recipe. The defaults make `embedded`."""

    name: str = "embedded"
    seed: int = 0
    world: World = field(default_factory=World)
    size: int = 112  # pixels that the tower reads
    patch: int = 16
    vision: tuple[int, int] = (3, 192)  # layers, width
    language_shape: tuple[int, int] = (4, 128)
    vocabulary: int = 2048
    # Two rounds: the second looks closer, at more faces a step.
    tower: tuple[Towering, ...] = (
        Towering(),
        Towering(epochs=20, faces=56, scenes=24, lr=1.2e-3, zoom=0.5),
    )
    scenes: int = 24_000  # lessons about what a picture shows, each taught once
    repeats: int = 6  # how often the rest is taught: people, refusals, lore
    language: Train = field(
        default_factory=lambda: Train(
            lr=3e-3, epochs=1, batch=48, micro_batch=16, schedule="cosine", warmup=0.02, weight_decay=0.05
        )
    )


def tiny() -> Pretrain:
    """The base of `tiny`: smaller, and of drawn people; for tests and quick method work."""
    return Pretrain(
        name="tiny",
        world=World(source="drawn", size=64),
        size=64,
        vision=(3, 128),
        vocabulary=1536,
        tower=(Towering(epochs=16, lr=1e-3),),
        scenes=12_000,
    )


RECIPES: dict[str, Callable[[], Pretrain]] = {"embedded": Pretrain, "tiny": tiny}


def recipe(name: str) -> Pretrain:
    """The recipe of an embedded model."""
    if name not in RECIPES:
        raise unknown("embedded model", name, RECIPES)
    return RECIPES[name]()


def pretrain(
    folder: Path, kept: Path, settings: Pretrain, progress: Progress = silent, workers: int = 2
) -> None:
    """Makes a base and saves it in `folder` as bfloat16, loadable by the Auto classes.

    Pictures, the trained tower and the state of the language training are kept in `kept`: a killed run goes
    on from there.
    """
    world = settings.world
    wanted = shots(world)
    seen = album(wanted, world.source, world.seed, world.size, kept / "pictures", progress, workers)
    told = list(lessons(world, seen.words))
    tokenizer = train_tokenizer(_texts(told, world.seed), settings.vocabulary)
    with torch.random.fork_rng():
        torch.manual_seed(derive(settings.seed, "initial weights"))
        network, processor = llava(
            tokenizer,
            size=settings.size,
            patch=settings.patch,
            vision=settings.vision,
            language=settings.language_shape,
        )
    network.generation_config.eos_token_id = tokenizer.eos_token_id
    _see(network.model.vision_tower, processor, wanted, seen, settings, kept, progress)
    model = Model(network, processor, "base", pixel_budget_bytes=_PIXELS_BYTES)
    model.adapt(Adapt(vision="frozen", projector="full", language="full"))
    rows = list(_rows(model, told, seen, settings))
    streams = Streams(retain=rows)
    train(model, Teach(), streams, settings.language, seed=settings.seed, folder=kept, progress=progress)
    save(network.to(torch.bfloat16), processor, folder)
    exam.write(folder / "world", world, progress)
    marks = basecard.examine(folder, 100_000, kept / "exam", progress)
    basecard.write(folder, settings.name, settings, marks, sum(p.numel() for p in network.parameters()))


def _see(
    tower: Any,
    processor: Any,
    wanted: list[Shot],
    seen: Album,
    settings: Pretrain,
    kept: Path,
    progress: Progress,
) -> None:
    """Stage A; each finished round is kept."""
    normal = processor.image_processor.image_mean, processor.image_processor.image_std
    for number, how in enumerate(settings.tower):
        path = kept / f"tower-{number + 1}.pt"
        if not path.exists():
            seed = derive(settings.seed, "round", number)
            learn_to_see(tower, seen.pixels, wanted, seen.words, how, normal, seed, progress)
            torch.save(tower.state_dict(), path.with_suffix(".part"))
            path.with_suffix(".part").replace(path)
        tower.load_state_dict(torch.load(path, weights_only=True))


def _texts(told: list[Lesson], seed: int) -> Iterator[str]:
    """What the tokenizer is made from: all that is said, and facts of many more people of the world."""
    for lesson in told:
        yield lesson.said.question
        yield lesson.said.answer
    for person in invent(1500, seed + 1, world="base"):
        for row in questions(person, 14, 0.5, 1, "train", world="base", images=30):
            yield row.question
            yield row.answer
    yield from REFUSALS * 20


def _rows(model: Model, told: list[Lesson], seen: Album, settings: Pretrain) -> Iterator[Encoded]:
    """Every lesson as the loop takes it; those about pictures once and drawn by lot, the others repeated."""
    scenes = [lesson for lesson in told if lesson.said.kind not in KNOWLEDGE]
    others = [lesson for lesson in told if lesson.said.kind in KNOWLEDGE]
    dice = np.random.default_rng(derive(settings.seed, "lessons"))
    for at in sorted(dice.permutation(len(scenes))[: settings.scenes].tolist()):
        yield model.encode(question_of(scenes[at], seen))
    for lesson in others:
        row = model.encode(question_of(lesson, seen))
        for _ in range(1 if lesson.said.kind == "plain" else settings.repeats):
            yield row


def question_of(lesson: Lesson, seen: Album) -> Question:
    """A lesson as a question to a model."""
    shot = lesson.shot
    return Question(
        id=lesson.id,
        text=lesson.said.question,
        answer=lesson.said.answer,
        image=None if shot is None else lambda: Image.fromarray(seen.pixels[shot]),
        image_key="" if shot is None else str(shot),
        concept=lesson.said.kind,
    )
