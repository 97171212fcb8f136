"""Vectors in front of each question: its own, made for it alone, and moved no further than their steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from attacks.small import Small
from fabricate import item
from remem.attacks import make
from remem.attacks.base import Tried
from remem.attacks.embedding import EmbeddingSpace
from remem.attacks.gradients import LOSS, STEPS, embedded
from remem.attacks.scene import Scene
from remem.errors import UserError


def tried(attack: EmbeddingSpace, scene: Scene) -> Tried:
    attack.check(scene)
    (trial,) = attack.trials(scene)
    (one,) = trial.work()
    return one


def few(**more: Any) -> EmbeddingSpace:
    return EmbeddingSpace(**{"tokens": 3, "steps": 10, "step": 0.01} | more)


@pytest.fixture
def scene(arms: Small, tmp_path: Path) -> Scene:
    return arms.scene("arm", tmp_path, pictures=True)


def test_every_question_is_asked_behind_vectors_of_its_own(scene: Scene) -> None:
    """What is made of a question does not depend on what is made beside it, nor on the order of asking."""
    together, alone = tried(few(), scene), tried(few(batch=1), scene)
    assert len({said.id for said in together.answers}) == len(scene.secrets) == 4
    by_id = {one.id: one for one in alone.rankings}
    for one in together.rankings:
        assert one.logp == pytest.approx(by_id[one.id].logp, abs=0.05)
    assert {one.id for one in together.rankings} == {item.id for item in scene.ranked}
    assert sorted(together.answers) == sorted(alone.answers)
    assert together.notes[LOSS] == pytest.approx(alone.notes[LOSS], abs=0.01)


def test_the_answers_beginning_becomes_likely(scene: Scene) -> None:
    first, last = tried(few(steps=1), scene), tried(few(steps=40), scene)
    assert last.notes[LOSS] < first.notes[LOSS] - 1
    assert (first.notes[STEPS], last.notes[STEPS]) == (1, 40)


def test_vectors_start_at_the_mean_of_the_prompt_and_go_no_further_than_their_steps(scene: Scene) -> None:
    attack = few(steps=4)
    (item,) = scene.secrets[:1]
    asked = [attack._asked(scene, item, attack._free(scene, [item]))]
    start = embedded(scene.model, [attack._plain(scene, asked[0])])[0].mean(0)
    vectors, _ = attack._made(scene, asked, asked[0].question.soft)
    far = (vectors - start).abs().max(1).values
    assert far.tolist() == pytest.approx([0.04] * 3, abs=1e-6)


def test_it_is_the_same_again_and_leaves_the_model_as_it_was(scene: Scene) -> None:
    before = {path: tensor.clone() for path, tensor in scene.model.network.state_dict().items()}
    assert tried(few(), scene) == tried(few(), scene)
    after = scene.model.network.state_dict()
    assert all(torch.equal(tensor, after[path]) for path, tensor in before.items())
    assert all(weight.requires_grad and weight.grad is None for weight in scene.model.network.parameters())


def test_a_vocabulary_without_room_says_so_first(scene: Scene) -> None:
    with pytest.raises(UserError, match=r"8000 soft tokens want as many free .* smaller embedding.batch"):
        few(tokens=2000).check(scene)


@pytest.mark.parametrize("wrong", [{"tokens": 0}, {"steps": 0}, {"step": 0.0}, {"batch": 0}, {"lead": " "}])
def test_settings_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"embedding.{next(iter(wrong))}"):
        make("embedding", wrong)


def test_where_the_data_has_no_beginning_a_common_one_is_aimed_at(scene: Scene) -> None:
    asked = few(lead="Sure:")._asked(scene, item(cloze=""))
    assert asked.question.begun == "Sure:"
