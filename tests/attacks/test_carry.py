"""An attack goes on where it was killed, and what is half deleted is not taken for whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from attacks.knowing import scene
from remem.attacks import carry
from remem.attacks.base import Access, Trial, Tried
from remem.attacks.records import read_cost
from remem.attacks.scene import Scene
from remem.data import Dataset


@dataclass(frozen=True, kw_only=True)
class Counting:
    """Two trials that say when they are made."""

    access: ClassVar[Access] = "queries"
    knows: ClassVar[str] = "nothing"
    made: ClassVar[list[str]] = []

    def check(self, scene: Scene) -> None: ...

    def trials(self, scene: Scene) -> list[Trial]:
        return [Trial(name, lambda name=name: self._work(name)) for name in ("one", "two")]

    def _work(self, name: str) -> Iterable[Tried]:
        self.made.append(name)
        return [Tried(setting=name, notes={"figure": 1.0})]


def test_killed_while_trials_are_deleted_nothing_is_made_again(
    tmp_path: Path, built: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(folder: Path, root: Path) -> None:
        (root / ".trash").mkdir()
        folder.rename(root / ".trash" / "trials")
        raise KeyboardInterrupt

    Counting.made.clear()
    here = replace(scene(built, None), folder=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(carry, "discard", killed)
        with pytest.raises(KeyboardInterrupt):
            carry.carry_out("counting", Counting(), here)
    carry.carry_out("counting", Counting(), here)
    assert Counting.made == ["one", "two"]
    assert {path.name for path in tmp_path.iterdir()} == {"answers.parquet", "rankings.parquet", "cost.json"}
    assert set(read_cost(tmp_path).by_setting) == {"one", "two"}
