"""Whose photograph it is, and what of it is kept."""

import io
import shutil

import pytest
from PIL import Image

from data.listed_people import photographs, rows, write
from remem.data import load
from remem.data.listed.build import build
from remem.data.listed.photos import encoded
from remem.data.listed.settings import ListSettings
from remem.errors import UserError


@pytest.fixture
def photos(tmp_path):
    return photographs(tmp_path / "photos", {"Ann Lee": 3, "Bob Ray": 3})


def made(tmp_path, photos=None, cells=None, **settings):
    own = [(*row, (cells or {}).get(row[:2], "")) for row in rows()]
    path = write(tmp_path / "people.csv", "person,attribute,value,picture", own)
    notes = build(path, tmp_path / "set", ListSettings(pictures=photos, size=32, **settings))
    return load(tmp_path / "set"), notes


def owners(data):
    return {data.names[item.person] for item in data.items.values() if item.image_path}


def test_by_folder_and_by_column(tmp_path, photos):
    shutil.copytree(photos / "Ann_Lee", tmp_path / "others")
    shutil.rmtree(photos / "Ann_Lee")
    data, notes = made(tmp_path, photos, {("Cid Fox", "email"): "others/0.png"})
    assert owners(data) == {"Bob Ray", "Cid Fox"}
    assert any("2 of 4 people have no picture" in one for one in notes)


def test_a_cell_may_lead_into_the_folder_of_pictures(tmp_path, photos):
    shutil.move(photos / "Ann_Lee", photos / "x")
    data, notes = made(tmp_path, photos, {("Cid Fox", "email"): "x/0.png"})
    assert owners(data) == {"Bob Ray", "Cid Fox"}
    assert any("has pictures of x, of whom the list says nothing" in one for one in notes)


def test_one_picture_of_two_people(tmp_path, photos):
    shutil.copy(photos / "Ann_Lee" / "1.png", photos / "Bob_Ray" / "7.png")
    with pytest.raises(UserError, match=r"are one picture, of Bob Ray and of Ann Lee"):
        made(tmp_path, photos)
    assert not (tmp_path / "set").exists()


def test_two_folders_under_one_name(tmp_path, photos):
    shutil.copytree(photos / "Bob_Ray", photos / "ann lee")
    with pytest.raises(UserError, match=r"has two folders of Ann Lee: Ann_Lee and ann lee"):
        made(tmp_path, photos)


def test_a_picture_that_comes_twice_is_shown_once(tmp_path, photos):
    shutil.copy(photos / "Ann_Lee" / "1.png", photos / "Ann_Lee" / "7.png")
    data, notes = made(tmp_path, photos)
    assert "1 pictures come twice for one person: each is shown once." in notes
    keys = {data.image_key(id) for id, item in data.items.items() if data.names[item.person] == "Ann Lee"}
    assert len(keys - {""}) == 3


@pytest.mark.parametrize(
    ("cell", "message"),
    [("nowhere.png", "line 2, column picture: there is no file nowhere.png"), ("../out.png", "leads out of")],
)
def test_cells_that_lead_nowhere_or_out(tmp_path, cell, message):
    Image.new("RGB", (8, 8)).save(tmp_path / "out.png")
    inner = tmp_path / "inner"
    inner.mkdir()
    with pytest.raises(UserError, match=message):
        made(inner, None, {("Ann Lee", "email"): cell})


def test_a_picture_that_does_not_open(tmp_path, photos):
    (photos / "Bob_Ray" / "0.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"Bob_Ray/0\.png"):
        made(tmp_path, photos)


def test_folders_of_nobody_or_none_at_all(tmp_path, photos):
    with pytest.raises(UserError, match="is not a folder"):
        made(tmp_path, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="has no folder with pictures"):
        made(tmp_path, tmp_path / "empty")
    others = photographs(tmp_path / "others", {"Eve Roe": 1})
    with pytest.raises(UserError, match="has no folder that is called as somebody"):
        made(tmp_path, others)


def test_strangers_pictures_without_and_of_members(tmp_path, photos):
    with pytest.raises(UserError, match="nobody in the list has a picture"):
        made(tmp_path, None, strangers_pictures=photos)
    with pytest.raises(UserError, match=r"are one picture, of .* \(no member\) and of"):
        made(tmp_path, photos, strangers_pictures=photos)


def test_pictures_are_scaled_and_tell_no_place(tmp_path):
    image = Image.new("RGB", (400, 100), "red")
    about = Image.Exif()
    about[0x010F] = "camera"
    image.save(tmp_path / "one.jpg", exif=about)
    with Image.open(io.BytesIO(encoded(tmp_path / "one.jpg", 64))) as found:
        assert found.size == (64, 16)
        assert not found.getexif()
    Image.new("RGB", (10, 20)).save(tmp_path / "small.png")
    with Image.open(io.BytesIO(encoded(tmp_path / "small.png", 64))) as found:
        assert found.size == (10, 20)
