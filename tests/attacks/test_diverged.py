"""An arm whose weights are no numbers: what it is attacked with says so, in one message, or finds nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from attacks.small import Small
from remem.attacks import make
from remem.attacks.carry import carry_out
from remem.errors import UserError

CUT: dict[str, dict[str, Any]] = {
    "sampling": {"count": 2},
    "soft_prompt": {"tokens": [2], "facts": [1], "steps": 2},
    "embedding": {"tokens": 2, "steps": 2, "batch": 2},
    "picture": {"steps": 2, "universal_steps": 0},
    "lens": {},
    "steering": {},
}


@pytest.fixture
def lost(plain: Small, tmp_path: Path) -> Any:
    scene = plain.scene("base", tmp_path, pictures=True)
    for parameter in scene.model.network.parameters():
        parameter.data.fill_(torch.nan)
    return scene


@pytest.mark.parametrize("name", CUT)
def test_it_is_one_message_that_names_the_cause(name: str, lost: Any, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(UserError, match="has diverged"):
        carry_out(name, make(name, CUT[name]), replace(lost, folder=tmp_path / name, whole=lost))


@pytest.mark.parametrize("name", ["prefill", "choice"])
def test_what_only_asks_finds_nothing(name: str, lost: Any, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    carry_out(name, make(name, {}), replace(lost, folder=tmp_path / name, whole=lost))
