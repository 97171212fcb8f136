"""Vectors in place of tokens, and a network whose weights an attack by gradients leaves alone."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from attacks.small import Small
from remem.attacks.base import Asked
from remem.attacks.gradients import EMBEDDINGS, embedded, free, gradient, soft, still
from remem.attacks.scene import Scene
from remem.errors import UserError


@pytest.fixture
def scene(plain: Small, tmp_path: Path) -> Scene:
    return plain.scene("base", tmp_path, pictures=True)


def test_a_vector_stands_wherever_its_token_does_and_nowhere_else() -> None:
    there = torch.arange(12.0).reshape(1, 4, 3)
    vectors = torch.tensor([[0.5, 1.5, 2.5], [-1.0, -2.0, -3.0]])
    tokens = torch.tensor([[8, 3, 9, 8]])
    made = soft((8, 9), vectors)(there, tokens)
    assert made[0].tolist() == [[0.5, 1.5, 2.5], [3.0, 4.0, 5.0], [-1.0, -2.0, -3.0], [0.5, 1.5, 2.5]]
    assert torch.equal(soft((8, 9), vectors)(there, torch.tensor([[1, 2, 3, 4]])), there)


def test_a_vectors_gradient_is_the_sum_over_where_it_stands() -> None:
    vectors = torch.zeros(2, 3, requires_grad=True)
    weights = torch.arange(12.0).reshape(1, 4, 3)
    made = soft((8, 9), vectors)(torch.ones(1, 4, 3), torch.tensor([[8, 3, 9, 8]]))
    found = gradient((made * weights).sum(), vectors)
    assert found.tolist() == [[9.0, 11.0, 13.0], [6.0, 7.0, 8.0]]


def test_no_weight_is_given_a_gradient_meanwhile_and_all_is_put_back(scene: Scene) -> None:
    network = scene.model.network
    weights = list(network.parameters())
    weights[0].requires_grad_(False)
    network.train()
    with contextlib.suppress(ZeroDivisionError), still(scene.model):
        assert not any(weight.requires_grad for weight in weights)
        assert not network.training
        raise ZeroDivisionError
    assert [weight.requires_grad for weight in weights] == [False] + [True] * (len(weights) - 1)
    assert network.training


def test_a_loss_that_is_no_number_says_that_the_arm_diverged() -> None:
    vector = torch.ones(1, requires_grad=True)
    with pytest.raises(UserError, match="diverged"):
        gradient((vector * float("nan")).sum(), vector)


def test_the_embeddings_of_a_row_are_those_of_its_words_without_its_picture(scene: Scene) -> None:
    model = scene.model
    shown = next(item for item in scene.secrets if item.image_path)
    (row,) = scene.rows([Asked(shown, scene.question(shown))])
    words = [token for token in row.prompt if token != model.placeholder]
    table = model.network.get_input_embeddings().weight
    assert torch.equal(embedded(model, [row])[0], table[words].detach())
    assert len(words) < len(row.prompt)


def test_free_tokens_stand_in_no_question_and_in_no_value(scene: Scene) -> None:
    asked = [Asked(item, scene.question(item)) for item in scene.secrets]
    ranked = [scene.cloze(item) for item in scene.ranked]
    ids = free(scene, asked, ranked, (), 30)
    said = {token for row in scene.rows(asked) for token in row.prompt}
    said |= {token for _, one in scene.candidates(ranked) for value in one.tokens for token in value}
    said |= {token for _, one in scene.candidates(ranked) for token in one.prompt.prompt}
    assert len(set(ids)) == 30
    assert not said & set(ids)
    with pytest.raises(UserError, match="100000 soft tokens"):
        free(scene, asked, ranked, (), 100_000)


def test_vectors_in_front_change_what_is_ranked_and_equal_ones_change_nothing(scene: Scene) -> None:
    """The embeddings of a token put where another stands are that token itself."""
    model, item = scene.model, scene.ranked[0]
    one = scene.cloze(item)
    ids = free(scene, [one], [one], (), 1)
    word = scene.rows([one])[0].prompt[3]
    table = model.network.get_input_embeddings().weight.detach()
    said = Asked(item, replace(one.question, soft=(word,)))
    placed = Asked(item, replace(one.question, soft=ids))
    with model.touched(EMBEDDINGS, soft(ids, table[[word]])):
        through = scene.rank([placed])[0].logp
    assert through == pytest.approx(scene.rank([said])[0].logp, abs=1e-4)
    assert through != pytest.approx(scene.rank([one])[0].logp, abs=1e-4)
