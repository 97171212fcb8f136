"""Records of a finished run that are broken: what reports, results and `verify` read of its folder.

Accepted is what changes no table, or only where the change is: no number lies beyond its scale, and the
file of a method changes no other method's row.
"""

from __future__ import annotations

import csv
import functools
import json
import math
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from fuzz.campaign import ACCEPTED, Case, Silent
from remem.report import write
from remem.run.overrides import override
from remem.run.recipes import tiny
from remem.settings import plain
from remem.sharing import export_results
from remem.steps.sealed import RECORD
from remem.steps.store import Order, Step, seal
from remem.steps.verify import verify
from report.invented_attacks import attack
from report.invented_run import Invented
from report.invented_run import run as invented

CASES, SOME = 1500, 8
SHARES = ("em", "rouge_l_f1", "rouge_l_recall", "exposure_norm", "state_correct", "keyword_recall", "value")
COUNTS = ("seconds", "people", "items", "missing", "bytes", "candidates")
KEPT = ("base", "taught", "goal", "npo-s0", "po-s0")
_ODD: Any = st.one_of(
    st.sampled_from([None, True, False, 0, -1, 1, 2, 1.7, -0.5, 1e18, 1e300, 10**30, 2**63]),
    st.sampled_from([float("nan"), float("inf"), [], {}, [None], [[]], {"a": None}, {"": {"": 1}}]),
    st.sampled_from(
        ["", "x", "0.5", "npo-s0", "goal", "forget2", "finetune", "method", "../x", "a|b\n", "\x00"]
    ),
    st.sampled_from(["\u202e", "[bold]x[/]", "<b>x</b>", "=1+1", "n" * 50_000, "\ud800"]),
    st.integers(-3, 100),
    st.floats(-2, 2),
    st.text(max_size=8),
)
_WAYS = ("set", "set", "set", "set", "gone", "twice", "other name", "half", "half line", "no file", "noise")


def cases() -> st.SearchStrategy[Case]:
    names = sorted({name.rpartition("/")[2] for name in _files()})
    return st.fixed_dictionaries(
        {
            "name": st.sampled_from(names),
            "file": st.integers(0, 100),
            "way": st.sampled_from(_WAYS),
            "n": st.integers(0, 10_000),
            "to": _ODD,
        }
    )


def run(case: Case, folder: Path) -> str:
    made, data = _made()
    there = shutil.copytree(made, folder / "run")
    own = [name for name in _files() if name.rpartition("/")[2] == case["name"]]
    name = own[case["file"] % len(own)]
    _change(there / name, case)
    if not name.endswith(RECORD):
        _seal(there, (there / name).parent)  # as if it had been written so
    write(there, folder / "report", data)
    _compare(folder / "report" / "tables", name)
    export_results(there, folder / "results.jsonl")
    for line in (folder / "results.jsonl").read_text("utf-8").splitlines():
        json.loads(line, parse_constant=_never)
    list(verify(there))
    return ACCEPTED


# -- what is changed --------------------------------------------------------------------------------------


def _change(path: Path, case: Case) -> None:
    way, n = case["way"], case["n"]
    if way == "no file":
        return path.unlink()
    raw = path.read_bytes()
    if way == "half":
        path.write_bytes(raw[: n * 7919 % max(1, len(raw))])
    elif way == "noise":
        at = n * 7919 % (len(raw) + 1)
        path.write_bytes(raw[:at] + str(case["to"]).encode("utf-8", "surrogatepass")[:100] + raw[at:])
    elif way == "half line":
        lines = raw.split(b"\n")
        at = n % len(lines)
        lines[at] = lines[at][: len(lines[at]) // 2]
        path.write_bytes(b"\n".join(lines))
    elif path.suffix == ".parquet":
        _change_table(path, case)
    elif path.suffix == ".jsonl":
        lines = raw.decode().splitlines()
        at = n % len(lines)
        lines[at] = json.dumps(_changed(json.loads(lines[at]), case))
        path.write_text("\n".join(lines))
    else:
        path.write_text(json.dumps(_changed(json.loads(raw), case)))
    return None


def _changed(value: Any, case: Case) -> Any:
    """The value, changed at one of its places."""
    ways = list(_places(value, ()))
    place = ways[case["n"] * 31 % len(ways)]
    if not place:
        return case["to"]
    inside = value
    for step in place[:-1]:
        inside = inside[step]
    last = place[-1]
    match case["way"]:
        case "gone":
            del inside[last]
        case "twice" if isinstance(inside, list):
            inside.append(inside[last])
        case "other name" if isinstance(inside, dict):
            inside[str(case["to"])] = inside.pop(last)
        case _:
            inside[last] = case["to"]
    return value


def _places(value: Any, at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield from _places(one, (*at, key))


def _change_table(path: Path, case: Case) -> None:
    table = pq.read_table(path)
    column = table.column_names[case["n"] % table.num_columns]
    place = table.column_names.index(column)
    match case["way"]:
        case "gone":
            table = table.drop([column])
        case "twice":
            table = pa.concat_tables([table, table.slice(0, 1 + case["n"] % 3)])
        case "other name":
            names = [f"{case['to']}"[:20] if name == column else name for name in table.column_names]
            table = table.rename_columns([one.encode("utf-8", "replace").decode() for one in names])
        case _:
            values = table.column(column).to_pylist()
            if values:
                values[case["n"] * 31 % len(values)] = case["to"]
            try:
                made = pa.array(values, table.schema.field(column).type)
            except (pa.ArrowException, OverflowError, UnicodeError):
                made = pa.array([ascii(one) for one in values])  # texts for numbers
            table = table.set_column(place, column, made)
    pq.write_table(table, path)


# -- what tables say --------------------------------------------------------------------------------------


def _compare(tables: Path, changed: str) -> None:
    arm = changed.partition("/")[0]
    before = _tables()
    for path in sorted(tables.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            for key, cell in row.items():
                _possible(f"{path.name} {key}", row, key, cell or "")
        if arm not in ("npo-s0", "po-s0") or path.stem not in ("summary", "cost", "exposure"):
            continue
        others = [_told(row) for row in rows if arm not in row.values()]
        if others != [row for row in before[path.name] if arm not in row.values()]:
            raise Silent(f"{path.name}: {changed} changes rows of others")


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Without the cautions, which are of the whole run."""
    return {key: value for key, value in row.items() if key != "notes"}


def _possible(where: str, row: dict[str, Any], key: str, cell: str) -> None:
    try:
        value = float(cell)
    except ValueError:
        return
    if not math.isfinite(value):
        raise Silent(f"{where} is {cell}")
    metric = row.get("metric", key) if key in ("mean", "low", "high") else key
    if metric.rpartition(":")[2] in SHARES and not -0.001 <= value <= 1.001:
        raise Silent(f"{where} is a share of {cell}")
    if any(one in key for one in COUNTS) and value < 0:
        raise Silent(f"{where} is {cell}")


def _never(name: str) -> None:
    raise Silent(f"{name} was written")


# -- the run that is broken -------------------------------------------------------------------------------

_PLACES: list[tempfile.TemporaryDirectory[str]] = []


@functools.cache
def _made() -> tuple[Path, Invented]:
    _PLACES.append(tempfile.TemporaryDirectory(prefix="remem-fuzz-run-"))
    root = Path(_PLACES[-1].name) / "run"
    data = invented(root, people=4, questions=10)
    data.pixels = 8
    for folder in root.iterdir():
        if (folder / "scores").is_dir() and folder.name not in KEPT:
            shutil.rmtree(folder)
    attack(root, data)
    config = plain(override(tiny(), ["methods=npo,po"]))
    record = {"recipe": "tiny", "version": "0", "format": 1, "config": config, "old": {}, "plugins": []}
    record |= {"request": {"run": config, "ignore_gate": False, "data": ""}}
    (root / "run.json").write_text(json.dumps(record))
    for path in sorted(root.glob("*/*/step.json")):
        _seal(root, path.parent)
    return root, data


def _seal(root: Path, folder: Path) -> None:
    """The record of a step that holds what lies there now."""
    if not (folder / RECORD).is_file():
        return
    told = json.loads((folder / RECORD).read_bytes())
    step = Step(name=folder.relative_to(root).as_posix(), work=_made, settings={}, arm=told["arm"])
    seal(folder, step, Order("a" * 20, {}, "", {}))


@functools.cache
def _files() -> tuple[str, ...]:
    root, _ = _made()
    return tuple(sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()))


@functools.cache
def _tables() -> dict[str, list[dict[str, Any]]]:
    """What the tables of the whole run say."""
    root, data = _made()
    out = root.parent / "report"
    write(root, out, data)
    found = {}
    for path in sorted((out / "tables").glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            found[path.name] = [_told(row) for row in csv.DictReader(file)]
    return found
