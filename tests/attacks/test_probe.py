"""The probe finds values that lie linearly in hidden states, and none where they do not or were shuffled."""

from __future__ import annotations

from statistics import mean
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from attacks.planted import TOWNS, Planted, facts, people, scene
from remem.attacks import make
from remem.attacks.base import Tried
from remem.attacks.probe import FIT, STRENGTHS, Groups, Probe, Ridge, cosine, lines, shuffled
from remem.attacks.scene import Scene
from remem.errors import UserError
from remem.models.base import Encoded
from remem.scoring.metrics.exposure import expected_norm, exposure_norm
from scripted import tokens

WIDTH = 12
OTHERS = facts(people("o", 30), ("home", "work", "school"))
SECRETS = facts(people("s", 40), ("home", "work", "school"))
CHANCE = expected_norm(len(TOWNS), 0)
VALUES = {one.id: one.keywords[0] for one in (*OTHERS, *SECRETS)}


def planted(strength: float, known: Any = VALUES) -> Planted:
    """Behind layer 3 a turn of the value's mean embedding, upon what is common to an attribute."""
    turn = torch.randn((WIDTH, WIDTH), generator=torch.Generator().manual_seed(2))

    def of(row: Encoded, layer: int, noise: Tensor) -> Tensor:
        attribute = row.question.id.split("-")[1]
        common = 5.0 * torch.ones(WIDTH) * ("home", "work", "school").index(attribute)
        if layer != 2 or row.question.id not in known:
            return noise + common
        meant = model.table[list(tokens(VALUES[row.question.id])[:-1])].mean(0)
        return 0.1 * noise + strength * turn @ meant + common

    model = Planted(of, WIDTH)
    return model


def tried(scene: Scene, **settings: Any) -> dict[str, Tried]:
    attack = Probe(**settings)
    attack.check(scene)
    return {one.setting: one for trial in attack.trials(scene) for one in trial.work()}


def exposure(one: Tried) -> float:
    return mean(exposure_norm(ranking) or 0.0 for ranking in one.rankings)


def test_values_that_lie_in_a_layer_are_found_there_and_not_when_shuffled() -> None:
    found = tried(scene(planted(1.0), SECRETS, OTHERS))
    assert list(found) == [
        f"layer {number} of 4{kind}" for number in (1, 2, 3, 4) for kind in ("", ", shuffled values")
    ]
    assert exposure(found["layer 3 of 4"]) > 0.95
    assert found["layer 3 of 4"].notes[FIT] > 0.9
    for setting, one in found.items():
        assert one.control == ("shuffled" in setting)
        assert len(one.rankings) == len(SECRETS)
        if setting != "layer 3 of 4":
            # Shuffled, twelve towns point somewhere each: that is twelve draws and not a hundred.
            close = 0.15 if setting.startswith("layer 3") else 0.08
            assert exposure(one) == pytest.approx(CHANCE, abs=close), setting
            assert abs(one.notes[FIT]) < 0.25


def test_of_a_model_that_knows_the_others_alone_nothing_is_found() -> None:
    """As of a Goal model."""
    known = {one.id for one in OTHERS}
    found = tried(scene(planted(1.0, known), SECRETS, OTHERS), layers=(3,))
    assert found["layer 3 of 4"].notes[FIT] > 0.9
    assert exposure(found["layer 3 of 4"]) == pytest.approx(CHANCE, abs=0.08)


def test_it_is_the_same_again() -> None:
    there = scene(planted(1.0), SECRETS, OTHERS)
    assert tried(there, layers=(3,)) == tried(there, layers=(3,))


def one_group(count: int) -> Groups:
    return Groups([f"p{number}" for number in range(count)], ["a"] * count, ["a/1"] * count)


def test_a_line_is_ridge_regression_between_what_is_left_of_the_means() -> None:
    drawn = np.random.default_rng(0)
    states, targets = drawn.normal(size=(20, 3)) * [1, 10, 100] + 7, drawn.normal(size=(20, 2)) - 3
    near = (states - states.mean(0)) / states.std(0)
    for strength, line in zip(STRENGTHS, lines(states, targets, one_group(20)), strict=True):
        ridge = strength * np.trace(near.T @ near) / 3
        slope = np.linalg.solve(near.T @ near + ridge * np.eye(3), near.T @ (targets - targets.mean(0)))
        assert line(states, ["a/1"] * 20) == pytest.approx(near @ slope)
        assert line.centre("a") == pytest.approx(targets.mean(0))


def test_means_are_of_a_kind_and_of_an_attribute_and_else_of_all() -> None:
    states = np.array([[1.0], [3.0], [11.0], [17.0]])
    targets = np.array([[1.0], [2.0], [5.0], [8.0]])
    groups = Groups(["p", "q", "p", "q"], ["a", "a", "b", "b"], ["a/1", "a/1", "b/1", "b/2"])
    line = lines(states, targets, groups)[0]
    assert {name: mean.tolist() for name, mean in line.targets.items()} == {"": [4], "a": [1.5], "b": [6.5]}
    assert {name: mean.tolist() for name, mean in line.states.items()} == {
        "": [8], "a/1": [2], "b/1": [11], "b/2": [17],
    }  # fmt: skip
    assert line(np.array([[2.0], [8.0]]), ["a/1", "unheard of"]).tolist() == [[0.0], [0.0]]
    assert line.centre("unheard of").tolist() == [4]


def test_the_strength_is_chosen_on_people_left_out() -> None:
    drawn = np.random.default_rng(0)
    states = drawn.normal(size=(60, 30))
    exact = Ridge.fitted(states, states @ drawn.normal(size=(30, 4)), one_group(60))
    noise = Ridge.fitted(states, drawn.normal(size=(60, 4)), one_group(60))
    assert exact.fit > 0.99
    assert noise.fit < 0.3
    # Whoever is seen with every person is of no use for a new one: here what is told is who it is.
    twice = Groups([f"p{number % 5}" for number in range(60)], ["a"] * 60, ["a/1"] * 60)
    whose = np.eye(5)[[number % 5 for number in range(60)]]
    assert Ridge.fitted(whose, drawn.normal(size=(5, 4))[[n % 5 for n in range(60)]], twice).fit < 0.5


def test_cosines_by_hand() -> None:
    rows = np.array([[3.0, 4.0], [0.0, 0.0], [-2.0, 0.0]])
    assert cosine(rows, np.array([1.0, 0.0])).tolist() == pytest.approx([0.6, 0.0, -1.0])
    assert cosine(rows, rows[::-1]).tolist() == pytest.approx([-0.6, 0.0, -0.6])


def test_values_are_shuffled_within_their_attribute() -> None:
    attributes = ["a", "b"] * 20
    order = shuffled(attributes, 3)
    assert sorted(order) == list(range(40))
    assert [attributes[at] for at in order] == attributes
    assert sum(at == place for place, at in enumerate(order)) < 10


@pytest.mark.parametrize("count", [(1, 3), (6, 3), (30, 0)])
def test_with_too_few_others_it_says_so_first(count: tuple[int, int]) -> None:
    few = [one for one in OTHERS if int(one.person[1:]) < count[0]][: 3 * count[0] if count[1] else 0]
    with pytest.raises(UserError, match="a probe is learnt on 20 facts or more"):
        Probe().check(scene(planted(1.0), SECRETS, few))


def test_of_more_others_than_it_may_have_some_are_drawn() -> None:
    found = tried(scene(planted(1.0), SECRETS[:3], OTHERS), rows=25, layers=(3,))
    assert {one.notes["facts learnt on"] for one in found.values()} == {25}


def test_layers_and_rows_out_of_range() -> None:
    with pytest.raises(UserError, match="layer 5: this model has layers 1 to 4"):
        Probe(layers=(5,)).check(scene(planted(1.0), SECRETS, OTHERS))
    with pytest.raises(UserError, match=r"probe.layers=-1"):
        make("probe", {"layers": -1})
    with pytest.raises(UserError, match=r"probe.rows"):
        make("probe", {"rows": 19})
