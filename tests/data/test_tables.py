"""The one way in for tables: regular files, whole, each column once; CSV and JSON Lines by their lines."""

import json
import os
import shutil
import subprocess
import sys

import datasets
import pyarrow.parquet as pq
import pytest

from forms import splits, write
from remem.data import load, restated, strangers
from remem.data.csvfile import rows
from remem.data.gallery import gallery
from remem.data.pebench.columns import read_columns
from remem.errors import UserError


@pytest.fixture
def whole(small, tmp_path):
    return shutil.copytree(small, tmp_path / "whole")


@pytest.fixture
def saved(small, tmp_path):
    files = {path.name.split("-")[0]: str(path) for path in (small / "data").glob("*.parquet")}
    found = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    found.save_to_disk(str(tmp_path / "saved"))
    return tmp_path / "saved"


def export(source, root, kind):
    """A built set as an image folder."""
    return write("metadata.parquet" if kind == "parquet" else kind, root, splits(source))


def reads(root):
    """All that reads a table of the folder."""
    data = load(root)
    strangers.read(root)
    restated.read(data)
    return data


SIDE = ("rows.parquet", "strangers.parquet", "paraphrases.parquet")


def _pipe(path):
    path.unlink()
    os.mkfifo(path)


def _folder(path):
    path.unlink()
    path.mkdir()


def _dangling(path):
    path.unlink()
    path.symlink_to("absent")


@pytest.mark.parametrize("other", [_pipe, _folder, _dangling])
@pytest.mark.parametrize("name", ["data/test-00000-of-00001.parquet", *SIDE])
def test_what_is_no_regular_file_is_named_and_not_waited_for(whole, name, other):
    other(whole / name)
    with pytest.raises(UserError, match=rf"{name} is (a pipe|a folder|a link)"):
        reads(whole)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_pipe_as_metadata(small, tmp_path, kind):
    root = export(small, tmp_path / "set", kind)
    _pipe(root / "retain" / f"metadata.{kind}")
    with pytest.raises(UserError, match=rf"retain/metadata\.{kind} is a pipe"):
        load(root)


@pytest.mark.parametrize(
    "name", ["dataset_dict.json", "retain/state.json", "retain/data-00000-of-00001.arrow"]
)
def test_a_pipe_in_a_saved_set(saved, name):
    _pipe(saved / name)
    with pytest.raises(UserError, match=rf"{name} is a pipe"):
        load(saved)


@pytest.mark.parametrize("column", ["image", "answer"])
def test_a_column_that_is_there_twice(whole, column):
    [path] = (whole / "data").glob("finetune-*")
    table = pq.read_table(path)
    pq.write_table(table.append_column(column, table["question"]), path)
    for read in (load, gallery) if column == "image" else (load,):
        with pytest.raises(UserError, match=rf"{path.name} has 2 columns of one name, {column}"):
            read(whole)


@pytest.mark.parametrize("name", SIDE)
def test_a_column_that_is_there_twice_in_a_side_file(whole, name):
    table = pq.read_table(whole / name)
    column = table.column_names[-1]
    pq.write_table(table.append_column(column, table[column]), whole / name)
    with pytest.raises(UserError, match=rf"{name} has 2 columns of one name, {column}"):
        reads(whole)


def test_a_column_that_is_there_twice_in_metadata(small, tmp_path):
    root = export(small, tmp_path / "set", "parquet")
    path = root / "test" / "metadata.parquet"
    table = pq.read_table(path)
    pq.write_table(table.append_column("file_name", table["file_name"]), path)
    with pytest.raises(UserError, match=r"test/metadata\.parquet has 2 columns of one name, file_name"):
        load(root)


DAMAGE = """
import random, sys
from pathlib import Path
from remem.data import check_images, load, restated
from remem.errors import UserError
root, seed = Path(sys.argv[1]), int(sys.argv[2])
draw = random.Random(seed)
files = sorted(p for p in root.rglob("*") if p.suffix in (".parquet", ".arrow"))
refused = 0
for _ in range(60):
    path = draw.choice(files)
    before = path.read_bytes()
    content = bytearray(before)
    at = draw.randrange(len(content))
    match draw.randrange(4):
        case 0: content = content[:at]
        case 1: content[at : at + 40] = b"\\xff" * 40
        case 2: content[at:at] = draw.randbytes(9)
        case 3: content[-draw.randint(1, 400)] = draw.randrange(256)
    path.write_bytes(content)
    try:
        data = load(root)
        check_images(data)
        restated.read(data)
    except UserError as error:
        refused += 1
    path.write_bytes(before)
print(refused)
"""


@pytest.mark.parametrize("form", ["whole", "saved"])
def test_damage_anywhere_is_one_error(form, request):
    """In a process of its own: what is not looked through can end it."""
    root = request.getfixturevalue(form)
    command = [sys.executable, "-W", "ignore", "-c", DAMAGE, str(root), "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 20


def test_a_damaged_file_of_a_saved_set_is_named(saved):
    path = saved / "retain" / "data-00000-of-00001.arrow"
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(UserError, match=r"retain/data-00000-of-00001\.arrow is not a readable Arrow file"):
        load(saved)


# CSV


def _csv(small, tmp_path, change):
    """An image folder whose finetune/metadata.csv is changed: `change(lines)` gives other lines."""
    root = export(small, tmp_path / "set", "csv")
    path = root / "finetune" / "metadata.csv"
    path.write_text("\n".join(change(path.read_text("utf-8").splitlines())) + "\n", "utf-8")
    return root


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda lines: [*lines[:2], lines[2] + ",more", *lines[3:]],
            "line 3 has 10 cells, but the header names 9",
        ),
        (
            lambda lines: [*lines[:2], lines[2].rsplit(",", 2)[0], *lines[3:]],
            "line 3 has 7 cells, but the header",
        ),
        (
            lambda lines: [lines[0] + ",answer", *(line + ",x" for line in lines[1:])],
            "2 columns of one name, answer",
        ),
        (lambda lines: [*lines[:4], '"' + lines[4], *lines[5:]], r"line \d+: it is no CSV"),
        (lambda lines: [*lines[:4], lines[4] + "\0", *lines[5:]], "line 5: it holds a NUL"),
        (lambda lines: lines[:1], "split finetune has no rows"),
    ],
)
def test_a_csv_that_is_none_is_refused_by_line(small, tmp_path, change, says):
    with pytest.raises(UserError, match=says):
        load(_csv(small, tmp_path, change))


def test_a_csv_in_another_encoding_is_refused_by_line(small, tmp_path):
    root = _csv(small, tmp_path, lambda lines: lines)
    path = root / "finetune" / "metadata.csv"
    lines = path.read_text("utf-8").splitlines()
    for encoding, line in (("latin-1", 3), ("utf-16", 1)):
        path.write_bytes("\n".join([*lines[:2], lines[2] + "\u00e9", *lines[3:]]).encode(encoding))
        with pytest.raises(UserError, match=rf"metadata\.csv line {line}: it is not in UTF-8"):
            load(root)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("begin", ["", "\ufeff", "\ufeffsep={mark}\r\n"])
def test_a_csv_as_spreadsheets_write_it(tmp_path, mark, end, begin):
    long = "a" * 60_000 + f'{mark} "b"' + "c" * 200_000 + "\n\u2028d"
    quoted = '"' + long.replace('"', '""') + '"'
    text = begin.format(mark=mark) + end.join([f"one{mark}two", f"1{mark}{quoted}", "", f"{mark}"])
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    header, found = rows(path)
    assert header == ["one", "two"]
    assert [cells for _, cells in found] == [["1", long], ["", ""]]
    path.write_bytes(f"sep=,{end}one,two{end}1{end}".encode())
    with pytest.raises(UserError, match=r"t\.csv line 3 has 1 cells"):
        rows(path)
    path.write_bytes(text.encode())
    assert read_columns(path).values == {"one": ["1"], "two": [long]}


def test_two_metadata_files_of_a_split_are_named(small, tmp_path):
    root = export(small, tmp_path / "set", "csv")
    export(small, tmp_path / "set", "jsonl")
    with pytest.raises(UserError, match=r"has two metadata files, .*metadata\.csv and .*metadata\.jsonl"):
        load(root)
    for path in root.glob("*/metadata.csv"):
        path.unlink()
    assert load(root).items
    shutil.copytree(root / "test", root / "data" / "test")
    with pytest.raises(UserError, match=r"split test has two metadata files"):
        load(root)


# JSON Lines


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"answer": "a", "answer": "b"}', "line 2 is no JSON .it has 2 entries of the name answer"),
        ("[1]", "row 1 is not an object"),
        ("[" * 100_000, "line 2 is no JSON"),
        ('{"file_name": null, "answer": 1' + "0" * 5000 + "}", "line 2 is no JSON"),
        ('{"file_name": "a\0b"}', "line 2: it holds a NUL"),
    ],
)
def test_json_lines_are_refused_by_line(small, tmp_path, text, says):
    root = export(small, tmp_path / "set", "jsonl")
    path = root / "test" / "metadata.jsonl"
    path.write_text(path.read_text("utf-8").splitlines()[0] + "\n" + text + "\n", "utf-8")
    with pytest.raises(UserError, match=says):
        load(root)


def test_cells_of_json_lines_are_no_python(small, tmp_path):
    root = export(small, tmp_path / "set", "jsonl")
    path = root / "test" / "metadata.jsonl"
    listed = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    listed[0] |= {"cloze_prompt": float("nan"), "attribute": 1985.0}
    path.write_text("\n".join(map(json.dumps, listed)), "utf-8")
    data = load(root)
    first = data.items[data.splits["test"][0]]
    assert (first.cloze, first.attribute) == ("", "1985")
    listed[0]["answer"] = {"text": "a"}
    path.write_text("\n".join(map(json.dumps, listed)), "utf-8")
    with pytest.raises(UserError, match=r"test/metadata\.jsonl, row 0, column answer: it holds a struct"):
        load(root)


@pytest.mark.parametrize("how", [{"type": "numpy"}, {"type": "numpy", "columns": ["question", "answer"]}])
def test_a_set_that_was_saved_with_a_format_is_the_same(small, tmp_path, how):
    files = {path.name.split("-")[0]: str(path) for path in (small / "data").glob("*.parquet")}
    found = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    found.set_format(**how)
    found.save_to_disk(str(tmp_path / "saved"))
    data = load(tmp_path / "saved")
    assert set(data.items) == set(load(small).items)
    assert any(data.image_bytes(id) for id in data.items)
