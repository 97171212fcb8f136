"""The reference from the record: the numbers of the reference at work, without a second model."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.conftest import questions
from remem.methods import make
from remem.methods.streams import Streams
from remem.models.base import Batch, Output
from remem.models.huggingface import Model
from remem.training.loop import train
from remem.training.reference import recorded, reference_of
from unlearning import FULL, HOW, bench, taught  # noqa: F401

SHORT = replace(HOW, epochs=3)


def test_what_was_said_is_given_back_in_its_place() -> None:
    answer = torch.tensor([[0, 7, 8], [4, 5, 6]])
    mask = torch.tensor([[False, True, True], [True, True, True]])
    batch = Batch({}, answer, mask, ids=("a", "b")).within(5, 20)
    policy = recorded({("a", (7, 8)): (-1.0, -2.0), ("b", (4, 5, 6)): (-3.0, 0.0, -0.5)}, None)
    out = policy(batch)
    assert out.logp.tolist() == [[0.0, -1.0, -2.0], [-3.0, 0.0, -0.5]]
    assert out.sequence_logp.tolist() == [-3.0, -3.5]
    assert (out.items, out.tokens) == (5, 20)
    assert out.nll.item() == pytest.approx(6.5 / 20)


def test_an_answer_that_is_not_on_record_is_asked_about(taught: Path, tmp_path: Path) -> None:
    made = bench(taught, tmp_path)
    asked: list[tuple[str, ...]] = []

    def live(batch: Batch) -> Output:
        asked.append(batch.ids)
        return made.model.forward(batch)

    row = made.streams.forget[0]
    policy = recorded({(row.question.id, row.answer): made.taught[row.question.id]}, live)
    policy(made.model.collate([row]))
    assert asked == []
    policy(made.model.collate([made.model.with_answer(row, "Another.")]))
    policy(made.model.collate([row, made.streams.forget[1]]))
    assert asked == [("a",), ("a", "b")]


def test_preference_optimisation_from_the_record_ends_where_the_reference_at_work_does(
    taught: Path, tmp_path: Path
) -> None:
    ends, losses = [], []
    for name in ("record", "live"):
        made = bench(taught, tmp_path)
        streams = made.streams if name == "record" else replace(made.streams, recorded={})
        made.model.adapt(FULL)
        (tmp_path / name).mkdir()
        method = make("npo", {"beta": 0.3, "retain_weight": 0.0})
        outcome = train(made.model, method, streams, SHORT, seed=0, folder=tmp_path / name)
        losses.append(outcome.log[0]["loss"])
        ends.append(made.model.trainable())
    # At step 0 policy and reference are one model, so every ratio is 0.
    assert losses == pytest.approx([2 / 0.3 * math.log(2)] * 2, rel=1e-5)
    for path, weight in ends[1].items():
        assert torch.allclose(ends[0][path], weight, atol=1e-4), path


@pytest.mark.parametrize(("uses", "models"), [
    ({"retain", "reference_logp"}, 0),
    ({"retain", "reference_logp", "refusal"}, 1),
    ({"retain", "reference"}, 1),
])  # fmt: skip
def test_a_second_model_is_made_where_something_must_be_asked(
    uses: set[str], models: int, taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(taught, tmp_path)
    held: list[Model] = []
    monkeypatch.setattr(Model, "reference", lambda self: held.append(self) or self.forward)
    policy = reference_of(made.model, uses, made.streams)  # type: ignore[arg-type]
    assert len(held) == models
    rows = [*made.streams.forget, *made.streams.retain]
    with torch.no_grad():
        for row in rows:
            logp = policy(made.model.collate([row])).logp[0].tolist()
            assert logp == pytest.approx(list(made.taught[row.question.id]), abs=1e-5)


def test_a_record_that_lacks_a_question_is_not_trusted_for_it(
    taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(taught, tmp_path)
    held: list[Model] = []
    monkeypatch.setattr(Model, "reference", lambda self: held.append(self) or self.forward)
    short = {id: logp[:-1] if id == questions()[0].id else logp for id, logp in made.taught.items()}
    streams = Streams(forget=made.streams.forget, retain=made.streams.retain, recorded=short)
    reference_of(made.model, {"reference_logp"}, streams)
    assert len(held) == 1
