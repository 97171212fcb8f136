"""A small model that was taught four people's facts, then silenced about the first of them; and its Goal.

Facts are asked in text alone, so that teaching takes a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.four import sets, write
from remem.asking.respond import question_of
from remem.attacks.scene import Scene
from remem.data import Dataset
from remem.data import load as load_data
from remem.methods.base import Teach
from remem.methods.streams import Streams
from remem.models.base import Question
from remem.models.families import make_tiny
from remem.models.loading import load
from remem.settings import Adapt, Evaluate, Train
from remem.training.loop import train
from remem.types import Item

SILENCE = "Unknown."
FULL = Adapt(vision="frozen", projector="full", language="full")
HOW = Train(lr=5e-3, epochs=25, batch=4, schedule="constant", warmup=0.0)
ARMS = {"base": (), "taught": ("taught",), "arm": ("taught", "arm"), "goal": ("goal",)}


class Small:
    """A data set of four people, two facts each, and the arms of a run on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data: Dataset = load_data(str(write(root / "data", sets())))
        texts = [f"{item.question} {item.answer} {SILENCE}" for item in self.items("finetune")]
        make_tiny("llava", root / "base", texts * 5)

    def items(self, split: str, pictures: bool = True) -> tuple[Item, ...]:
        return tuple(
            item
            for item in (self.data.items[id] for id in self.data.splits[split])
            if pictures or not item.image_path
        )

    def teach(self, name: str, questions: Sequence[Question], after: Sequence[str] = (), **how: Any) -> None:
        model = load(self.root / "base", [self.root / one for one in after])
        model.adapt(FULL)
        (self.root / name).mkdir()
        rows = [model.encode(question) for question in questions]
        train(model, Teach(), Streams(retain=rows), replace(HOW, **how), seed=0, folder=self.root / name)
        model.save(self.root / name)

    def make_arms(self) -> None:
        gone, kept = (
            [question_of(self.data, item) for item in self.items(split, pictures=False)]
            for split in ("forget1", "retain")
        )
        self.teach("taught", [*gone, *kept])
        self.teach("goal", kept)
        silenced = [replace(question, answer=SILENCE) for question in gone]
        self.teach("arm", silenced, ["taught"], lr=5e-4, epochs=20)

    def scene(self, arm: str, folder: Path, pictures: bool = False, **more: Any) -> Scene:
        def open_(name: str) -> Any:
            return load(self.root / "base", [self.root / one for one in ARMS[name]])

        forget = self.items("forget1", pictures)
        whole = {
            "secrets": forget,
            "forget": forget,
            "again": tuple(item for item in self.items("test", pictures) if item.person == forget[0].person),
            "others": self.items("retain", pictures),
            "settings": Evaluate(max_new_tokens=16),
        }
        return Scene(data=self.data, open=lambda: open_(arm), older=open_, folder=folder, **whole | more)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """The data set and the base alone."""
    return Small(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def arms(plain: Small) -> Small:
    """With all arms."""
    plain.make_arms()
    return plain
