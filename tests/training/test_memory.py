"""Less memory, and questions that share a picture: the same results in other batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from models.conftest import folders, questions  # noqa: F401
from models.test_sharing import on_one_picture
from remem.asking.respond import in_buckets
from remem.errors import UserError
from remem.methods.base import Step, Teach
from remem.methods.streams import Streams
from remem.models import packing
from remem.models.base import Batch, Encoded, Output, Question
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.settings import Adapt, Evaluate, Train
from remem.training.loop import train
from remem.training.slices import by_picture, slices
from scripted import Scripted

STEADY = Train(lr=1e-3, epochs=3, batch=4, schedule="constant", warmup=0.0)
PLAIN = Adapt(vision="frozen", projector="full", language="full")


def taught(
    folder: Path, into: Path, how: Train, adapt: Adapt = PLAIN, room: int = 1000, asked: Any = questions
) -> Model:
    """A model after training on a machine with room for so many questions in a forward."""
    model = load(folder)
    model.adapt(adapt)
    forward: Callable[[Batch], Output] = model.forward

    def cramped(batch: Batch) -> Output:
        if len(batch.answer) > room:
            raise torch.OutOfMemoryError("out of memory")
        return forward(batch)

    model.forward = cramped  # type: ignore[method-assign]
    into.mkdir()
    rows = [model.encode(question) for question in asked()]
    train(model, Teach(), Streams(retain=rows), how, seed=0, folder=into)
    return model


@pytest.mark.parametrize(("room", "slices"), [(3, 2), (1, 1)])
def test_a_training_that_runs_out_of_memory_goes_on_in_smaller_slices(
    folders: dict[str, Path], tmp_path: Path, room: int, slices: int
) -> None:
    cramped = taught(folders["llava"], tmp_path / "cramped", STEADY, room=room)
    chosen = taught(folders["llava"], tmp_path / "chosen", replace(STEADY, micro_batch=slices))
    for path, weight in chosen.trainable().items():
        assert torch.equal(cramped.trainable()[path], weight), path


def test_with_dropout_other_slices_would_be_another_result(folders: dict[str, Path], tmp_path: Path) -> None:
    lora = Adapt(vision="frozen", projector="frozen", language="lora", rank=2, dropout=0.1)
    with pytest.raises(UserError, match="micro_batch=2"):
        taught(folders["llava"], tmp_path / "one", STEADY, lora, room=3)


def test_a_question_that_does_not_fit_stops_a_training(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not enough memory for one question"):
        taught(folders["llava"], tmp_path / "one", STEADY, room=0)


def test_other_errors_of_a_training_are_not_hidden(folders: dict[str, Path], tmp_path: Path) -> None:
    model = load(folders["llava"])
    model.adapt(PLAIN)

    def broken(batch: Batch) -> Output:
        raise RuntimeError("shapes do not match")

    model.forward = broken  # type: ignore[method-assign]
    rows = [model.encode(question) for question in questions()]
    with pytest.raises(RuntimeError, match="shapes do not match"):
        train(model, Teach(), Streams(retain=rows), STEADY, seed=0, folder=tmp_path)


def test_packed_steps_end_in_the_weights_of_plain_ones(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = replace(STEADY, batch=3, by_picture=True)
    packed: list[bool] = []
    make = packing.batch

    def noted(model: Model, rows: list[Encoded]) -> Batch:
        made = make(model, rows)
        packed.append(made.at is not None)
        return made

    monkeypatch.setattr(packing, "batch", noted)
    ends = []
    for worth in (0.95, 0.0):
        monkeypatch.setattr(packing, "WORTH", worth)
        model = taught(folders["llava"], tmp_path / str(worth), how, asked=on_one_picture)
        ends.append(model.trainable())
    assert any(packed[: len(packed) // 2])
    assert not any(packed[len(packed) // 2 :])
    for path, weight in ends[1].items():
        assert torch.allclose(ends[0][path], weight, atol=1e-4), path


def test_pictures_are_kept_together_where_their_first_question_stood() -> None:
    rows = [
        Encoded(Question(str(i), "", None, None, key), (1,), ())
        for i, key in enumerate(["p", "", "q", "p", "", "q", "p"])
    ]
    assert by_picture(rows, [4, 2, 6, 0, 1, 5, 3]) == [4, 2, 5, 6, 0, 3, 1]
    # A picture with many questions comes no earlier than one with few: the first of `rows` says where.
    assert by_picture(rows, [6, 5, 3, 1, 2, 4, 0]) == [1, 5, 2, 4, 6, 3, 0]


@pytest.mark.parametrize("together", [True, False])
def test_the_questions_on_one_picture_stay_in_one_slice(together: bool) -> None:
    model = Scripted()
    rows = [
        model.encode(Question(f"{key}{n}", "Who? " * n, "x", None, key))
        for n, key in enumerate("pqpqpq", start=1)
    ]
    how = Train(batch=6, micro_batch=3, by_picture=together)
    cut = [pair.retain.ids for pair in slices(model, Teach(), Streams(retain=rows), how, Step())]
    pictures = sorted("".join(id[0] for id in sorted(ids)) for ids in cut)
    assert pictures == (["ppp", "qqq"] if together else ["ppq", "pqq"])  # else by length: less is padding


def test_buckets_hold_like_lengths_and_pictures_together() -> None:
    def row(key: str, length: int) -> Encoded:
        return Encoded(Question("", "", None, None, key), (1,) * length, ())

    rows = [row("", 9), row("p", 20), row("", 3), row("q", 21), row("p", 30), row("", 9)]
    assert in_buckets(rows) == [2, 0, 5, 3, 1, 4]


def test_a_token_budget_is_checked_before_any_work() -> None:
    with pytest.raises(UserError, match=r"evaluate\.tokens"):
        Evaluate(tokens=0)
