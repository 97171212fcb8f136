"""What is kept of a picture is what the tower sees in it, for as long as the tower stays as it is."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from models.conftest import questions
from models.test_sharing import VALUES, learnt, on_one_picture
from remem.models import packing
from remem.models.anatomy import plain
from remem.models.features import FEATURES
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.settings import Adapt
from remem.training import guards

FROZEN = Adapt(vision="frozen", projector="full", language="full")


@pytest.fixture(autouse=True)
def _nothing_falls_back() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*the plain, slower way")
        yield


def tower(model: Model) -> Any:
    names = ("vision_tower", "vision_model")
    return next(m for path, m in plain(model.network).named_modules() if path.endswith(names))


@contextmanager
def looks(model: Model) -> Iterator[list[int]]:
    """Counts the forwards of the tower."""
    seen: list[int] = []
    with tower(model).register_forward_hook(lambda *call: seen.append(1)):
        yield seen


def rows_of(model: Model) -> list[Any]:
    return [model.encode(question) for question in on_one_picture()]


@pytest.mark.parametrize("projector", ["full", "frozen"])
def test_numbers_and_gradients_are_those_of_the_pixels(model: Model, projector: Any, tmp_path: Path) -> None:
    model.adapt(Adapt(vision="frozen", projector=projector, language="full"))
    rows = rows_of(model)
    out, gradients = learnt(model, model.collate(rows))
    model.keep_features(tmp_path, projected=projector == "frozen")
    for made in (model.collate(rows), packing.pack(model, rows)):
        assert FEATURES in made.inputs
        assert "pixel_values" not in made.inputs
        with looks(model) as seen:
            found, kept = learnt(model, made)
        assert not seen
        assert torch.allclose(found.logp, out.logp, atol=1e-4)
        assert kept.keys() == gradients.keys()
        for path, gradient in kept.items():
            assert torch.allclose(gradient, gradients[path], atol=1e-5), path


@pytest.mark.parametrize("family", ["llava", "idefics3"])
def test_what_was_kept_before_training_serves_in_half_precision(
    folders: dict[str, Path], family: str
) -> None:
    """The projector then trains in float32, on what the tower saw in bfloat16."""
    model = load(folders[family], dtype="bfloat16")
    rows = rows_of(model)
    model.keep_features()
    model.collate(rows)
    assert model.features is not None
    assert model.features.at_work()
    model.adapt(FROZEN)
    made = model.collate(rows)
    assert FEATURES in made.inputs
    found = model.forward(made)
    model.features = None
    assert torch.allclose(found.logp, model.forward(model.collate(rows)).logp, atol=0.05)


def test_answers_and_rankings_are_those_of_the_pixels(model: Model) -> None:
    rows = rows_of(model)
    asked = [model.cloze(question, "It is", VALUES) for question in questions()]
    said, out = model.answer(rows, 6)
    scores = model.rank(asked)
    model.keep_features(projected=True)
    model.collate(rows)
    with looks(model) as seen:
        again, kept = model.answer(rows, 6)
        ranked = model.rank(asked)
    assert not seen
    assert again == said
    assert torch.allclose(kept.logp, out.logp, atol=1e-4)
    for one, expected in zip(ranked, scores, strict=True):
        assert one == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("vision", ["full", "lora"])
def test_a_tower_that_trains_is_never_spared_its_work(model: Model, vision: Any) -> None:
    rows = rows_of(model)
    model.keep_features()
    assert FEATURES in model.collate(rows).inputs
    model.adapt(Adapt(vision=vision, projector="full", language="frozen", rank=2, dropout=0.0))
    assert model.features is not None
    assert not model.features.frozen()
    made = model.collate(rows)
    assert "pixel_values" in made.inputs
    _, gradients = learnt(model, made)
    assert any("vision" in path and gradient.any() for path, gradient in gradients.items())
    assert guards.features(model, rows) == []


def test_a_model_in_training_that_nobody_froze_is_not_spared_either(model: Model) -> None:
    model.keep_features()
    model.network.train()
    assert "pixel_values" in model.collate(rows_of(model)).inputs


def test_another_tower_finds_nothing_that_was_kept(model: Model, tmp_path: Path) -> None:
    rows = rows_of(model)
    model.keep_features(tmp_path)
    before = model.collate(rows).inputs[FEATURES]
    with torch.no_grad():
        for parameter in tower(model).parameters():
            parameter.mul_(1.5)
    after = model.collate(rows).inputs[FEATURES]
    assert not torch.allclose(before, after, atol=1e-3)
    with torch.no_grad():
        expected = model.forward(model.collate(rows)).logp
        model.features = None
        assert torch.allclose(model.forward(model.collate(rows)).logp, expected, atol=1e-4)
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_on_disk_serves_every_model_with_that_tower(folders: dict[str, Path], tmp_path: Path) -> None:
    first, second, third = (load(folders["idefics3"]) for _ in range(3))
    first.keep_features(tmp_path)
    made = first.collate(rows_of(first)).inputs[FEATURES]
    files = sorted(tmp_path.rglob("*.safetensors"))
    assert len(files) == 3
    assert sorted(tmp_path.rglob("*.*")) == files  # nothing half-written stays

    with torch.no_grad():  # another language model
        plain(second.network).get_output_embeddings().weight.mul_(2)
    second.trust._found["keeping what the vision tower sees"] = True  # its own check would look at pictures
    second.keep_features(tmp_path)
    rows = rows_of(second)
    with looks(second) as seen:
        assert torch.equal(second.collate(rows).inputs[FEATURES], made)
    assert not seen

    files[0].write_bytes(b"damaged")
    second.keep_features(tmp_path)
    with looks(second) as seen:
        assert torch.equal(second.collate(rows).inputs[FEATURES], made)
    assert len(seen) == 1

    third.processor.image_processor.image_mean = [0.1, 0.2, 0.3]
    third.keep_features(tmp_path)
    third.collate(rows_of(third))
    assert len(list(tmp_path.iterdir())) == 2


def test_whether_the_projector_trains_decides_what_is_kept(model: Model, tmp_path: Path) -> None:
    rows = rows_of(model)
    model.keep_features(tmp_path, projected=True)
    projected = model.collate(rows).inputs[FEATURES]
    model.adapt(FROZEN)
    assert projected.shape != model.collate(rows).inputs[FEATURES].shape
    assert len(list(tmp_path.iterdir())) == 2


def test_a_guard_sees_a_picture_that_is_not_what_was_kept(model: Model) -> None:
    rows = rows_of(model)
    assert guards.features(model, rows) == []
    model.keep_features()
    model.collate(rows)
    (passed,) = guards.features(model, rows)
    assert passed.passed
    for parameter in tower(model).parameters():
        parameter.data.mul_(1.1)  # behind the back of the versions
    (failed,) = guards.features(model, rows)
    assert not failed.passed
    assert failed.guard in guards.FATAL
