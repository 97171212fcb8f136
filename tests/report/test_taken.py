"""Guards of models that were made elsewhere: each on both sides of its limit."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fabricate import response
from remem import jsonfile
from remem.asking.given import Given
from remem.asking.records import write_responses
from remem.report.taken import BLIND, BROKEN, CUT, absent, equal, failed, guards, reference

GIVEN = {"weights": "w", "tokenizer": "t", "template": "c", "processor": "p"}
SOUND = {"finite": True, "pictures": 8, "grey": 0.5, "perplexity": 10.0}


def arm(name: str, folder: Path = Path("/nowhere"), sound: dict[str, Any] | None = None, **given: str) -> Any:
    role = name if name in ("base", "taught", "goal") else "given"
    told = GIVEN | {"weights": f"weights of {name}"} | given | {"sound": SOUND | (sound or {})}
    same = {"content": "f", "parameters": 9, "family": "llava", "dtype": "float32", "adapters": []}
    return SimpleNamespace(
        name=name, role=role, folder=folder, given=jsonfile.shaped(same | told, Given, "given.json", "")
    )


def run(*arms: Any) -> Any:
    return SimpleNamespace(
        arms={one.name: one for one in arms}, goals=[one for one in arms if one.role == "goal"]
    )


def wrong(of: Any, name: str) -> dict[str, str]:
    return {one.guard: one.what for one in guards(of, of.arms[name]) if not one.passed}


def test_a_model_that_is_well_passes_all() -> None:
    there = run(arm("base"), arm("taught"), arm("x-s0"))
    assert [one.guard for one in guards(there, there.arms["x-s0"])] == [
        "finite", "tokenizer", "template", "processor", "changed", "speaks", "sees",
    ]  # fmt: skip
    assert failed(there) == {}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tokenizer", "its tokenizer is not that of the taught model"),
        ("template", "its chat template is not that of the taught model"),
        ("processor", "it is shown pictures in another form than the taught model"),
    ],
)
def test_what_goes_in_is_the_taught_models(name: str, said: str) -> None:
    there = run(arm("base"), arm("taught"), arm("x-s0", **{name: "another"}))
    assert wrong(there, "x-s0") == {name: said}


def test_the_model_before_is_the_taught_one_else_the_base() -> None:
    taught, base = arm("taught"), arm("base")
    for arms, first in (((base, taught), taught), ((taught, base), taught), ((base,), base), ((), None)):
        assert reference(run(*arms, arm("x-s0"))) is first
    there = run(base, taught, arm("x-s0", weights="weights of base"))
    assert wrong(there, "x-s0") == {}
    assert wrong(run(base, arm("x-s0", weights="weights of base")), "x-s0") == {
        "changed": "its weights are those of the base model: nothing changed"
    }
    assert not {"changed", "tokenizer"} & {one.guard for one in guards(there, taught)}


@pytest.mark.parametrize(
    ("perplexity", "passed"), [(10.0, True), (BROKEN * 10, True), (BROKEN * 10 + 0.1, False), (None, False)]
)
def test_a_model_that_cannot_speak(perplexity: float | None, passed: bool) -> None:
    there = run(arm("taught"), arm("x-s0", sound={"perplexity": perplexity}))
    assert ("speaks" not in wrong(there, "x-s0")) == passed
    alone = run(arm("x-s0", sound={"perplexity": perplexity}))  # nothing to compare with
    assert ("speaks" not in wrong(alone, "x-s0")) == (perplexity is not None)


@pytest.mark.parametrize(
    ("grey", "passed"), [(BLIND * 1.01, True), (BLIND, False), (0.0, False), (None, False)]
)
def test_a_model_that_does_not_look(grey: float | None, passed: bool) -> None:
    assert ("sees" not in wrong(run(arm("x-s0", sound={"grey": grey})), "x-s0")) == passed
    without = run(arm("x-s0", sound={"grey": grey, "pictures": 0}))
    assert "sees" not in {one.guard for one in guards(without, without.arms["x-s0"])}


def test_weights_that_are_no_numbers() -> None:
    there = run(arm("x-s0", sound={"finite": False}))
    assert wrong(there, "x-s0") == {"finite": "some weights are no numbers"}


@pytest.mark.parametrize(
    ("cut", "passed"), [(0, True), (round(20 * CUT), True), (round(20 * CUT) + 1, False)]
)
def test_answers_that_were_cut_off(tmp_path: Path, cut: int, passed: bool) -> None:
    (tmp_path / "responses").mkdir()
    said = [response(id=f"q{number}", finished=number >= cut) for number in range(20)]
    write_responses(tmp_path / "responses/responses.parquet", said)
    there = run(arm("x-s0", tmp_path))
    told = next(one for one in guards(there, there.arms["x-s0"]) if one.guard == "ends")
    assert told.passed is passed
    assert told.what.startswith(f"{20 - cut} of 20 answers end by themselves")
    assert ("evaluate.max_new_tokens" in told.what) == (cut > 0)


def test_models_that_a_run_made_itself_are_not_looked_at() -> None:
    own = SimpleNamespace(name="npo-s0", role="method", folder=Path(), given={})
    there = run(own)
    assert (guards(there, own), failed(there), equal(there), absent(there)) == ([], {}, [], [])


def test_equal_weights_in_groups() -> None:
    there = run(arm("base"), arm("a-s0", weights="1"), arm("b-s0", weights="2"), arm("c-s0", weights="1"))
    assert equal(there) == [("a-s0", "c-s0")]
    assert equal(run(*there.arms.values(), arm("d-s0", weights="2"))) == [
        ("a-s0", "c-s0"), ("b-s0", "d-s0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("x-s0",), ["No goal model", "No taught model", "What the given models rehearsed"]),
        (("base", "goal", "x-s0"), ["No taught model", "What the given models rehearsed"]),
        (("taught", "x-s0"), ["No goal model", "What the given models rehearsed"]),
        (("taught", "goal", "x-s0"), ["What the given models rehearsed"]),
    ],
)
def test_what_was_not_given_is_told(names: tuple[str, ...], said: list[str]) -> None:
    told = absent(run(*map(arm, names)))
    assert len(told) == len(said)
    assert all(one.startswith(begin) for one, begin in zip(told, said, strict=True))
