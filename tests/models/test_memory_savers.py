"""A base in four bits, and activations made again: less memory, and the numbers that they must give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.conftest import questions
from remem.errors import UserError
from remem.methods import make
from remem.methods.base import Teach
from remem.methods.streams import Streams
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.run.overrides import override
from remem.run.recipes import recipe
from remem.settings import Adapt, ModelSettings, Train
from remem.story.resolve import resolve
from remem.training.loop import train

LORA = Adapt(vision="frozen", projector="frozen", language="lora", rank=4, dropout=0.0)
HOW = Train(lr=1e-2, epochs=40, batch=4)


def gradients(model: Model) -> dict[str, torch.Tensor]:
    model.network.train()
    model.forward(model.collate([model.encode(one) for one in questions()])).nll.backward()
    return {path: weight.grad for path, weight in model.trainable().items() if weight.grad is not None}


@pytest.mark.parametrize("adapt", [LORA, Adapt(vision="full", projector="full", language="full")])
@pytest.mark.parametrize("family", ["llava", "smolvlm"])
def test_checkpointing_changes_no_gradient(folders: dict[str, Path], family: str, adapt: Adapt) -> None:
    plain, again = load(folders[family]), load(folders[family], checkpointing=True)
    made_again = []
    for model in (plain, again):
        model.adapt(adapt)
    for module in again.network.modules():
        if getattr(module, "gradient_checkpointing", False):
            made_again.append(module)
    assert made_again
    one, two = gradients(plain), gradients(again)
    assert one.keys() == two.keys()
    assert one
    for path, gradient in one.items():
        assert torch.allclose(gradient, two[path], atol=1e-6), path


def test_four_bits_are_for_language_alone_and_lora_trains_on_them(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    model = load(folders["llava"], quantise="4bit")
    kinds = {path: type(module).__name__ for path, module in model.network.named_modules()}
    four = {path for path, name in kinds.items() if name == "Linear4bit"}
    assert four
    assert all("language_model" in path for path in four)
    assert kinds["lm_head"] == "Linear"
    model.adapt(LORA)
    rows = [model.encode(one) for one in questions()]
    with torch.no_grad():
        before = model.forward(model.collate(rows)).nll.item()
    train(model, Teach(), Streams(retain=rows), HOW, seed=0, folder=tmp_path)
    with torch.no_grad():
        assert model.forward(model.collate(rows)).nll.item() < before - 0.5  # its head is random and stays
    model.save(tmp_path / "taught")

    again = load(folders["llava"], [tmp_path / "taught"], quantise="4bit")
    taught = again.forward(again.collate(rows)).sequence_logp.detach()
    again.adapt(LORA)
    reference = again.reference()
    train(again, make("ga", {}), Streams(forget=rows), replace(HOW, epochs=2), seed=0, folder=tmp_path)
    assert torch.allclose(reference(again.collate(rows)).sequence_logp, taught, atol=1e-3)
    assert not torch.allclose(again.forward(again.collate(rows)).sequence_logp, taught, atol=1e-1)


def test_what_four_bits_cannot_do_is_said_before_anything_is_loaded() -> None:
    with pytest.raises(UserError, match=r"cannot train in full\. Set model\.adapt\.language=lora"):
        ModelSettings(quantise="4bit")
    small = ["model.adapt.language=lora", "model.quantise=4bit", "methods=manu"]
    with pytest.raises(UserError, match=r"manu .* leave it out"):
        resolve(override(recipe("drawn"), small))


def test_four_bits_need_their_library(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install .remem\[qlora\]"):
        load(folders["llava"], quantise="4bit")
