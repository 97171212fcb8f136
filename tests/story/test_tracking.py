"""Trackers are told what a whole step wrote, and cannot stop a run."""

import json

import pytest

from remem.errors import UserError
from remem.story.tracking import Tracking, check


class Quiet:
    def start(self, step): ...
    def update(self, step, done, total, note): ...
    def finish(self, step, seconds): ...


@pytest.fixture
def run_folder(tmp_path):
    root = tmp_path / "mine"
    for part in ("model", "scores"):
        (root / "npo-s0" / part).mkdir(parents=True)
    lines = '{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 1.5}\n{"diverged": true, "step": 2, "why": "x"}\n'
    (root / "npo-s0/model/log.jsonl").write_text(lines)
    row = {"split": "forget1", "question_type": "all", "metric": "em", "mean": 0.25, "low": 0.2, "high": 0.3}
    row |= {"over": "people", "people": 4, "items": 8, "missing": 0}
    rows = [row, row | {"metric": "exposure_bits", "mean": None}]
    (root / "npo-s0/scores/summary.json").write_text(json.dumps({"arm": "npo-s0", "rows": rows}))
    return root


def test_tensorboard_holds_the_log_and_the_scores(run_folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    said = []
    tracking = Tracking(Quiet(), run_folder, ["tensorboard"], said.append)
    for step in ("dataset", "npo-s0/model", "npo-s0/scores"):
        tracking.finish(step, 1.0)
    assert not said
    events = EventAccumulator(str(run_folder / "tracking/mine/npo-s0/model")).Reload()
    assert [(one.step, one.value) for one in events.Scalars("loss")] == [(1, 2.5), (2, 1.5)]
    events = EventAccumulator(str(run_folder / "tracking/mine/npo-s0/scores")).Reload()
    assert events.Tags()["scalars"] == ["forget1/all/em"]  # missing is not 0
    assert events.Scalars("forget1/all/em")[0].value == 0.25


def test_a_tracker_that_fails_is_told_of_once_and_stops_nothing(run_folder, monkeypatch):
    calls, said = [], []

    def broken(*arguments):
        calls.append(arguments)
        raise OSError("the tracker's server is away")

    monkeypatch.setattr("remem.story.tracking._tracker", broken)
    tracking = Tracking(Quiet(), run_folder, ["wandb"], said.append)
    tracking.finish("npo-s0/model", 1.0)
    tracking.finish("npo-s0/scores", 1.0)
    assert len(calls) == len(said) == 1
    assert "server is away" in said[0]


def test_an_unknown_tracker_is_refused_before_any_work():
    with pytest.raises(UserError, match="Did you mean tensorboard"):
        check(["tensorbord"])
