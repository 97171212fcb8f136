"""Strangers for any data set that lacks them."""

import shutil

import pyarrow.parquet as pq
import pytest

from data.four import NAMES
from data.listed_people import write
from remem.data import BuildSettings, build, load, strangers
from remem.data.listed.adding import add
from remem.data.listed.build import build as build_list
from remem.data.listed.settings import ListSettings
from remem.data.untaught import FILE
from remem.errors import UserError
from remem.text import contains, normalise


@pytest.fixture
def bare(small, tmp_path):
    """A built set without strangers."""
    root = shutil.copytree(small, tmp_path / "bare")
    (root / FILE).unlink()
    return root


def values(data):
    return {normalise(one) for item in data.items.values() for one in item.keywords}


def test_they_share_nothing_and_are_asked_as_the_people_are(bare):
    people, rows, notes = add(bare, 5)
    assert (people, notes) == (5, [])
    data, unknown = load(bare), strangers.read(bare)
    strangers.check_untaught(unknown, data)
    assert len(unknown.people) == 5
    assert len(unknown.splits["strangers"]) == rows
    assert not values(unknown) & values(data)
    every = " . ".join(f"{item.question} {item.answer} {item.cloze}" for item in unknown.items.values())
    assert not any(contains(every, name) for name in data.names.values())
    lost = {data.items[id].person for id in data.splits["forget1"]}
    taught = [item for item in data.items.values() if item.person in lost and item.hops == 1]
    assert {item.attribute for item in unknown.items.values()} == {
        item.attribute for item in taught if item.id in data.splits["finetune"]
    }
    for item in unknown.items.values():
        assert contains(item.answer, item.keywords[0])
        assert item.answer.startswith(item.cloze)
        assert item.hops == 1
        assert not item.image_path


def test_wordings_are_those_that_are_taught(bare):
    add(bare, 2)
    data, unknown = load(bare), strangers.read(bare)
    taught = {
        data.items[id].question.replace(data.names[data.items[id].person], "X")
        for id in data.splits["finetune"]
    }
    people = {
        row["person"]: row["cloze_prompt"].split("'s ")[0] for row in pq.read_table(bare / FILE).to_pylist()
    }
    for item in unknown.items.values():
        assert item.question.replace(people[item.person], "X") in taught


def test_what_is_there_is_left_alone_without_force(bare):
    add(bare, 2)
    before = (bare / FILE).read_bytes()
    with pytest.raises(UserError, match=r"is there already\. Give --force"):
        add(bare, 3)
    assert (bare / FILE).read_bytes() == before
    add(bare, 3, force=True)
    assert len(strangers.read(bare).people) == 3
    assert sorted(path.name for path in bare.iterdir() if path.name.startswith(".")) == []


def test_equal_calls_give_equal_bytes_and_another_seed_others(bare):
    found = []
    for seed in (0, 0, 1):
        add(bare, 2, seed=seed, force=True)
        found.append((bare / FILE).read_bytes())
    assert found[0] == found[1] != found[2]


def test_a_list_made_without_gets_them(tmp_path):
    root = tmp_path / "set"
    build_list(write(tmp_path / "people.csv"), root, ListSettings(strangers=0))
    add(root, 3)
    assert len(strangers.read(root).people) == 3
    assert not values(strangers.read(root)) & values(load(root))


def test_names_in_addresses_are_no_templates(tmp_path):
    """The answer holds the name twice: once in the value, which goes with it."""
    own = [(name, "works at", f"{name} and Sons") for name in NAMES]
    build_list(write(tmp_path / "people.csv", own=own), tmp_path / "set", ListSettings(strangers=0))
    add(tmp_path / "set", 2)
    for item in strangers.read(tmp_path / "set").items.values():
        assert not any(name in item.answer for name in NAMES)


def test_sets_in_which_strangers_cannot_be_asked(tmp_path):
    build(
        tmp_path / "shown",
        BuildSettings(people=4, qa=14, images=2, test_qa=4, size=16, one_hop_pictures=True),
    )
    with pytest.raises(UserError, match="has no picture"):
        add(tmp_path / "shown", 2, force=True)
    with pytest.raises(UserError, match="is no folder"):
        add(tmp_path / "nowhere", 2)


def test_people_in_events(tmp_path):
    from remem.data.pebench.build import build as build_events
    from remem.data.pebench.settings import PEBenchSettings

    root = tmp_path / "scenes"
    build_events(root, PEBenchSettings(people=4, events=3, source="drawn", size=16, strangers=0))
    with pytest.raises(UserError, match="people in events"):
        add(root, 2)
