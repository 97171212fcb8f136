"""The salt is made once, for its owner alone, and read back or refused."""

import hashlib
import hmac

import pytest

from remem.errors import UserError
from remem.given import subject


def test_a_salt_is_made_once_and_for_its_owner_alone(tmp_path):
    first = subject.salt(tmp_path)
    assert len(bytes.fromhex(first)) == 32
    assert subject.salt(tmp_path) == first
    assert (tmp_path / "salt.txt").stat().st_mode & 0o777 == 0o600
    (tmp_path / "other").mkdir()
    assert subject.salt(tmp_path / "other") != first


def test_the_hash_by_hand():
    salt = "00ff" * 16
    due = hmac.new(bytes.fromhex(salt), b"p042", hashlib.sha256).hexdigest()
    assert subject.hash_of("p042", salt) == due
    assert len({subject.hash_of(id, s) for id in ("p042", "p043", "") for s in (salt, "11" * 32)}) == 6


@pytest.mark.parametrize("damaged", [b"", b"00ff\n", b"g" * 64, b"A" * 64, b"\xff" * 64, b"a" * 65])
def test_a_damaged_salt_is_refused(tmp_path, damaged):
    (tmp_path / "salt.txt").write_bytes(damaged)
    with pytest.raises(UserError, match=r"salt\.txt is damaged"):
        subject.salt(tmp_path)
    assert (tmp_path / "salt.txt").read_bytes() == damaged


def test_no_place_for_a_salt_is_told(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        subject.salt(tmp_path / "absent")
    (tmp_path / "salt.txt").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        subject.salt(tmp_path)
