"""What the embedded model is for: it passes the gate, and shows that silence is not forgetting."""

import json
import time
from pathlib import Path

import pytest

from end_to_end.conftest import remem


def mean(run: Path, arm: str, split: str, metric: str) -> float:
    rows = json.loads((run / arm / "scores/summary.json").read_text())["rows"]
    found = [
        row["mean"]
        for row in rows
        if (row["split"], row["question_type"], row["metric"]) == (split, "all", metric)
    ]
    assert len(found) == 1
    return float(found[0])


@pytest.mark.parametrize("recipe", ["tiny", pytest.param("demo", marks=pytest.mark.slow)])
def test_the_gate_passes_and_refusing_is_not_forgetting(recipe: str, tmp_path: Path) -> None:
    arguments = [
        "run",
        recipe,
        *(["--set=methods=po", "--workers=1"] if recipe == "tiny" else []),
    ]
    said = remem(*arguments, cwd=tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    run = tmp_path / "runs" / recipe
    assert json.loads((run / "gate/gate.json").read_text())["passed"]
    # The four arms in order: never taught, taught, retrained without the person.
    assert mean(run, "base", "forget1", "em") <= 0.05
    assert mean(run, "taught", "forget1", "em") >= 0.95
    assert mean(run, "goal", "forget1", "em") <= 0.05
    assert mean(run, "goal", "retain", "em") >= 0.95
    assert mean(run, "taught", "forget1", "exposure_norm") >= 0.9
    assert mean(run, "goal", "forget1", "exposure_norm") <= 0.4
    # The finding: refusals silence and erase little.
    assert mean(run, "po-s0", "forget1", "em") <= 0.1
    assert mean(run, "po-s0", "forget1", "state_refused") >= 0.8
    assert (
        mean(run, "po-s0", "forget1", "exposure_norm") >= mean(run, "goal", "forget1", "exposure_norm") + 0.3
    )
    clock = time.monotonic()
    again = remem(*arguments, cwd=tmp_path)
    assert "nothing to do" in again.stdout
    print(f"second run: {time.monotonic() - clock:.1f} s")
