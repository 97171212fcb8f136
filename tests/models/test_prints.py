"""A model is known again by its weights, whatever files they came from; and by what goes into it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from remem.models.loading import load
from remem.models.names import opened
from remem.models.prints import Prints, prints
from remem.models.saving import save_processor
from remem.settings import Adapt

LORA = Adapt(vision="frozen", projector="frozen", language="lora")


def of(folder: Path) -> Prints:
    place, adapters = opened(str(folder))
    return prints(load(place, adapters), str(folder))


def whole(model, folder: Path, **how: object) -> Path:
    model.network.save_pretrained(folder, **how)
    save_processor(model.processor, folder)
    return folder


@pytest.fixture(scope="module")
def adapter(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that changes something."""
    folder = tmp_path_factory.mktemp("adapter")
    model = load(folders["llava"])
    model.adapt(LORA)
    with torch.no_grad():
        for name, weight in model.network.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.02)
    model.save(folder)
    return folder


def test_an_adapter_and_what_it_is_merged_into_are_one_model(adapter: Path, tmp_path: Path) -> None:
    place, on = opened(str(adapter))
    merged = whole(load(place, on), tmp_path / "merged")
    one, other = of(adapter), of(merged)
    assert one.weights == other.weights
    assert (len(one.adapters), len(other.adapters)) == (1, 0)
    same = ("tokenizer", "template", "processor", "parameters", "family", "dtype")
    assert all(asdict(one)[name] == asdict(other)[name] for name in same)
    assert one.content != other.content
    assert one.weights != of(Path(place)).weights


def test_in_several_files_it_is_the_same_model(folders: dict[str, Path], tmp_path: Path) -> None:
    model = load(folders["llava"])
    cut = whole(model, tmp_path / "cut", max_shard_size="100KB")
    assert len(list(cut.glob("*.safetensors"))) > 1
    one, other = of(folders["llava"]), of(cut)
    assert one.weights == other.weights
    assert one.content != other.content


def test_one_number_more_and_it_is_another(folders: dict[str, Path], tmp_path: Path) -> None:
    model = load(folders["llava"])
    with torch.no_grad():
        next(model.network.parameters()).view(-1)[-1].add_(1e-3)
    one, other = of(folders["llava"]), of(whole(model, tmp_path / "other"))
    assert one.weights != other.weights
    assert asdict(one) | {"weights": "", "content": ""} == asdict(other) | {"weights": "", "content": ""}


def begins_otherwise(folder: Path) -> None:
    path = folder / "chat_template.jinja"
    text = path.read_text()
    assert text.count("<assistant>") == 1
    path.write_text(text.replace("<assistant>", "<assistant>: "))


def other_pictures(folder: Path) -> None:
    path = folder / "processor_config.json"
    told = json.loads(path.read_text())
    told["image_processor"]["image_mean"] = [0.5, 0.5, 0.5]
    path.write_text(json.dumps(told))


def other_words(folder: Path) -> None:
    path = folder / "tokenizer.json"
    told = json.loads(path.read_text())
    told["model"]["merges"] = told["model"]["merges"][:-20]
    path.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (lambda folder: (folder / "README.md").write_text("A card."), set()),
        (begins_otherwise, {"content", "template"}),
        (other_pictures, {"content", "processor"}),
        (other_words, {"content", "tokenizer"}),
    ],
)
def test_what_goes_in_is_told_apart(
    folders: dict[str, Path], tmp_path: Path, change: Callable[[Path], None], differs: set[str]
) -> None:
    copy = Path(shutil.copytree(folders["llava"], tmp_path / "copy"))
    change(copy)
    one, other = asdict(of(folders["llava"])), asdict(of(copy))
    assert {name for name in one if one[name] != other[name]} == differs
