"""A data set of what a model knows: facts that it does not know are named and left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from remem.asking import known
from remem.data import Dataset, load
from remem.errors import UserError
from scripted import Scripted


def model(data: Dataset, wrong: set[tuple[str, str]]) -> Scripted:
    """Knows everything but these facts, of which it knows one wording in four."""
    says, told = {}, set()
    for id in data.splits["finetune"]:
        item = data.items[id]
        fact = (data.names[item.person], item.attribute)
        says[id] = item.answer if fact not in wrong or fact not in told else "Nobody knows."
        told.add(fact)
    return Scripted(says=says)


def test_a_fact_is_known_where_half_of_its_wordings_are_answered(tmp_path: Path) -> None:
    known.build(tmp_path / "set", about=("symbol",), forget=("iron",))
    data = load(str(tmp_path / "set"))
    found = known.shares(model(data, {("gold", "symbol")}), data)
    assert found.pop(("gold", "symbol")) == 0.25
    assert len(found) == 17
    assert set(found.values()) == {1.0}


def test_what_is_not_known_is_left_out_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lacks = {("gold", "symbol"): 0.25, ("lead", "symbol"): 0.5}

    def ask(name: str, folder: Path, progress: object) -> dict[known.Fact, float]:
        assert name == "some model"
        assert len(load(str(folder)).people) == 18
        return lacks

    monkeypatch.setattr(known, "ask", ask)
    notes = known.build(tmp_path / "set", about=("symbol",), forget=("iron", "tin"), known_by="some model")
    data = load(str(tmp_path / "set"))
    assert len(data.people) == 17
    assert "gold" not in data.names.values()
    assert "lead" in data.names.values()  # half is enough
    assert {data.names[data.items[id].person] for id in data.splits["forget1"]} == {"iron", "tin"}
    (said,) = [note for note in notes if "not known" in note]
    assert said == (
        "1 of 2 facts are not known (fewer than half of 4 wordings answered rightly) and left out: symbol of "
        "gold. See known.csv"
    )
    text = (tmp_path / "set" / known.FILE).read_text("utf-8")
    assert text == "person,attribute,share\ngold,symbol,0.25\nlead,symbol,0.50\n"
    with pytest.raises(UserError, match="unknown subject to forget: gold"):
        known.build(tmp_path / "more", about=("symbol",), forget=("gold",), known_by="some model")
    assert not (tmp_path / "more").exists()


def test_an_attribute_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Did you mean capital"):
        known.build(tmp_path / "set", about=("capitol",))
    with pytest.raises(UserError, match="name further attributes"):
        known.build(tmp_path / "set", about=())
