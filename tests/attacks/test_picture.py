"""Pictures changed a little: how far, in what families, and each question's by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from attacks.small import Small
from models.conftest import picture
from remem.attacks import make
from remem.attacks.base import Tried
from remem.attacks.gradients import LOSS
from remem.attacks.picture import PIXELS, AdversarialPicture, changed, slope
from remem.attacks.scene import Scene
from remem.errors import UserError
from remem.models.anatomy import projector
from remem.models.base import Encoded, Question
from remem.models.families import make_tiny
from remem.models.huggingface import Model
from remem.models.loading import load

FAMILIES = ("llava", "smolvlm", "qwen2.5-vl")
EXACT = 1e-6


def few(**more: Any) -> AdversarialPicture:
    return AdversarialPicture(**{"epsilon": (4.0,), "steps": 3, "universal_steps": 3} | more)


def tried(attack: AdversarialPicture, scene: Scene) -> list[Tried]:
    attack.check(scene)
    return [one for trial in attack.trials(scene) for one in trial.work()]


@pytest.fixture
def scene(arms: Small, tmp_path: Path) -> Scene:
    return arms.scene("arm", tmp_path, pictures=True)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    made = {}
    for family in FAMILIES:
        folder = tmp_path_factory.mktemp(family)
        make_tiny(family, folder)
        made[family] = load(folder)
    return made


def rows(model: Model) -> list[Encoded]:
    sizes = [((48, 40), 0), ((48, 40), 90), ((40, 48), 30)]
    return [
        model.encode(
            Question(str(n), "Who is this?", "This is", lambda n=n: picture(*sizes[n]), f"{n}")  # type: ignore[misc]
        )
        for n in range(3)
    ]


def seen(model: Model, shown: Sequence[Encoded]) -> Tensor:
    """What the network is shown, in 0..1, with all changes made."""
    caught: list[Tensor] = []

    def keep(there: Tensor, _: Tensor | None) -> Tensor:
        caught.append(there.detach().clone())
        return there

    with torch.no_grad(), model.touched(PIXELS, keep):
        model.forward(model.collate(shown))
    return caught[0]


def test_no_pixel_goes_further_than_epsilon_nor_out_of_black_and_white() -> None:
    there = torch.tensor([0.0, 0.5, 1.0, 0.5]).reshape(1, 1, 4).expand(1, 3, 4)
    more = torch.tensor([-1.0, 1.0, 1.0, -0.001]).reshape(1, 1, 4).expand(1, 3, 4)
    made = changed(more, 51.0)(there, None)
    assert made[0, 0].tolist() == pytest.approx([0.0, 0.7, 1.0, 0.499])


def test_a_change_of_one_piece_is_that_of_every_piece_and_another_size_says_so() -> None:
    there, more = torch.full((4, 3, 2), 0.5), torch.tensor([0.01, -0.01]).reshape(1, 1, 2).expand(1, 3, 2)
    made = changed(more, 4.0)(there, None)
    assert made[:, 0].tolist() == [pytest.approx([0.51, 0.49])] * 4
    with pytest.raises(UserError, match="several shapes"):
        changed(more, 4.0)(torch.zeros(4, 3, 5), None)
    with pytest.raises(UserError, match="several shapes"):
        changed(more.expand(1, 3, 2).repeat(3, 1, 1), 4.0)(there, None)


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_reach_the_pixels_and_steps_against_them_stay_within_epsilon(
    models: dict[str, Model], family: str
) -> None:
    model = models[family]
    shown = rows(model)
    clean = seen(model, shown[:1])
    found, before = slope(model, model.collate(shown[:1]), None, 8.0)
    assert found.shape == clean.shape
    assert bool(found.isfinite().all())
    assert (found != 0).float().mean() > 0.5
    (delta,), _ = few(steps=12, step=1.0)._descended(model, shown[:1], 8.0, [0])
    with model.touched(PIXELS, changed(delta, 8.0)):
        now = seen(model, shown[:1])
    assert float((now - clean).abs().max()) == pytest.approx(8 / 255, abs=EXACT)
    assert float(now.min()) >= -EXACT
    assert float(now.max()) <= 1 + EXACT
    after = slope(model, model.collate(shown[:1]), delta, 8.0)[1]
    assert after[0] < before[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_question_has_a_change_of_its_own_whatever_stands_beside_it(
    models: dict[str, Model], family: str
) -> None:
    model = models[family]
    shown = rows(model)
    # The last is of another form: its pieces are not counted with the others'.
    together, losses = few(batch=2)._descended(model, shown[:2], 4.0, [0, 1])
    alone = [few()._descended(model, [row], 4.0, [0]) for row in shown[:2]]
    assert losses == pytest.approx([loss for _, (loss,) in alone], abs=1e-4)
    for one, ((delta,), _) in zip(together, alone, strict=True):
        assert (one == delta).float().mean() > 0.99  # a slope of nearly 0 may have either sign
    assert not torch.equal(together[0], together[1])


def test_both_frames_of_a_picture_that_is_shown_as_a_film_are_changed_alike(models: dict[str, Model]) -> None:
    (delta,), _ = few()._descended(models["qwen2.5-vl"], rows(models["qwen2.5-vl"])[:1], 4.0, [0])
    first, second = delta.unflatten(2, (2, -1)).unbind(2)
    assert torch.equal(first, second)
    assert bool(first.any())


def test_in_half_precision_pixels_are_changed_by_whole_levels(tmp_path: Path) -> None:
    make_tiny("llava", tmp_path)
    model = load(tmp_path, dtype="bfloat16")
    shown = rows(model)[:1]
    assert seen(model, shown).dtype == torch.float32
    (delta,), _ = few(steps=2)._descended(model, shown, 4.0, [0])
    assert sorted({round(255 * level, 4) for level in delta.unique().tolist()} - {0.0}) == [-2.0, 2.0]


def test_all_questions_with_a_picture_are_asked_and_the_model_is_left_as_it_was(scene: Scene) -> None:
    before = {path: tensor.clone() for path, tensor in scene.model.network.state_dict().items()}
    found = tried(few(epsilon=(8.0, 4.0)), scene)
    assert [one.setting for one in found] == [
        "universal, 4 of 255", "universal, 8 of 255", "each question, 4 of 255", "each question, 8 of 255",
    ]  # fmt: skip
    shown = {item.id for item in scene.secrets if item.image_path}
    for one in found:
        assert {said.id for said in one.answers} == {ranked.id for ranked in one.rankings} == shown
    assert tried(few(epsilon=(8.0, 4.0)), scene) == found
    after = scene.model.network.state_dict()
    assert all(torch.equal(tensor, after[path]) for path, tensor in before.items())
    assert all(weight.requires_grad and weight.grad is None for weight in scene.model.network.parameters())


def test_its_rankings_are_those_of_the_changed_picture(scene: Scene) -> None:
    attack = few(universal_steps=0, steps=6, epsilon=(8.0,))
    (one,) = tried(attack, scene)
    asked = attack._asked(scene)
    lead = scene.leads(asked)
    for number, ranked in enumerate(one.rankings):
        at = [two.item.id for two in asked].index(ranked.id)
        (delta,), _ = attack._descended(scene.model, lead, 8.0, [at])
        with scene.model.touched(PIXELS, changed(delta, 8.0)):
            (again,) = scene.rank([asked[at]])
        assert again.logp == pytest.approx(ranked.logp, abs=0.02), number
        assert again.logp != pytest.approx(scene.rank([asked[at]])[0].logp, abs=1e-3)


def test_the_beginning_of_answers_becomes_likely_with_one_change_for_all(scene: Scene) -> None:
    first, last = (
        tried(few(steps=0, universal_steps=steps, epsilon=(64.0,), step=4.0), scene)[0].notes[LOSS]
        for steps in (1, 20)
    )
    assert last < first


def test_without_pictures_it_says_so_first(scene: Scene) -> None:
    texts = tuple(item for item in scene.secrets if not item.image_path)
    with pytest.raises(UserError, match="shows a picture: leave the attack"):
        few().check(replace(scene, secrets=texts))


def test_a_model_that_stops_gradients_on_their_way_to_the_pixels_says_so_first(scene: Scene) -> None:
    def stop(module: Any, inputs: Any, output: Tensor) -> Tensor:
        return output.detach()

    with (
        projector(scene.model.network).register_forward_hook(stop),
        pytest.raises(UserError, match="no gradient reaches"),
    ):
        few().check(scene)


@pytest.mark.parametrize("epsilon", [(0.0,), (-1.0,), (4.0, 256.0), ()])
def test_epsilon_out_of_range(epsilon: tuple[float, ...]) -> None:
    with pytest.raises(UserError, match=r"picture\.epsilon"):
        make("picture", {"epsilon": epsilon})


@pytest.mark.parametrize(
    "wrong", [{"step": 0.0}, {"steps": -1}, {"steps": 0, "universal_steps": 0}, {"batch": 0}, {"lead": ""}]
)
def test_settings_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"picture.{next(iter(wrong))}"):
        make("picture", wrong)
