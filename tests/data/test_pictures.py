import struct
import zlib
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from PIL import Image

from remem.data import Person, folder_fingerprint, images, invent, traits
from remem.data.images.drawn import Drawn, draw
from remem.data.images.folder import Folder
from remem.errors import UserError

PEOPLE = invent(20, 0)


def _pixels(person, number, size=32) -> np.ndarray:
    return np.asarray(Drawn().view(person, number, 0, size).image, float)


def test_same_view_has_the_same_pixels_in_any_order():
    first = [_pixels(PEOPLE[0], n) for n in range(3)]
    again = [_pixels(PEOPLE[0], n) for n in (2, 1, 0)]
    assert all((a == b).all() for a, b in zip(first, reversed(again), strict=True))
    assert (first[0] != first[1]).any()


def test_what_varies_tells_nothing_of_who_it_is():
    twin = replace(PEOPLE[1], appearance=PEOPLE[0].appearance)
    scenes = [[Drawn().view(p, n, 0, 16).provenance["scene"] for n in range(12)] for p in (PEOPLE[0], twin)]
    assert scenes[0] != scenes[1]  # else background n would show that it is view n, of anyone


def test_views_are_square_rgb_with_a_record_of_what_varies():
    picture = Drawn().view(PEOPLE[0], 0, 0, 48)
    assert (picture.image.size, picture.image.mode) == ((48, 48), "RGB")
    assert set(picture.provenance) == {"source", "scene", "expression", "clothes", "hat"}


def test_people_can_be_told_apart_by_the_plainest_of_means():
    # Nearest mean of coarse pixels of the middle, where the head is: chance is 1 in 20. No learning involved.
    def feature(person, number):
        middle = _pixels(person, number)[4:26, 8:24]
        return (middle / middle.mean()).reshape(11, 2, 8, 2, 3).mean((1, 3)).ravel()

    means = np.stack([np.mean([feature(p, n) for n in range(12)], 0) for p in PEOPLE])
    right = 0
    for number, person in enumerate(PEOPLE):
        for view in range(100, 104):
            right += int(((means - feature(person, view)) ** 2).sum(1).argmin() == number)
    assert right / 80 > 0.5


def test_every_trait_shows():
    look = {trait: values[0] for trait, values in traits.TRAITS.items()} | {"hair": "short"}

    def seen(**changed):
        return np.asarray(draw(look | changed, Random("one view"), 64).image, float)

    plain = seen()
    for trait, values in traits.TRAITS.items():
        for value in values:
            if value != look[trait]:
                assert np.abs(seen(**{trait: value}) - plain).max() > 20, (trait, value)


def _folder(root, people=2, views=3):
    for person in range(people):
        place = root / f"person_{person}"
        place.mkdir(parents=True)
        for view in range(views):
            Image.new("RGB", (40, 30), (person * 90, view * 60, 0)).save(place / f"{view}.jpg")
    return root


def test_own_pictures_are_cropped_scaled_and_numbered(tmp_path):
    source = Folder(_folder(tmp_path))
    assert source.names(2, 3) == ["person 0", "person 1"]
    person = Person(id="p000", name="person 1", appearance={}, attributes={})
    picture = source.view(person, 2, 0, 20)
    assert picture.image.size == (20, 20)
    assert picture.provenance == {"source": "folder", "file": "person_1/2.jpg"}
    assert np.abs(np.asarray(picture.image, float)[10, 10] - (90, 120, 0)).max() < 8


@pytest.mark.parametrize(
    ("count", "views", "says"),
    [(3, 1, "people=3, but .* has pictures of 2"), (2, 9, "has 3 pictures, but images")],
)
def test_too_few_own_pictures(tmp_path, count, views, says):
    with pytest.raises(UserError, match=says):
        Folder(_folder(tmp_path)).names(count, views)


def test_a_broken_picture_is_named(tmp_path):
    _folder(tmp_path)
    (tmp_path / "person_0" / "0.jpg").write_bytes(b"not a picture")
    person = Person(id="p000", name="person 0", appearance={}, attributes={})
    with pytest.raises(UserError, match=r"0\.jpg: the picture does not open"):
        Folder(tmp_path).view(person, 0, 0, 16)


def test_an_enormous_picture_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("remem.data.opening.PIXEL_LIMIT", 100)
    person = Person(id="p000", name="person 0", appearance={}, attributes={})
    with pytest.raises(UserError, match="40 x 30 pixels; at most 100"):
        Folder(_folder(tmp_path)).view(person, 0, 0, 16)


def test_a_picture_that_would_fill_the_memory_is_not_unpacked(tmp_path):
    # A PNG of a few bytes whose header promises ten thousand million pixels.
    _folder(tmp_path)
    small = tmp_path / "person_0" / "0.png"
    Image.new("RGB", (1, 1)).save(small)
    head = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    content = small.read_bytes()
    small.write_bytes(content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:])
    person = Person(id="p000", name="person 0", appearance={}, attributes={})
    with pytest.raises(UserError, match=r"0\.png: the picture is enormous"):
        Folder(tmp_path).view(person, Folder(tmp_path).views["person 0"].index(small), 0, 16)


def test_bad_sources(tmp_path):
    with pytest.raises(UserError, match="Did you mean drawn"):
        images.source("drwan")
    with pytest.raises(UserError, match="picture_folder"):
        images.source("folder")
    with pytest.raises(UserError, match="no pictures"):
        images.source("folder", tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        images.source("folder", tmp_path / "absent")


def test_the_fingerprint_of_own_pictures_follows_names_and_content(tmp_path):
    root = _folder(tmp_path / "own")
    first = folder_fingerprint(root)
    assert folder_fingerprint(str(root)) == first
    view = root / "person_1" / "2.jpg"
    content = view.read_bytes()
    view.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # of the same size
    assert folder_fingerprint(root) != first
    view.write_bytes(content)
    assert folder_fingerprint(root) == first
    (root / "person_1").rename(root / "person_2")
    assert folder_fingerprint(root) != first


def test_the_fingerprint_tells_whose_a_picture_is_and_sees_events(tmp_path):
    root = _folder(tmp_path / "own")
    found = {folder_fingerprint(root)}
    one, other = root / "person_0" / "0.jpg", root / "person_1" / "0.jpg"
    a, b = one.read_bytes(), other.read_bytes()
    one.write_bytes(b)
    other.write_bytes(a)  # the same pictures under the same file names, but of other people
    found.add(folder_fingerprint(root))
    (root / "person_0" / "zoo_visit").mkdir()
    (root / "person_0" / "zoo_visit" / "0.jpg").write_bytes(a)
    found.add(folder_fingerprint(root))
    assert len(found) == 3


def test_the_fingerprint_passes_over_what_is_no_picture(tmp_path):
    root = _folder(tmp_path / "own")
    first = folder_fingerprint(root)
    (root / "person_0" / "notes.txt").write_text("litter")
    (root / "litter.png").write_bytes(b"of nobody")
    assert folder_fingerprint(root) == first
    with pytest.raises(UserError, match="is not a folder"):
        folder_fingerprint(root / "absent")
