"""A run folder of an earlier version goes on being read: report, tables, comparison, results."""

from __future__ import annotations

import csv
import tarfile
from pathlib import Path

import pytest

from remem.data import load
from remem.report import write
from remem.run.context import open_run
from remem.scoring.score import read_scores, read_summary

RUNS = Path(__file__).parent / "runs"  # finished runs without weights, by the version that made them


@pytest.fixture(
    scope="module", params=sorted(path.name.removesuffix(".tar.xz") for path in RUNS.glob("*.xz"))
)
def former(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("former")
    with tarfile.open(RUNS / f"{request.param}.tar.xz") as packed:
        packed.extractall(place, filter="data")
    return place / "run"


def test_its_report_has_the_numbers_that_it_had(former: Path, tmp_path: Path) -> None:
    page = write(former, tmp_path, load(former / "dataset"))
    assert "NPO" in page.read_text("utf-8")
    with (tmp_path / "tables" / "methods.csv").open() as file:
        rows = {row["arm"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"base", "taught", "goal", "npo-s0", "po-s0"}
    # As the version that made it printed them.
    assert float(rows["taught"]["forget1:em"]) == pytest.approx(0.95)
    assert float(rows["npo-s0"]["forget1:em"]) == pytest.approx(0.20)
    assert float(rows["npo-s0"]["forget1:exposure_norm"]) == pytest.approx(0.749, abs=5e-4)
    assert float(rows["goal"]["retain:em"]) == pytest.approx(0.952, abs=5e-4)


def test_its_records_are_read(former: Path) -> None:
    context, record = open_run(former)
    assert record["version"] == "0.1.0"
    assert [one.method for one in context.run.forget.methods] == ["npo", "po"]
    assert len(read_scores(former / "taught" / "scores")) > 50
    assert read_summary(former / "goal" / "scores")
