"""The world's pictures: the same whatever the number of workers, and kept when a run is cut short."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from remem.world import pictures
from remem.world.corpus import lessons, shots
from remem.world.exam import REHEARSAL, SPLITS, chosen, open_exam, ranked, whom, write
from remem.world.pictures import album, picture
from world.test_corpus import SMALL


def test_one_worker_and_two_make_the_same_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_CHUNK", 20)
    wanted = shots(SMALL)
    one = album(wanted, "drawn", 0, 32, tmp_path / "one", workers=1)
    two = album(wanted, "drawn", 0, 32, tmp_path / "two", workers=2)
    assert one.pixels.shape == (len(wanted), 32, 32, 3)
    assert np.array_equal(one.pixels, two.pixels)
    assert one.words == two.words
    for number in (0, 17, len(wanted) - 1):
        alone = picture(wanted[number], "drawn", 0, 32)
        assert np.array_equal(np.asarray(alone.image), one.pixels[number])
        assert alone.provenance == one.words[number]


def test_a_second_call_makes_only_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_CHUNK", 20)
    wanted = shots(SMALL)
    first = album(wanted, "drawn", 0, 32, tmp_path, workers=1)
    before = np.array(first.pixels)
    chunk = sorted(tmp_path.glob("*.npz"))[0]
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.npz") if path != chunk}
    chunk.unlink()
    next(tmp_path.glob("*.npy")).unlink()
    again = album(wanted, "drawn", 0, 32, tmp_path, workers=1)
    assert np.array_equal(again.pixels, before)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_the_exam_is_a_data_set_of_its_own_shape(tmp_path: Path) -> None:
    seen = album(shots(SMALL), "drawn", 0, 32, tmp_path / "pictures", workers=1)
    taught = [lesson for lesson in lessons(SMALL, seen.words) if lesson.said.kind in ("who", "lore")]
    pictures = [None if one.shot is None else Image.fromarray(seen.pixels[one.shot]) for one in taught]
    write(tmp_path / "exam", SMALL, list(zip(taught, pictures, strict=True)), tmp_path / "exam pictures")
    data = open_exam(tmp_path / "exam")
    assert set(data.splits) == {*SPLITS, REHEARSAL}
    again = [data.items[one] for one in data.splits[REHEARSAL]]
    assert [(item.question, item.answer) for item in again] == [
        (one.said.question, one.said.answer) for one in taught
    ]
    whose = [one.person if one.said.kind == "who" else "" for one in taught]
    assert len({*zip(whose, map(whom, again), strict=True)}) == len(set(whose)) == len(set(map(whom, again)))
    assert [not whom(item) for item in again] == [not person for person in whose]
    assert [data.image(item.id) is not None for item in again] == [one.shot is not None for one in taught]
    assert all(data.image(one) is not None for one in data.splits["real"])
    assert all(data.items[one].image_path == "" for one in data.splits["plain"])
    ids = chosen(data, 10)
    asked = ranked(data, ids)
    assert len(asked) == 10
    assert sorted(item.keywords for item in asked) == [("No",)] * 5 + [("Yes",)] * 5
    assert all(set(data.candidates(item)) == {"Yes", "No"} for item in asked)
    assert {data.items[one].person for one in data.splits["real"]} == {f"known00{n}" for n in range(6)}
