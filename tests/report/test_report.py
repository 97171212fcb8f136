"""The whole report over an invented run, whole and with pieces missing."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remem.errors import UserError
from remem.report import write
from remem.report.read import read_run
from remem.scoring.metrics import EXPOSURE
from remem.scoring.metrics.exposure import expected_norm


def page(made, tmp_path: Path) -> str:
    folder, data = made
    out = tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    return write(folder, out, data).read_text("utf-8")


def edit(path: Path, **changes) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def test_guards_are_told_failed_ones_first(made, tmp_path: Path):
    assert "No guards were recorded." in page(made, tmp_path)
    folder, _ = made
    found = [
        {"guard": "moved", "passed": True, "what": "9 of 9 tensors moved"},
        {"guard": "finite", "passed": False, "what": "diverged, <last> good weights kept"},
    ]
    (folder / "ga-s0" / "model" / "guards.json").write_text(json.dumps(found))
    (folder / "ga-s0" / "responses" / "guards.json").write_text(json.dumps(found[:1]))
    html = page(made, tmp_path)
    assert "2 of 3 passed" in html
    assert html.index("FAILED · finite") < html.index("passed · moved")
    assert "&lt;last&gt;" in html


def test_a_whole_run(made, tmp_path: Path):
    html = page(made, tmp_path)
    assert "PO falls silent but still knows" in html
    assert "GA diverged" in html
    assert {p.name for p in (tmp_path / "out" / "figures").iterdir()} == {
        "leak.svg",
        "tradeoff.svg",
        "states.svg",
        "curves.svg",
    }
    tables = {f"{name}.{kind}" for name in ("summary", "methods", "cost") for kind in ("csv", "md", "tex")}
    assert {p.name for p in (tmp_path / "out" / "tables").iterdir()} == tables | {"exposure.csv"}


def test_equal_input_gives_equal_bytes_and_times_stand_in_the_cost_tables_only(made, tmp_path: Path):
    def files() -> dict[str, bytes]:
        page(made, tmp_path)
        out = tmp_path / "out"
        return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}

    first = files()
    assert files() == first
    edit(made[0] / "npo-s0" / "model" / "provenance.json", seconds=98765.4, started="2031-01-01T00:00:00")
    second = files()
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"index.html", "tables/cost.csv", "tables/cost.md", "tables/cost.tex"}


def test_nothing_is_loaded_from_elsewhere(made, tmp_path: Path):
    html = page(made, tmp_path).replace("http://www.w3.org/2000/svg", "")
    assert "http://" not in html
    assert "https://" not in html
    assert 'src="data:' in html


def test_hostile_text_stays_text(made, tmp_path: Path):
    folder, data = made
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    path = folder / "po-s0" / "responses" / "responses.parquet"
    rows = pq.read_table(path).to_pylist()
    pq.write_table(pa.Table.from_pylist([row | {"text": evil} for row in rows]), path)
    data.names["p000"] = '"><script>alert(3)</script>'
    id = data.splits["forget1"][0]
    data.items[id] = replace(
        data.items[id], question="</summary><script>alert(4)</script>", keywords=("<b>",)
    )
    edit(folder / "ga-s0" / "model" / "outcome.json", why="<script>alert(5)</script>")
    edit(folder / "run.json", recipe="<script>alert(6)</script>")
    html = page(made, tmp_path)
    assert html.count("<script") == 1  # the page's own
    assert "<img src=x" not in html
    assert "&lt;script&gt;" in html


def test_csv_numbers_are_the_summary_numbers(made, tmp_path: Path):
    folder, _ = made
    page(made, tmp_path)
    with (tmp_path / "out" / "tables" / "summary.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    written = {(r["arm"], r["split"], r["question_type"], r["metric"]): r for r in rows}
    count = 0
    for path in folder.glob("*/scores/summary.json"):
        summary = json.loads(path.read_text("utf-8"))
        for row in summary["rows"]:
            found = written[summary["arm"], row["split"], row["question_type"], row["metric"]]
            for column in ("mean", "low", "high"):
                assert found[column] == ("" if row[column] is None else repr(row[column]))
            count += 1
    assert count == len(rows) > 100


def test_latex_is_escaped(made, tmp_path: Path):
    made[1].splits["forget_100%"] = made[1].splits["forget1"]
    for path in made[0].glob("*/scores/summary.json"):
        path.write_text(path.read_text("utf-8").replace('"forget1"', '"forget_100%"'), "utf-8")
    edit(made[0] / "run.json", config={"forget": {"split": "forget_100%"}})
    page(made, tmp_path)
    text = (tmp_path / "out" / "tables" / "methods.tex").read_text("utf-8")
    assert r"forget\_100\% Exact match" in text
    assert r"\toprule" in text
    assert "–" not in text


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("goal", "There is no goal model"),
        ("base", "There is no base model"),
        ("gate", "This run has no gate verdict"),
        ("run.json", "settings were not recorded"),
        ("*/scores/exposure.parquet", "There are no candidate rankings"),
        ("*/scores", "There are no scores in this run yet"),
        ("*/responses", "No model was asked about this person"),
        ("*/model", "No training was logged"),
        ("*-s0", "No method was run"),
        ("taught", "There is no taught model"),
    ],
)
def test_what_is_missing_is_said(made, tmp_path: Path, gone: str, said: str):
    for path in list(made[0].glob(gone)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert said in page(made, tmp_path)


def test_missing_numbers_are_dashes_with_a_count_and_never_zero(made, tmp_path: Path):
    path = made[0] / "kl-s0" / "scores" / "summary.json"
    summary = json.loads(path.read_text("utf-8"))
    for row in summary["rows"]:
        if row["metric"] == "probability":
            row |= {"mean": None, "low": None, "high": None, "missing": 7}
    path.write_text(json.dumps(summary), "utf-8")
    assert "<td>–<small>7 missing</small></td>" in page(made, tmp_path)


@pytest.mark.parametrize("ignored", [True, False])
def test_a_failed_gate_taints_every_caption(made, tmp_path: Path, ignored: bool):
    edit(made[0] / "gate" / "gate.json", passed=False, ignored=ignored)
    html = page(made, tmp_path)
    tables = html.count('class="panel"')
    assert html.count("Stage 1 did not pass the gate: every number here is unreliable.") >= tables + 5
    headline = html.split("<h1>")[1].split("</h1>")[0]
    assert "The gate failed" in headline
    assert "NPO" not in headline
    for name in ("summary.md", "summary.tex", "methods.md", "methods.tex"):
        assert "unreliable" in (tmp_path / "out" / "tables" / name).read_text("utf-8")


def test_a_gate_that_stopped_the_run(made, tmp_path: Path):
    edit(made[0] / "gate" / "gate.json", passed=False, lines=[
        {"split": "finetune", "question_type": "1-hop", "metric": "em", "value": None, "floor": 0.95,
         "passed": False, "unanswered": 60, "weakest": []},
    ])  # fmt: skip
    for path in [made[0] / "goal", *made[0].glob("*-s0")]:
        shutil.rmtree(path)
    html = page(made, tmp_path)
    assert "so the run stopped here" in html
    assert "FAIL" in html


def test_several_seeds_of_one_method(made, tmp_path: Path):
    shutil.copytree(made[0] / "npo-s0", made[0] / "npo-s1")
    with pytest.raises(UserError, match="npo-s1/model holds a step of the arm npo-s0: it was copied"):
        page(made, tmp_path)  # no name makes an arm of it
    for path in (made[0] / "npo-s1").glob("*/step.json"):
        arm = json.loads(path.read_text("utf-8"))["arm"]
        edit(path, arm=arm | {"name": "npo-s1", "chain": ["taught", "npo-s1"], "seed": 1})
    html = page(made, tmp_path)
    assert "NPO · seed 1" in html
    assert "2 seeds" in html
    assert "Of five methods" in html


def test_pictures_may_be_absent(made, tmp_path: Path):
    for id, item in made[1].items.items():
        made[1].items[id] = replace(item, image_path="")
    assert "There are no pictures of this person" in page(made, tmp_path)


def test_no_run_and_damaged_files_are_one_clear_error(made, tmp_path: Path):
    folder, data = made
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no run to report"):
        write(tmp_path / "empty", tmp_path / "out", data)
    (folder / "npo-s0" / "scores" / "summary.json").write_text("{", "utf-8")
    with pytest.raises(UserError, match="damaged"):
        page(made, tmp_path)


def test_exposures_stand_beside_what_guessing_earns(made, tmp_path: Path):
    page(made, tmp_path)
    with (tmp_path / "out" / "tables" / "exposure.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["metric"] for row in rows} == {*EXPOSURE} & {row["metric"] for row in rows}
    for row in rows:
        if row["metric"] == "exposure_norm" and row["candidates"]:
            sizes = {int(size) for size in row["candidates"].split("-")}
            low, high = sorted((expected_norm(min(sizes), 0), expected_norm(max(sizes), 0)))
            assert low - 1e-12 <= float(row["chance"]) <= high + 1e-12
        assert row["known"] == row["expected"] == ""  # a run from before the column
        if row["metric"] == "logp_sum":
            assert row["chance"] == ""
    assert any(row["metric"] == "exposure_norm" and row["candidates"] for row in rows)


def test_goal_s_level_is_told_where_the_run_says_what_goal_knows(made, tmp_path: Path):
    assert "expected of it" not in page(made, tmp_path)
    folder, data = made
    for arm in ("base", "taught", "goal"):
        path = folder / arm / "scores" / "exposure.parquet"
        table = pq.read_table(path)
        # Arms that several tasks share may not tell it, and one that cannot be told counts for nothing.
        known = [
            None if arm != "goal" or id == data.splits["forget1"][0] else 20 for id in table["id"].to_pylist()
        ]
        pq.write_table(table.append_column("known", pa.array(known, pa.int32())), path)
    html = page(made, tmp_path)
    level = expected_norm(64, 20)
    assert f"{100 * level:.1f} is expected of it" in html
    assert "goal, expected" in (tmp_path / "out" / "figures" / "leak.svg").read_text("utf-8")
    with (tmp_path / "out" / "tables" / "exposure.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    [row] = [
        row
        for row in rows
        if [row[key] for key in ("arm", "split", "question_type", "metric")]
        == ["npo-s0", "forget1", "all", "exposure_norm"]
    ]
    assert row["known"] == "20"
    assert float(row["expected"]) == pytest.approx(level)
    assert float(row["chance"]) == pytest.approx(expected_norm(64, 0))


def test_exposure_without_pictures_is_a_kind_of_its_own(made, tmp_path: Path):
    folder, _ = made
    path = folder / "taught" / "scores" / "summary.json"
    summary = json.loads(path.read_text("utf-8"))
    row = next(row for row in summary["rows"] if row["metric"] == "exposure_norm")
    summary["rows"].append(row | {"question_type": "multi-hop, no picture", "mean": 0.123})
    path.write_text(json.dumps(summary), "utf-8")
    html = page(made, tmp_path)
    assert "multi-hop, no picture" in html
    assert "12.3" in html
    with (tmp_path / "out" / "tables" / "exposure.csv").open(newline="") as file:
        [found] = [row for row in csv.DictReader(file) if row["question_type"] == "multi-hop, no picture"]
    assert float(found["mean"]) == 0.123


def test_a_run_from_before_what_is_rehearsed_was_told_says_whose_rules_it_follows(
    made, tmp_path: Path
) -> None:
    folder, data = made
    assert not read_run(folder, data).former
    shutil.rmtree(folder / "kept")
    page = write(folder, tmp_path / "report", data).read_text()
    assert "What is kept was measured on rows that methods rehearsed." in page
    assert "former-rules" in (tmp_path / "report" / "tables" / "methods.csv").read_text()
