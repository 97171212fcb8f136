"""Steering: which way, how far, and live where the model answers and ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from attacks.planted import Planted, facts, people, scene
from attacks.small import Small
from remem.attacks import make
from remem.attacks.base import Asked, Tried
from remem.attacks.scene import Scene
from remem.attacks.steering import SIZE, Steering, added
from remem.errors import UserError
from remem.models.base import Encoded
from remem.models.touching import Place

STAY = [*facts(people("o", 3), ("home", "work")), *facts(["o9"], ("home",))]
GO = [*facts(["s0"], ("home", "work", "pet")), *facts(["s1"], ("home",))]


def tried(scene: Scene, **settings: Any) -> list[Tried]:
    attack = Steering(**settings)
    attack.check(scene)
    return [one for trial in attack.trials(scene) for one in trial.work()]


def states(row: Encoded, layer: int, noise: Tensor) -> Tensor:
    """At home those who stay are at (layer, 0), at work at (0, 4); those to forget are always at (0, 1)."""
    who, attribute = row.question.id.split("-")[:2]
    if who.startswith("s"):
        return torch.tensor([0.0, 1.0])
    return torch.tensor([float(layer), 0.0] if attribute == "home" else [0.0, 4.0])


def test_towards_others_is_the_mean_over_kinds_of_question_of_what_differs() -> None:
    """At home (layer, -1), at work (0, 3), however many rows there are of each; nobody else has a pet."""
    found = Steering()._to_others(scene(Planted(states, 2), GO, STAY), (1, 3))
    assert found.tolist() == [[0.0, 1.0], [1.0, 1.0]]


def test_towards_before_is_what_the_older_model_has_more() -> None:
    def more(row: Encoded, layer: int, noise: Tensor) -> Tensor:
        return states(row, layer, noise) + torch.tensor([0.5, -float(layer)])

    there = scene(Planted(states, 2), GO, STAY, older=lambda name: {"taught": Planted(more, 2)}[name])
    assert Steering()._to_before(there, (1, 3)).tolist() == [[0.5, 0.0], [0.5, -2.0]]


def test_every_layer_and_strength_is_tried_and_the_model_stays_as_it_was(arms: Small, tmp_path: Path) -> None:
    there = arms.scene("arm", tmp_path)
    before = {path: tensor.clone() for path, tensor in there.model.network.state_dict().items()}
    found = tried(there, strengths=(2.0, 0.5))
    assert [one.setting for one in found] == [
        f"{way}, layer {layer} of 2, strength {strength}"
        for way in ("towards people who stay", "towards the taught model")
        for layer in (1, 2)
        for strength in (0.5, 2)
    ]
    assert [one.control for one in found] == [False] * 4 + [True] * 4  # who has that model needs no attack
    for one in found:
        assert [said.id for said in one.answers] == [item.id for item in there.secrets]
        assert [ranked.id for ranked in one.rankings] == [item.id for item in there.ranked]
    assert found[1].notes[SIZE] == pytest.approx(4 * found[0].notes[SIZE])
    assert tried(there, strengths=(2.0, 0.5)) == found
    after = there.model.network.state_dict()
    assert all(torch.equal(tensor, after[path]) for path, tensor in before.items())


def test_what_is_added_is_there_while_it_answers_and_ranks(arms: Small, tmp_path: Path) -> None:
    there = arms.scene("arm", tmp_path)
    plain, asked = there.rank(), [Asked(item, there.question(item)) for item in there.secrets]
    said = there.ask(asked)
    (one,) = [one for one in tried(there, layers=(1,), strengths=(40.0,)) if "stay" in one.setting]
    vector = Steering()._to_others(there, (1,))[0]
    with there.model.touched(Place("layer", 0), added(40.0 * vector)):
        assert one.rankings == there.rank()
        assert one.answers == there.ask(asked)
    assert one.answers != said
    for ranking, usual in zip(one.rankings, plain, strict=True):
        assert ranking.logp != pytest.approx(usual.logp, abs=0.1)


def test_towards_the_model_itself_nothing_changes(arms: Small, tmp_path: Path) -> None:
    there = arms.scene("taught", tmp_path)
    plain = there.rank()
    found = [one for one in tried(there) if "taught" in one.setting]
    assert len(found) == 6
    for one in found:
        assert one.notes[SIZE] == 0
        assert one.rankings == plain


def test_without_the_model_from_before_that_way_is_left_out() -> None:
    there = scene(Planted(states, 2), GO, STAY)
    assert [trial.name for trial in Steering().trials(there)] == ["others"]


def test_out_of_range() -> None:
    there = scene(Planted(states, 2), GO, STAY)
    with pytest.raises(UserError, match="layer 5: this model has layers 1 to 4"):
        Steering(layers=(5,)).check(there)
    with pytest.raises(UserError, match=r"steering.layers=0"):
        make("steering", {"layers": 0})
    for strengths in ((), (1.0, 0.0)):
        with pytest.raises(UserError, match=r"steering.strengths"):
            make("steering", {"strengths": strengths})


def test_without_prompts_to_compare_it_says_so_first() -> None:
    with pytest.raises(UserError, match="none of the people who stay"):
        Steering().check(scene(Planted(states, 2), GO, facts(["o"], ("car",))))
    with pytest.raises(UserError, match="has a cloze prompt to take hidden states from"):
        Steering().check(scene(Planted(states, 2), [], STAY))
