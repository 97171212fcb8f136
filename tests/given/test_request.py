"""A request file says what is stated, or one error says what to write."""

import inspect
import json
from dataclasses import fields

import pytest

from given.invented import STATED
from remem.errors import UserError
from remem.given import request
from remem.given.document import Stated


def write(tmp_path, text, name="request.toml"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_the_example_is_read_and_has_every_field(tmp_path):
    doc = inspect.getdoc(request)
    example = "\n".join(line.removeprefix("    ") for line in doc.splitlines() if line.startswith("    "))
    found = request.read(write(tmp_path, example))
    assert all(getattr(found, one.name) for one in fields(Stated))
    assert (found.received, found.kind) == ("2031-03-03", "approximate")
    assert found.recipients == "One processor was told on 4 March, and has confirmed."


def test_json_and_toml_say_the_same(tmp_path):
    values = {one.name: getattr(STATED, one.name) for one in fields(Stated)}
    toml = "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
    assert request.read(write(tmp_path, toml)) == STATED
    assert request.read(write(tmp_path, json.dumps(values), "request.JSON")) == STATED


def test_what_is_left_out_or_blank_is_not_stated(tmp_path):
    assert request.read(write(tmp_path, "")) == Stated()
    assert request.read(write(tmp_path, 'scope = "  "\nreceived = ""')) == Stated()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2031-03-03", "2031-03-03"),
        ('"2031-03-03"', "2031-03-03"),
        ("2031-03-03T10:30:00Z", "2031-03-03T10:30:00+00:00"),
        ('"2031-03-03 10:30"', "2031-03-03T10:30:00"),
    ],
)
def test_dates_as_they_may_be_written(tmp_path, written, read):
    assert request.read(write(tmp_path, f"received = {written}")).received == read


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('received = "3 March 2031"', "received.*is no date"),
        ('due = "2031-02-30"', "due.*is no date"),
        ("received = 10:30:00", "received: it is no text"),
        ("received = 20310303", "received: it is a whole number"),
        ("received = 2031-03-03\nanswered = 2031-03-02", "answered: 2031-03-02 lies before"),
        ("recieved = 2031-03-03", "Did you mean received"),
        ("[request]\nid = '1'", "unknown key"),
        ("id = 7", "id: it is a whole number.*quotation marks"),
        ("seeds = [0, 1]", "seeds: it is a list"),
        ("seeds = true", "seeds: it is true or false"),
        ('kind = "exact"', 'neither "approximate" nor "retrained"'),
        ('scope = "a', "not readable TOML"),
        ('id = "a"\nid = "b"', "not readable TOML"),
        ("id = " + "[" * 5_000, "not readable TOML"),
        (f'scope = "{"a" * 10_001}"', "scope: it has 10,001 letters"),
        ("# " + "a" * (1 << 20), "larger than 1 MB"),
    ],
)
def test_anything_else_is_refused_in_words(tmp_path, text, told):
    with pytest.raises(UserError, match=f"(?s){told}"):
        request.read(write(tmp_path, text))


def test_files_that_are_none(tmp_path):
    for path in (tmp_path / "absent.toml", tmp_path / "absent.json", tmp_path):
        with pytest.raises(UserError, match="a TOML or a JSON file with any of these: id, received"):
            request.read(path)
    (tmp_path / "latin.toml").write_bytes('scope = "é"'.encode("latin-1"))
    with pytest.raises(UserError, match="UTF-8"):
        request.read(tmp_path / "latin.toml")
    with pytest.raises(UserError, match="twice"):
        request.read(write(tmp_path, '{"id": "a", "id": "b"}', "twice.json"))
    with pytest.raises(UserError, match="id: it is no text"):
        request.read(write(tmp_path, '{"id": null}', "null.json"))
    with pytest.raises(UserError):
        request.read(write(tmp_path, "[]", "list.json"))
