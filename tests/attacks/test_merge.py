"""A part of the way back to an older checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from attacks.small import Small
from remem.attacks import make
from remem.attacks.base import Asked
from remem.attacks.merge import Merge, between
from remem.errors import UserError
from remem.models.huggingface import Model


def values(model: Model) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.network.named_parameters()}


def moved(model: Model) -> Model:
    """The language model elsewhere, the tower where it was."""
    for name, weight in model.network.named_parameters():
        if "language_model" in name:
            draw = torch.Generator().manual_seed(len(name))
            weight.data += 0.05 * torch.randn(weight.shape, generator=draw)
    return model


def test_a_quarter_of_the_way_by_hand() -> None:
    arm, base = torch.tensor([1.0, -2.0, 0.0]), torch.tensor([5.0, 2.0, 0.0])
    assert between(arm, base, 0.25).tolist() == [2.0, -1.0, 0.0]
    assert between(arm, base, 1.0).tolist() == base.tolist()
    half = between(arm.bfloat16(), torch.tensor([1.0078125, 2.0, 0.0]), 0.5)  # 1.00390625 is a tie: to even
    assert (half.dtype, half.tolist()) == (torch.bfloat16, [1.0, 0.0, 0.0])


def test_each_alpha_is_merged_asked_and_put_back_bit_for_bit(plain: Small, tmp_path: Path) -> None:
    one = plain.scene("base", tmp_path, pictures=True)
    base = values(one.model)
    arm = values(moved(one.model))
    still = {name for name in base if torch.equal(base[name], arm[name])}
    assert 0 < len(still) < len(base)
    during: list[dict[str, torch.Tensor]] = []
    rank = one.model.rank

    def noted(*told: Any) -> Any:
        during.append(values(one.model))
        return rank(*told)

    one.model.rank = noted  # type: ignore[method-assign]
    found = [had for trial in Merge(alphas=(0.25, 1.0)).trials(one) for had in trial.work()]
    assert [(had.setting, had.control) for had in found] == [
        ("25 % of base", False),
        ("100 % of base", False),
    ]
    for name, weight in arm.items():
        wanted = 0.75 * weight + 0.25 * base[name]
        torch.testing.assert_close(during[0][name], weight if name in still else wanted)
        assert torch.equal(during[1][name], base[name])
        assert name not in still or torch.equal(during[0][name], weight)
    assert all(torch.equal(weight, arm[name]) for name, weight in values(one.model).items())
    origin = plain.scene("base", tmp_path, pictures=True)
    asked = [Asked(item, one.question(item)) for item in one.secrets]
    assert (list(found[1].answers), list(found[1].rankings)) == (origin.ask(asked), origin.rank())


def test_towards_the_taught_model_it_is_a_control(plain: Small, tmp_path: Path) -> None:
    one = plain.scene("base", tmp_path)
    opened: list[str] = []

    def older(name: str) -> Model:
        opened.append(name)
        return moved(one.open())

    object.__setattr__(one, "older", older)
    (trial,) = Merge(alphas=(0.5,), towards="taught").trials(one)
    assert not opened
    (found,) = trial.work()
    assert (trial.name, found.setting, found.control) == ("taught-50", "50 % of taught", True)
    assert opened == ["taught"]


def test_a_model_of_another_shape_is_refused_and_nothing_is_left_changed(
    plain: Small, tmp_path: Path
) -> None:
    one = plain.scene("base", tmp_path)
    before = values(one.model)

    def older(name: str) -> Model:
        model = moved(one.open())
        last = list(model.network.named_parameters())[-1][1]
        last.data = last.data[:1]
        return model

    object.__setattr__(one, "older", older)
    (trial,) = Merge(alphas=(0.5,)).trials(one)
    with pytest.raises(UserError, match=r"the base model has no weight .* of this shape"):
        list(trial.work())
    assert all(torch.equal(weight, before[name]) for name, weight in values(one.model).items())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"alphas": [0.0]}, "merge.alphas must be above 0 and at most 1"),
        ({"alphas": [1.5]}, "merge.alphas must be above 0 and at most 1"),
        ({"alphas": [0.5, 0.5]}, "is there twice"),
        ({"towards": "goal"}, "unknown model for merge.towards: goal"),
    ],
)
def test_bad_settings_say_what_to_do(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        make("merge", settings)
