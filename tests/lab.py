"""A run whose models are scripted, made step by step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from remem.data import BuildSettings, Dataset, load
from remem.run.context import Context
from remem.run.settings import Run
from remem.settings import Evaluate, Forget, ModelSettings, Train, Unlearn
from remem.steps.store import Order, seal
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.story.work import forget
from remem.types import silent
from scripted import Scripted

BUILD = BuildSettings(
    people=4, qa=20, images=3, test_qa=4, test_images=2, size=16, candidates=6, forget=(0.5,)
)
EPOCHS = 3


class Lab:
    """A run whose models are scripted. `opened` holds each, in the order in which steps asked for them."""

    def __init__(self, root: Path, folder: Path):
        self.root = root
        self.data: Dataset = load(str(folder))
        self.opened: list[Scripted] = []
        self.says: dict[str, str] = {}
        self.run = Run(
            recipe="scripted",
            data=str(folder),
            learn=Train(lr=1e-3, batch=16),
            forget=Forget(
                methods=(Unlearn(method="npo"), Unlearn(method="po")), train=Train(epochs=EPOCHS, batch=8)
            ),
            evaluate=Evaluate(max_new_tokens=5, batch=7, exposure_people=1, world="none", membership=False),
            model=ModelSettings(rehearse=0.0),
        )

    def open(self, *arms: str) -> Scripted:
        self.opened.append(Scripted(arms, self.says))
        return self.opened[-1]

    def make(self, name: str) -> Path:
        """One step's work, as the run would do it."""
        step = next(step for step in plan(resolve(self.run), "fingerprint") if step.name == name)
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        if step.work is forget:  # looks into what the taught model said
            self.make("taught/responses")
            self.opened.pop()
        step.work(folder, Context(self.root, self.run), progress=silent, **(step.arguments or {}))
        seal(folder, step, Order("", {}, "", {}))
        return folder

    def train(self, name: str) -> list[tuple[str, str]]:
        """What a training step taught, in order: (question id, answer)."""
        self.make(f"{name}/model")
        return self.opened[-1].taught

    def ids(self, *splits: str) -> set[str]:
        return {id for split in splits for id in self.data.splits[split]}

    def forget(self, **settings: Any) -> None:
        self.run = replace(self.run, forget=replace(self.run.forget, **settings))
