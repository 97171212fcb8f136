"""The arm in eight and in four bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from attacks.small import Small
from remem.attacks import make
from remem.attacks.base import Asked
from remem.attacks.quantise import Quantise
from remem.attacks.rounding import int8, nf4
from remem.errors import UserError
from remem.models.huggingface import Model
from remem.models.quantised import is_quantised, rounded, whole


def values(model: Model) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.network.named_parameters()}


@pytest.mark.parametrize(("bits", "how"), [(8, int8), (4, nf4)])
def test_the_language_models_layers_are_rounded_and_put_back(
    plain: Small, tmp_path: Path, bits: int, how: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = plain.scene("base", tmp_path, pictures=True)
    before, during = values(one.model), []
    asked = [Asked(item, one.question(item)) for item in one.secrets]
    unhurt = one.ask(asked), one.rank()
    rank = one.model.rank

    def noted(*told: Any) -> Any:
        during.append(values(one.model))
        return rank(*told)

    one.model.rank = noted  # type: ignore[method-assign]
    (trial,) = Quantise(bits=(bits,)).trials(one)
    (found,) = trial.work()
    one.model.rank = rank  # type: ignore[method-assign]
    assert (found.setting, found.control) == (f"{bits} bit", False)
    assert [answer.id for answer in found.answers] == [item.id for item in one.secrets]
    assert list(found.rankings) != unhurt[1]
    names = {f"{path}.weight" for path in rounded(one.model.network)}
    assert names
    for name, weight in before.items():
        assert torch.equal(during[0][name], how(weight) if name in names else weight), name
    assert all(torch.equal(weight, before[name]) for name, weight in values(one.model).items())
    assert (one.ask(asked), one.rank()) == unhurt


def test_tower_projector_and_head_stay_whole(plain: Small, tmp_path: Path) -> None:
    network = plain.scene("base", tmp_path).model.network
    linear = {path for path, part in network.named_modules() if isinstance(part, torch.nn.Linear)}
    done = set(rounded(network))
    assert done == linear - set(whole(network))
    assert all("language_model" in path for path in done)
    layers = network.config.text_config.num_hidden_layers
    assert len(done) == 7 * layers  # of attention four, of the MLP three


def test_a_quantised_model_is_refused_before_anything_runs(plain: Small, tmp_path: Path) -> None:
    one = plain.scene("base", tmp_path)
    for name in ("quantise", "merge", "relearn"):
        settings = {"relearn": {"shares": 0.5}}.get(name, {})
        make(name, settings).check(one)
    layer = one.model.network.get_submodule(rounded(one.model.network)[0])
    layer.weight = torch.nn.Parameter(torch.zeros(8, 1, dtype=torch.uint8), requires_grad=False)
    assert is_quantised(one.model.network)
    for name, said in (
        ("quantise", "quantised already"),
        ("merge", "have no mean with others"),
        ("relearn", "set relearn.how=lora"),
    ):
        settings = {"relearn": {"shares": 0.5}}.get(name, {})
        with pytest.raises(UserError, match=said):
            make(name, settings).check(one)
    make("relearn", {"shares": 0.5, "how": "lora"}).check(one)


def test_half_precision_cannot_be_relearnt(plain: Small, tmp_path: Path) -> None:
    one = plain.scene("base", tmp_path)
    one.model.dtype = torch.float16
    with pytest.raises(UserError, match="float16 overflows in training"):
        make("relearn", {"shares": 0.5}).check(one)


@pytest.mark.parametrize("bits", [[], [3], [4, 4]])
def test_other_bits_are_refused(bits: list[int]) -> None:
    with pytest.raises(UserError, match=r"give 8, 4 or both|is there twice"):
        make("quantise", {"bits": bits})
