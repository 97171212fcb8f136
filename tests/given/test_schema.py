"""audit.json is one text, is what its schema says, and nothing else is read."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import msgspec
import pytest

from given.invented import HOSTILE, empty, full, hostile, in_the_clear
from remem.errors import UserError
from remem.given import schema
from remem.given.document import Stated

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [empty, full, in_the_clear, hostile]


def check(value):
    jsonschema.validate(value, schema.schema(), jsonschema.Draft202012Validator)


def test_the_schema_in_the_documentation_is_current():
    """Made again with: python -m remem.given.schema"""
    written = (ROOT / schema.PAGE).read_text("utf-8")
    assert written == schema.schema_text()
    jsonschema.Draft202012Validator.check_schema(json.loads(written))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_written_is_of_the_schema_and_is_read_back(tmp_path, document):
    path = schema.write(document(), tmp_path)
    check(json.loads(path.read_text("utf-8")))
    assert schema.read(path) == document()
    assert schema.text(schema.read(path)) == path.read_text("utf-8")


def test_the_text_is_canonical():
    text = schema.text(replace(full(), stated=Stated(scope="Zoë, 日本")))
    value = json.loads(text)
    assert "Zoë, 日本" in text
    assert list(value) == sorted(value)
    assert list(value["models"][0]) == sorted(value["models"][0])
    assert text == schema.text(replace(full(), stated=Stated(scope="Zoë, 日本")))
    assert schema.text(replace(full(), stated=Stated(scope="\udcff")))  # half a character stops no audit


def changed(change):
    value = json.loads(schema.text(full()))
    change(value)
    return value


WRONG = {
    "a text for a number": lambda v: v["says"][0].update(share="0.5"),
    "a number for a text": lambda v: v["stated"].update(id=7),
    "no such outcome": lambda v: v["verdict"].update(outcome="honoured"),
    "no such word": lambda v: v["says"][0].update(word="fine"),
    "another schema": lambda v: v.update(schema="remem-audit-2"),
    "an unknown field": lambda v: v.update(more=1),
    "an unknown field inside": lambda v: v["attacks"][0]["measure"].update(more=None),
    "a missing field": lambda v: v.pop("verdict"),
    "a missing field that has a default": lambda v: v["stated"].pop("backups"),
    "a missing list": lambda v: v.pop("shown"),
    "null where something must be": lambda v: v["subject"].update(hash=None),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_anything_else_is_refused(tmp_path, change):
    value = changed(change)
    with pytest.raises(jsonschema.ValidationError):
        check(value)
    path = tmp_path / schema.FILE
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
    with pytest.raises(UserError, match=r"audit\.json"):
        schema.read(path)


def test_the_error_names_the_place(tmp_path):
    path = tmp_path / schema.FILE
    for change, place in ((WRONG["an unknown field inside"], r"\$.attacks\[0\].measure.more"), (
        WRONG["a missing field that has a default"], r"\$.stated.backups")):  # fmt: skip
        path.write_text(json.dumps(changed(change)), "utf-8")
        with pytest.raises(UserError, match=place):
            schema.read(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace(" ", "", 1),
        lambda text: text + "\n",
        lambda text: "",
        lambda text: "[]",
        lambda text: text.replace("0.667", "NaN"),
        lambda text: text.replace("0.667", "6.67e-1"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = schema.write(full(), tmp_path)
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    with pytest.raises(UserError, match="remem audit"):
        schema.read(path)


def test_what_json_has_not_is_not_written():
    odd = copy.copy(full().known[0])
    with pytest.raises(ValueError, match="JSON"):
        schema.text(replace(full(), known=[replace(odd, before=float("nan"))]))
    with pytest.raises(msgspec.ValidationError):
        schema.text(replace(full(), seed="0"))
    whole = replace(full(), known=[replace(odd, before=1)])
    assert schema.text(whole) == schema.text(replace(full(), known=[replace(odd, before=1.0)]))


def test_hostile_text_comes_back_to_the_letter(tmp_path):
    assert schema.read(schema.write(hostile(), tmp_path)).stated.scope == HOSTILE
