"""One rule for a cell of the image column: bytes, else the file at its path, else none."""

import os
import shutil
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from forms import splits, write
from remem.cli import app
from remem.data import check_images, load
from remem.data.imagecell import ALLOWED, Cells, allow
from remem.errors import UserError


@pytest.fixture(params=["parquet", "saved", "jsonl", "metadata.parquet", "csv"])
def form(request, small, tmp_path):
    """A built set whose pictures are files, those of finetune at the path that `path_of` gives."""

    def made(path_of):
        root = tmp_path / "set"
        shutil.rmtree(root, ignore_errors=True)
        found = splits(small)
        for split, rows in found.items():
            base = root if request.param in ("parquet", "saved") else root / split
            for number, row in enumerate(rows):
                if row["image"]:
                    file = base / row["image_path"].removeprefix("images/")
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(row["image"]["bytes"])
                    path = path_of if split == "finetune" else relative
                    row["image"] = {"bytes": None, "path": path(row, number, file, base)}
        return write(request.param, root, found)

    made.kind = request.param
    return made


def relative(row, number, file, base):
    return str(file.relative_to(base))


def test_a_path_without_bytes_is_the_file_there(form, small):
    found, direct = load(form(relative)), load(small)
    assert [found.items[i].question for i in found.splits["finetune"]] == [
        direct.items[i].question for i in direct.splits["finetune"]
    ]
    pairs = zip(found.splits["finetune"], direct.splits["finetune"], strict=True)
    assert all(found.image_bytes(ours) == direct.image_bytes(theirs) for ours, theirs in pairs)
    check_images(found)


def test_the_fingerprint_follows_pictures_that_are_files(form):
    root = form(relative)
    first = load(root).fingerprint
    picture = next(root.rglob("*.png"))
    picture.write_bytes(picture.read_bytes() + b"\0")
    assert load(root).fingerprint != first


@pytest.mark.parametrize(
    "spelt",
    [
        lambda path: path.replace("/", "\\"),
        lambda path: unicodedata.normalize("NFD", path),
        lambda path: f"./{path}",
        lambda path: f"p000/../{path}",
    ],
)
def test_paths_as_other_systems_write_them(form, spelt, small):
    def path_of(row, number, file, base):
        named = file.with_name("\u00e9" + file.name)
        shutil.copy(file, named)
        return spelt(str(named.relative_to(base)))

    check_images(load(form(path_of)))


@pytest.mark.parametrize("way", ["../", "absolute", "a link", "a link to a folder", "an address", "a chain"])
def test_what_leads_out_is_refused_by_name(form, tmp_path, way, monkeypatch):
    away = tmp_path / "elsewhere"
    away.mkdir()

    def path_of(row, number, file, base):
        shutil.copy(file, away / file.name)
        if way == "../":
            return os.path.relpath(away / file.name, base)
        if way == "absolute":
            return str(away / file.name)
        if way == "an address":
            return f"https://example.com/{file.name}"
        if way == "a chain":
            return f"zip://{file.name}::{away}/all.zip"
        if way == "a link":
            file.unlink()
            file.symlink_to(away / file.name)
            return relative(row, number, file, base)
        link = base / "linked"
        if not link.is_symlink():
            link.symlink_to(away)
        return f"linked/{file.name}"

    root = form(path_of)
    says = (
        "nothing is fetched"
        if way in ("an address", "a chain")
        else "outside of the data set.*--allow-pictures"
    )
    with pytest.raises(UserError, match=rf"row \d.*{says}"):
        load(root)
    monkeypatch.setenv(ALLOWED, "")
    allow([away])
    if "fetched" in says:
        with pytest.raises(UserError, match=says):
            load(root)
    else:
        check_images(load(root))


def test_both_null_is_no_picture_and_a_missing_file_is_one_error(form):
    if form.kind in ("parquet", "saved"):
        found = load(form(lambda *_: None))
        assert not any(found.items[i].image_path for i in found.splits["finetune"])
    with pytest.raises(UserError, match=r"row \d.*there is no picture absent/0\.png"):
        load(form(lambda *_: "absent/0.png"))


def test_bytes_count_before_a_path(small):
    read = Cells(small).read
    assert read({"bytes": b"abc", "path": "/etc/passwd"}, "here") == b"abc"
    assert read({"bytes": b"", "path": "x"}, "here") == b""
    assert read({"bytes": None, "path": None}, "here") is None
    assert read(None, "here") is None
    for cell in ({"bytes": "text", "path": None}, {"bytes": None, "path": 3}, 3, ["a"], {"path": "a\0b"}):
        with pytest.raises(UserError, match=r"here: (the|there is no) picture"):
            read(cell, "here")


def test_links_inside_the_hubs_cache_lead_to_its_blobs(small, tmp_path, monkeypatch):
    hub = tmp_path / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(hub))
    snapshot, blobs = hub / "datasets--a--b" / "snapshots" / "0", hub / "datasets--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "abc").write_bytes(b"picture")
    (snapshot / "0.png").symlink_to("../../blobs/abc")
    assert Cells(snapshot).read({"bytes": None, "path": "0.png"}, "here") == b"picture"
    assert Cells(None).read({"bytes": None, "path": str(snapshot / "0.png")}, "here") == b"picture"
    (snapshot / "1.png").symlink_to("/etc/passwd")
    with pytest.raises(UserError, match="/etc/passwd, which is outside"):
        Cells(snapshot).read({"bytes": None, "path": "1.png"}, "here")


def test_a_pipe_or_a_folder_is_no_picture(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    for name in ("pipe.png", "folder.png"):
        with pytest.raises(UserError, match=rf"here: .*{name} is no file that holds a picture"):
            Cells(tmp_path).read({"bytes": None, "path": name}, "here")


def test_the_command_line_allows_a_folder(form, tmp_path, monkeypatch):
    away = tmp_path / "elsewhere"
    away.mkdir()
    monkeypatch.setenv(ALLOWED, "")

    def path_of(row, number, file, base):
        shutil.move(file, away / f"{number}.png")
        return str(away / f"{number}.png")

    root = form(path_of)
    refused = CliRunner().invoke(app, ["lint", str(root)])
    assert "--allow-pictures" in str(refused.exception)
    done = CliRunner().invoke(app, ["lint", str(root), "--allow-pictures", str(away)])
    assert "no errors" in done.output
    wrong = CliRunner().invoke(app, ["lint", str(root), "--allow-pictures", str(away / "absent")])
    assert "there is no such folder" in str(wrong.exception)


@pytest.mark.parametrize(
    "image",
    [
        pa.binary(),
        pa.list_(pa.uint8()),
        pa.struct([("bytes", pa.string()), ("path", pa.string())]),
        pa.struct([("bytes", pa.binary()), ("path", pa.int64())]),
        pa.struct([("data", pa.binary())]),
    ],
)
def test_an_image_column_of_another_type_is_refused_by_type(small, tmp_path, image):
    root = write("parquet", tmp_path / "set", splits(small))
    path = root / "data" / "retain-00000-of-00001.parquet"
    table = pq.read_table(path).replace_schema_metadata(None)
    pq.write_table(table.set_column(0, "image", pa.nulls(table.num_rows, image)), path)
    with pytest.raises(UserError, match=rf"{path.name}: column image is .*; it must hold bytes and path"):
        load(root)


@pytest.mark.parametrize("binary", [pa.binary(), pa.large_binary()])
@pytest.mark.parametrize("statistics", [True, False])
def test_image_columns_as_others_write_them(small, tmp_path, binary, statistics):
    root = write("parquet", tmp_path / "set", splits(small))
    kind = pa.struct([("path", pa.large_string()), ("bytes", binary)])
    for path in (root / "data").glob("*.parquet"):
        table = pq.read_table(path).replace_schema_metadata(None)
        cells = pa.array(table["image"].to_pylist(), kind)
        pq.write_table(table.set_column(0, "image", cells), path, write_statistics=statistics)
    found, direct = load(root), load(small)
    assert [found.image_key(i) for i in found.items] == [direct.image_key(i) for i in direct.items]
    check_images(found)


@pytest.mark.parametrize("form", ["parquet", "saved"])
def test_a_column_of_nulls_is_no_picture(small, tmp_path, form):
    """As a set of texts alone has it, written from a table of objects."""
    found = splits(small)
    for rows in found.values():
        for row in rows:
            row["image"] = None
    root = write(form, tmp_path / "set", found)
    if form == "parquet":
        for path in (root / "data").glob("*.parquet"):
            table = pq.read_table(path).replace_schema_metadata(None)
            pq.write_table(table.set_column(0, "image", pa.nulls(table.num_rows)), path)
    data = load(root)
    assert not any(item.image_path for item in data.items.values())
    check_images(data)


def test_a_picture_written_into_its_path_is_refused_in_few_words(small):
    for path in ("data:image/png;base64," + "A" * 100_000, "a/" * 50_000):
        with pytest.raises(UserError, match="here: ") as raised:
            Cells(small).read({"bytes": None, "path": path}, "here")
        assert len(str(raised.value)) < 700
