"""The trace of a run folder, from its steps to its page; and what the page says of invented numbers."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remem.data import build
from remem.errors import UserError
from remem.models.families import make_tiny
from remem.run.context import open_run
from remem.run.overrides import override
from remem.run.recipes import drawn, tiny
from remem.run.settings import restore
from remem.settings import plain
from remem.steps.execute import execute, pending
from remem.steps.store import Order, Step, keys, lineage, seal
from remem.studies.tracing.groups import GROUPS
from remem.studies.tracing.page import write
from remem.studies.tracing.trace import Settings, present, read, steps


class Deaf:
    def start(self, step: str) -> None: ...
    def update(self, step: str, done: int, total: int, note: str) -> None: ...
    def finish(self, step: str, seconds: float) -> None: ...


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a data set and nothing taught yet."""
    root = tmp_path_factory.mktemp("run")
    make_tiny("llava", root / "llava", ["What is Jane Doe's e-mail? jane.doe@example.com"] * 10)
    chosen = override(tiny(), ["build.size=16", "build.qa=10", f"model.name={root / 'llava'}"])
    record = {"config": plain(chosen), "request": {"data": ""}}
    (root / "run.json").write_text(json.dumps(record))
    build(root / "dataset", chosen.build)
    step = Step(name="dataset", work=build, settings={})
    seal(root / "dataset", step, Order(keys([step])["dataset"], {}, lineage(step), {}))
    return root


def test_a_run_is_restored_as_it_was_written() -> None:
    for run in (drawn(), tiny()):
        assert restore(json.loads(json.dumps(plain(run)))) == run
    with pytest.raises(UserError, match="unknown setting: colour"):
        restore(plain(drawn()) | {"colour": 1})


def test_the_base_is_traced_once(run: Path) -> None:
    context, _ = open_run(run)
    assert present(run) == ["base"]
    planned = steps(context, ["base"], Settings(split="finetune", items=4, rows=64))
    execute(run, planned, context, Deaf())
    assert pending(run, planned) == []
    about, rows = read(run / "trace" / "base")
    assert about["items"] == 8
    assert {row["swap"] for row in rows} == {"image", "name"}
    assert {row["layer"] for row in rows} == {0, 1}
    for row in rows:
        assert row["partner"] != row["person"]
        assert row["group"] in GROUPS
        gap = row["clean"] - row["corrupted"]
        assert row["share"] == (pytest.approx(row["effect"] / gap) if gap >= 0.5 else None)
    with (run / "trace" / "report" / "trace.csv").open(newline="") as file:
        assert {r["kind"] for r in csv.DictReader(file)} == {"hidden", "attention", "mlp"}
    assert "Base: 8 items" in (run / "trace" / "report" / "index.html").read_text("utf-8")
    again = [replace(step) for step in steps(context, ["base"], Settings(split="finetune", items=5))]
    with pytest.raises(UserError, match="items: 4 → 5"):
        pending(run, again)


def test_what_is_not_there_is_said(run: Path, tmp_path: Path) -> None:
    context, _ = open_run(run)
    with pytest.raises(UserError, match="not a finished step"):
        steps(context, ["taught"], Settings(split="finetune"))
    with pytest.raises(UserError, match="Give the folder of a run"):
        open_run(tmp_path)


def row(person: str, kind: str, layer: int, group: str, effect: float, gap: float) -> dict[str, Any]:
    who = {"id": f"{person}-1", "person": person, "question_type": "multi-hop", "swap": "image"}
    measured = {"partner": "x", "clean": -1.0, "corrupted": -1.0 - gap, "tokens": 1, "share": None}
    return who | measured | {"kind": kind, "layer": layer, "group": group, "effect": effect}


def traced(gaps: dict[str, float]) -> list[dict[str, Any]]:
    """The picture holds all of the cost at layer 0 and none at the end; the last token the reverse."""
    rows = []
    for person, gap in gaps.items():
        for layer, (image, last) in enumerate(((1.0, 0.0), (0.2, 0.7), (0.0, 1.0))):
            for group, share in (("image", image), ("last", last)):
                rows.append(row(person, "hidden", layer, group, share * gap, gap))
                rows.append(row(person, "attention", layer, group, (layer == 1) * share * gap, gap))
                rows.append(row(person, "mlp", layer, group, 0.0, gap))
    return rows


def test_the_page_says_where_the_picture_goes(tmp_path: Path) -> None:
    arms = {"taught": {"a": 10.0, "b": 12.0, "c": 8.0}, "base": {"a": 2.0, "b": -2.0, "c": 0.5}}
    about = {"items": 3, "left_out": {"1-hop": 2}, "over": "value"}
    facts = {f"{person}-1": "of a person" for person in "abc"}
    page = write(tmp_path, {arm: (about, traced(gaps)) for arm, gaps in arms.items()}, facts)
    html = page.read_text("utf-8")
    # 4.303, Student's t of two degrees of freedom, times 2 nats over the root of three.
    assert "The swap costs 10.0 nats (5.0 to 15.0) over three items about three people." in html
    assert "picture brings back less than half from layer 1 on" in html
    assert "last token it brings back half or more from layer 1 on" in html
    assert "Of all attention outputs layer 1&#39;s at the last token brings back most: 70 %" in html
    assert "Of all MLP outputs" not in html
    assert "not shown to make the answer less likely" in html
    assert "2 1-hop left out" in html
    cells = json.loads((tmp_path / "trace.json").read_text())["cells"]
    one = next(c for c in cells if c["arm"] == "taught" and c["kind"] == "hidden" and c["group"] == "image")
    assert (one["effect"], one["share"]) == (10.0, 1.0)
    assert all(c["share"] is None for c in cells if c["arm"] == "base")
