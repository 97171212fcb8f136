"""How the embedded models' bases are made from nothing: eyes first, then language and a world.

Stage A teaches the vision tower to see (tower.py). Stage B freezes it, as LLaVA's own training does, and
teaches projector and language what is said in the world corpus (remem.world). The loop of stage B is the one
that teaches everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from PIL import Image

from remem import disk
from remem.data.images.drawn import light
from remem.data.people import invent
from remem.data.questions import questions
from remem.embedded import basecard
from remem.embedded.recipes import Pretrain, Talking
from remem.embedded.tower import learn_to_see
from remem.methods.base import Teach
from remem.methods.streams import Streams
from remem.models.architectures import llava, save, train_tokenizer
from remem.models.base import Encoded, Question
from remem.models.huggingface import Model
from remem.refusals import REFUSALS
from remem.seeds import derive
from remem.settings import Adapt
from remem.steps.allocation import keep_freed_memory
from remem.training.loop import train
from remem.types import Progress, silent
from remem.world import exam
from remem.world.corpus import Lesson, lessons, shots
from remem.world.pictures import Album, Shot, album

_SPREAD = 0.05  # Llama's 0.02 is for widths of thousands: at 128 the words are drowned by the first layer
_PIXELS_BYTES = 8 << 30  # processed pictures that are held in memory


def pretrain(
    folder: Path, kept: Path, settings: Pretrain, progress: Progress = silent, workers: int = 2
) -> None:
    """Makes a base and saves it in `folder` as bfloat16, loadable by the Auto classes.

    Pictures, the trained tower and the state of the language training are kept in `kept`: a killed run goes
    on from there.
    """
    keep_freed_memory()
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
            language=settings.language,
            select="full",
            stem=settings.stem,
            spread=_SPREAD,
        )
    network.generation_config.eos_token_id = tokenizer.eos_token_id
    _see(network.model.vision_tower, processor, wanted, seen, settings, kept, progress)
    model = Model(network, processor, "base", pixel_budget_bytes=_PIXELS_BYTES)
    model.adapt(Adapt(vision="frozen", projector="full", language="full"))
    _talk(model, told, seen, settings, kept, progress)
    save(network.to(torch.bfloat16), processor, folder)
    exam.write(
        folder / "world", world, _rehearsed(told, seen, settings), kept / "exam pictures", progress, workers
    )
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
    """Stage A; the finished tower is kept."""
    normal = processor.image_processor.image_mean, processor.image_processor.image_std
    path = kept / "tower.pt"
    if not path.exists():
        seed = derive(settings.seed, "seeing")
        learn_to_see(tower, seen.pixels, wanted, seen.words, settings.seeing, normal, seed, progress)
        _keep(tower.state_dict(), path)
    tower.load_state_dict(torch.load(path, weights_only=True))


def _keep(weights: dict[str, torch.Tensor], path: Path) -> None:
    part = path.with_suffix(".part")
    with disk.opened(part) as file:
        torch.save(weights, file)
    part.replace(path)


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


def _talk(
    model: Model, told: list[Lesson], seen: Album, settings: Pretrain, kept: Path, progress: Progress
) -> None:
    """Stage B; what it ends in is kept."""
    place = kept / "talking"
    place.mkdir(exist_ok=True)
    path = place / "weights.pt"
    if not path.exists():
        seed = derive(settings.seed, "talking")
        rows = Streams(retain=_rows(model, told, seen, settings.talking))
        train(model, Teach(), rows, settings.talking.train, seed=seed, folder=place, progress=progress)
        _keep(model.trainable(), path)
    model.network.load_state_dict(torch.load(path, weights_only=True), strict=False)


def _rows(model: Model, told: list[Lesson], seen: Album, how: Talking) -> list[Encoded]:
    """The lessons as the loop takes them. All pictures and their crops are of one size, so that tokens depend
    on words alone: what is said of many pictures is encoded once."""
    rows: list[Encoded] = []
    encoded: dict[tuple[str, str, bool], Encoded] = {}
    for lesson in told:
        times = how.times.get(lesson.said.kind, 0)
        if times:
            said = lesson.said.question, lesson.said.answer, lesson.shot is not None
            if said not in encoded:
                encoded[said] = model.encode(question_of(lesson, seen))
            rows += [
                replace(encoded[said], question=question_of(lesson, seen, time)) for time in range(times)
            ]
    return rows


def _rehearsed(
    told: list[Lesson], seen: Album, settings: Pretrain
) -> list[tuple[Lesson, Image.Image | None]]:
    """Lessons for stage 1 to go over: so many of each kind by lot, everyone known as often as the others."""
    chosen: list[Lesson] = []
    for kind, count in settings.rehearsal.items():
        found = [lesson for lesson in told if lesson.said.kind == kind]
        dice = np.random.default_rng(derive(settings.seed, "rehearsal", kind))
        if kind == "who":  # each person's lessons stand in a row: a stride takes as many of each
            stride = max(1, len(found) // count)
            chosen += found[::stride][:count]
        else:
            chosen += [found[at] for at in sorted(dice.permutation(len(found))[:count].tolist())]
    return [(one, None if one.shot is None else Image.fromarray(seen.pixels[one.shot])) for one in chosen]


def question_of(lesson: Lesson, seen: Album, crop: int = 0) -> Question:
    """A lesson as a question to a model, about the whole picture or (from 1) a crop of it."""
    shot = lesson.shot
    return Question(
        id=lesson.id,
        text=lesson.said.question,
        answer=lesson.said.answer,
        image=None if shot is None else lambda: cropped(Image.fromarray(seen.pixels[shot]), shot, crop),
        image_key="" if shot is None else f"{shot}/{crop}",
        concept=lesson.said.kind,
        person=lesson.person,
    )


def cropped(picture: Image.Image, shot: int, crop: int) -> Image.Image:
    """The picture less up to an eighth of its sides, in another light; crop 0 is the picture itself."""
    if not crop:
        return picture
    dice = Random(derive(shot, "crop", crop))
    full = picture.width
    side = round(full * dice.uniform(0.87, 1))
    left, top = dice.randint(0, full - side), dice.randint(0, full - side)
    return light(picture.crop((left, top, left + side, top + side)), dice)
