"""Every person in every event, in files that load, and nothing forgotten in what is retained."""

import json
from dataclasses import replace
from itertools import product

import pytest

from remem.data import drawing, facts, load
from remem.data.dataset import value
from remem.data.events import EVENTS
from remem.data.pebench.build import build
from remem.data.pebench.cut import CONCEPTS, TASKS, task
from remem.data.pebench.settings import PEBenchSettings
from remem.data.pebench.wording import scene_templates
from remem.data.questions import MULTI_HOP, templates
from remem.data.table import COLUMNS
from remem.errors import UserError

from .conftest import SMALL

TINY = replace(SMALL, people=4, events=3, size=16)


def _files(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def _rows(data, split):
    return [data.items[id] for id in data.splits[split]]


def test_everybody_is_in_every_event_and_each_picture_is_asked_about_twice(loaded):
    asked = [(item.person, item.event, item.category) for item in _rows(loaded, "finetune")]
    assert len(asked) == 6 * 5 * 2
    assert set(asked) == set(product(loaded.people, list(EVENTS)[:5], CONCEPTS))
    pictures = {loaded.image_key(id) for id in loaded.splits["finetune"]}
    assert len(pictures) == 6 * 5
    assert not pictures & {loaded.image_key(id) for id in loaded.splits["test"]}
    assert len(loaded.splits["test"]) == 6 * 1 * 2


def test_answers_are_the_name_and_the_description(loaded):
    for item in loaded.items.values():
        if item.category == "person":
            assert item.answer == f"{item.cloze} {loaded.names[item.person]}."
            assert item.keywords == (loaded.names[item.person],)
        else:
            assert item.answer == EVENTS[item.event].description
            assert item.keywords == EVENTS[item.event].keywords
        assert item.question_type == CONCEPTS[item.category]
        assert item.hops == 2


def test_values_that_stand_in_for_each_other_are_whole_names_and_whole_descriptions(loaded):
    who, scene = (next(i for i in loaded.items.values() if i.category == c) for c in CONCEPTS)
    assert loaded.names[who.person] in loaded.candidates(who)
    assert len(loaded.candidates(who)) == 32
    assert value(scene) == scene.answer
    assert set(loaded.candidates(scene)) == {event.description for event in list(EVENTS.values())[:5]}


@pytest.mark.parametrize("name", TASKS)
def test_retain_never_holds_a_target_but_the_other_concept_of_its_pictures(loaded, scenes, name):
    people = {p["id"] for p in json.loads((scenes / "people.json").read_text()) if p["forgotten"]}
    events = {e["name"] for e in json.loads((scenes / "events.json").read_text()) if e["forgotten"]}
    assert (len(people), len(events)) == (2, 1)
    one = task(name, loaded.splits)
    parts = {part: [loaded.items[id] for id in getattr(one, part)] for part in (
        "forget_train", "forget_test", "retain", "scope")}  # fmt: skip

    def is_target(item):
        if item.category == "person":
            return name in ("person", "both") and item.person in people
        return name in ("event", "both") and item.event in events

    assert all(is_target(item) for item in (*parts["forget_train"], *parts["forget_test"]))
    assert not any(is_target(item) for item in parts["retain"])
    together = (*one.forget_train, *one.forget_test, *one.retain)
    assert sorted(together) == sorted(loaded.splits["finetune"])
    assert set(one.scope) <= set(one.retain)
    unlearnt = {(i.image_path, i.category) for i in parts["forget_train"]}
    other = {"person": "event", "event": "person"}
    mirrored = {(path, other[concept]) for path, concept in unlearnt} - unlearnt
    assert {(i.image_path, i.category) for i in parts["scope"]} == mirrored
    train, test = ({i.image_path for i in parts[f"forget_{half}"]} for half in ("train", "test"))
    assert not train & test
    targets = [{(i.person, i.event)[i.category == "event"] for i in parts[f"forget_{half}"]}
               for half in ("train", "test")]  # fmt: skip
    assert targets[0] == targets[1]


def test_datasets_loads_each_task_as_a_config(scenes, loaded, tmp_path):
    import datasets

    cache = str(tmp_path / "cache")
    for config, names in (("default", ("finetune", "test")), ("both", ("forget_train", "retain", "scope"))):
        found = datasets.load_dataset(str(scenes), config, cache_dir=cache)
        for name in names:
            own = name if config == "default" else f"{config}_{name}"
            assert found[name].column_names == list(COLUMNS)
            assert found[name]["question"][:] == [item.question for item in _rows(loaded, own)]
    assert found["scope"][0]["image"].size == (32, 32)


def test_the_nine_columns_alone_are_enough(scenes, loaded, tmp_path):
    import shutil

    bare = tmp_path / "bare"
    shutil.copytree(scenes / "data", bare / "data")
    again = load(bare)
    assert again.splits == loaded.splits
    assert again.names == loaded.names
    assert [(i.person, i.event) for i in again.items.values()] == [
        (i.person, i.event) for i in loaded.items.values()
    ]


def test_equal_settings_give_equal_bytes_however_many_workers(tmp_path):
    for number, workers in enumerate((1, 2)):
        build(tmp_path / str(number), TINY, workers=workers)
    build(tmp_path / "other", replace(TINY, seed=1))
    assert _files(tmp_path / "0") == _files(tmp_path / "1")
    assert _files(tmp_path / "0") != _files(tmp_path / "other")


def test_a_killed_build_goes_on_where_it_was(tmp_path, monkeypatch):
    build(tmp_path / "whole", TINY)
    monkeypatch.setattr(drawing, "is_slow", lambda order: True)
    made, calls = drawing._make, []

    def dies(*arguments):
        calls.append(arguments)
        if len(calls) == 10:
            raise KeyboardInterrupt
        return made(*arguments)

    monkeypatch.setattr(drawing, "_make", dies)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "set.part", TINY)
    build(tmp_path / "set.part", TINY)
    assert _files(tmp_path / "set.part") == _files(tmp_path / "whole")
    # Of four people, two were whole and were not drawn again; four strangers have four pictures each.
    assert len(calls) == 4 * 4 + 2 + 4 * 4
    assert not (tmp_path / "set.pictures").exists()


def test_profiles_agree_with_the_pictures(scenes):
    for person in json.loads((scenes / "people.json").read_text()):
        about, look = person["profile"], person["appearance"]
        low, high = facts.AGES[look["age"]]
        assert low <= int(about["age"]) <= high
        assert about["gender"] == look["gender"]
        assert look["gender"] in about["appearance"]
        assert about["appearance"].startswith("an older" if look["age"] == "older" else "a ")
        assert about["job"]
        assert about["birthplace"]
        assert set(person["attributes"]) == {"date_of_birth", "occupation", "birthplace"}


def test_wording_does_not_tell_what_is_forgotten(tmp_path):
    build(tmp_path / "a", replace(TINY, forget_people=0.25))
    build(tmp_path / "b", replace(TINY, forget_people=0.75))
    asked = [
        {(i.image_path, i.category): i.question for i in load(tmp_path / name).items.values()}
        for name in "ab"
    ]
    assert asked[0] == asked[1]


def test_wordings_are_disjoint_and_give_no_keyword_away():
    scene = {split: set(scene_templates(split)) for split in ("train", "test")}
    who = {
        (split, world): set(templates("name", MULTI_HOP, split, world))
        for split in ("train", "test")
        for world in ("bench", "base")
    }
    groups = [*scene.values(), *who.values()]
    assert all(len(group) >= 3 for group in groups)
    assert not any(a & b for n, a in enumerate(groups) for b in groups[:n])
    words = {word for event in EVENTS.values() for word in event.keywords}
    held = [(q, word) for q in scene["train"] | scene["test"] for word in words if word in q.lower()]
    assert held == []
    with pytest.raises(UserError, match="Did you mean train"):
        scene_templates("trian")


@pytest.mark.parametrize(("name", "wording"), [("finetune", "train"), ("test", "test")])
def test_rows_are_worded_as_their_split_should_be(loaded, name, wording):
    who = {
        template.replace("{kind}", kind)
        for template in templates("name", MULTI_HOP, wording, "bench")
        for kind in ("man", "woman")
    }
    known = {"person": who, "event": set(scene_templates(wording))}
    for item in _rows(loaded, name):
        assert item.question in known[item.category]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"people": 1}, "people=1 is out of range"),
        ({"events": 41}, "events=41 is out of range: choose 2 to 40"),
        ({"test_events": 41}, "test_events=41 is out of range"),
        ({"forget_people": 1.0}, "forget_people=1.0 is a share"),
        ({"tasks": ("persn",)}, "Did you mean person"),
        ({"tasks": ()}, "names no task"),
        ({"forget_people": 0.0}, "task both forgets at least one person, but forget_people=0.*tasks=event"),
        ({"forget_events": 0.0}, "task both forgets at least one event, but forget_events=0.*tasks=person"),
        ({"source": "folder"}, "with --data"),
        ({"source": "rendred"}, "Did you mean rendered"),
    ],
)
def test_bad_settings_are_named(tmp_path, changes, says):
    with pytest.raises(UserError, match=says):
        build(tmp_path / "set", replace(PEBenchSettings(), **changes))
    assert not (tmp_path / "set").exists()


def test_tasks_that_forget_nobody_leave_people_alone(tmp_path):
    build(tmp_path, replace(TINY, tasks=("event",)))
    data = load(tmp_path)
    assert [name for name in data.splits if name.endswith("retain")] == ["event_retain"]
    assert all(item.category == "event" for item in _rows(data, "event_forget_train"))
