"""Every picture of every row is opened once, by lint and before a run: the same verdict."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forms import FORMS, splits, write
from remem.data import check_images, lint, load, strangers
from remem.data.table import schema
from remem.errors import UserError

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def _amiss(data):
    return [one for one in lint(data) if "does not open" in one.message]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("split", ["finetune", "forget1", "retain", "test"])
def test_a_picture_that_does_not_open_is_found_in_whatever_row(small, tmp_path, form, split):
    """The rows of forget1 and retain repeat those of finetune, whose own pictures are whole."""
    found = splits(small)
    number, row = next((n, row) for n, row in enumerate(found[split]) if row["image"])
    row["image"] = row["image"] | {"bytes": SVG}
    data = load(write(form, tmp_path / "set", found))
    with pytest.raises(UserError, match=rf"{split} row {number}\b.*does not open"):
        check_images(data)
    [finding] = _amiss(data)
    assert finding.where == f"{split} row {number}"


def test_a_picture_of_a_stranger_counts(small, tmp_path):
    write("parquet", tmp_path, splits(small))
    table = pq.read_table(small / strangers.FILE)
    rows = table.to_pylist()
    number, row = next((n, row) for n, row in enumerate(rows) if row["image"])
    row["image"]["bytes"] = SVG
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), tmp_path / strangers.FILE)
    data = load(tmp_path)
    with pytest.raises(UserError, match=rf"strangers row {number} .*does not open"):
        check_images(data)
    assert [one.where for one in _amiss(data)] == [f"strangers row {number}"]


def test_a_picture_is_opened_once_however_many_rows_show_it(small, monkeypatch):
    from remem.data import everypicture

    seen = []
    monkeypatch.setattr(everypicture, "decode", lambda found, where: seen.append(found))
    check_images(load(small))
    shown = {row["image"]["bytes"] for rows in splits(small).values() for row in rows if row["image"]}
    others = pq.read_table(small / strangers.FILE, columns=["image"])["image"].to_pylist()
    shown |= {cell["bytes"] for cell in others if cell}
    assert len(seen) == len(set(seen)) == len(shown)


def test_each_error_is_said_once(small, tmp_path):
    found = splits(small)
    for row in found["finetune"]:
        if row["image"]:
            row["image"] = row["image"] | {"bytes": SVG}
    assert len(_amiss(load(write("parquet", tmp_path / "set", found)))) == 1


def test_what_is_read_of_a_row_group_does_not_grow_with_the_file(tmp_path, small, monkeypatch):
    """A footer is as long as there are row groups: read anew for each of them, time grows as the square."""
    found = splits(small)
    (tmp_path / "data").mkdir()
    for split, rows in found.items():
        path = tmp_path / "data" / f"{split}-00000-of-00001.parquet"
        pq.write_table(pa.Table.from_pylist(rows, schema=schema()), path, row_group_size=1)
    data = load(tmp_path)
    footers = []
    plain = pq.ParquetFile.__init__

    def watched(self, *given, metadata=None, **how):
        footers.append(metadata)
        plain(self, *given, metadata=metadata, **how)

    monkeypatch.setattr(pq.ParquetFile, "__init__", watched)
    check_images(data)
    assert sum(one is None for one in footers) <= len(found) + 1
