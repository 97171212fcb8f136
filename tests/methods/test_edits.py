"""Direct edits by arithmetic: neurons whose loudness is given, and weights that oppose each other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from remem.errors import UserError
from remem.methods import make, manu
from remem.methods.base import Edit
from remem.methods.smfa import sculpt
from remem.methods.streams import Streams
from remem.models.base import Encoded, Question


def row(id: str, pictured: bool) -> Encoded:
    image = (lambda: None) if pictured else None
    return Encoded(Question(id, "", image=image), (1,), (2,))  # type: ignore[arg-type]


SEEN, SEEN_KEPT, TOLD, TOLD_KEPT = row("f1", True), row("r1", True), row("f2", False), row("r2", False)
# Two layers of two neurons: how loud each is on these rows.
LOUD = {
    ("f1",): {"a": [10.0, 1.0], "b": [2.0, 5.0]},
    ("r1",): {"a": [10.0, 0.1], "b": [1.0, 5.0]},  # ratios 1, 10, 2, 1
    ("f2",): {"a": [1.0, 1.0], "b": [30.0, 1.0]},
    ("r2",): {"a": [1.0, 1.0], "b": [1.0, 1.0]},  # ratios 1, 1, 30, 1
}


def silenced(streams: Streams, share: float, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[bool]]:
    """Which neurons MANU cuts, by layer."""
    layers = {path: torch.nn.Linear(2, 3, bias=False) for path in ("a", "b")}

    def loudness(model: Any, rows: list[Encoded], batch: int) -> dict[str, torch.Tensor]:
        table = LOUD[tuple(one.question.id for one in rows)]
        return {path: torch.tensor(heard) for path, heard in table.items()}

    monkeypatch.setattr(manu, "loudness", loudness)
    monkeypatch.setattr(manu, "down_projections", lambda model: layers)
    method = make("manu", {"share": share})
    assert isinstance(method, Edit)
    method.edit(SimpleNamespace(model=None, streams=streams, batch=1))  # type: ignore[arg-type]
    return {path: (layer.weight == 0).all(0).tolist() for path, layer in layers.items()}


def test_manu_cuts_what_is_louder_on_the_forget_set_and_not_what_is_loud(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = Streams(forget=[SEEN], retain=[SEEN_KEPT])
    assert silenced(seen, 0.25, monkeypatch) == {"a": [False, True], "b": [False, False]}
    assert silenced(seen, 0.5, monkeypatch) == {"a": [False, True], "b": [True, False]}


def test_manu_takes_the_mean_of_its_two_modalities(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Streams(forget=[TOLD, SEEN], retain=[SEEN_KEPT, TOLD_KEPT])
    assert silenced(both, 0.25, monkeypatch) == {"a": [False, False], "b": [True, False]}  # 16 against 5.5
    # Nothing to compare the text with: pictures alone decide.
    half = Streams(forget=[TOLD, SEEN], retain=[SEEN_KEPT])
    assert silenced(half, 0.25, monkeypatch) == {"a": [False, True], "b": [False, False]}
    with pytest.raises(UserError, match="like with like"):
        silenced(Streams(forget=[TOLD], retain=[SEEN_KEPT]), 0.25, monkeypatch)


def test_an_anchor_that_stands_still_opposes_nothing() -> None:
    change = torch.tensor([1.0, -1.0])
    assert torch.equal(sculpt(change, torch.zeros(2), 0.0), change)
