"""What is written down of an answer: in item order, about the right item, on the answer's own tokens."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fabricate import item, response
from models.conftest import folders, questions  # noqa: F401
from remem.asking.records import read_rankings, read_responses
from remem.asking.respond import exposed, question_of, respond, vocabulary_moments
from remem.data import BuildSettings, Dataset, build, load
from remem.errors import UserError
from remem.models.base import Batch, Question, output_of
from remem.models.loading import load as load_model
from remem.scoring.metrics import METRICS
from remem.settings import Evaluate
from remem.types import Item, Ranking, Response
from scripted import Scripted, logits_of, tokens

BUILD = BuildSettings(
    people=4, qa=20, images=3, test_qa=4, test_images=2, size=16, candidates=6, forget=(0.5,)
)
SPLITS = ("forget1", "retain")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("dataset")
    build(folder, BUILD)
    return load(str(folder))


@pytest.fixture
def model(data: Dataset) -> Scripted:
    return Scripted(says={id: f"about {id}" for id in data.items})


def asked(
    model: Scripted, data: Dataset, folder: Path, settings: Evaluate
) -> tuple[list[Response], list[Ranking]]:
    ids = data.splits["retain"]
    respond(model, data, ids, exposed(data, SPLITS, settings.exposure_people), settings, folder)
    return read_responses(folder / "responses.parquet"), read_rankings(folder / "rankings.parquet")


def test_answers_stand_in_the_order_of_the_items(data: Dataset, model: Scripted, tmp_path: Path) -> None:
    ids = data.splits["retain"]
    lengths = [len(data.items[id].question) for id in ids]
    assert lengths != sorted(lengths)
    assert lengths != sorted(lengths, reverse=True)
    responses, _ = asked(model, data, tmp_path, Evaluate(batch=3))
    assert [one.id for one in responses] == list(ids)
    assert [one.text for one in responses] == [f"about {id}" for id in ids]


@pytest.mark.parametrize("batch", [1, 5, 128])
def test_an_answers_log_probs_are_its_own_whatever_stands_beside_it(
    data: Dataset, model: Scripted, tmp_path: Path, batch: int
) -> None:
    responses, _ = asked(model, data, tmp_path, Evaluate(batch=batch))
    assert len({len(one.logp) for one in responses}) > 3  # else nothing is padded
    for one in responses:
        answer = torch.tensor(tokens(data.items[one.id].answer))
        logp = (logits_of(one.id, answer) + 1).log_softmax(-1)
        expected = logp.gather(-1, answer.unsqueeze(-1)).squeeze(-1)
        mean = (logp.exp() * logp).sum(-1)
        sd = (logp.exp() * (logp - mean.unsqueeze(-1)).square()).sum(-1).sqrt()
        assert one.logp == pytest.approx(expected.tolist(), abs=1e-4)
        assert one.mean == pytest.approx(mean.tolist(), abs=1e-4)
        assert one.sd == pytest.approx(sd.tolist(), abs=1e-3)
        assert one.hit == tuple(position % 3 == 0 for position in range(len(answer)))


def swapped(data: Dataset, *, key: bool) -> Any:
    """`question_of` with the picture of somebody else; with or without that picture's key."""
    pictured = [one for one in data.items.values() if one.image_path]

    def other(of: Dataset, item: Item, **more: Any) -> Question:
        question = question_of(of, item, **more)
        if question.image is None:
            return question
        stranger = next(one for one in pictured if one.person != item.person)
        theirs = question_of(of, stranger, **more)
        return replace(
            question, image=theirs.image, image_key=theirs.image_key if key else question.image_key
        )

    return other


@pytest.mark.parametrize("key", [True, False])
@pytest.mark.parametrize("only", ["answers", "candidates"])
def test_another_persons_picture_stops_the_asking(
    data: Dataset, model: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: bool, only: str
) -> None:
    monkeypatch.setattr("remem.asking.respond.question_of", swapped(data, key=key))
    ranked = exposed(data, SPLITS, 2) if only == "candidates" else []
    ids = data.splits["retain"] if only == "answers" else []
    with pytest.raises(UserError, match="questions show their own item's picture"):
        respond(model, data, ids, ranked, Evaluate(), tmp_path)


def test_the_limit_of_new_tokens_is_the_settings(data: Dataset, model: Scripted, tmp_path: Path) -> None:
    asked(model, data, tmp_path, Evaluate(max_new_tokens=3))
    assert model.limits == {3}


def test_a_model_stops_at_the_limit(
    folders: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = load_model(folders["llava"])
    rows = [real.encode(question) for question in questions()[:2]]
    made: list[int] = []
    generate = real.network.generate

    def count(**inputs: Any) -> torch.Tensor:
        out: torch.Tensor = generate(**inputs)
        made.append(out.shape[1] - inputs["input_ids"].shape[1])
        return out

    monkeypatch.setattr(real.network, "generate", count)
    for limit in (1, 6):
        assert not any(one.finished for one in real.generate(rows, limit))
    assert made == [1, 6]


def test_values_are_ranked_after_the_cloze_prompt_and_the_truth_is_marked(
    data: Dataset, model: Scripted, tmp_path: Path
) -> None:
    _, rankings = asked(model, data, tmp_path, Evaluate(exposure_people=2))
    assert len({one.truth for one in rankings}) > 2
    assert len(model.begun) == len(rankings)
    for one, (question, lead) in zip(rankings, model.begun, strict=True):
        item = data.items[one.id]
        assert (question.id, question.text, lead) == (item.id, item.cloze, item.cloze)
        assert question.answer is None
        assert (question.image is not None) == bool(item.image_path)
        assert item.question != item.cloze
        assert one.candidates == data.candidates(item)
        assert one.candidates[one.truth] in item.answer
        # In these words no other candidate can stand in the answer.
        assert sum(candidate in item.answer for candidate in one.candidates) == 1
        assert one.logp == tuple(-float(len(item.cloze) + i) for i in range(len(one.candidates)))
        assert one.tokens == tuple(len(candidate) for candidate in one.candidates)


def test_pictures_are_left_out_where_that_is_asked_for(
    data: Dataset, model: Scripted, tmp_path: Path
) -> None:
    _, rankings = asked(
        model, data, tmp_path, Evaluate(exposure_people=2, without_picture=True, candidates=4)
    )
    blind = read_rankings(tmp_path / "rankings-without-picture.parquet")
    shown = [one for one in rankings if data.items[one.id].image_path]
    assert 0 < len(shown) < len(rankings)
    assert [one.id for one in blind] == [one.id for one in shown]
    assert [one.candidates for one in blind] == [one.candidates for one in shown]
    assert {len(one.candidates) for one in rankings} == {4}
    for question, lead in model.begun[len(rankings) :]:
        assert (question.image, question.image_key) == (None, "")
        assert question.text == lead == data.items[question.id].cloze


@pytest.mark.parametrize("people", [0, 1, 2, 9])
def test_exposure_is_measured_of_everyone_forgotten_and_of_so_many_others(data: Dataset, people: int) -> None:
    forgotten, kept = (
        list(dict.fromkeys(data.items[id].person for id in data.splits[split])) for split in SPLITS
    )
    assert (len(forgotten), len(kept)) == (2, 2)
    items = exposed(data, SPLITS, people)
    assert {item.person for item in items} == {*forgotten, *kept[:people]}
    kinds = [(item.person, item.attribute, item.question_type) for item in items]
    assert len(kinds) == len(set(kinds))
    possible = {
        (item.person, item.attribute, item.question_type)
        for item in map(data.items.__getitem__, data.splits["forget1"])
        if item.cloze
    }
    assert {kind for kind in kinds if kind[0] in forgotten} == possible


def test_moments_over_the_vocabulary_by_hand() -> None:
    # p = 1/2, 1/4, 1/4: log p is -L, -2L, -2L, so its mean is -3/2 L, its square's 5/2 L², its variance L²/4.
    L = math.log(2)
    skewed = torch.tensor([-L, -2 * L, -2 * L]) + 3  # a constant on top changes nothing
    even = torch.zeros(3)
    logits = torch.stack([skewed, even]).expand(2, 2, 3)
    batch = Batch(inputs={}, answer=torch.zeros((2, 2), dtype=torch.long), mask=torch.ones(2, 2).bool())
    mean, sd = vocabulary_moments(output_of(logits, batch))
    for row in range(2):
        assert mean[row].tolist() == pytest.approx([-1.5 * L, -math.log(3)], abs=1e-6)
        assert sd[row].tolist() == pytest.approx([0.5 * L, 0.0], abs=1e-3)


def test_moments_are_taken_row_by_row_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = 4 * torch.randn((5, 7, 4999), generator=torch.Generator().manual_seed(0))
    batch = Batch({}, torch.zeros((5, 7), dtype=torch.long), torch.ones(5, 7, dtype=torch.bool))
    logp = logits.log_softmax(-1)
    p = logp.exp()
    mean = (p * logp).sum(-1)
    sd = ((p * logp.square()).sum(-1) - mean.square()).clamp(min=0).sqrt()
    largest: list[int] = []
    whole = torch.Tensor.log_softmax

    def spied(found: torch.Tensor, *how: int) -> torch.Tensor:
        largest.append(found.numel())
        return whole(found, *how)

    monkeypatch.setattr(torch.Tensor, "log_softmax", spied)
    found = vocabulary_moments(output_of(logits, batch))
    assert torch.equal(found[0], mean)
    assert torch.equal(found[1], sd)
    assert largest == [7 * 4999] * 5  # never all of them at once


def test_a_large_vocabulary_is_asked_in_smaller_batches(
    data: Dataset, model: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together: list[int] = []
    answer = model.answer

    def counted(rows: Any, most: int) -> Any:
        together.append(len(rows))
        return answer(rows, most)

    monkeypatch.setattr(model, "answer", counted)
    asked(model, data, tmp_path, Evaluate(tokens=4096))
    few, together[:] = max(together), []
    monkeypatch.setattr(Scripted, "vocabulary", 49_152)
    (tmp_path / "again").mkdir()
    asked(model, data, tmp_path / "again", Evaluate(tokens=4096))
    assert max(together) < few


def test_min_k_and_min_k_pp_from_logits_are_their_papers_definitions() -> None:
    """Shi et al., 2024, equation 1, and Zhang et al., 2025, equation 3, written out in double precision."""
    drawn = np.random.default_rng(3)
    length, words = 23, 40
    logits = drawn.normal(0, 3, (1, length, words))
    answer = drawn.integers(0, words, (1, length))
    batch = Batch({}, torch.tensor(answer), torch.ones(1, length, dtype=torch.bool))
    out = output_of(torch.tensor(logits, dtype=torch.float32), batch)
    mean, sd = vocabulary_moments(out)
    rows = {"logp": out.logp, "mean": mean, "sd": sd}
    said = response("", hit=[True] * length, **{name: tuple(row[0].tolist()) for name, row in rows.items()})

    logp = logits[0] - np.log(np.exp(logits[0]).sum(-1, keepdims=True))
    chosen = logp[np.arange(length), answer[0]]
    lowest = int(length * 0.1)
    assert METRICS["min_k_10"](item(), said) == pytest.approx(np.sort(chosen)[:lowest].mean(), abs=1e-4)
    mu = (np.exp(logp) * logp).sum(-1)
    sigma = np.sqrt((np.exp(logp) * (logp - mu[:, None]) ** 2).sum(-1))
    plus = np.sort((chosen - mu) / sigma)[:lowest].mean()
    assert METRICS["min_k_pp_10"](item(), said) == pytest.approx(plus, abs=1e-4)
