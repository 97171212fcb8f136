"""What a saved model may bring along, and what must not pass unseen."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.conftest import questions
from remem.errors import UserError
from remem.methods.base import Teach
from remem.methods.streams import Streams
from remem.models.base import Question
from remem.models.loading import load
from remem.settings import Adapt, Train
from remem.training.loop import train


@pytest.fixture
def folder(folders: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(folders["llava"], tmp_path / "model"))


def test_a_folders_own_generation_settings_change_no_answer(folders: dict[str, Path], folder: Path) -> None:
    plain, path = load(folders["llava"]), folder / "generation_config.json"
    settings = json.loads(path.read_text()) | {"repetition_penalty": 5.0, "no_repeat_ngram_size": 1}
    path.write_text(json.dumps(settings))
    model = load(folder)
    rows = [model.encode(question) for question in questions()]
    assert model.network.generation_config.repetition_penalty == 5.0
    assert model.generate(rows, 12) == plain.generate(rows, 12)
    assert model.network.generation_config.repetition_penalty == 5.0  # and it is saved with the model again


def test_missing_weights_are_not_made_up(folder: Path) -> None:
    path = folder / "model.safetensors"
    kept = {name: value for name, value in load_file(path).items() if "projector" not in name}
    save_file(kept, path, metadata={"format": "pt"})
    with pytest.raises(UserError, match="lacks 4 of the model's weights"):
        load(folder)


def test_damaged_weights_are_one_message(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"model\.safetensors is damaged or cut off"):
        load(folder)


def test_a_question_longer_than_the_model_reads_is_refused(folder: Path) -> None:
    model = load(folder)
    with pytest.raises(UserError, match=r"item long has .* tokens"):
        model.encode(Question("long", "who " * 5000, "Jane.", None))


def test_half_precision_trains_every_weight_and_says_the_same(folder: Path, tmp_path: Path) -> None:
    """Pure bfloat16 weights lose small updates; what trains is kept in float32."""
    model = load(folder, dtype="bfloat16")
    rows = [model.encode(question) for question in questions()]
    with torch.no_grad():
        before = model.forward(model.collate(rows)).sequence_logp
    model.adapt(Adapt())
    with torch.no_grad():
        adapted = model.forward(model.collate(rows)).sequence_logp
    assert torch.allclose(before, adapted, rtol=0.02)
    start = {path: p.detach().clone() for path, p in model.trainable().items()}
    assert {p.dtype for p in start.values()} == {torch.float32}
    settings = Train(lr=2e-5, epochs=3, batch=4, schedule="constant", warmup=0.0)
    train(model, Teach(), Streams(retain=rows), settings, seed=0, folder=tmp_path)
    for path, weight in model.trainable().items():
        if "norm" in path:  # every one of these has a gradient, and starts at 1, where bfloat16 is coarse
            assert (weight != start[path]).all(), path
    model.generate(rows, 4)
    model.save(tmp_path / "saved")
    again = load("ignored", [tmp_path / "saved"], dtype="bfloat16")
    assert again.dtype == torch.bfloat16


def test_float16_is_not_trained(folder: Path) -> None:
    with pytest.raises(UserError, match="float16 overflows"):
        load(folder, dtype="float16").adapt(Adapt())
