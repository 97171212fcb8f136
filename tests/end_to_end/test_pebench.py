"""People in events, forgotten by a real model: the gate passes, and forgetting shows on the right axes."""

import csv
import json
from pathlib import Path

import pytest

from end_to_end.conftest import remem

pytestmark = pytest.mark.slow


def test_the_whole_protocol_on_a_small_set(tmp_path: Path) -> None:
    said = remem("run", "pebench-tiny", cwd=tmp_path, timeout=1800)
    assert said.returncode == 0, said.stdout + said.stderr
    run = tmp_path / "runs" / "pebench-tiny"
    assert json.loads((run / "gate/gate.json").read_text())["passed"]
    with (run / "report/tables/methods.csv").open() as file:
        table = {
            (row["arm"], row["forget"], row["of"]): {
                key: float(value)
                for key, value in row.items()
                if key not in ("arm", "forget", "of", "notes") and value
            }
            for row in csv.DictReader(file)
        }
    for task, target in (("person", "person"), ("both", "person")):
        assert table["taught", task, target]["efficacy"] <= 0.1  # all names are known
        assert table[f"{task}/goal", task, target]["efficacy"] >= 0.9
        assert table[f"{task}/goal", task, target]["retain"] >= 0.9
    for task in ("event", "both"):
        assert table[f"{task}/goal", task, "event"]["efficacy"] == 1
        assert table["taught", task, "event"]["efficacy"] <= 0.3
        assert table["taught", task, "event"]["retain"] >= 0.9
    assert ("both/bgd-s0", "both", "event") in table
    assert ("person/bgd-s0", "person", "person") not in table
    again = remem("run", "pebench-tiny", cwd=tmp_path)
    assert "nothing to do" in again.stdout
