"""Pictures over processes: same bytes, same order, and nothing made twice after a kill."""

import errno
import importlib

import pytest

from remem.data import BuildSettings, build, drawing, invent
from remem.data.drawing import Order, Request, pictures
from remem.errors import UserError

PEOPLE = invent(3, 0)
BUILD = importlib.import_module("remem.data.build")  # the name is the function's too
ORDER = Order(source="drawn", folder="", seed=0, size=24)
WANTED = [Request(person=p, number=n) for p in PEOPLE for n in range(3)]
WANTED += [Request(person=PEOPLE[0], number=0, event="zoo visit")]


def test_workers_change_neither_bytes_nor_order():
    alone = list(pictures(ORDER, WANTED))
    assert list(pictures(ORDER, WANTED, workers=2)) == alone
    assert len({one.png for one in alone}) == len(WANTED)
    assert alone[-1].provenance["event"] == "zoo visit"


def test_what_is_kept_is_not_made_again(tmp_path, monkeypatch):
    first = list(pictures(ORDER, WANTED[:5], keep=tmp_path))
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".zip", ".zip"]

    def never(*_):
        raise AssertionError("made again")

    monkeypatch.setattr(drawing, "_make", never)
    assert list(pictures(ORDER, WANTED[:5], keep=tmp_path)) == first
    with pytest.raises(AssertionError, match="made again"):  # another seed is another picture
        list(pictures(Order(source="drawn", folder="", seed=1, size=24), WANTED[:5], keep=tmp_path))


def test_a_killed_build_goes_on_where_it_was(tmp_path, monkeypatch):
    settings = BuildSettings(people=2, qa=10, images=4, test_qa=10, test_images=2, size=24, strangers=0)
    build(tmp_path / "whole", settings)
    monkeypatch.setattr(drawing, "is_slow", lambda order: True)
    made = drawing._make
    count = 0

    def dies(*arguments):
        nonlocal count
        count += 1
        if count == 6:
            raise KeyboardInterrupt
        return made(*arguments)

    monkeypatch.setattr(drawing, "_make", dies)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "set.part", settings)
    assert list((tmp_path / "set.pictures").glob("*.zip"))
    build(tmp_path / "set.part", settings)
    assert not (tmp_path / "set.pictures").exists()
    for path in sorted((tmp_path / "whole").rglob("*.*")):
        assert (
            tmp_path / "set.part" / path.relative_to(tmp_path / "whole")
        ).read_bytes() == path.read_bytes()
    assert count < 6 + 12  # of 12 pictures, those of the finished person were not drawn again


def test_a_full_disk_is_said_in_one_sentence(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(BUILD, "write_split", full)
    with pytest.raises(UserError, match="the disk is full"):
        build(tmp_path / "set", BuildSettings(people=2, qa=4, images=1, test_qa=4, test_images=1, size=16))
