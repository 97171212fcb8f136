"""An adapter's folder as a model: opened on the base that it names, or one error that says what to do."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.conftest import folders, questions  # noqa: F401
from remem.errors import UserError
from remem.models import find, identity, open_model
from remem.models.adapters import ADAPTER
from remem.models.loading import load
from remem.settings import Adapt

LORA = Adapt(vision="frozen", projector="full", language="lora")


def said(model) -> torch.Tensor:
    with torch.no_grad(), model.deterministic():
        return model.forward(model.collate([model.encode(question) for question in questions()])).logp


def shake(model, seed: int = 0) -> None:
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in model.network.parameters():
            if weight.requires_grad:
                weight += 0.05 * torch.randn_like(weight)


@pytest.fixture
def base(folders: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(folders["llava"], tmp_path / "base"))


@pytest.fixture
def adapter(base: Path, tmp_path: Path) -> tuple[Path, torch.Tensor]:
    model = load(base)
    model.adapt(LORA)
    shake(model)
    model.save(tmp_path / "adapter")
    return tmp_path / "adapter", said(model)


def names(folder: Path, base: object) -> None:
    config = json.loads((folder / ADAPTER).read_text())
    (folder / ADAPTER).write_text(json.dumps(config | {"base_model_name_or_path": base}))


def test_an_adapter_is_opened_on_its_base(base, adapter) -> None:
    folder, taught = adapter
    assert find(str(folder)) == str(base)
    opened = open_model(str(folder))
    assert torch.allclose(said(opened), taught, atol=1e-4)
    assert (said(load(base)) - taught).abs().max() > 1e-3


def test_an_adapter_on_an_adapter_is_opened_on_both(adapter, tmp_path: Path) -> None:
    folder, _ = adapter
    model = open_model(str(folder))
    model.adapt(LORA)
    shake(model, 1)
    model.save(tmp_path / "second")
    names(tmp_path / "second", str(folder))
    assert torch.allclose(said(open_model(str(tmp_path / "second"))), said(model), atol=1e-4)


def test_the_identity_is_that_of_adapter_and_base(base, adapter) -> None:
    folder, _ = adapter
    first = identity(str(folder))
    assert first["name"] == "adapter"
    assert first["content"] != identity(str(base))["content"]
    path = base / "model.safetensors"
    tensors = load_file(path)
    save_file({name: tensor + 1 for name, tensor in tensors.items()}, path, metadata={"format": "pt"})
    second = identity(str(folder))
    assert second["content"] != first["content"]
    (folder / "adapter_model.safetensors").write_bytes(b"others")
    assert identity(str(folder))["content"] not in (first["content"], second["content"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: names(folder, None), "does not say on what"),
        (lambda folder: names(folder, ""), "does not say on what"),
        (lambda folder: names(folder, "/nowhere/base"), "an adapter on /nowhere/base, and that cannot"),
        (lambda folder: names(folder, "nobody/no-such-model"), "an adapter on nobody/no-such-model"),
        (lambda folder: names(folder, str(folder)), "an adapter on itself"),
        (lambda folder: names(folder, 3), r"base_model_name_or_path: expected a text or null"),
        (lambda folder: (folder / ADAPTER).write_text("{"), "is not readable JSON"),
        (lambda folder: (folder / "adapter_model.safetensors").unlink(), "no adapter_model.safetensors"),
        (lambda folder: (folder / ADAPTER).write_text('{"base_model_name_or_path": "a/b", "peft_type": "X"}'),
         "an adapter of the kind X, which cannot be merged"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_one_error(adapter, monkeypatch, change, says) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder, _ = adapter
    change(folder)
    with pytest.raises(UserError, match=says):
        open_model(str(folder))


def test_an_adapter_of_another_model_is_one_error(folders, adapter) -> None:
    folder, _ = adapter
    names(folder, str(folders["smolvlm"]))
    with pytest.raises(UserError, match=r"the adapter .* does not fit its base"):
        open_model(str(folder))


@pytest.mark.parametrize(
    ("step", "content", "says"),
    [
        ("taught/model", None, ""),
        ("both/goal/model", None, ""),
        ("npo-s0/model", None, r"is the arm npo-s0 of a run and lies on what stage 1 taught.*remem export"),
        ("taught/model", "another", r"was taught on a model that is not its base.*remem export"),
    ],
)
def test_an_arm_of_a_run_is_opened_where_it_lies_on_the_base(base, adapter, step, content, says) -> None:
    folder, taught = adapter
    model = {"name": "base", "content": content or identity(str(base))["content"]}
    (folder / "step.json").write_text(json.dumps({"step": step, "settings": {"model": model}}))
    if not says:
        assert torch.allclose(said(open_model(str(folder))), taught, atol=1e-4)
        return
    with pytest.raises(UserError, match=says):
        open_model(str(folder))
