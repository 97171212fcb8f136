import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fabricate import ranking, response
from remem.asking.records import read_rankings, read_responses, write_rankings, write_responses
from remem.errors import UserError

SAID = [
    response('Ann\'s e-mail is\n"ann@mail.com" ‒ 東京', logp=(-0.5, -2.0), hit=(True, False), id="a"),
    response("", id="b", finished=False),
]
RANKED = [ranking([-1.0, -2.5], truth=1, id="a"), ranking([-3.0, -4.0, -0.125], tokens=7, id="b")]


def test_what_is_written_is_read_again(tmp_path):
    write_responses(tmp_path / "responses.parquet", SAID)
    write_rankings(tmp_path / "rankings.parquet", RANKED)
    assert read_responses(tmp_path / "responses.parquet") == SAID
    assert read_rankings(tmp_path / "rankings.parquet") == RANKED


def test_numbers_keep_the_precision_of_models(tmp_path):
    write_responses(tmp_path / "one.parquet", [response("x", logp=(-1.2345678,), hit=(True,))])
    assert read_responses(tmp_path / "one.parquet")[0].logp == pytest.approx((-1.2345678,), rel=1e-7)


def test_none_at_all_is_a_file_too(tmp_path):
    write_rankings(tmp_path / "rankings.parquet", [])
    assert read_rankings(tmp_path / "rankings.parquet") == []


def test_equal_records_give_equal_bytes(tmp_path):
    write_responses(tmp_path / "one.parquet", SAID)
    write_responses(tmp_path / "two.parquet", SAID)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_bad_file_is_one_clear_error(tmp_path):
    path = tmp_path / "responses.parquet"
    with pytest.raises(UserError, match="is not there"):
        read_responses(path)
    path.write_bytes(b"not Parquet")
    with pytest.raises(UserError, match="cannot be read"):
        read_responses(path)
    pq.write_table(pa.table({"id": ["a"], "text": ["b"]}), path)
    with pytest.raises(UserError, match="lacks finished, logp, hit"):
        read_responses(path)
