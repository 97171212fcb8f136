"""Relearning on what says nothing about the facts to forget."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attacks.small import Small
from data.four import person
from data.invented import row, rows
from remem.attacks import make
from remem.attacks.scene import Scene
from remem.attacks.unrelated import SOURCES, Unrelated, as_card, sentences
from remem.data.table import schema
from remem.errors import UserError

SETTINGS: dict[str, Any] = {"steps": 2, "at": (0,), "rows": 10, "lr": 1e-3}


def scene(others: list, secrets: list, **more: Any) -> Scene:  # type: ignore[type-arg]
    names = {"ann": "Ann Lee", "bob": "Bob Fox"}
    data = SimpleNamespace(root="nowhere", names=names)
    return Scene(
        data=data,  # type: ignore[arg-type]
        open=None,  # type: ignore[arg-type]
        forget=tuple(secrets),
        secrets=tuple(secrets),
        others=tuple(others),
        **more,
    )


def taught(attack: Unrelated, scene: Scene, source: str) -> list[tuple[str, str]]:
    found, _, _ = attack._rows(scene, source)
    return [(one.question, one.answer) for one in found]


def test_rows_that_hold_an_answer_are_left_out_and_counted() -> None:
    """Ann is to be forgotten; Bob, who stays, lives where she does."""
    secret = row("ann", "town", value="Oslo")
    others = [row("bob", "town", value="Oslo"), row("bob", "job", value="baker")]
    found, left_out, _ = Unrelated()._rows(scene(others, [secret]), "kept")
    assert (found, left_out) == ([others[1]], 1)


def test_so_many_rows_are_drawn_by_the_seed_in_their_order() -> None:
    others, secret = rows(["bob"], facts=20, wordings=2), row("ann", "town")
    attack = Unrelated(rows=7)
    first, again, other = (taught(attack, scene(others, [secret], seed=seed), "kept") for seed in (1, 1, 2))
    assert len(first) == 7
    assert first == again
    assert first != other
    order = [(one.question, one.answer) for one in others]
    assert [order.index(one) for one in first] == sorted(order.index(one) for one in first)


def test_another_syntax_asks_for_the_same_values_without_a_question() -> None:
    named, shown = row("bob", "blood_type", value="A-"), row("bob", "job", value="baker", image_path="b.png")
    assert taught(Unrelated(), scene([named, shown], [row("ann", "town")]), "syntax") == [
        ("Card index | Bob Fox | blood type |", "A-"),
        ("Card index | Photo | job |", "baker"),
    ]
    assert as_card(row("cid", "job"), {}) is None  # of whom?
    assert as_card(replace(named, attribute=""), {"bob": "Bob Fox"}) is None  # what?


def test_plain_sentences_differ_and_are_about_nobody() -> None:
    found = sentences(3, 200)
    assert len({(one.question, one.answer) for one in found}) == 200
    assert all(one.question.startswith("Go on: ") and not one.image_path for one in found)
    assert sentences(3, 200) == found
    assert sentences(4, 200) != found


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("kept", r"kept \(kept people\): of such rows all of them hold answers that are asked for"),
        ("others", r"others \(other people\): of such rows there are none. Leave it out: sources=\['text'\]"),
    ],
)
def test_sources_that_are_not_there_are_refused_before_anything_runs(source: str, said: str) -> None:
    one = scene([row("bob", "town", value="Oslo")], [row("ann", "town", value="Oslo")])
    with pytest.raises(UserError, match=said):
        Unrelated(sources=(source, "text")).check(one)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sources": ["keep"]}, "unknown source of unrelated: keep. Did you mean kept"),
        ({"sources": ["kept", "kept"]}, "is there twice"),
        ({"rows": 0}, "unrelated.rows must be at least 1"),
        ({"how": "adapter"}, "unknown way to train for unrelated.how"),
    ],
)
def test_bad_settings_say_what_to_do(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        make("unrelated", settings)


def test_every_source_is_taught_and_all_secrets_are_asked(plain: Small, tmp_path: Path) -> None:
    """Strangers have pictures of their own: they are read from strangers.parquet, under other ids."""
    root = tmp_path / "data"
    shutil.copytree(plain.data.root, root, copy_function=os.link)
    strange = [
        one
        | {"person": "s000", "question": one["question"].replace("Ann Lee", "Eve Moe")}
        | {
            "answer": one["answer"]
            .replace("Ann Lee", "Eve Moe")
            .replace("Oslo", "Rome")
            .replace("nurse", "poet")
        }
        | {"keywords": {"Oslo": "Rome", "nurse": "poet"}[one["keywords"]]}
        for one in person(0, first=30)
    ]
    table = schema().append(pa.field("person", pa.string())).remove_metadata()
    pq.write_table(pa.Table.from_pylist(strange, schema=table), root / "strangers.parquet")
    one = plain.scene("base", tmp_path / "work", pictures=True)
    one.data.root, kept = str(root), one.data.root
    try:
        attack = Unrelated(**SETTINGS)
        attack.check(one)
        found = {trial.name: list(trial.work()) for trial in attack.trials(one)}
    finally:
        one.data.root = kept
    assert list(found) == ["kept", "others", "text", "syntax"]
    start = found["kept"][0]
    for name, (first, last) in found.items():
        assert [had.setting for had in (first, last)] == [f"{SOURCES[name]}, step {n}" for n in (0, 2)]
        assert [answer.id for answer in last.answers] == [item.id for item in one.secrets]
        assert [ranking.id for ranking in last.rankings] == [item.id for item in one.ranked]
        assert (first.answers, first.rankings) == (start.answers, start.rankings)
        assert last.rankings != first.rankings
        assert first.control == last.control == (name == "syntax")
    assert {name: had[1].notes["rows"] for name, had in found.items()} == {
        "kept": 10.0, "others": 4.0, "text": 10.0 - found["text"][1].notes["rows left out"], "syntax": 10.0,
    }  # fmt: skip
    assert len({str(had[1].rankings) for had in found.values()}) == 4  # four trainings
