"""The soft prompt: who knows what, what its controls are taught, and vectors that learn."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from attacks.small import Small
from data.invented import row, rows
from fabricate import Questions, item
from remem.attacks import make
from remem.attacks.base import Tried
from remem.attacks.gradients import LOSS, STEPS
from remem.attacks.scene import Scene
from remem.attacks.soft_prompt import SoftPrompt, others, shuffled
from remem.errors import UserError
from remem.scoring.facts import fact
from remem.types import Item


def scene(forget: list[Item], **more: Any) -> Scene:
    """No model: what is divided is rows."""
    return Scene(data=None, open=None, forget=tuple(forget), secrets=tuple(forget), **more)  # type: ignore[arg-type]


def tried(attack: SoftPrompt, scene: Scene) -> list[Tried]:
    return [one for trial in attack.trials(scene) for one in trial.work()]


def known(scene: Scene, count: int) -> set[tuple[str, ...]]:
    return {fact(one) for one in SoftPrompt().known(scene, count)[0]}


def test_asked_are_the_facts_that_are_not_known() -> None:
    one = scene(rows(["ann", "bob"], facts=10, wordings=6))
    told, asked = SoftPrompt(rows=4).known(one, 3)
    facts = {fact(row) for row in told}
    assert len(facts) == 3
    assert len(told) == 12
    assert [row.id for row in asked] == [row.id for row in one.secrets if fact(row) not in facts]


def test_a_fact_that_is_known_is_not_asked_in_other_words_though_no_row_spells_it() -> None:
    forget = [replace(one, answer="There.") for one in rows(["ann"], facts=2, wordings=3)]
    told, asked = SoftPrompt().known(scene(forget), 1)
    assert len(asked) == 3
    assert not {fact(one) for one in told} & {fact(one) for one in asked}


def test_who_knows_more_facts_knows_those_of_fewer() -> None:
    one = scene(rows(["ann", "bob"], facts=10, wordings=2))
    sets = [known(one, count) for count in (1, 2, 5, 10, 19)]
    assert [len(inside) for inside in sets] == [1, 2, 5, 10, 19]
    assert all(few < more for few, more in pairwise(sets))


def test_seeds_draw_other_facts_and_the_order_of_rows_does_not_matter() -> None:
    forget = rows(["ann", "bob"], facts=10, wordings=2)
    assert known(scene(forget), 5) == known(scene(forget[::-1]), 5)
    assert known(scene(forget, seed=1), 5) != known(scene(forget, seed=2), 5)


def test_what_a_known_row_gives_away_is_not_asked() -> None:
    forget = [row(who, "town", value="Oslo") for who in ("ann", "bob", "cid")]
    assert SoftPrompt().known(scene(forget), 1)[1] == ()
    named = item(id="n", attribute="name", keywords=("Ann Lee",), question="What is Ann Lee called?")
    job = row("p000", "job")
    assert named not in [one for count in (1, 2) for one in SoftPrompt().known(scene([named, job]), count)[1]]


def test_numbers_of_facts_that_leave_nothing_to_ask_are_left_out() -> None:
    one = scene(rows(["ann"], facts=3, wordings=1))
    names = [trial.name for trial in SoftPrompt(facts=(1, 2, 3, 10), tokens=(10, 1)).trials(one)]
    assert names == ["tokens-1-facts-1", "tokens-10-facts-1", "tokens-1-facts-2", "tokens-10-facts-2"]
    told: list[str] = []
    SoftPrompt(facts=(1, 2, 3, 10)).check(
        replace(one, progress=lambda done, total, note="": told.append(note))
    )
    assert told == ["soft_prompt leaves facts=3, 10 out: known, they leave nothing to ask"]


@pytest.mark.parametrize("facts", [(3,), (4, 10)])
def test_where_nothing_is_left_to_ask_it_says_so(facts: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="leaves nothing to ask: 3 facts are to be forgotten"):
        SoftPrompt(facts=facts).check(scene(rows(["ann"], facts=3, wordings=1)))


@pytest.mark.parametrize(
    "wrong", [{"tokens": ()}, {"tokens": (0,)}, {"facts": (0,)}, {"rows": 0}, {"steps": 0}, {"lr": 0.0}]
)
def test_settings_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"soft_prompt.{next(iter(wrong))}"):
        make("soft_prompt", wrong)


def test_shuffled_labels_stay_in_their_attribute_and_else_are_those_of_another() -> None:
    towns = {
        ("ann", "town"): "Oslo",
        ("bob", "town"): "Lima",
        ("cid", "town"): "Kyiv",
    }
    found = shuffled({**towns, ("ann", "job"): "nurse", ("ann", "pet"): "cat"})
    assert list(found.values()) == ["Lima", "Kyiv", "Oslo", "cat", "nurse"]


def test_shuffled_labels_are_never_the_fact_s_own() -> None:
    same = {("ann", "town"): "Oslo", ("bob", "town"): "oslo", ("cid", "town"): "Lima"}
    assert list(shuffled(same).values()) == ["Lima", "Lima", "Oslo"]
    assert shuffled({("ann", "town"): "Oslo"}) == {}
    alone = {
        ("ann", "town"): "Oslo",
        ("bob", "town"): "Lima",
        ("ann", "job"): "nurse",
    }
    assert shuffled(alone)["ann", "job"] in ("Oslo", "Lima")


class Values(Questions):
    def candidates(self, item: Item) -> tuple[str, ...]:
        return ("Oslo", "Lima", "Kyiv", "Baku", "Bern")


def test_random_labels_are_true_of_nobody_to_be_forgotten() -> None:
    told = [row("ann", "town", value="Oslo"), row("bob", "town", value="Lima")]
    secrets = (row("cid", "town", value="Kyiv"), row("dot", "town", value="Baku"))
    data: Any = Values({}, {})
    assert {*others(data, told, secrets, 0).values()} == {"Bern"}
    drawn = {tuple(others(data, told, (), seed).values()) for seed in range(40)}
    assert {value for pair in drawn for value in pair} == {"Kyiv", "Baku", "Bern"}
    assert others(data, told, (*secrets, row("eve", "town", value="Bern")), 0) == {}


@pytest.fixture(scope="module")
def found(arms: Small, tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    attack = SoftPrompt(tokens=(2,), facts=(1,), steps=25)
    there = arms.scene("arm", tmp_path_factory.mktemp("soft"))
    attack.check(there)
    return tried(attack, there)


def test_its_controls_are_marked_and_asked_the_same(found: list[Tried]) -> None:
    # One fact has nobody to change its value with.
    assert [(one.setting, one.control) for one in found] == [
        ("2 tokens, 1 fact", False),
        ("2 tokens, 1 fact, random labels", True),
    ]
    for one in found:
        assert [said.id for said in one.answers] == [said.id for said in found[0].answers]
        assert [ranked.id for ranked in one.rankings] == [said.id for said in found[0].answers]
        assert one.notes[STEPS] == 25


def test_the_vectors_learn_what_they_are_taught(found: list[Tried], arms: Small, tmp_path: Path) -> None:
    few = tried(SoftPrompt(tokens=(2,), facts=(1,), steps=1), arms.scene("arm", tmp_path))
    assert found[0].notes[LOSS] < 0.5 * few[0].notes[LOSS]


def test_it_is_the_same_again_and_leaves_the_model_as_it_was(
    found: list[Tried], arms: Small, tmp_path: Path
) -> None:
    there = arms.scene("arm", tmp_path)
    before = {path: tensor.clone() for path, tensor in there.model.network.state_dict().items()}
    assert tried(SoftPrompt(tokens=(2,), facts=(1,), steps=25), there) == found
    after = there.model.network.state_dict()
    assert all(torch.equal(tensor, after[path]) for path, tensor in before.items())
    assert all(weight.requires_grad and weight.grad is None for weight in there.model.network.parameters())
