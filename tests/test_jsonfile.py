"""The one way in for JSON: each kind of damage is one error that names file, place, find and cure."""

import json
import os
import time
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remem import jsonfile
from remem.errors import UserError, unknown
from remem.jsonfile import MOST_DEPTH, MOST_DIGITS, Count, Share, lines, literal, parse, read

CURE = "Mend it."


@dataclass(frozen=True, kw_only=True)
class Step:
    key: str
    count: int = 0
    share: float | None = None
    weakest: tuple[tuple[str, float], ...] = ()


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ('[{"key": "a"}, {"key": 3}]', list[Step], "at $[1].key: expected a text, found a whole number (3)"),
        ('[{"count": 3}]', list[Step], "at $[0]: the field key is missing"),
        ('{"steps": [{"key": null}]}', dict[str, list[Step]],
         "at $.steps[0].key: expected a text, found null"),
        ('{"a": {"x": 1}, "c": {"x": 0.5}}', dict[str, dict[str, int]],
         "at $.c.x: expected a whole number, found a number (0.5)"),
        ('{"a b": [1.5]}', dict[str, list[str]], 'at $["a b"][0]: expected a text, found a number (1.5)'),
        ('{"key": "a", "count": true}', Step,
         "at $.count: expected a whole number, found true or false (true)"),
        ('{"key": "a", "share": "1"}', Step, 'at $.share: expected a number or null, found a text ("1")'),
        ('{"key": "a", "weakest": [["p"]]}', Step, "at $.weakest[0]: expected a list of length 2, found 1"),
        ("[]", Step, "at $: expected an object, found a list"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_named_with_its_place_and_what_was_found(text, kind, says):
    with pytest.raises(UserError) as raised:
        parse(text, kind, "steps.json", CURE)
    assert str(raised.value) == f"steps.json, {says}. {CURE}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "Expecting value at line 1 column 1"),
        (b"{\n  3}", "Expecting property name enclosed in double quotes at line 2 column 3"),
        (b'"\xff"', "byte 1 (0xff) is no UTF-8"),
        (b'{"a": 1, "b": 2, "a": 3}', 'one object holds "a" twice'),
        (b'[{"x": {"a": 1, "a": 1}}]', 'one object holds "a" twice'),
        (b"[NaN]", "it holds NaN, which is no JSON"),
        (b'{"a": -Infinity}', "it holds -Infinity, which is no JSON"),
        (b"[1e999]", "the number 1e999 is too large"),
        (b"1" * 5000, "a number has 5,000 digits in a row"),
        (b"[0." + b"1" * 5000 + b"]", "a number has 5,000 digits in a row"),
        (b"[" * 100_000, "lists and objects lie 100,000 deep"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "lists and objects lie 500 deep"),
        (b'"\\ud800"', "it holds half a character"),
        (b'{"\\uDC00": 1}', "it holds half a character"),
    ],
)
def test_what_is_no_json_or_not_to_be_read(tmp_path, text, says):
    path = tmp_path / "a.json"
    path.write_bytes(text)
    with pytest.raises(UserError) as raised:
        read(path, Any, CURE)
    assert str(raised.value).startswith(f"{path} is not readable JSON: {says}")
    assert str(raised.value).endswith(CURE)


def test_what_is_right_is_read_as_it_is():
    step = parse(
        b'\xef\xbb\xbf{"key": "\\ud83d\\ude00", "share": 1, "more": {}, "weakest": [["p", 0.5]]}',
        Step,
        "",
        "",
    )
    assert step == Step(key="😀", share=1.0, weakest=(("p", 0.5),))
    deep = "[" * MOST_DEPTH + "]" * MOST_DEPTH
    assert json.dumps(parse(deep, Any, "", "")) == deep
    assert parse("9" * MOST_DIGITS, int, "", "") == int("9" * MOST_DIGITS)
    brackets = json.dumps(["[" * 1000, '"\\' * 500, "1" * 1000])  # in a text, they are no depth and no number
    assert parse(brackets, list[str], "", "") == ["[" * 1000, '"\\' * 500, "1" * 1000]
    assert parse("[1.50, 1, true]", list[str | bool], "", "", as_written=True) == ["1.50", "1", True]


def test_nan_only_where_it_is_meant():
    found = parse('{"loss": NaN, "most": Infinity}', dict[str, float], "", "", nan=True)
    assert found["loss"] != found["loss"]
    assert found["most"] == float("inf")


numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8"), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_what_python_writes_comes_back(value):
    assert parse(json.dumps(value), Any, "", "") == value
    assert parse(json.dumps(value, ensure_ascii=False).encode(), Any, "", "") == value


@given(st.binary(max_size=60) | st.text(st.sampled_from('[]{}",:1eN\\u-d8'), max_size=40).map(str.encode))
def test_never_a_traceback(text):
    for kind in (Any, list[Step], dict[str, list[float]]):
        try:
            parse(text, kind, "a.json", CURE)
        except UserError as error:
            assert str(error).startswith("a.json")  # noqa: PT017


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    for name, says in (
        ("pipe.json", "is a pipe or a device"),
        ("", "is a folder"),
        ("no.json", "cannot be read"),
    ):
        with pytest.raises(UserError, match=f"{says}.*Mend it"):
            read(tmp_path / name, Any, CURE)
        with pytest.raises(UserError, match=f"{says}.*Mend it"):
            list(lines(tmp_path / name, Any, CURE))


def test_a_size_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonfile, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(jsonfile, "MOST_LINE", 1 << 20)
    (tmp_path / "large.json").write_text('"' + "a" * (1 << 20) + '"')
    with pytest.raises(UserError, match=r"large\.json is larger than 1 MB"):
        read(tmp_path / "large.json", str, CURE)
    (tmp_path / "large.jsonl").write_text('"a"\n"' + "a" * (1 << 20) + '"')
    with pytest.raises(UserError, match=r"large\.jsonl, line 2 is longer than 1 MB"):
        list(lines(tmp_path / "large.jsonl", str, CURE))


def test_lines_are_read_one_by_one_and_named(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"step": 1}\n\n{"step": 2}\r\n{"step": "3"}')
    found = lines(path, dict[str, int], CURE)
    assert [next(found), next(found)] == [{"step": 1}, {"step": 2}]
    with pytest.raises(UserError) as raised:
        next(found)
    assert (
        str(raised.value)
        == f'{path}, line 4, at $.step: expected a whole number, found a text ("3"). Mend it.'
    )


def test_a_literal_is_json_or_its_text():
    assert [literal(text, "", "") for text in ("0.5", "[1, 2]", '"a"', "npo", "NaN", "1,2")] == [
        0.5, [1, 2], "a", "npo", "NaN", "1,2"
    ]  # fmt: skip
    for text in ("1" * 5000, "[" * 100_000, '{"a": 1, "a": 2}'):
        with pytest.raises(UserError, match=r"lr=.*Give a number"):
            literal(text, "lr=", "Give a number.")


@pytest.mark.parametrize(
    "text",
    [
        '"' + '\\"' * 40_000,
        '["' + "\\\\" * 40_000 + "\\",
        "{" + ",".join(f'"{n}": 0' for n in range(100_000)) + ', "99999": 0}',
        '"' * 300_001,
    ],
)
def test_a_large_damaged_text_is_refused_in_no_time(text):
    start = time.monotonic()
    with pytest.raises(UserError, match=r"a\.json is not readable JSON"):
        parse(text, Any, "a.json", CURE)
    assert time.monotonic() - start < 5


@dataclass
class Told:
    share: Share | None
    count: Count = 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"share": 1.7}', "at $.share: expected a number <= 1.0 (1.7)"),
        ('{"share": -0.1}', "at $.share: expected a number >= 0.0 (-0.1)"),
        ('{"share": null, "count": -1}', "at $.count: expected a whole number >= 0 (-1)"),
        ('{"share": 1e-400}', "is not readable JSON: the number 1e-400 is too small"),
    ],
)
def test_numbers_that_cannot_be(text, says):
    with pytest.raises(UserError) as raised:
        parse(text, Told, "a.json", CURE)
    assert says in str(raised.value)
    assert parse('{"share": 0.0}', Told, "a.json", CURE) == Told(0.0)


def test_an_error_is_short_however_long_what_is_wrong():
    error = str(UserError(f"{'n' * 10**6} is no file. {'no ' * 10**6}Mend it."))
    assert len(error) < 3000
    assert error.startswith("nnn")
    assert error.endswith("Mend it.")
    assert str(unknown("setting", "n" * 10**6, ["name"])).startswith("unknown setting: nnn")


@pytest.mark.parametrize("text", ["", "²", "٣", "--5", "1.0", "1_0", " 1", "1\n", "x", "9" * 19, "9" * 5000])
def test_what_is_no_whole_number(text):
    assert jsonfile.whole(text) is None


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_whole_numbers(number):
    assert jsonfile.whole(str(number)) == number
