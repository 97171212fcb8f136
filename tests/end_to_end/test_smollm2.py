"""The recipe for SmolLM2 from the package with its weights to the report; too short to be marked."""

import json
from pathlib import Path

import pytest

from end_to_end.conftest import remem
from remem.errors import UserError
from remem.models import ggufs

SHORT = [
    f"--set={one}"
    for one in (
        "build.people=3", "build.qa=6", "build.images=3", "build.test_qa=4", "build.test_images=2",
        "build.strangers=1", "build.candidates=6", "build.perturbed=2", "learn.epochs=2",
        "forget.train.epochs=1", "evaluate.world_items=8", "evaluate.exposure_people=1",
        "evaluate.max_new_tokens=16",
    )
]  # fmt: skip


@pytest.mark.slow
def test_the_quick_recipe_runs_end_to_end(tmp_path: Path) -> None:
    try:
        ggufs.packaged()
    except UserError as absent:
        pytest.skip(str(absent))
    said = remem("run", "smollm2-quick", *SHORT, "--ignore-gate", "--out", "run", cwd=tmp_path, timeout=3000)
    assert said.returncode == 0, said.stdout + said.stderr
    run = tmp_path / "run"
    arms = ["base", "taught", "goal", *(f"{name}-s0" for name in ("ga", "gd", "npo", "po", "simnpo"))]
    losses = {}
    for arm in arms:
        rows = json.loads((run / arm / "scores/summary.json").read_text("utf-8"))["rows"]
        found = {(row["split"], row["metric"]): row["mean"] for row in rows if row["question_type"] == "all"}
        losses[arm] = found["forget1", "logp_mean"]
    assert losses["taught"] > losses["base"]  # it was taught something
    assert losses["ga-s0"] < losses["taught"]  # and ascent took of it
    assert (run / "report" / "index.html").stat().st_size > 10_000
    assert all((run / arm / "attack-quick" / "step.json").exists() for arm in arms)
