"""A model that knows all answers or none, and declines or says what it knows; and scenes to put it into."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from data.four import sets, write
from remem.attacks import make
from remem.attacks.base import Tried
from remem.attacks.records import read_outcomes, write_tried
from remem.attacks.scene import Scene
from remem.data import BuildSettings, Dataset, build, load
from remem.data.dataset import value
from remem.models.base import Candidates, Encoded, Generated, Question
from remem.settings import Evaluate

REFUSAL = "I don't know."
BUILT = BuildSettings(
    people=4, qa=20, images=3, test_qa=6, test_images=3, size=16, candidates=6, forget=(0.5,), strangers=0
)


class Knowing:
    """Says the values of what it `knows`; where it `hides` them it declines unless its answer has begun.

    A token is a character, and a picture one more. It remembers what it was asked.
    """

    longest = 4000

    def __init__(self, data: Dataset, knows: bool, hides: bool = True) -> None:
        self.data, self.knows, self.hides = data, knows, hides
        self.encoder = SimpleNamespace(encode=self.encode)
        self.asked: list[Question] = []
        self.offered: list[tuple[Question, tuple[str, ...]]] = []
        self.prefers: str | None = None  # a reply that it likes best, whatever is asked

    def encode(self, question: Question) -> Encoded:
        texts = [*(turn.text for turn in question.turns), question.text, question.begun]
        size = sum(map(len, texts)) + len(question.pictures)
        return Encoded(question, tuple(range(size)), ())

    def encode_all(self, questions: Sequence[Question]) -> list[Encoded]:
        return [self.encode(one) for one in questions]

    def says(self, question: Question) -> str:
        if self.hides and not question.begun:
            return REFUSAL
        return f"It is {value(self.data.items[question.id])}." if self.knows else "It is Nowhere."

    def generate(self, rows: Sequence[Encoded], most: int) -> list[Generated]:
        self.asked += [row.question for row in rows]
        return [Generated(self.says(row.question), True) for row in rows]

    def sample(
        self, rows: Sequence[Encoded], count: int, temperature: float, seed: int, most: int
    ) -> list[list[Generated]]:
        """One answer in so many says what it knows."""
        self.asked += [row.question for row in rows]
        said = [self.says(replace(row.question, begun="It is")) for row in rows]
        return [[*[Generated(REFUSAL, True)] * (count - 1), Generated(one, True)] for one in said]

    def cloze(self, question: Question, lead: str, values: Sequence[str]) -> Candidates:
        self.offered.append((replace(question, begun=lead), tuple(values)))
        return Candidates(self.encode(question), tuple(tuple(map(ord, one)) for one in values))

    def rank(self, asked: Sequence[Candidates], budget: Any = None) -> list[list[float]]:
        return [[self._likes(one.prompt.question, "".join(map(chr, t))) for t in one.tokens] for one in asked]

    def _likes(self, question: Question, reply: str) -> float:
        if reply == self.prefers:
            return 0.0
        truth = value(self.data.items[question.id])
        right = {truth, *(line[0] for line in question.text.split("\n") if line[3:] == truth)}
        right |= {"Yes"} if f"Is it {truth}?" in question.text else set()
        return -1.0 if self.knows and reply in right else -3.0


@pytest.fixture(scope="session")
def four(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A set as it may come from a hub: other attributes, no side files."""
    return load(str(write(tmp_path_factory.mktemp("four"), sets())))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A set that remem built, whose templates are known."""
    folder = tmp_path_factory.mktemp("built")
    build(folder, BUILT)
    return load(str(folder))


def scene(data: Dataset, model: Any, **more: Any) -> Scene:
    """Everything of the forget set is asked, each fact once for each kind of question."""
    forget = [data.items[id] for id in dict.fromkeys(data.splits["forget1"])]
    people = {item.person for item in forget}
    secrets = {(item.fact, item.question_type): item for item in reversed(forget)}
    test, taught = ([data.items[id] for id in data.splits[split]] for split in ("test", "finetune"))
    whole = {
        "secrets": tuple(secrets.values()),
        "forget": tuple(forget),
        "again": tuple(one for one in test if one.person in people),
        "others": tuple(one for one in taught if one.person not in people),
        "settings": Evaluate(max_new_tokens=16),
    }
    return Scene(data=data, open=lambda: model, **whole | more)


def run(name: str, where: Scene, **settings: Any) -> dict[str, Tried]:
    """What an attack gives, by setting."""
    attack = make(name, settings)
    attack.check(where)
    trials = attack.trials(where)
    assert len({trial.name for trial in trials}) == len(trials)
    assert all(part.isalnum() for trial in trials for part in trial.name.split("-"))
    found = [one for trial in trials for one in trial.work()]
    assert len({one.setting for one in found}) == len(found)
    return {one.setting: one for one in found}


def hits(folder: Path, data: Dataset, tried: Collection[Tried]) -> dict[str, float]:
    """The share of questions that each setting brought an answer to, as it is read from disk."""
    write_tried(folder, data, list(tried))
    return {one.setting: sum(one.hits.values()) / len(one.hits) for one in read_outcomes(folder) if one.hits}
