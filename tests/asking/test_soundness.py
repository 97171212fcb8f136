"""Whether a model can be judged at all, on models whose answers are known in advance."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from data.four import sets, write
from remem.asking.soundness import SENTENCES, sound
from remem.data import Dataset, load
from remem.models.base import Batch, Output, Question, output_of
from scripted import VOCABULARY, Scripted


class Even(Scripted):
    """Finds every token as likely as every other; of pictures it sees how light they are, or nothing."""

    def __init__(self, sees: float = 0.0, logit: float = 0.0) -> None:
        super().__init__()
        self.sees, self.logit = sees, logit
        self.shown: list[tuple[tuple[int, int], int]] = []

    def collate(self, rows) -> Batch:
        self.rows = rows
        return super().collate(rows)

    def forward(self, batch: Batch) -> Output:
        logits = torch.zeros((*batch.answer.shape, VOCABULARY))
        for place, row in enumerate(self.rows):
            light = self._light(row.question)
            there = batch.mask[place].nonzero().view(-1)
            logits[place, there, batch.answer[place, there]] = self.logit + self.sees * light
        return output_of(logits, batch)

    def _light(self, question: Question) -> float:
        if question.image is None:
            return 0.0
        picture = question.image()
        colours = picture.getcolors(1 << 20)
        self.shown.append((picture.size, len(colours)))
        return float(len(colours) > 1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load(str(write(tmp_path_factory.mktemp("four"), sets())))


def test_whoever_guesses_has_the_vocabulary_for_its_perplexity(data: Dataset) -> None:
    found = sound(Even(), data, 4)
    assert found.perplexity == pytest.approx(VOCABULARY)
    assert found.finite
    assert (found.pictures, found.grey) == (4, 0.0)


def test_what_a_picture_changes_is_counted_per_answer(data: Dataset) -> None:
    model = Even(sees=2.0)
    found = sound(model, data, 3)
    # log p of a token: without a picture -log V, with one 2 - log(V - 1 + e^2).
    token = 2 - math.log(VOCABULARY - 1 + math.exp(2)) + math.log(VOCABULARY)
    items = [item for item in data.items.values() if item.image_path]
    lengths = {len(item.answer.encode("latin-1")) + 1 for item in items}
    assert min(lengths) * token <= found.grey <= max(lengths) * token
    own, grey = model.shown[::2], model.shown[1::2]
    assert all(colours > 1 for _, colours in own)
    assert [(size, colours) for size, colours in grey] == [(size, 1) for size, _ in own]
    assert found.perplexity == pytest.approx(VOCABULARY)  # its sentences have no picture


def test_as_many_pictures_as_there_are(data: Dataset) -> None:
    there = sum(bool(item.image_path) for item in data.items.values())
    assert sound(Even(), data, 10_000).pictures == there


def test_without_pictures_nothing_is_said_of_them(tmp_path: Path) -> None:
    text = {name: [row for row in rows if not row["image_path"]] for name, rows in sets().items()}
    found = sound(Even(), load(str(write(tmp_path, text))), 16)
    assert (found.pictures, found.grey) == (0, None)
    assert found.perplexity == pytest.approx(VOCABULARY)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_weight_that_is_no_number_is_enough(data: Dataset, wrong: float) -> None:
    model = Even()
    with torch.no_grad():
        model.network.bias[3] = wrong
    found = sound(model, data, 4)
    assert not found.finite
    assert (found.pictures, found.grey, found.perplexity) == (4, None, None)


def test_beyond_numbers_is_none(data: Dataset) -> None:
    found = sound(Even(logit=-1e4), data, 1)
    assert found.finite
    assert found.perplexity is None


def test_the_sentences_are_the_same_for_every_model(data: Dataset) -> None:
    asked: list[list[str]] = []

    class Asked(Even):
        def collate(self, rows) -> Batch:
            said = [row.question for row in rows if row.question.id.startswith("plain-")]
            asked[-1] += [f"{one.text} {one.answer}" for one in said]
            return super().collate(rows)

    for _ in range(2):
        asked.append([])
        sound(Asked(), data, 1)
    assert asked[0] == asked[1]
    assert len(set(asked[0])) == SENTENCES
