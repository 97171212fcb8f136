"""A method from another folder, by the real command: on two workers, gone on with, changed, compared."""

import json
import shutil
from pathlib import Path

import pytest

from end_to_end.conftest import SMALL, remem

PLUGGED = Path(__file__).parents[1] / "plugged.py"


@pytest.mark.slow
def test_a_method_of_one_s_own_is_run_gone_on_with_and_compared(tmp_path: Path, model_folders) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    own = elsewhere / "plugged.py"
    shutil.copy(PLUGGED, own)
    settings = [
        one for one in SMALL if not any(word in one for word in ("methods=", "po.", "attacks", "quick"))
    ]
    asked = (
        *settings,
        "--set=methods=ceiling,gd",
        "--set=attacks=plainly",
        "--model",
        model_folders["llava"],
    )
    run = ("run", "drawn", "--ignore-gate", "--workers=2", *asked, "--out", "run")
    refused = remem(*run, cwd=tmp_path)
    assert refused.returncode == 1
    assert "ceiling" in refused.stderr
    assert not (tmp_path / "run").exists()
    made = remem(*run, "--plugin", own, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))["plugins"][0]["name"] == "plugged"
    again = remem(*run, "--plugin", own, cwd=tmp_path)
    assert "nothing to do" in again.stdout
    # What came with a folder is not executed: whoever goes on with it names it.
    unnamed = remem("run", "run", cwd=tmp_path)
    assert unnamed.returncode == 1
    assert "name it again" in unnamed.stderr
    assert remem("report", "run", cwd=tmp_path).returncode == 0
    own.write_text(own.read_text("utf-8").replace("+ 0 * batch", "+ 0.1 * batch"), "utf-8")
    stale = remem("status", "run", "--plugin", own, cwd=tmp_path)
    assert "method ceiling has changed since" in " ".join(stale.stdout.split())
    redone = remem("run", "run", "--plugin", own, "--workers=2", cwd=tmp_path)
    assert redone.returncode == 0, redone.stderr
    assert "ceiling-s0/model is made again" in redone.stderr
    assert "gd-s0/model is made again" not in redone.stderr
    assert remem("compare", "run", cwd=tmp_path).returncode == 0
    table = (tmp_path / "run" / "comparison.md").read_text("utf-8")
    assert "| ceiling |" in table
    assert "--plugin plugged.py" in table
