"""Records that are damaged, or hold what cannot be, are one message that names the file: no table is made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remem.errors import UserError
from remem.report.read import read_run
from report.invented_run import Invented

Edit = Callable[[Any], Any]


def put(*place: Any, to: Any) -> Edit:
    def edit(value: Any) -> Any:
        inside = value
        for step in place[:-1]:
            inside = inside[step]
        inside[place[-1]] = to
        return value

    return edit


def gone(*place: Any) -> Edit:
    def edit(value: Any) -> Any:
        inside = value
        for step in place[:-1]:
            inside = inside[step]
        del inside[place[-1]]
        return value

    return edit


@dataclass
class Small:
    """A run of two arms, whose files are put back after each case."""

    folder: Path
    data: Invented

    def refuses(self, path: Path, raw: bytes, message: str) -> None:
        before = path.read_bytes()
        path.write_bytes(raw)
        try:
            with pytest.raises(UserError) as error:
                read_run(self.folder, self.data).arms["npo-s0"].values("em")
        finally:
            path.write_bytes(before)
        assert str(error.value).startswith(str(path))
        assert message in str(error.value)


@pytest.fixture(scope="module")
def small(pristine: tuple[Path, Invented], tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder, data = pristine
    own = tmp_path_factory.mktemp("records") / "run"
    others = [path.name for path in folder.glob("*-s0") if path.name != "npo-s0"]
    shutil.copytree(folder, own, ignore=shutil.ignore_patterns("base", "goal", *others))
    made = Small(own, data)
    assert read_run(own, data).arms["npo-s0"].values("em")
    return made


MODEL, SCORES = "npo-s0/model", "npo-s0/scores"
ROW = ("rows", 0)


@pytest.mark.parametrize(
    ("file", "edit", "message"),
    [
        (f"{SCORES}/summary.json", put(*ROW, to=3), "at $.rows[0]: expected an object, found a whole number"),
        (f"{SCORES}/summary.json", gone(*ROW, "metric"), "the field metric is missing"),
        (f"{SCORES}/summary.json", put(*ROW, "mean", to="0.5"), "at $.rows[0].mean: expected a number"),
        (
            f"{SCORES}/summary.json",
            put(*ROW, "mean", to=1.7),
            "1.7 lies beyond the scale of em",
        ),
        (f"{SCORES}/summary.json", put(*ROW, "items", to=-3), "at $.rows[0].items"),
        (f"{SCORES}/summary.json", put(*ROW, "people", to=99), "99 facts cannot have 10 values"),
        (f"{SCORES}/summary.json", put(*ROW, "low", to=0.9), "its interval ends"),
        (f"{SCORES}/summary.json", lambda v: {"rows": [*v["rows"], v["rows"][0]]}, "stands there twice"),
        (f"{SCORES}/summary.json", put(*ROW, "mean", to=float("nan")), "it holds NaN"),
        (f"{MODEL}/provenance.json", put("seconds", to=-5), "at $.seconds: expected a number >= 0.0 (-5)"),
        (f"{MODEL}/provenance.json", put("peak_memory_bytes", to="much"), "at $.peak_memory_bytes"),
        (
            f"{MODEL}/provenance.json",
            put("versions", to=[1]),
            "at $.versions: expected an object",
        ),
        (f"{MODEL}/provenance.json", put("sha256", to="0" * 64), "does not fit its own digest"),
        (f"{MODEL}/outcome.json", put("diverged", to="no"), "at $.diverged: expected true or false"),
        (f"{MODEL}/outcome.json", put("steps", to=-1), "at $.steps"),
        (f"{MODEL}/step.json", put("arm", "seed", to="0"), "the arm, at $.seed: expected a whole number"),
        (f"{MODEL}/step.json", put("arm", "role", to="boss"), "the arm, at $.role"),
        (f"{MODEL}/step.json", put("arm", "chain", to=["taught", 3]), "the arm, at $.chain[1]"),
        ("npo-s0/responses/step.json", put("settings", to="x"), "at $.settings: expected an object"),
        ("gate/gate.json", put("passed", to=1), "at $.passed: expected true or false"),
        ("gate/gate.json", put("lines", 0, "passed", to=False), "it cannot have passed: not every line did"),
        ("gate/gate.json", put("lines", 0, "value", to=0.2), "cannot have passed with 0.2"),
        ("gate/gate.json", put("lines", 0, "weakest", to=["p003"]), "at $.lines[0].weakest[0]"),
        (
            "gate/gate.json",
            put("people", "p001", to=[1]),
            "at $.people.p001: expected an object",
        ),
        (
            "gate/gate.json",
            put("lines", 0, "floor", to=95),
            "at $.lines[0].floor: expected a number <= 1.0",
        ),
        ("run.json", put("old", to=["x"]), "at $.old: expected an object, found a list"),
        (
            "run.json",
            put("request", "run", "forget", "methods", to=[1]),
            "request.run.forget.methods[0]",
        ),
        ("run.json", put("plugins", to=[{}]), "at $.plugins[0]: the field name is missing"),
    ],
)
def test_a_record_that_cannot_be(small: Small, file: str, edit: Edit, message: str) -> None:
    path = small.folder / file
    value = edit(json.loads(path.read_text("utf-8")))
    small.refuses(path, json.dumps(value).encode(), message)


def column(name: str, edit: Callable[[list[Any]], list[Any]]) -> Callable[[pa.Table], pa.Table]:
    def changed(table: pa.Table) -> pa.Table:
        values = pa.array(edit(table.column(name).to_pylist()))
        return table.set_column(table.column_names.index(name), name, values)

    return changed


@pytest.mark.parametrize(
    ("file", "edit", "message"),
    [
        (
            f"{SCORES}/scores.parquet",
            column("em", lambda v: [1.7, *v[1:]]),
            "is 1.7, beyond its scale",
        ),
        (
            f"{SCORES}/scores.parquet",
            column("em", lambda v: [str(one) for one in v]),
            "[0][1]: expected",
        ),
        (f"{SCORES}/scores.parquet", column("state", lambda v: ["odd", *v[1:]]), "[0].state"),
        (f"{SCORES}/scores.parquet", column("id", lambda v: [v[1], *v[1:]]), " 2 times"),
        (f"{SCORES}/scores.parquet", lambda table: table.drop(["state"]), "lacks state"),
        (f"{SCORES}/exposure.parquet", column("candidates", lambda v: [-1, *v[1:]]), "[0].candidates"),
        ("npo-s0/responses/responses.parquet", column("text", lambda v: [[one] for one in v]), "[0].text"),
        ("npo-s0/responses/responses.parquet", None, "cannot be read"),
    ],
)
def test_a_table_that_cannot_be(small: Small, file: str, edit: Any, message: str) -> None:
    path, told = small.folder / file, pa.BufferOutputStream()
    if edit is None:
        small.refuses(path, path.read_bytes()[:100], message)
        return
    pq.write_table(edit(pq.read_table(path)), told)
    small.refuses(path, told.getvalue().to_pybytes(), message)


def test_half_a_line_of_a_log(small: Small) -> None:
    path = small.folder / MODEL / "log.jsonl"
    small.refuses(path, path.read_bytes()[:-20], "is not readable JSON")
