"""What an interrupted training leaves when the disk is full: the file before, and no half of the next."""

from __future__ import annotations

import resource
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from children import in_a_child
from remem import disk
from remem.training.outcome import Outcome
from remem.training.resume import Resumable


@dataclass
class Plain:
    state: dict[str, Any] = field(default_factory=dict)

    def state_dict(self) -> dict[str, Any]:
        return self.state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.state = state


def resumable(folder: Path, value: float = 0.0) -> Resumable:
    weights = {"a": torch.full((100_000,), value)}
    return Resumable(folder, weights, Plain())  # type: ignore[arg-type]


def test_a_full_disk_leaves_the_file_before_and_says_which_was_written(tmp_path: Path) -> None:
    one = resumable(tmp_path, 1.0)
    one.save(Outcome(steps=3), {"a": one.weights["a"].clone()}, 3)
    before = (tmp_path / "resume.pt").read_bytes()

    def again() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, len(before) // 2))
        two = resumable(tmp_path, 2.0)
        with disk.writing(tmp_path, "taught/model"):
            two.save(Outcome(steps=4), {"a": two.weights["a"].clone()}, 4)
        return "nothing"

    said = in_a_child(again)
    assert said.startswith("UserError: a file would be larger than this system allows"), said
    assert "taught/model (resume.tmp)" in said
    assert [path.name for path in tmp_path.iterdir()] == ["resume.pt"]
    assert (tmp_path / "resume.pt").read_bytes() == before
    went_on = resumable(tmp_path)
    assert went_on.load()[0].steps == 3
    assert float(went_on.weights["a"][0]) == 1.0
