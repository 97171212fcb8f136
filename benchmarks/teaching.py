"""One training step, plain against fast: packed questions, kept features, references from the record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image
from shapes import large_pictures, questions
from sidebyside import Pair, pair

from remem.methods.base import Paired
from remem.methods.npo import NPO
from remem.models import open_model, packing
from remem.models.base import Batch, Encoded, Policy, Question
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.settings import Adapt
from remem.training.reference import recorded

FROZEN_TOWER = Adapt(vision="frozen", projector="full", language="full")


def measure(folder: Path, small: bool, repeats: int) -> list[Pair]:
    """Everything about teaching; `small`: only to see that it works."""
    each = 2 if small else 6
    pairs = []
    tiny = open_model("tiny")
    for model, where, size in (
        (tiny, "16 picture tokens", 64),
        (large_pictures(folder / "packed"), "576 picture tokens", 336),
    ):
        model.adapt(FROZEN_TOWER)
        rows = questions(model, 1 if small else 4, each, size)
        packed, plain = packing.pack, Model.collate
        pairs.append(
            pair(
                f"training step, {where}, {each} questions a picture, a row each against packed",
                _step(model, rows, plain),
                _step(model, rows, packed),
                repeats,
            )
        )
    pairs.append(_compiled(folder, each, repeats))
    pairs.append(_ahead(folder, 16 if small else 128, repeats))
    pairs.append(_features(folder, small, repeats))
    pairs.append(_reference(tiny, questions(tiny, 4, each, 64), repeats))
    return pairs


def _step(
    model: Model, rows: Sequence[Encoded], batch: Callable[[Model, Sequence[Encoded]], Batch]
) -> Callable[[], list[float]]:
    """Forward and backward; the loss, and the gradient's norm."""

    def work() -> list[float]:
        model.network.zero_grad()
        loss = model.forward(batch(model, rows)).nll
        loss.backward()
        norm = torch.stack([p.grad.norm() for p in model.trainable().values() if p.grad is not None]).norm()
        return [loss.item(), norm.item()]

    return work


def _compiled(folder: Path, each: int, repeats: int) -> Pair:
    """Layers as they are against compiled ones; compiling itself is in neither."""
    plain = large_pictures(folder / "plain")
    fast = load(folder / "plain", compile=True)
    for model in (plain, fast):
        model.adapt(FROZEN_TOWER)
    steps = [_step(model, questions(model, 1, each), packing.pack) for model in (plain, fast)]
    steps[1]()
    what = f"training step, 576 picture tokens, {each} questions packed, layers compiled (model.compile=true)"
    return pair(what, *steps, repeats)


def _ahead(folder: Path, count: int, repeats: int) -> Pair:
    """Questions on large pictures (PNG of 1,024 pixels and about 2 MB): opened in turn against ahead."""
    model = large_pictures(folder / "ahead")
    noise = torch.Generator().manual_seed(0)
    files = []
    for number in range(8):
        pixels = torch.randint(0, 256, (512, 512, 3), generator=noise, dtype=torch.uint8).numpy()
        files.append(folder / f"{number}.png")
        Image.fromarray(pixels).resize((1024, 1024), Image.Resampling.BICUBIC).save(files[-1])
    asked = [
        Question(f"{n}", "Who is this?", "Jane Doe.", lambda n=n: _open(files[n % 8]), f"picture {n}")
        for n in range(count)
    ]

    def sizes(rows: Sequence[Encoded]) -> list[float]:
        return [float(len(row)) for row in rows]

    def fresh() -> Model:
        model.encoder.held.clear()
        return model

    return pair(
        f"encoding {count} questions on pictures of 1,024 pixels, one thread against two that open ahead",
        lambda: sizes([fresh().encode(one) for one in asked]),
        lambda: sizes(fresh().encode_all(asked)),
        repeats,
        "by the clock on the wall",
        wall=True,
    )


def _open(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def _features(folder: Path, small: bool, repeats: int) -> Pair:
    """A tower that is most of the model, as in SmolVLM-256M."""
    model = large_pictures(folder / "tower", vision=(4, 128) if small else (8, 256))
    model.adapt(FROZEN_TOWER)
    rows = questions(model, 2 if small else 8, 1)
    step = _step(model, rows, Model.collate)

    def kept() -> list[float]:
        model.keep_features(folder / "features")
        try:
            return step()
        finally:
            model.features = None

    kept()  # the pictures are looked at once, here
    return pair("training step, a large frozen tower, pixels against features on disk", step, kept, repeats)


def _reference(model: Model, rows: Sequence[Encoded], repeats: int) -> Pair:
    """A step of NPO on a model that is trained in full."""
    method = NPO()
    live = model.reference()
    batch = model.collate(rows)
    with torch.no_grad():
        said = model.forward(batch)
    known = {
        (row.question.id, row.answer): said.logp[i, -len(row.answer) :].tolist() for i, row in enumerate(rows)
    }

    def step(reference: Policy) -> list[float]:
        model.network.zero_grad()
        loss = method.loss(model.forward, reference, Paired(forget=batch, retain=batch))
        loss.backward()
        return [loss.item()]

    written = recorded(known, None)
    return pair(
        "step of NPO, reference at work against its record",
        lambda: step(live),
        lambda: step(written),
        repeats,
    )
