"""A cell is the value that its column stands for, or is refused: the same in every form on disk."""

import datetime
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from remem.data import cells
from remem.errors import UserError

NONE = float("nan")
DAY, NOON = datetime.date(1985, 3, 1), datetime.datetime(1985, 3, 1, 12, 30)
MIDNIGHT = datetime.datetime(1985, 3, 1)
UTC = pa.timestamp("us", "UTC")


def read(array, name="answer", feature=None):
    table = pa.table({name: array})
    return cells.columns(table, [name], "test.parquet", {name: feature} if feature else {})[0]


@pytest.mark.parametrize(
    ("array", "texts"),
    [
        (pa.array(["Oslo", None, ""]), ["Oslo", "", ""]),
        (pa.array(["Oslo"], pa.large_string()), ["Oslo"]),
        (pa.array(["Oslo"], pa.string_view()), ["Oslo"]),
        (pa.array(["Oslo", "Lima", None, "Oslo"]).dictionary_encode(), ["Oslo", "Lima", "", "Oslo"]),
        (pa.array(["Zürich".encode(), None], pa.binary()), ["Zürich", ""]),
        (pa.array([b"Oslo"], pa.binary(4)), ["Oslo"]),
        (pa.array([b"Oslo"], pa.large_binary()), ["Oslo"]),
        (pa.array([None, None], pa.null()), ["", ""]),
        (pa.array([1985, None, -3]), ["1985", "", "-3"]),
        (pa.array([1985], pa.uint16()), ["1985"]),
        (pa.array([1985.0, NONE, None, 0.5, -0.0, 1e-7]), ["1985", "", "", "0.5", "0", "0.0000001"]),
        (pa.array([1985.0, 0.1, NONE], pa.float32()), ["1985", "0.1", ""]),
        (pa.array(np.array([1985.0, 0.1], np.float16)), ["1985", "0.1"]),
        (pa.array([Decimal("19.90")], pa.decimal128(6, 2)), ["19.90"]),
        (pa.array([Decimal("1985")], pa.decimal256(40, 0)), ["1985"]),
        (pa.array([DAY, None]), ["1985-03-01", ""]),
        (pa.array([DAY], pa.date64()), ["1985-03-01"]),
        (pa.array([MIDNIGHT, NOON, None]), ["1985-03-01", "1985-03-01 12:30:00", ""]),
        (pa.array([MIDNIGHT], pa.timestamp("ns")), ["1985-03-01"]),
        (pa.array([MIDNIGHT], UTC), ["1985-03-01"]),
        (pa.array([datetime.time(7, 30)]), ["07:30:00"]),
    ],
)
def test_the_value_that_a_column_stands_for(array, texts):
    assert read(array) == texts


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (pa.array([{"text": "Oslo"}]), "a struct"),
        (pa.array([["Oslo"]]), "a list"),
        (pa.array([[("a", "b")]], pa.map_(pa.string(), pa.string())), "a list"),
        (pa.array([True]), "a truth value"),
        (pa.array([b"\xff\xfe"]), "no text in UTF-8"),
        (pa.array(["a\0b"]), "a NUL"),
        (pa.array([b"a\0b"]), "a NUL"),
        (pa.array([float("inf")]), "inf"),
        (pa.array([1e300]), "too large"),
        (pa.array([16777220.0], pa.float32()), "too large"),
        (pa.array([datetime.timedelta(1)]), "a timedelta"),
    ],
)
def test_what_stands_for_no_text_is_refused_by_row_column_and_type(array, says):
    whole = pa.chunked_array([pa.nulls(3, array.type), array])
    with pytest.raises(UserError, match=rf"test\.parquet row 3, column answer: it .*{says}") as raised:
        read(whole)
    assert str(array.type)[:50] in str(raised.value)


def test_nanoseconds_are_refused_by_name():
    with pytest.raises(UserError, match=r"test\.parquet, column answer: it is not .* timestamp\[ns\]"):
        read(pa.array([1], pa.timestamp("ns")))


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list, lambda inner: pa.list_(inner, 2), pa.list_view])
def test_keywords_may_be_lists_of_any_kind(kind):
    assert [json.loads(text) for text in read(pa.array([["a, b", "c"]], kind(pa.string())), "keywords")] == [
        ["a, b", "c"]
    ]
    assert read(pa.array([[DAY, None]], kind(pa.date32())), "keywords") == ['["1985-03-01"]']
    assert read(pa.array([[1985.0, NONE]], kind(pa.float32())), "keywords") == ['["1985"]']


def test_lists_of_lists_are_refused_and_empty_ones_are_blank():
    assert read(pa.array([[], [None]], pa.list_(pa.string())), "keywords") == ["", ""]
    with pytest.raises(UserError, match="column keywords: it holds a list"):
        read(pa.array([[["a"]]]), "keywords")


KIND = {"names": ["1-hop", "multi-hop"], "_type": "ClassLabel"}


def test_a_class_is_its_name():
    assert read(pa.array([0, 1, None, -1]), "question_type", KIND) == ["1-hop", "multi-hop", "", ""]
    assert read(pa.array(["1-hop"]), "question_type", KIND) == ["1-hop"]
    for listed in ({"feature": KIND, "_type": "Sequence"}, {"feature": KIND, "_type": "List"}, [KIND]):
        assert read(pa.array([[1, 0]]), "keywords", listed) == ['["multi-hop", "1-hop"]']
    with pytest.raises(UserError, match="it is class 2, but 2 classes are named: 1-hop, multi-hop"):
        read(pa.array([2]), "question_type", KIND)


@pytest.mark.parametrize("array", [pa.array([0]), pa.array([1.0]), pa.array(["1"]), pa.array([b"0"])])
def test_a_question_type_that_is_a_number_is_no_kind(array):
    with pytest.raises(UserError, match=r"column question_type: it is [01], and nothing says"):
        read(array, "question_type")


def test_cells_of_json_are_read_by_the_same_rule():
    read = [cells.cell(one, "answer", "here") for one in (None, float("nan"), 1985.0, 7, "Oslo")]
    assert read == ["", "", "1985", "7", "Oslo"]
    assert cells.cell(["a", 1985.0, None], "keywords", "here") == '["a", "1985"]'
    for one in (True, {"a": 1}, ["a"], "half \ud83d"):
        with pytest.raises(UserError, match="here, column answer: it "):
            cells.cell(one, "answer", "here")


@pytest.mark.parametrize("text", ["nan", "NaN", "<NA>", "#N/A", "#REF!"])
@pytest.mark.parametrize("name", ["answer", "keywords", "cloze_prompt", "image_path"])
def test_a_missing_value_written_as_text_is_refused(text, name):
    with pytest.raises(
        UserError, match=rf"row 1, column {name}: it holds the text {text}, which .* Empty it"
    ):
        read(pa.array(["Oslo", text]), name)


def test_none_is_an_answer_but_no_prompt():
    assert read(pa.array(["None", "Nan", "null"])) == ["None", "Nan", "null"]
    for text in ("None", "null", "NULL"):
        with pytest.raises(UserError, match="column cloze_prompt: it holds the text"):
            read(pa.array([text]), "cloze_prompt")
