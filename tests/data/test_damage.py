"""Damaged files, each one sentence that names the file and the cure; never a traceback."""

import io
import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from remem.data import Person, lint, load
from remem.data.gallery import gallery
from remem.data.images.folder import Folder
from remem.data.opening import decode
from remem.errors import UserError


@pytest.fixture
def whole(small, tmp_path):
    """A built data set with its side files, to be broken."""
    return shutil.copytree(small, tmp_path / "whole")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("candidates.json", ["a", "b"], r"expected an object, found a list"),
        ("candidates.json", {"email": "a@b.example"}, r"email: expected a list, found a text"),
        ("candidates.json", {"email": ["a@b.example", None]}, r"email\[1\]: expected a text, found null"),
        ("people.json", {"p000": "Jane Doe"}, r"expected a list, found an object"),
        ("people.json", ["Jane Doe"], r"\[0\]: expected an object"),
        ("people.json", [{"id": "p000"}], r"\[0\]: the field name is missing"),
        ("people.json", [{"id": "p000", "name": None}], r"\[0\]\.name: expected a text, found null"),
    ],
)
def test_json_of_another_shape(whole, name, content, says):
    (whole / name).write_text(json.dumps(content))
    with pytest.raises(UserError, match=rf"{name}, at .*{says}") as raised:
        load(whole)
    assert "delete it: it is not needed" in str(raised.value)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json(whole, content):
    (whole / "candidates.json").write_bytes(content)
    with pytest.raises(UserError, match=r"candidates\.json is not readable JSON: .* delete it"):
        load(whole)


def test_rows_that_are_no_parquet(whole):
    (whole / "rows.parquet").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"rows\.parquet is not a readable Parquet file .* delete it"):
        load(whole)


@pytest.mark.parametrize("column", ["split", "row", "person"])
def test_rows_without_a_column(whole, column):
    path = whole / "rows.parquet"
    pq.write_table(pq.read_table(path).drop_columns([column]), path)
    with pytest.raises(UserError, match=rf"rows\.parquet has no column {column}; .* delete it"):
        load(whole)


def _break(path, column):
    """Overwrite the pages of a column, somewhere in the middle of the file; the footer stays as it was."""
    group = pq.read_metadata(path).row_group(0)
    chunk = next(
        group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema == column
    )
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * chunk.total_compressed_size)


def test_texts_damaged_in_the_middle_of_a_file(whole):
    [path] = (whole / "data").glob("finetune-*")
    _break(path, "question")
    with pytest.raises(UserError, match=rf"{path.name} is not a readable Parquet file .* again"):
        load(whole)


def test_text_that_is_not_utf8(whole):
    [path] = (whole / "data").glob("retain-*")
    pq.write_table(pq.read_table(path), path, compression="none")
    content = path.read_bytes()
    answer = pq.read_table(path)["answer"][0].as_py().encode()
    path.write_bytes(content.replace(answer, b"\xff" * len(answer)))
    with pytest.raises(UserError, match=rf"{path.name} is not a readable Parquet file"):
        load(whole)


def test_pictures_damaged_in_the_middle_of_a_file(whole):
    [path] = (whole / "data").glob("finetune-*")
    data = load(whole)
    shown = next(i for i in data.splits["finetune"] if data.items[i].image_path)
    data.pictures.kept.clear()
    _break(path, "image.bytes")
    for read in (lambda: data.image(shown), lambda: load(whole)):
        with pytest.raises(UserError, match=rf"{path.name} is not a readable Parquet file .* again"):
            read()
    with pytest.raises(UserError, match=rf"{path.name} is not a readable Parquet file"):
        gallery(whole, whole / "sheet.html")


def test_a_file_that_went_away_after_loading(whole):
    data = load(whole)
    data.pictures.kept.clear()
    shutil.rmtree(whole / "data")
    with pytest.raises(UserError, match="is not a readable Parquet file"):
        data.image(next(i for i, item in data.items.items() if item.image_path))


def test_a_damaged_saved_data_set(tmp_path):
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["finetune"]}))
    (tmp_path / "finetune").mkdir()
    with pytest.raises(UserError, match=r"is not a readable data set .* again"):
        load(tmp_path)


def test_damage_in_large_row_groups(whole, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("remem.data.reading._LARGE_GROUP", 1000)
    [path] = (whole / "data").glob("finetune-*")
    _break(path, "question")
    with pytest.raises(UserError, match=r"holds a damaged Parquet file .* again"):
        load(whole)


def test_the_gallery_names_a_damaged_side_file(whole):
    (whole / "people.json").write_text('{"p000": 1}')
    with pytest.raises(UserError, match=r"people\.json, at \$: expected a list"):
        gallery(whole, whole / "sheet.html")


def _broken_png() -> bytes:
    """A picture whose second data chunk has lost its name: Pillow raises SyntaxError, not OSError."""
    out = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, "PNG")
    content = bytearray(out.getvalue())
    second = content.index(b"IDAT", content.index(b"IDAT") + 4)
    content[second : second + 4] = b"\x00\xff\x00\xff"
    return bytes(content)


def test_a_picture_with_a_broken_chunk(tmp_path):
    with pytest.raises(UserError, match="finetune row 3: the picture does not open"):
        decode(_broken_png(), "finetune row 3")
    (tmp_path / "jane").mkdir()
    (tmp_path / "jane" / "0.png").write_bytes(_broken_png())
    person = Person(id="p000", name="jane", appearance={}, attributes={})
    with pytest.raises(UserError, match=r"0\.png: the picture does not open"):
        Folder(tmp_path).view(person, 0, 0, 16)


def test_rows_without_a_person_fall_back_on_the_columns(whole, small):
    path = whole / "rows.parquet"
    rows = pq.read_table(path).to_pylist()
    rows[0]["person"] = None
    pq.write_table(pa.Table.from_pylist(rows), path)
    assert load(whole).people == load(small).people


def test_the_gallery_names_a_file_damaged_in_the_middle(whole):
    [path] = (whole / "data").glob("finetune-*")
    _break(path, "image_path")
    with pytest.raises(UserError, match=rf"{path.name} is not a readable Parquet file"):
        gallery(whole, whole / "sheet.html")


@pytest.mark.parametrize(("name", "text"), [("rows.parquet", b"finetune"), ("paraphrases.parquet", b"The ")])
def test_a_side_table_that_is_not_utf8(whole, name, text):
    path = whole / name
    pq.write_table(pq.read_table(path), path, compression="none", use_dictionary=False)
    path.write_bytes(path.read_bytes().replace(text, b"\xff" * len(text)))
    with pytest.raises(UserError, match=rf"{name} is not a readable Parquet file"):
        lint(load(whole))


@pytest.mark.parametrize("name", ["people.json", "candidates.json"])
def test_a_side_file_that_is_a_link_to_nothing(whole, name):
    (whole / name).unlink()
    (whole / name).symlink_to(whole / "gone")
    with pytest.raises(UserError, match=rf"{name} is a link to nothing"):
        load(whole)
