"""The folder of finished pictures beside a build: only remem's own is ever filled or deleted."""

import pytest

from remem.data import BuildSettings, build, drawing
from remem.data.kept import MARK, claim, discard
from remem.errors import UserError

TINY = BuildSettings(people=2, qa=4, images=1, test_qa=4, test_images=1, size=16)
OURS = f"{'0a' * 16}.zip"


def test_a_folder_of_the_user_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "is_slow", lambda order: True)
    own = tmp_path / "set.pictures"
    own.mkdir()
    (own / "holiday.png").write_bytes(b"mine")
    with pytest.raises(UserError, match=r"set\.pictures is in the way.* Move or rename it"):
        build(tmp_path / "set.part", TINY)
    assert [path.name for path in own.iterdir()] == ["holiday.png"]


def test_a_file_of_that_name_is_in_the_way(tmp_path):
    (tmp_path / "set.pictures").write_bytes(b"mine")
    with pytest.raises(UserError, match="is in the way"):
        claim(tmp_path / "set.pictures")


def test_what_is_claimed_is_known_again_and_goes_away(tmp_path):
    for _ in range(2):
        claim(tmp_path / "kept")
        (tmp_path / "kept" / OURS).write_bytes(b"")
    discard(tmp_path / "kept")
    assert list(tmp_path.iterdir()) == []


def test_what_someone_put_beside_finished_pictures_stays(tmp_path):
    claim(tmp_path / "kept")
    for name in (OURS, "holiday.zip"):
        (tmp_path / "kept" / name).write_bytes(b"")
    discard(tmp_path / "kept")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["holiday.zip"]


def test_a_folder_without_the_mark_is_not_discarded(tmp_path):
    (tmp_path / OURS).write_bytes(b"")
    discard(tmp_path)
    assert (tmp_path / OURS).exists()


def test_every_file_that_drawing_keeps_is_cleared_away(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "is_slow", lambda order: True)
    seen = []
    monkeypatch.setattr(drawing, "_kept", _noting(drawing._kept, seen))
    build(tmp_path / "set.part", TINY)
    assert seen
    assert all(MARK in names for names in seen)
    assert not (tmp_path / "set.pictures").exists()


def _noting(kept, seen):
    def noting(path, work):
        made = kept(path, work)
        path.with_suffix(".123.part").write_bytes(b"killed here")
        seen.append([one.name for one in path.parent.iterdir()])
        return made

    return noting
