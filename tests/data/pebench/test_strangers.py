"""People, and scenes, that nobody is taught: what membership attacks on people in events compare with."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from remem.data import load, strangers
from remem.data.events import EVENTS
from remem.data.pebench.build import build
from remem.data.pebench.strangers import unknown
from remem.data.pebench.wording import scene_templates

from .conftest import SMALL


def test_strangers_are_asked_as_the_taught_are_about_what_nobody_is_taught(scenes: Path, loaded) -> None:
    found = strangers.read(scenes)
    assert found is not None
    assert found.people == ("s000", "s001", "s002", "s003")
    who, scene = ([one for one in found.items.values() if one.category == c] for c in ("person", "event"))
    assert (len(who), len(scene)) == (8, 8)
    taught = {item.event for item in loaded.items.values()}
    assert {one.event for one in who} <= taught
    assert not {one.event for one in scene} & taught
    for one in scene:
        assert one.answer == EVENTS[one.event].description
        assert one.target == one.event
        assert one.question in scene_templates("train")
    names = {one.keywords[0] for one in who}
    assert len(names) == 4
    assert not names & set(loaded.names.values())
    asked = {item.question for item in map(loaded.items.__getitem__, loaded.splits["finetune"])}
    assert {one.question_type for one in who} == {"who"}
    assert any(one.question in asked for one in who)
    assert found.image(who[0].id).size == (32, 32)
    keys = {found.image_key(one.id) for one in found.items.values()}
    assert len(keys) == 16
    assert not keys & {loaded.image_key(id) for id in loaded.items}
    table = pq.read_table(scenes / "pictures.parquet").to_pylist()
    shown = {row["image_path"]: (row["person"], row["event"]) for row in table}
    assert all(shown[one.image_path] == (one.person, one.event) for one in found.items.values())


def test_the_taught_set_does_not_depend_on_its_strangers(scenes: Path, tmp_path: Path) -> None:
    build(tmp_path / "none", replace(SMALL, strangers=0))
    assert strangers.read(tmp_path / "none") is None
    assert "strangers.parquet" not in (tmp_path / "none" / "README.md").read_text()
    assert "`strangers.parquet` (4 people" in (scenes / "README.md").read_text()
    for path in sorted((scenes / "data").iterdir()):
        assert (tmp_path / "none" / "data" / path.name).read_bytes() == path.read_bytes()
    assert load(tmp_path / "none").fingerprint == load(scenes).fingerprint


@pytest.mark.parametrize(("events", "scene"), [(len(EVENTS), 0), (len(EVENTS) - 1, 4), (3, 8)])
def test_without_an_event_to_spare_nobody_asks_for_scenes(events: int, scene: int) -> None:
    settings = replace(SMALL, events=events)
    found = unknown(settings, list(EVENTS.values())[:events])
    assert len([one for one in found if one.concept == "event"]) == scene
    assert len([one for one in found if one.concept == "person"]) == 8
    assert len({one.path for one in found}) == len(found)


def test_a_given_set_has_none() -> None:
    assert replace(SMALL, data="somewhere").unknown() == 0
