"""Other ways to work out the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch._dynamo.utils import counters

from models.conftest import TEXTS, questions
from remem.errors import UserError
from remem.methods import make
from remem.methods.base import Teach
from remem.methods.streams import Streams
from remem.models import kernels
from remem.models.anatomy import decoder_layers
from remem.models.architectures import llava, save, train_tokenizer
from remem.models.loading import load
from remem.run.overrides import override
from remem.run.recipes import recipe
from remem.settings import Adapt, Train
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.training.loop import train

LORA = Adapt(vision="frozen", projector="frozen", language="lora", rank=4, dropout=0.0)
FULL = Adapt(vision="frozen", projector="full", language="full")


def logp(folder: Path, attention: str) -> torch.Tensor:
    model = load(folder, attention=attention)
    assert model.network.config._attn_implementation == attention
    with torch.inference_mode():
        return model.forward(model.collate([model.encode(one) for one in questions()])).logp


@pytest.mark.parametrize("family", ["llava", "smolvlm"])
def test_every_attention_gives_the_same_numbers(folders: dict[str, Path], family: str) -> None:
    assert torch.allclose(logp(folders[family], "eager"), logp(folders[family], "sdpa"), atol=1e-5)


def test_flash_attention_is_refused_where_it_cannot_be() -> None:
    with pytest.raises(UserError, match=r"flash-attn.*not on cpu.*not float32.*sdpa"):
        resolve(override(recipe("tiny"), ["model.attention=flash_attention_2"]))
    with pytest.raises(UserError, match="flash_attention_2"):
        override(recipe("tiny"), ["model.attention=flsh"])


def losses(folder: Path, adapt: Adapt, compile: bool, into: Path) -> list[float]:
    model = load(folder, compile=compile)
    model.adapt(adapt)
    compiled = [layer._compiled_call_impl is not None for layer in decoder_layers(model.network)]
    assert compiled == [compile] * len(compiled)
    rows = [model.encode(one) for one in questions()]
    streams = Streams(forget=rows[:2], retain=rows)
    into.mkdir()
    how = Train(lr=1e-2, epochs=3, batch=2, micro_batch=1)
    found = [*train(model, Teach(), Streams(retain=rows), how, seed=0, folder=into).log]
    found += train(
        model, make("kl", {}), streams, how, seed=0, folder=into
    ).log  # its reference is the model too
    model.save(into)
    assert load(folder, [into]).network is not None
    return [line["loss"] for line in found]


@pytest.mark.parametrize(
    ("backend", "adapt"),
    [
        pytest.param("eager", FULL, id="eager-full"),
        pytest.param("eager", LORA, id="eager-lora", marks=pytest.mark.slow),
        pytest.param("inductor", FULL, id="inductor-full", marks=pytest.mark.slow),
        pytest.param("inductor", LORA, id="inductor-lora", marks=pytest.mark.slow),
    ],
)
def test_a_compiled_model_trains_as_a_plain_one(
    folders: dict[str, Path], tmp_path: Path, adapt: Adapt, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "BACKEND", backend)
    plain = losses(folders["llava"], adapt, False, tmp_path / "plain")
    assert losses(folders["llava"], adapt, True, tmp_path / "compiled") == pytest.approx(plain, abs=1e-4)


def test_all_layers_share_what_was_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "BACKEND", "eager")
    torch._dynamo.reset()
    counters.clear()
    save(*llava(train_tokenizer(TEXTS, 300), size=28, patch=14, vision=(1, 32), language=(12, 32)), tmp_path)
    model = load(tmp_path, compile=True)
    model.adapt(FULL)
    model.network.train()
    for count in (2, 3):  # batches of other shapes
        model.forward(model.collate([model.encode(one) for one in questions()[:count]])).nll.backward()
    assert counters["stats"]["unique_graphs"] <= 2  # one, and one for shapes that change


def test_compiling_wants_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels.shutil, "which", lambda name: None)
    with pytest.raises(UserError, match=r"C\+\+ compiler"):
        resolve(override(recipe("tiny"), ["model.compile=true"]))


def test_neither_is_part_of_what_a_result_is_known_by() -> None:
    def keys(*settings: str) -> list[object]:
        steps = plan(resolve(override(recipe("tiny"), list(settings))))
        return [step.settings for step in steps if step.name != "report"]  # that shows them

    assert keys() == keys("model.attention=eager", "model.compile=true")
