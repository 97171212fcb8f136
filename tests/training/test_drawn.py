"""What is told to have been gone over is what the loop really drew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab import BUILD, Lab
from remem.data import build
from remem.methods import make
from remem.methods.streams import Streams
from remem.models.base import Question
from remem.run.context import Context
from remem.run.tasks import Task
from remem.scoring.score import read_summary
from remem.settings import Train, Unlearn
from remem.training.drawn import drawn
from remem.training.outcome import read_rehearsed
from scripted import Scripted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dataset")
    build(made, BUILD)
    return made


@pytest.fixture
def lab(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = Lab(tmp_path, folder)
    monkeypatch.setattr(Context, "model", lambda context, *arms: made.open(*arms))
    return made


@pytest.mark.parametrize("method", ["npo", "gd", "po", "kl", "bgd"])
@pytest.mark.parametrize(("epochs", "batch"), [(0.1, 3), (0.5, 7), (1.0, 8), (3.0, 8)])
def test_it_is_what_the_model_was_taught(lab: Lab, method: str, epochs: float, batch: int) -> None:
    lab.forget(methods=(Unlearn(method=method),), train=Train(epochs=epochs, batch=batch))
    taught = {id for id, _ in lab.train(f"{method}-s0")} - lab.ids("forget1")
    kept = set(Task().kept(lab.data).rehearsed)
    assert taught <= kept
    assert (taught == kept) is (epochs > 0.1)
    assert read_rehearsed(lab.root / f"{method}-s0/model") == taught


def test_a_seed_draws_others(lab: Lab) -> None:
    lab.forget(seeds=(0, 1), train=Train(epochs=0.2, batch=4))
    for name in ("npo-s0", "npo-s1"):
        lab.train(name)
    one, other = (read_rehearsed(lab.root / name / "model") for name in ("npo-s0", "npo-s1"))
    assert one != other


def streams() -> Streams:
    model = Scripted()
    rows = [model.encode(Question(id=str(n), text="What?", answer="This.")) for n in range(40)]
    return Streams(forget=rows[:4], retain=rows[4:])


def test_a_method_that_keeps_nothing_has_drawn_nothing() -> None:
    for name in ("ga", "prompt", "task_vector", "retrain"):
        assert drawn(make(name, {}), streams(), Train(batch=2), 9, 0) == []


def test_an_edit_and_a_mask_read_all_that_there_is() -> None:
    for name in ("manu", "mmunlearner"):
        assert drawn(make(name, {}), streams(), Train(batch=2), 1, 0) == [str(n) for n in range(4, 40)]


def test_a_training_that_ended_early_has_drawn_the_less() -> None:
    found = [drawn(make("npo", {}), streams(), Train(batch=2), steps, 0) for steps in range(4)]
    assert [len(one) for one in found] == [0, 2, 4, 6]
    assert set(found[1]) < set(found[2]) < set(found[3])
    assert found[3] == sorted(found[3], key=int)  # as the stream has them


def test_scores_tell_of_what_was_drawn_only(lab: Lab) -> None:
    lab.forget(methods=(Unlearn(method="npo"), Unlearn(method="ga")), train=Train(epochs=0.2, batch=4))
    told = {}
    for arm in ("npo-s0", "ga-s0", "goal"):
        for step in ("model", "responses", "scores"):
            folder = lab.make(f"{arm}/{step}")
        told[arm] = {
            row.split: row for row in read_summary(folder) if (row.question_type, row.metric) == ("all", "em")
        }
    drawn = read_rehearsed(lab.root / "npo-s0/model")
    assert drawn
    record = json.loads((lab.root / "npo-s0/model/rehearsed.json").read_text())
    assert record["division"] == Task().kept(lab.data).digest
    assert told["npo-s0"]["rehearsed"].items == len(drawn)
    assert "rehearsed" not in told["ga-s0"]  # it goes over nothing
    assert told["goal"]["rehearsed"].items == len(Task().kept(lab.data).rehearsed)
    assert told["npo-s0"]["kept"].items == told["goal"]["kept"].items


def test_without_a_record_nothing_is_told(tmp_path: Path) -> None:
    assert read_rehearsed(tmp_path) is None
