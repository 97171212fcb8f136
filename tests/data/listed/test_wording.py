"""In which words an attribute is asked for."""

import json

import pytest

from data.listed_people import rows, write
from remem.data import lint, load, restated
from remem.data.listed.build import build
from remem.data.listed.settings import ListSettings
from remem.data.listed.wording import fill, of_people, wordings
from remem.data.questions import MULTI_HOP, ONE_HOP, templates
from remem.errors import UserError
from remem.text import normalise


def test_attributes_of_ours_are_asked_as_in_built_sets():
    found = wordings(["email"])["email"]
    assert list(found.train[ONE_HOP]) == templates("email", ONE_HOP)
    assert list(found.test[ONE_HOP]) == templates("email", ONE_HOP, "test")


@pytest.mark.parametrize("hops", [ONE_HOP, MULTI_HOP])
def test_other_attributes_are_asked_by_their_name_and_never_as_in_the_test(hops):
    found = wordings(["shoe_size"])["shoe_size"]
    assert all("shoe size" in text for text in (*found.train[hops], *found.test[hops]))
    assert not set(map(normalise, found.train[hops])) & set(map(normalise, found.test[hops]))
    assert not any("{kind}" in text for text in (*found.train[hops], *found.test[hops]))


def test_people_are_asked_for_with_who():
    found = of_people(wordings(["mother"])["mother"])
    assert "Who is the mother of {name}?" in found.train[ONE_HOP]
    assert "Can you say who the mother of {name} is?" in found.test[ONE_HOP]
    assert not any(text.startswith("What is") for text in found.train[ONE_HOP])


def test_what_fills_a_hole_is_no_hole():
    assert fill("{name} {value}", name="{value}", value="{name}") == "{value} {name}"


OWN = {
    "favourite film": {
        "noun": "best-loved film",
        "category": "taste",
        "cloze": "The film that {who} loves is",
        "train": ["Which film does {who} love?", "{who} loves which film?"],
        "test": ["Say what {who} goes to see."],
        "paraphrases": ["{who} loves {value}."],
        "values": ["Vertigo", "Alien", "Notorious"],
    }
}


def made(tmp_path, own):
    (tmp_path / "own.json").write_text(json.dumps(own), "utf-8")
    path = write(tmp_path / "people.csv")
    build(path, tmp_path / "set", ListSettings(templates=tmp_path / "own.json", candidates=6))
    return load(tmp_path / "set")


def test_a_template_file_is_followed(tmp_path):
    data = made(tmp_path, {"favourite_film": OWN["favourite film"]})
    assert not [one for one in lint(data) if one.level == "error"]
    asked = {}
    for split in ("finetune", "test"):
        items = [data.items[id] for id in data.splits[split]]
        asked[split] = {one.question for one in items if one.keywords == ("Alien",)}
    assert asked == {
        "finetune": {"Which film does Cid Fox love?", "Cid Fox loves which film?"},
        "test": {"Say what Cid Fox goes to see."},
    }
    [item] = [data.items[id] for id in data.splits["test"] if data.items[id].keywords == ("Alien",)]
    assert item.answer == "The film that Cid Fox loves is Alien."
    assert item.category == "taste"
    assert restated.read(data)[item.id].paraphrases == ("Cid Fox loves Alien.",)
    # Somebody's own value is no decoy, the others come first.
    assert data.candidates(item)[:6] == (
        "Blade Runner", "The Long Goodbye", "Alien", "Paths of Glory", "Vertigo", "Notorious"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"film": {"noun": "x"}}, r"unknown attribute in .*own\.json: film"),
        ({"email": {"nuon": "x"}}, "Did you mean noun"),
        ({"email": {"train": "Where?"}}, "train must be a list"),
        ({"email": {"noun": ["x"]}}, "noun must be a text"),
        ({"email": {"train": ["Where?"]}}, "has {who} 0 times"),
        ({"email": {"cloze": "{who} and {who} is"}}, "has {who} 2 times"),
        ({"email": {"paraphrases": ["{who} has it."]}}, "has {value} 0 times"),
        ({"email": {"train": ["Is {who} at {value}?"]}}, "give the value away"),
        ({"email": {"train": ["<image> {who}?"]}}, "holds <image>"),
        ({"email": {"train": ["Ask {who}?"], "test": ["ask {who}?"]}}, "in train and test"),
        ({"email": {"kind": "mail"}}, "unknown kind in"),
        ({"email": {"test": ["  "]}}, "a text is blank"),
    ],
)
def test_mistakes_in_a_template_file(tmp_path, own, message):
    with pytest.raises(UserError, match=message):
        made(tmp_path, own)
    assert not (tmp_path / "set").exists()


def test_a_template_file_that_is_not_there(tmp_path):
    path = write(tmp_path / "people.csv", own=rows())
    with pytest.raises(UserError, match="nowhere is not there"):
        build(path, tmp_path / "set", ListSettings(templates=tmp_path / "nowhere"))
