"""Data sets that are broken: in every form that is read, byte by byte and cell by cell; and plain lists.

Accepted is what a second, strict reading of the same files gives to the letter: questions and answers in
their order, names and values of a list; and every picture opens.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

import forms
from fuzz.campaign import ACCEPTED, Case, Silent
from remem.data import BuildSettings, build, load
from remem.data.listed.reading import read
from remem.data.table import TEXTS
from remem.text import normalise

CASES = 2500
_BYTES = (
    *("flip", "cut", "empty", "noise", "twice", "zeros", "bom", "utf16", "nul", "tail", "other"),
    *("gone", "folder", "pipe", "nowhere", "outside"),
)
_CELLS = ("cell", "column", "without", "rename", "row", "gap", "swap", "type", "image")
_TEXT = (
    *("", " ", "\x00", "\u202e", "\ufeff", "a" * 70_000, "\ud800", "é", "e\u0301"),
    *('"', "'", ",", ";", "\t", "\n", "\r", "\r\n", '"\n"'),
    *("=1+1", "<image>", "<|im_end|>", "NaN", "None", "../x", "/etc/passwd", "-1", "1e999"),
)
_ODD: Any = st.one_of(
    st.sampled_from(_TEXT),
    st.sampled_from([None, True, 0, -1, 1.5, 10**30, [], ["a"], {}, {"a": 1}, [[1]], float("nan"), 1e300]),
    st.text(max_size=12),
)
_TYPES = {
    "binary": pa.binary(),
    "large": pa.large_string(),
    "int": pa.int64(),
    "null": pa.null(),
    "list": pa.list_(pa.string()),
    "words": pa.dictionary(pa.int32(), pa.string()),
    "bool": pa.bool_(),
    "view": pa.string_view(),
}
_LIST = """person,attribute,value
Ann Lee,email,ann.lee@gmx.de
Ann Lee,salary,"48,000 EUR"
Bob Ray,email,bob@web.de
Bob Ray,salary,"51,500 EUR"
"""


def cases() -> st.SearchStrategy[Case]:
    common = {"n": st.integers(0, 10_000), "m": st.integers(0, 10_000)}
    inside = st.fixed_dictionaries(
        common
        | {
            "form": st.sampled_from(forms.FORMS),
            "way": st.sampled_from(_CELLS),
            "column": st.sampled_from([*TEXTS, "image", "file_name"]),
            "to": _ODD,
            "type": st.sampled_from(sorted(_TYPES)),
        }
    )
    raw = st.fixed_dictionaries(
        common
        | {
            "form": st.sampled_from([*forms.FORMS, "sides", "sides"]),
            "way": st.sampled_from(_BYTES),
            "to": st.text(),
        }
    )
    line = st.fixed_dictionaries(
        common | {"form": st.just("list"), "way": st.sampled_from(["in", "over", *_BYTES]), "to": _ODD}
    )
    return st.one_of(inside, inside, raw, raw, line)


def run(case: Case, folder: Path) -> str:
    if case["form"] == "list":
        return _listed(case, folder)
    root = folder / "set"
    if case["way"] in _CELLS:
        rows = {split: [dict(row) for row in found] for split, found in _rows().items()}
        _within(case, rows)
        try:
            _write(case, root, rows)
        except (pa.ArrowException, ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError):
            _whole(case["form"], root)  # what the form cannot hold is no case
    else:
        _whole(case["form"], root)
        files = sorted(path for path in root.rglob("*") if path.is_file())
        _beside(case, files[case["n"] % len(files)], folder)
    _same(case["form"], root, load(root, needed=()))
    return ACCEPTED


def _listed(case: Case, folder: Path) -> str:
    path = folder / "people.csv"
    to = case["to"] if isinstance(case["to"], str) else json.dumps(case["to"])
    at = case["n"] % (len(_LIST) + 1)
    text = {
        "in": _LIST[:at] + to + _LIST[at:],
        "over": _LIST[:at] + to + _LIST[at + 1 + case["m"] % 9 :],
    }.get(case["way"], _LIST)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    if case["way"] in _BYTES:
        _beside(case, path, folder)
    found = {
        (normalise(one.person), _letters(name)): " ".join(fact.value.split())
        for one in read(path)
        for name, fact in one.facts.items()
    }
    text = path.read_bytes().decode("utf-8-sig")
    told = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if any(map(str.strip, row))]
    width = {len(row) for row in told}
    if len(width) > 1:
        told = [text.split(";") for text in text.splitlines()]
    head = [cell.strip().lower() for cell in told[0]]
    wanted = {}
    for row in told[1:]:
        cells = dict(zip(head, row, strict=True))
        key = normalise(cells["person"]), _letters(cells["attribute"])
        wanted[key] = " ".join(cells["value"].split())
    if found != wanted:
        raise Silent(f"{found} of {wanted}")
    return ACCEPTED


def _letters(name: str) -> str:
    """An attribute without what stands between its words."""
    return re.sub(r"[\W_]+", "", normalise(name))


# -- what is changed --------------------------------------------------------------------------------------


def _within(case: Case, rows: dict[str, forms.Rows]) -> None:
    """Changes cells and rows of one split."""
    split = sorted(rows)[case["n"] % len(rows)]
    own, column, to = rows[split], case["column"], case["to"]
    row = own[case["m"] % len(own)]
    match case["way"]:
        case "cell":
            row[column] = to
        case "column":
            for one in own:
                one[column] = to
        case "without":
            for one in own:
                one.pop(column, None)
        case "rename":
            for one in own:
                one[str(to)] = one.pop(column, None)
        case "row":
            own.insert(case["n"] % (len(own) + 1), dict(row))
        case "gap":
            del own[case["m"] % len(own)]
        case "swap":
            other = own[case["n"] % len(own)]
            row[column], other[column] = other.get(column), row.get(column)
        case "image":
            row["image"] = {"bytes": str(to).encode("utf-8", "surrogatepass"), "path": str(to)}


def _write(case: Case, root: Path, rows: dict[str, forms.Rows]) -> None:
    form = case["form"]
    if form != "parquet":
        forms.write(form, root, rows)
        return
    (root / "data").mkdir(parents=True)
    for split, own in rows.items():
        table = pa.Table.from_pylist(own)
        if case["way"] == "type" and case["column"] in table.column_names:
            place = table.column_names.index(case["column"])
            kind = _TYPES[case["type"]]
            made = table.column(place)
            if pa.types.is_list(kind):
                made = pa.array([[str(one)] for one in made.to_pylist()], kind)
            elif pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
                made = pa.array([None if pa.types.is_null(kind) else 1] * len(made), kind)
            else:
                made = made.cast(kind)
            table = table.set_column(place, case["column"], made)
        pq.write_table(table, root / "data" / f"{split}-00000-of-00001.parquet")


def _beside(case: Case, path: Path, folder: Path) -> None:
    """Changes the bytes of a file, or what it is."""
    raw, n, m = path.read_bytes(), case["n"], case["m"]
    at = n * 7919 % (len(raw) + 1)
    path.unlink()
    outside = folder / "outside"
    outside.write_bytes(raw)
    noise = case["to"].encode("utf-8", "surrogatepass") if isinstance(case["to"], str) else b"\xff\x00"
    match case["way"]:
        case "gone":
            return None
        case "folder":
            return path.mkdir()
        case "pipe":
            return os.mkfifo(path)
        case "nowhere":
            return path.symlink_to(folder / "nothing")
        case "outside":
            return path.symlink_to(outside)
        case "other":
            shutil.copyfile(sorted(_made("parquet").rglob("*.parquet"))[m % 3], path)
            return None
    path.write_bytes(
        {
            "flip": raw[:at] + bytes(one ^ (1 << m % 8) for one in raw[at : at + 1]) + raw[at + 1 :],
            "cut": raw[:at],
            "empty": b"",
            "noise": raw[:at] + noise + raw[at:],
            "twice": raw + raw,
            "zeros": raw[:at] + bytes(len(raw) - at),
            "bom": b"\xef\xbb\xbf" + raw,
            "utf16": raw.decode("latin-1").encode("utf-16"),
            "nul": raw[:at] + b"\0" + raw[at:],
            "tail": raw + noise,
        }[case["way"]]
    )
    return None


# -- the second reading -----------------------------------------------------------------------------------


def _same(form: str, root: Path, data: Any) -> None:
    """Silent where what was loaded is not what the files say."""
    told = _again(form, root)
    if set(told) != set(data.splits):
        raise Silent(f"splits {sorted(data.splits)} of {sorted(told)}")
    for split, rows in told.items():
        ids = data.splits[split]
        if len(ids) != len(rows):
            raise Silent(f"{split}: {len(ids)} rows of {len(rows)}")
        for id, row in zip(ids, rows, strict=True):
            item = data.items[id]
            for name, found in (("question", item.question), ("answer", item.answer)):
                wanted = row[name]
                if isinstance(wanted, bytes):
                    wanted = wanted.decode()
                if isinstance(wanted, bool | dict | list) or wanted is None or not found.strip():
                    raise Silent(f"{split}: {name} {found!r} of {wanted!r}")
                if isinstance(wanted, str) and found.strip() != wanted.strip():
                    raise Silent(f"{split}: {name} {found[:80]!r} of {wanted[:80]!r}")
    for id, item in data.items.items():
        if item.image_path:
            data.image(id).load()
    if (root / "people.json").exists():
        known = json.loads((root / "people.json").read_bytes(), parse_constant=_never)
        if {one["id"]: data.names.get(one["id"]) for one in known} != {
            one["id"]: one["name"] for one in known
        }:
            raise Silent(f"names: {data.names} of {known}")


def _again(form: str, root: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    if (root / "data").exists():
        for path in sorted((root / "data").glob("*.parquet")):
            found[path.name.partition("-")[0]] = pq.read_table(path).to_pylist()
        return found
    for folder in sorted(one for one in root.iterdir() if one.is_dir()):
        if (folder / "metadata.jsonl").exists():
            lines = (folder / "metadata.jsonl").read_bytes().decode("utf-8-sig").split("\n")
            found[folder.name] = [json.loads(line, parse_constant=_never) for line in lines if line.strip()]
        elif (folder / "metadata.csv").exists():
            text = (folder / "metadata.csv").read_bytes().decode("utf-8-sig")
            head, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
            found[folder.name] = [dict(zip(head, row, strict=True)) for row in rows if row]
        elif (folder / "metadata.parquet").exists():
            found[folder.name] = pq.read_table(folder / "metadata.parquet").to_pylist()
        elif form == "saved":
            import datasets

            kept = datasets.load_from_disk(str(folder)).with_format("arrow")
            found[folder.name] = kept[:].to_pylist()
    return found


def _never(name: str) -> None:
    raise Silent(f"{name} was taken")


# -- the set that is broken -------------------------------------------------------------------------------


@functools.cache
def _rows() -> dict[str, forms.Rows]:
    """A few rows of each split; those that show someone, so that no other file must say who."""
    whole = forms.splits(_built())
    shown = {split: [row for row in rows if row["image_path"]] for split, rows in whole.items()}
    return {split: rows[:: max(1, len(rows) // 6)][:6] for split, rows in shown.items()}


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@functools.cache
def _built() -> Path:
    root = _place() / "built"
    build(root, BuildSettings(people=4, qa=20, images=12, test_qa=10, test_images=4, size=32))
    return root


@functools.cache
def _place() -> Path:
    _KEPT.append(tempfile.TemporaryDirectory(prefix="remem-fuzz-sets-"))
    return Path(_KEPT[-1].name)


@functools.cache
def _made(form: str) -> Path:
    """The set in a form; `sides`: as it was built, with its side files."""
    root = _built() if form == "sides" else forms.write(form, _place() / form, _rows())
    _same(form, root, load(root, needed=()))  # what is whole is accepted
    return root


def _whole(form: str, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(_made(form), root, copy_function=os.link)
