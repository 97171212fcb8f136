"""A look during a training sees the weights of that step, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.conftest import folders  # noqa: F401
from remem.models.huggingface import Model
from training.test_train import Killed, die_at, model, run, weights  # noqa: F401


def test_looks_see_each_step_and_change_nothing(
    model: Model, folders: dict[str, Path], tmp_path: Path
) -> None:
    from remem.models.loading import load
    from remem.settings import Adapt

    seen: dict[int, dict[str, torch.Tensor]] = {}

    def look(step: int) -> None:
        assert not model.network.training
        torch.manual_seed(5)
        torch.rand(3)
        seen[step] = weights(model)

    start = weights(model)
    (tmp_path / "a").mkdir()
    run(model, tmp_path / "a", look=look, at=(0, 2, 8))
    assert list(seen) == [0, 2, 8]
    assert all(torch.equal(start[path], value) for path, value in seen[0].items())
    assert any(not torch.equal(start[path], value) for path, value in seen[2].items())
    assert all(torch.equal(value, seen[8][path]) for path, value in weights(model).items())
    other = load(folders["llava"])
    other.adapt(Adapt(vision="frozen", projector="full", language="lora", dropout=0.1))
    (tmp_path / "b").mkdir()
    run(other, tmp_path / "b")
    assert all(torch.equal(value, seen[8][path]) for path, value in weights(other).items())


def test_killed_and_resumed_looks_are_those_of_one_go(
    folders: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from remem.models.loading import load
    from remem.settings import Adapt

    monkeypatch.setattr("remem.training.resume.CHECKPOINT_EVERY_S", 0.0)
    found = []
    for stops in ((), (1, 5)):
        folder = tmp_path / str(len(stops))
        folder.mkdir()
        seen: dict[int, float] = {}
        for stop in [*stops, 10**6]:
            made = load(folders["llava"])
            made.adapt(Adapt(vision="frozen", projector="full", language="lora", dropout=0.1))

            def look(step: int, made: Model = made, seen: dict[int, float] = seen) -> None:
                now = sum(float(value.double().sum()) for value in weights(made).values())
                assert seen.setdefault(step, now) == now

            try:
                run(made, folder, progress=die_at(stop), look=look, at=(0, 1, 3, 6))
            except Killed:
                continue
        found.append(seen)
    assert found[0] == found[1]
    assert list(found[0]) == [0, 1, 3, 6]
