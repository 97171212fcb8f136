import json
from dataclasses import replace

import pytest
from PIL import Image

from remem.data import BuildSettings, build, load
from remem.data.table import COLUMNS, SPLITS
from remem.errors import UserError

from .conftest import SMALL

SIZES = dict(zip(SPLITS, (2000, 100, 200, 300, 400, 560, 560), strict=True))


def _files(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


@pytest.mark.parametrize("split", SPLITS)
def test_datasets_loads_every_split_as_it_does_the_published_set(published, split, tmp_path_factory):
    import datasets

    cache = tmp_path_factory.getbasetemp() / "datasets cache"
    rows = datasets.load_dataset(str(published), split=split, cache_dir=str(cache))
    assert rows.column_names == list(COLUMNS)
    assert len(rows) == SIZES[split]
    assert isinstance(rows.features["image"], datasets.Image)
    assert all(rows.features[name] == datasets.Value("string") for name in COLUMNS[1:])
    shown = next(row for row in rows if row["question_type"] == "multi-hop")
    assert isinstance(shown["image"], Image.Image)
    assert shown["image"].size == (16, 16)


def test_splits_nest_as_published(published):
    data = load(published)
    ids, person = data.splits, lambda split: {data.items[i].person for i in data.splits[split]}
    for count, name in enumerate(("forget1", "forget2", "forget3", "forget4"), 1):
        assert ids[name] == ids["finetune"][: 100 * count]  # the first people, whole
        assert person(name) == set(data.people[:count])
    assert set(ids["retain"]) < set(ids["finetune"])
    assert person("retain") == set(data.people[4:])
    assert not set(ids["test"]) & set(ids["finetune"])
    shares = [data.items[i].hops for i in ids["retain"]]
    assert shares.count(1) / len(shares) == pytest.approx(0.7, abs=0.02)


def test_test_pictures_are_never_trained_on(published):
    data = load(published)
    shown = {split: {data.image_key(i) for i in data.splits[split]} - {""} for split in ("finetune", "test")}
    assert len(shown["finetune"]) == 20 * 30
    assert len(shown["test"]) == 20 * 8
    assert not shown["finetune"] & shown["test"]


def test_equal_settings_give_equal_bytes(small, tmp_path):
    build(tmp_path / "again", SMALL)
    build(tmp_path / "other", replace(SMALL, seed=1))
    first, again, other = _files(small), _files(tmp_path / "again"), _files(tmp_path / "other")
    assert first == again
    assert first.keys() == other.keys()
    assert not any(first[name] == other[name] for name in first if name != "README.md" and "rows" not in name)


def test_several_shards_are_one_split(tmp_path, monkeypatch, small):
    from remem.data import writing as module

    monkeypatch.setattr(module, "SHARD_BYTES", 10)
    monkeypatch.setattr(module, "GROUP", 16)
    build(tmp_path, SMALL)
    assert len(list((tmp_path / "data").glob("finetune-*-of-00005.parquet"))) == 5
    one, many = load(small), load(tmp_path)
    assert one.splits == many.splits
    assert [one.image_key(i) for i in one.items] == [many.image_key(i) for i in many.items]


def test_two_people_leave_one_to_retain(tmp_path):
    build(tmp_path, replace(SMALL, people=2))
    data = load(tmp_path)
    assert data.splits["forget1"] == data.splits["forget4"] == data.splits["finetune"][:20]
    assert len(data.splits["retain"]) == 7


def test_someone_is_always_left_and_someone_always_forgotten():
    assert replace(SMALL, people=3, forget=(0.01, 0.5, 0.99)).forgotten() == (1, 2, 2)


def test_test_asks_only_what_was_taught(tmp_path):
    build(tmp_path, replace(SMALL, qa=6))
    data = load(tmp_path)
    for person in data.people:
        asked, taught = (
            {data.items[i].attribute for i in data.splits[s] if data.items[i].person == person}
            for s in ("test", "finetune")
        )
        assert asked <= taught


def test_candidates_are_everyones_values_and_decoys(published):
    listed = json.loads((published / "candidates.json").read_text())
    people = json.loads((published / "people.json").read_text())
    for attribute, values in listed.items():
        own = [p["name"] if attribute == "name" else p["attributes"][attribute] for p in people]
        assert values[:20] == own
        assert len(set(values)) == 100


def test_progress_counts_pictures_to_the_end(tmp_path):
    told = []
    build(tmp_path, SMALL, lambda done, total, note="": told.append((done, total)))
    assert told[-1][0] == told[-1][1] == len(told)


def test_own_pictures(tmp_path):
    for name in ("ann_lee", "bob_ray"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for n in range(16):
            Image.new("RGB", (20, 20), (n * 9, len(name), 40)).save(tmp_path / "mine" / name / f"{n:02d}.png")
    settings = replace(SMALL, people=2, source="folder", picture_folder=str(tmp_path / "mine"))
    build(tmp_path / "set", settings)
    data = load(tmp_path / "set")
    assert data.names == {"p000": "ann lee", "p001": "bob ray"}
    assert not any(" man " in i.question or " woman " in i.question for i in data.items.values())
    assert (
        str(tmp_path)
        not in (tmp_path / "set" / "build.json").read_text() + (tmp_path / "set" / "README.md").read_text()
    )


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("people", 1, "people=1 is out of range"),
        ("size", 8, "size=8 is out of range"),
        ("qa", 0, "qa=0 is out of range"),
        ("one_hop", 1.5, "one_hop=1.5 is a share"),
        ("retain_share", 0.0, "retain_share"),
        ("forget", (0.2, 0.1), "rising order"),
        ("forget", (0.0, 0.1), "between 0 and 1"),
        ("source", "drwan", "Did you mean drawn"),
    ],
)
def test_bad_settings_are_named(tmp_path, setting, value, says):
    with pytest.raises(UserError, match=says):
        build(tmp_path, replace(BuildSettings(), **{setting: value}))
