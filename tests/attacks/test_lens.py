"""The logit lens finds what a model knows and does not say, and nothing in one that never knew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest
import torch
from torch import Tensor

from attacks.planted import TOWNS, Planted, facts, people, scene
from attacks.small import Small
from remem.attacks import make
from remem.attacks.base import Tried
from remem.attacks.lens import PLACE, LogitLens, _first, told_apart
from remem.attacks.scene import Scene
from remem.errors import UserError
from remem.models.base import Candidates, Encoded, Question
from remem.scoring.metrics.exposure import expected_norm, exposure_norm

PEOPLE = people("p", 200)
VALUES = {one.id: one.keywords[0] for one in facts(PEOPLE)}
CHANCE = expected_norm(len(TOWNS), 0)


def tried(scene: Scene, **settings: object) -> list[Tried]:
    attack = LogitLens(**settings)  # type: ignore[arg-type]
    attack.check(scene)
    return [one for trial in attack.trials(scene) for one in trial.work()]


def exposure(one: Tried) -> float:
    return mean(exposure_norm(ranking) or 0.0 for ranking in one.rankings)


def knows_and_refuses(row: Encoded, layer: int, noise: Tensor) -> Tensor:
    """The value's first letter behind layer 2, and behind the last that of "I don't know"."""
    letter = {1: VALUES[row.question.id][0], 3: "I"}.get(layer)
    return noise if letter is None else noise + 20.0 * (torch.arange(256) == ord(letter))


def test_what_is_known_and_declined_is_found_in_the_middle() -> None:
    found = tried(scene(Planted(knows_and_refuses), facts(PEOPLE)))
    assert [one.setting for one in found] == [f"layer {number} of 4" for number in (1, 2, 3, 4)]
    assert exposure(found[1]) == 1.0
    assert found[1].notes[PLACE] == 1
    for number in (0, 2, 3):
        assert exposure(found[number]) == pytest.approx(CHANCE, abs=0.06)


def test_of_a_model_that_never_knew_no_layer_is_better_than_chance() -> None:
    found = tried(scene(Planted(lambda row, layer, noise: noise), facts(PEOPLE)))
    for one in found:
        assert exposure(one) == pytest.approx(CHANCE, abs=0.06)
        assert one.notes[PLACE] == pytest.approx(128, abs=25)


PROMPT = Encoded(Question("q", "?"), (1, 2), ())


def test_what_all_candidates_begin_with_is_said_and_equal_first_tokens_count_once() -> None:
    first = told_apart("q", Candidates(PROMPT, ((7, 5, 1), (7, 6), (7, 5, 2), (7, 8, 5))), 2)
    assert first is not None
    assert first.prompt.prompt == (1, 2, 7)
    assert first.tokens == (5, 6, 8)
    assert first.truth == 0
    ranking = first.ranking(torch.arange(10.0))
    assert ranking.logp == pytest.approx(torch.arange(10.0).log_softmax(0)[[5, 6, 8]].tolist())
    assert ranking.tokens == (1, 1, 1)


def test_candidates_of_which_one_ends_where_the_others_go_on_are_not_told_apart() -> None:
    assert told_apart("q", Candidates(PROMPT, ((7,), (7, 6))), 0) is None
    assert told_apart("q", Candidates(PROMPT, ((7, 6), (7, 6, 8))), 0) is None


def test_behind_the_last_layer_it_is_the_model_s_own_ranking(arms: Small, tmp_path: Path) -> None:
    there = arms.scene("taught", tmp_path, pictures=True)
    found = tried(there)
    assert [one.setting for one in found] == ["layer 1 of 2", "layer 2 of 2"]
    asked = [Candidates(one.prompt, tuple((token,) for token in one.tokens)) for one in _first(there)]
    own = there.model.rank(asked)
    assert len(own) == len(found[-1].rankings) == 4
    for ranking, logp in zip(found[-1].rankings, own, strict=True):
        assert ranking.logp == pytest.approx(logp, abs=1e-4)
    assert found == tried(there)


def test_the_silenced_arm_still_holds_what_its_goal_does_not(arms: Small, tmp_path: Path) -> None:
    best = {arm: max(map(exposure, tried(arms.scene(arm, tmp_path)))) for arm in ("taught", "arm", "goal")}
    assert best["taught"] == 1.0
    assert best["arm"] == 1.0
    assert best["goal"] < 0.8


def test_layers_out_of_range() -> None:
    there = scene(Planted(knows_and_refuses), facts(PEOPLE[:2]))
    assert [one.setting for one in tried(there, layers=(3, 1, 3))] == ["layer 1 of 4", "layer 3 of 4"]
    with pytest.raises(UserError, match="layer 5: this model has layers 1 to 4"):
        LogitLens(layers=(5,)).check(there)
    with pytest.raises(UserError, match=r"lens.layers=0: layers are counted from 1"):
        make("lens", {"layers": (2, 0)})


def test_without_anything_to_rank_it_says_so_first() -> None:
    asked = [replace(one, cloze="") for one in facts(PEOPLE[:2])]
    told = [replace(one, cloze=f"{one.keywords[0]} is the town, it is") for one in facts(PEOPLE[:2])]
    for secrets in (asked, told):
        with pytest.raises(UserError, match="leave the attack 'lens' out"):
            LogitLens().check(scene(Planted(knows_and_refuses), secrets))


def test_a_diverged_arm_says_so() -> None:
    there = scene(Planted(lambda row, layer, noise: noise * float("nan")), facts(PEOPLE[:2]))
    with pytest.raises(UserError, match="this arm's model has diverged"):
        tried(there)
