"""The Parquet files of a data set, under the names that public tools give them."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forms import splits, write
from remem.data import check_images, load
from remem.data.shards import of_config, shards
from remem.data.table import schema
from remem.errors import UserError


@pytest.fixture
def named(small, tmp_path):
    """The built set's files under names of another tool: `{split}` stands for the split."""

    def write(pattern, cut=1):
        root = tmp_path / "set"
        for source in (small / "data").glob("*.parquet"):
            split = source.name.split("-")[0]
            rows = pq.read_table(source).to_pylist()
            for n in range(cut):
                part = rows[n * len(rows) // cut : (n + 1) * len(rows) // cut]
                path = root / pattern.format(split=split, n=n, count=cut)
                path.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(pa.Table.from_pylist(part, schema=schema()), path)
        return root

    return write


@pytest.mark.parametrize(
    "pattern",
    [
        "data/{split}-{n:05d}-of-{count:05d}.parquet",
        "{split}-{n:05d}-of-{count:05d}.parquet",
        "data/{split}-{n:05d}-of-{count:05d}-0a1b2c3d4e5f6a7b.parquet",
        "data/{split}-{n:05d}-of-{count:05d}-0A1B2C3D.parquet",
        "default/{split}/{n:04d}.parquet",
        "{split}/{n:04d}.parquet",
        "data/{split}/{n:04d}.parquet",
        "people/{split}-{n:05d}-of-{count:05d}.parquet",
    ],
)
@pytest.mark.parametrize("cut", [1, 3])
def test_names_of_public_tools(named, small, pattern, cut):
    found, direct = load(named(pattern, cut)), load(small)
    assert list(found.splits) == list(direct.splits)
    assert found.splits == direct.splits
    assert all(found.image_bytes(id) == direct.image_bytes(id) for id in direct.items)
    check_images(found)


def test_a_file_by_hand(named, small):
    assert load(named("data/{split}.parquet")).splits == load(small).splits


def test_a_missing_file_of_a_split_is_named(named):
    root = named("data/{split}-{n:05d}-of-{count:05d}.parquet", 3)
    (root / "data" / "finetune-00001-of-00003.parquet").unlink()
    with pytest.raises(UserError, match=r"split finetune: file 00001 of 3 is missing in .*data"):
        load(root)


def test_a_missing_file_of_the_hubs_converter_is_named(named):
    root = named("default/{split}/{n:04d}.parquet", 3)
    (root / "default" / "test" / "0000.parquet").unlink()
    with pytest.raises(UserError, match="split test: file 00000 of 2 is missing"):
        load(root)


@pytest.mark.parametrize(
    "other",
    [
        "finetune-00000-of-00002.parquet",
        "finetune-00000-of-00001-0a1b2c3d.parquet",
        "finetune.parquet",
        "finetune-00001-of-00001.parquet",
    ],
)
def test_files_of_two_uploads_are_not_read_together(named, other):
    root = named("data/{split}-{n:05d}-of-{count:05d}.parquet")
    shutil.copy(root / "data" / "finetune-00000-of-00001.parquet", root / "data" / other)
    with pytest.raises(UserError, match="split finetune: "):
        load(root)


def test_several_configs_are_named_and_not_guessed(named):
    root = named("default/{split}/{n:04d}.parquet")
    shutil.copytree(root / "default", root / "other")
    with pytest.raises(UserError, match=r"several configs: default, other\. Point to one"):
        load(root)
    assert load(root / "other").splits


def test_hidden_files_are_no_splits(tmp_path):
    for folder in ("data", "default/finetune", ".cache/finetune"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "._finetune-00000-of-00001.parquet").write_bytes(b"")
        (tmp_path / folder / "._0000.parquet").write_bytes(b"")
    (tmp_path / ".cache" / "finetune" / "0000.parquet").write_bytes(b"")
    assert shards(tmp_path) == of_config(tmp_path) == {}


def test_metadata_and_side_files_are_no_splits(tmp_path):
    for name in ("rows.parquet", "strangers.parquet", "metadata.parquet"):
        (tmp_path / name).write_bytes(b"")
    assert shards(tmp_path) == {}


def test_paths_with_backslashes_and_composed_otherwise_tell_the_same_people(small, tmp_path):
    found = splits(small)
    for rows in found.values():
        for row in rows:
            row["image_path"] = row["image_path"].replace("p000", "jose\u0301").replace("/", "\\")
    data = load(write("parquet", tmp_path / "set", found))
    assert set(data.people) == {"jos\u00e9", "p001", "p002", "p003"}
