"""An arm is taught further and asked on the way: what the attacks by relearning share.

AdamW at a constant rate, with no warm-up and no decay, so that a point of the curve does not depend on how
many steps follow it. Published settings: in full 2e-5 for one pass (Open-MMunlearning), LoRA of rank 8 and
alpha 32 at 1e-4 for six passes (OFFSIDE). Small models need larger rates.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from remem import jsonfile
from remem.attacks.base import Answer, Asked, Tried
from remem.errors import UserError, unknown
from remem.seeds import derive
from remem.settings import Adapt, Train, within
from remem.steps.folders import write_atomic
from remem.types import Item, Ranking

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.data import Dataset

PUBLISHED = {"full": 2e-5, "lora": 1e-4}  # learning rates
ADAPT = {
    "full": Adapt(vision="frozen", projector="full", language="full"),
    "lora": Adapt(vision="frozen", projector="frozen", language="lora", rank=8, alpha=32, dropout=0.0),
}


@dataclass(frozen=True)
class Look:
    """What a model said after some steps. It is kept on disk until the trial is done."""

    answers: tuple[Answer, ...]
    rankings: tuple[Ranking, ...]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """How an arm is taught further, and when it is asked."""

    how: str = "full"  # language model and projector in full, or "lora": the language model with LoRA
    lr: float = 0.0  # 0: as published, 2e-5 in full and 1e-4 with LoRA
    epochs: float = 6.0  # passes over the rows
    steps: int = 0  # optimiser steps in place of the passes; 0: as many as the passes have
    at: tuple[int, ...] = (0, 10, 25, 50, 100, 200)  # steps after which it is asked, and after the last
    batch: int = 8  # rows per step

    def __post_init__(self) -> None:
        name = type(self).__name__.lower()
        if self.how not in ADAPT:
            raise unknown(f"way to train for {name}.how", self.how, ADAPT)
        within(f"{name}.lr", self.lr, 0)
        within(f"{name}.epochs", self.epochs, 0, above=True)
        within(f"{name}.steps", self.steps, 0)
        within(f"{name}.batch", self.batch, 1)
        for step in self.at:
            within(f"{name}.at", step, 0)

    def check(self, scene: Scene) -> None:
        """UserError where the model's weights cannot train so."""
        import torch

        from remem.models.quantised import is_quantised

        name = type(self).__name__.lower()
        if self.how == "full" and is_quantised(scene.model.network):
            raise UserError(
                f"{name}.how=full: this model's weights are quantised and cannot train: set {name}.how=lora"
            )
        if scene.model.dtype == torch.float16:
            raise UserError(
                f"{name} trains, and float16 overflows in training: set model.dtype=bfloat16, or float32"
            )

    def training(self, rows: int) -> Train:
        """How so many rows are trained on."""
        from remem.training.slices import steps_in_epoch

        how = Train(
            lr=self.lr or PUBLISHED[self.how],
            epochs=self.epochs,
            batch=self.batch,
            schedule="constant",
            warmup=0.0,
        )
        return replace(how, epochs=self.steps / steps_in_epoch(how, rows)) if self.steps else how

    def run(
        self,
        scene: Scene,
        name: str,
        rows: Sequence[Item],
        asked: Sequence[Item],
        *,
        folder: str,
        data: Dataset | None = None,
        known: bool = False,
        control: bool = False,
        notes: Mapping[str, float],
    ) -> Iterator[Tried]:
        """Teaches the arm these rows, and gives what it said after each step of `at`.

        `name` is the curve's, `folder` what the training resumes from. `data`: the rows', where it is not the
        scene's. `known`: what is asked is taught, in other words. A training that diverges gives no more than
        the steps before, and a note.
        """
        from remem.methods.base import Teach
        from remem.methods.streams import Streams
        from remem.training.loop import steps, train

        place = scene.folder / folder
        place.mkdir(parents=True, exist_ok=True)
        seed = derive(scene.seed, "curve", name)
        model = scene.open()
        encoded = scene.teach(rows, () if known else asked, model, data)
        how = self.training(len(rows))
        total = steps(how, len(rows))
        at = sorted({step for step in self.at if step < total} | {total})
        questions = [Asked(item, scene.question(item)) for item in asked]
        prompts = [scene.cloze(item) for item in replace(scene, secrets=tuple(asked)).ranked]

        def look(step: int) -> None:
            path = place / f"look-{step}.json"
            if not path.exists():
                said = Look(tuple(scene.ask(questions, model)), tuple(scene.rank(prompts, model)))
                write_atomic(path, json.dumps(asdict(said)))

        if 0 in at:
            look(0)  # of the arm as it is: adapted, a model's numbers may be rounded otherwise
        scene.progress(0, 1, str(model.adapt(ADAPT[self.how], seed)))
        outcome = train(
            model,
            Teach(),
            Streams(retain=encoded),
            how,
            seed=seed,
            folder=place,
            progress=scene.progress,
            look=look,
            at=at,
        )
        notes = {**notes, "rows": float(len(rows))}
        if outcome.diverged:
            notes["diverged after step"] = float(outcome.steps)
        for step in at:
            if step > outcome.steps:
                break
            path = place / f"look-{step}.json"
            said = jsonfile.read(path, Look, f"Delete {scene.folder} and run again.", nan=True)
            yield Tried(
                setting=f"{name}, step {step}",
                at=float(step),
                curve=name,
                control=control,
                answers=said.answers,
                rankings=said.rankings,
                notes=notes,
            )
        shutil.rmtree(place)
