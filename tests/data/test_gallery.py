"""The contact sheet: everybody is on it, with their own pictures, and nothing is fetched."""

import base64
import io
import re

import pytest
from PIL import Image

from forms import splits, write
from remem.data.events import EVENTS
from remem.data.gallery import gallery
from remem.data.pebench.build import build
from remem.data.pebench.settings import PEBenchSettings
from remem.errors import UserError


def test_each_person_has_a_row_with_their_own_pictures(small, tmp_path):
    page = gallery(small, tmp_path / "sheet.html", views=5).read_text("utf-8")
    rows = re.findall(r"<tr><th>(.*?)<small>(p\d+) .*?</tr>", page)
    assert [person for _, person in rows] == ["p000", "p001", "p002", "p003"]
    for row in re.findall(r"<tr>.*?</tr>", page):
        person = re.search(r"<small>(p\d+)", row)[1]
        shown = re.findall(r'title="images/(p\d+)/', row)
        assert shown == [person] * 5
    thumbnail = re.search(r"base64,([^\"]+)", page)[1]
    assert Image.open(io.BytesIO(base64.b64decode(thumbnail))).size == (32, 32)


def test_the_page_fetches_nothing_and_names_are_escaped(small, tmp_path):
    page = gallery(small, tmp_path / "sheet.html", views=2).read_text("utf-8")
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "<script" not in page


def test_views_are_spread_over_all_pictures(small, tmp_path):
    page = gallery(small, tmp_path / "sheet.html", views=3).read_text("utf-8")
    numbers = [int(n) for n in re.findall(r'title="images/p000/(\d+)\.png', page)]
    assert len(numbers) == 3
    assert max(numbers) - min(numbers) > 6  # of 16


def test_a_picture_from_a_camera_held_sideways_stands_upright(small, tmp_path):
    found = splits(small)
    held, out = Image.Exif(), io.BytesIO()
    held[0x0112] = 6
    Image.linear_gradient("L").rotate(90).save(out, "JPEG", exif=held)  # black above white, as it was seen
    for row in found["finetune"]:
        if row["image"]:
            row["image"]["bytes"] = out.getvalue()
    page = gallery(write("parquet", tmp_path, found), tmp_path / "sheet.html", side=32).read_text("utf-8")
    thumbnail = Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])))
    assert thumbnail.getpixel((32, 2))[0] < 15 < 240 < thumbnail.getpixel((32, 61))[0]


def test_a_folder_without_pictures_is_no_data_set(tmp_path):
    with pytest.raises(UserError, match="has no pictures to show"):
        gallery(tmp_path)


def test_events_are_columns_and_what_is_to_be_forgotten_is_marked(tmp_path):
    settings = PEBenchSettings(people=3, events=4, size=24, source="drawn", test_events=1, tasks=("event",))
    build(tmp_path / "set", settings)
    page = gallery(tmp_path / "set").read_text("utf-8")
    assert "<h2>Views</h2>" not in page
    assert "<title>set: contact sheet</title>" in page
    taught, held_out = page.split("<h2>Events, picture 2 of each</h2>")
    headings = re.findall(r"<th>([^<]+)</th>", taught.split("<tbody>")[0])
    assert [heading.removesuffix(" (to be forgotten)") for heading in headings] == list(EVENTS)[:4]
    assert sum(heading.endswith("(to be forgotten)") for heading in headings) == 1
    for part, number, count in ((taught, "0000", 4), (held_out, "0001", 1)):
        rows = re.findall(r"<tr><th>.*?</tr>", part.split("<tbody>")[1])
        assert len(rows) == 3
        for row in rows:
            person = re.search(r"<small>(p\d+)", row)[1]
            assert len(re.findall(rf'title="images/{person}/[a-z_]+/{number}.png', row)) == count
            assert row.count("<img") == count
