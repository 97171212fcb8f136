"""The sentences of a diagnosis say what its numbers show, and no more."""

from dataclasses import replace
from pathlib import Path

import pytest

from remem.run.recipes import drawn
from remem.studies.diagnosis import sweeps
from remem.studies.diagnosis.numbers import Number, Numbers
from remem.studies.diagnosis.page import write

COUNTS = (5, 20, 100)


def number(count: int, mean: float | None, low: float | None, high: float | None, **other) -> Number:
    one = Number(
        sweep="qa", member=f"qa-{count}", split="test", question_type="multi-hop", metric="em", mean=mean,
        low=low, high=high, over="seeds and people", seeds=3, people=60, items=600, missing=0,
    )  # fmt: skip
    return replace(one, **other)


def told(folder: Path, rows: list[Number], passed: dict[int, int]) -> str:
    found = sweeps(drawn(), ("qa",), COUNTS)
    gates = {("qa", f"qa-{count}"): (passed.get(count, 0), 3) for count in COUNTS}
    page = write(folder, found, Numbers(rows=tuple(rows), passed=gates, candidates=(32,)))
    return page.read_text("utf-8")


def test_best_and_worst_are_told_apart_and_what_is_level_with_the_best(tmp_path: Path):
    rows = [number(5, 0.2, 0.1, 0.3), number(20, 0.8, 0.7, 0.92), number(100, 0.95, 0.9, 1.0)]
    html = told(tmp_path, rows, {100: 3, 20: 1})
    assert "exact match is highest at 100 (95.0, 90.0–100.0) and lowest at 5 (20.0, 10.0–30.0)" in html
    assert "; 20 cannot be told from the best." in html
    assert "is passed with every seed at 100, with some seeds at 20." in html


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([number(5, 0.5, 0.2, 0.8), number(100, 0.7, 0.5, 0.9)], "not even these two are told apart"),
        ([number(5, 0.5, None, None), number(100, 0.7, 0.5, 0.9)], "whether that is chance is not known"),
        ([number(5, 0.5, 0.4, 0.6), number(100, 0.5, 0.4, 0.6)], "exact match is 50.0 throughout"),
    ],
)
def test_what_cannot_be_told_apart_is_said(tmp_path: Path, rows: list[Number], says: str):
    html = told(tmp_path, rows, {})
    assert says in html
    assert "None passes the gate" in html


def test_missing_numbers_are_dashes_and_nothing_drawn(tmp_path: Path):
    html = told(tmp_path, [number(5, None, None, None, items=0, missing=3)], {})
    assert "nothing measured" in html
    assert "<td>–</td>" in html
    assert (tmp_path / "numbers.csv").read_text().splitlines()[1].startswith("qa,qa-5,test,multi-hop,em,,,")
