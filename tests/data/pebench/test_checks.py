"""Lint finds what would make numbers wrong, and nothing in a set that is as it should be."""

from dataclasses import replace

import pytest

from remem.data import expectations, lint
from remem.data.dataset import Dataset
from remem.errors import UserError


def _with(data, **changes):
    """The data set with other splits or items."""
    made = Dataset(
        root=data.root,
        fingerprint=data.fingerprint,
        splits=data.splits | changes.get("splits", {}),
        items=data.items | changes.get("items", {}),
        names=data.names,
        pictures=data.pictures,
        where=data.where | changes.get("where", {}),
    )
    return [finding.message for finding in lint(made)], made


def test_nothing_is_wrong_with_a_built_set(loaded):
    assert lint(loaded) == []
    assert expectations(loaded) == [
        "There are 6 people; the published set has 200.",
        "There are 5 events; the published set has 40.",
    ]


def test_a_forgotten_row_in_retain_is_an_error(loaded):
    stray = loaded.splits["person_forget_test"][0]
    splits = {"person_retain": (*loaded.splits["person_retain"], stray)}
    said, made = _with(loaded, splits=splits)
    assert any("is in person_retain, but" in message and "to be forgotten" in message for message in said)
    with pytest.raises(UserError, match="person_retain"):
        expectations(made)


def test_halves_that_share_a_picture_are_an_error(loaded):
    train = loaded.splits["event_forget_train"]
    said, _ = _with(loaded, splits={"event_forget_test": (*loaded.splits["event_forget_test"], train[0])})
    assert any("forget_train shows its picture" in message for message in said)


def test_one_picture_under_two_paths_is_found_by_lint_and_before_a_run(loaded):
    train, test = (loaded.splits[f"person_forget_{half}"][0] for half in ("train", "test"))
    said, made = _with(loaded, where={test: loaded.where[train]})
    assert any("forget_train shows its picture" in message for message in said)
    with pytest.raises(UserError, match="forget_train shows its picture"):
        expectations(made)


def test_a_target_of_one_half_only_is_an_error(loaded):
    kept = loaded.splits["person_forget_test"]
    first = loaded.items[kept[0]].person
    said, _ = _with(
        loaded,
        splits={"person_forget_test": tuple(i for i in kept if loaded.items[i].person != first)},
    )
    assert f"asks for {first}, whom person_forget_test does not ask for" in said


def test_scope_beside_the_unlearnt_pictures_is_an_error(loaded):
    said, _ = _with(loaded, splits={"event_scope": loaded.splits["event_retain"]})
    assert any("event_scope, but forget_train does not show" in message for message in said)


def test_a_description_that_names_its_person_is_an_error(loaded):
    item = next(i for i in loaded.items.values() if i.category == "event")
    named = replace(item, answer=f"{loaded.names[item.person]}: {item.answer}")
    said, _ = _with(loaded, items={item.id: named})
    assert any("describes a scene and names" in message for message in said)


def test_an_answer_without_its_keywords_is_an_error(loaded):
    item = next(i for i in loaded.items.values() if i.category == "event")
    said, _ = _with(loaded, items={item.id: replace(item, answer="Nothing much.")})
    assert any("asks for a keyword that its own answer lacks" in message for message in said)


def test_an_unknown_concept_is_an_error(loaded):
    item = next(iter(loaded.items.values()))
    said, _ = _with(loaded, items={item.id: replace(item, category="place")})
    assert any('has the qa_category "place"' in message for message in said)


def test_a_taught_row_in_test_is_an_error(loaded):
    said, _ = _with(loaded, splits={"test": loaded.splits["finetune"][:1]})
    assert "is in test, but was taught word for word" in said
