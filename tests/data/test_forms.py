"""The forms in which a data set of the nine columns may lie on disk, and what in them is refused."""

import json
import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forms import splits, write
from remem.data import check_images, load
from remem.data.keywords import parse
from remem.data.table import schema
from remem.errors import UserError


def export(source: Path, root: Path, kind: str) -> Path:
    """A built set as an image folder."""
    return write("metadata.parquet" if kind == "parquet" else kind, root, splits(source))


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_an_image_folder_loads_as_the_parquet_does(small, tmp_path, kind):
    direct, found = load(small), load(export(small, tmp_path, kind))
    assert list(found.splits) == list(direct.splits)
    assert found.splits == direct.splits
    assert {i: x.person for i, x in found.items.items()} == {i: x.person for i, x in direct.items.items()}
    assert all(found.image_key(i) == direct.image_key(i) for i in direct.items)
    check_images(found)


@pytest.fixture
def folder(small, tmp_path):
    return export(small, tmp_path / "set", "jsonl")


def _edit(folder, split, change):
    path = folder / split / "metadata.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    change(rows)
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")


def test_faults_of_an_image_folder_are_named_by_row_and_column(folder, tmp_path):
    shown = next(
        n for n, line in enumerate((folder / "test/metadata.jsonl").open()) if json.loads(line)["file_name"]
    )
    _edit(folder, "test", lambda rows: rows[shown].update(file_name="p000/absent.png"))
    with pytest.raises(UserError, match=rf"row {shown}, column file_name: there is no picture p000/absent"):
        load(folder)
    _edit(folder, "test", lambda rows: rows[shown].pop("cloze_prompt"))
    with pytest.raises(UserError, match=rf"test/metadata\.jsonl, row {shown} has no column cloze_prompt"):
        load(folder)
    _edit(folder, "test", lambda rows: rows[0].pop("file_name"))
    with pytest.raises(UserError, match="row 0 has no column file_name"):
        load(folder)
    (folder / "test" / "metadata.jsonl").write_text('{"question": ')
    with pytest.raises(UserError, match=r"test/metadata\.jsonl is not readable"):
        load(folder)


def test_a_picture_of_an_image_folder_that_does_not_open_is_named(folder):
    data = load(folder)
    first = next(item for item in data.items.values() if item.image_path)
    path = folder / data.place(first.id).split()[0] / first.image_path.removeprefix("images/")
    before = data.fingerprint
    path.write_bytes(b"broken")
    with pytest.raises(UserError, match=r"row \d+ \(images/.*does not open"):
        check_images(load(folder))
    assert load(folder).fingerprint != before


@pytest.mark.parametrize("text", ["[a, b]", "['a', 'b']", '{"value": "a"}', '["a", ["b"]]', "[null]", '["a"'])
def test_keywords_of_an_unknown_form_are_refused(small, tmp_path, text):
    with pytest.raises(ValueError, match="no JSON list"):
        parse(text, "It is a and b.")
    shutil.copytree(small / "data", tmp_path / "data")
    [path] = (tmp_path / "data").glob("retain-*")
    rows = pq.read_table(path).to_pylist()
    rows[3]["keywords"] = text
    pq.write_table(pa.Table.from_pylist(rows, schema=schema()), path)
    with pytest.raises(UserError, match=r"retain row 3, column keywords: .*JSON list such as"):
        load(tmp_path)


def test_keywords_as_a_column_of_lists_are_read(small, tmp_path):
    shutil.copytree(small / "data", tmp_path / "data")
    for path in (tmp_path / "data").glob("*.parquet"):
        table = pq.read_table(path)
        lists = pa.array([[word] for word in table.column("keywords").to_pylist()])
        pq.write_table(table.set_column(table.column_names.index("keywords"), "keywords", lists), path)
    assert {i: x.keywords for i, x in load(tmp_path).items.items()} == {
        i: x.keywords for i, x in load(small).items.items()
    }


MEASURE = """
import sys
from remem.data import check_images, load
def anonymous():  # MiB of the process's own: pages of mapped files can be dropped, and do not count
    lines = dict(line.split(":") for line in open("/proc/self/status"))
    return int(lines["RssAnon"].split()[0]) / 1024
import datasets, pyarrow.parquet  # what loading imports
before, most = anonymous(), 0
def heard(done, total, note=""):
    global most
    most = max(most, anonymous())
data = load(sys.argv[1])
check_images(data, progress=heard)
heard(0, 0)
print(round(most - before))
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "published", "folder", "saved"])
def test_pictures_of_real_size_never_fill_the_memory(tmp_path, form):
    """300 rows of about 2.3 MB as the published set has them, 700 MB in all: not half of it is ever held."""
    import io

    import numpy as np
    from PIL import Image

    def rows(count, people):
        for n in range(count):
            person = people[n % len(people)]
            pixels = np.random.default_rng(n).integers(0, 256, (880, 880, 3), dtype=np.uint8)
            png = io.BytesIO()
            Image.fromarray(pixels).save(png, "png", compress_level=0)
            path = f"images/{person}/{n:04d}.png"
            yield {
                "image": {"bytes": png.getvalue(), "path": path},
                "question": f"What is the code of the person, {n}?",
                "answer": f"It is {person}.",
                "keywords": person,
                "question_type": "multi-hop",
                "qa_category": "c",
                "attribute": "code",
                "cloze_prompt": "",
                "image_path": path,
            }

    people = {"finetune": ["p0", "p1", "p2"], "forget1": ["p0"], "retain": ["p1"], "test": ["p2"]}
    (tmp_path / "data").mkdir()
    for split, who in people.items():
        path = tmp_path / "data" / f"{split}-00000-of-00001.parquet"
        with pq.ParquetWriter(path, schema()) as writer:
            left = rows(240 if split == "finetune" else 20, who)
            # `datasets` writes many rows a group: more than one picture's read should have to unpack.
            size = 100 if form == "published" else 10
            while group := list(islice(left, size)):
                writer.write_table(pa.Table.from_pylist(group, schema=schema()))
    source = tmp_path
    if form == "folder":
        source = export(tmp_path, tmp_path / "folder", "jsonl")
    if form == "saved":
        import datasets

        named = {split: str(tmp_path / "data" / f"{split}-*") for split in people}
        loaded = datasets.load_dataset("parquet", data_files=named, cache_dir=str(tmp_path / "cache"))
        loaded.save_to_disk(str(tmp_path / "saved"))
        source = tmp_path / "saved"
    kept = os.environ | {"HF_DATASETS_CACHE": str(tmp_path / "converted")}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(source)], capture_output=True, text=True, check=True, env=kept
    )
    print(form, done.stdout.strip(), "MiB")
    assert int(done.stdout.split()[-1]) < 250


@pytest.mark.parametrize("left", ["nothing", "a link to nothing"])
def test_a_split_whose_metadata_went_away_is_not_left_out(folder, left):
    metadata = folder / "forget2" / "metadata.jsonl"
    metadata.unlink()
    if left != "nothing":
        metadata.symlink_to(folder / "gone")
    says = {"nothing": r"forget2 holds a split's pictures and none of metadata\.jsonl"}
    with pytest.raises(UserError, match=says.get(left, r"metadata\.jsonl is a link to nothing")):
        load(folder)
