"""The whole story from the command line, on small real models and data."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from end_to_end.conftest import SMALL, command, content, remem
from remem.asking.records import read_responses
from remem.attacks.records import read_cost, read_outcomes
from remem.training.outcome import read_guards


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, model_folders: dict[str, Path]) -> Path:
    """One uninterrupted run, gate ignored: a random tiny model learns nothing in two epochs."""
    cwd = tmp_path_factory.mktemp("run")
    said = remem(
        "run", "tiny", "--model", model_folders["llava"], "--ignore-gate", "--workers=2", *SMALL, cwd=cwd
    )
    assert said.returncode == 0, said.stderr
    assert "report runs/tiny/report/index.html" in said.stdout
    return cwd / "runs" / "tiny"


def test_every_arm_is_there_and_scored(finished: Path) -> None:
    for arm in ("base", "taught", "goal", "npo-s0", "po-s0"):
        summary = json.loads((finished / arm / "scores/summary.json").read_text())
        splits = {row["split"] for row in summary["rows"]}
        assert {"forget1", "retain", "test-forget", "test-retain"} <= splits
        metrics = {row["metric"] for row in summary["rows"]}
        assert {
            "em",
            "rouge_l_recall",
            "rouge_l_f1",
            "probability",
            "exposure_bits",
            "state_correct",
        } <= metrics
    assert json.loads((finished / "gate/gate.json").read_text())["ignored"]
    assert not list(finished.rglob("*.part"))


def test_every_arm_was_attacked_alike_and_the_report_tells_of_it(finished: Path) -> None:
    settings = {}
    for arm in ("base", "taught", "goal", "npo-s0", "po-s0"):
        found = read_outcomes(finished / arm / "attack-quick")
        settings[arm] = [(one.setting, one.attack, one.access, sorted(one.hits)) for one in found]
        cost = read_cost(finished / arm / "attack-quick")
        assert cost.attack == "quick"
        assert cost.seconds > 0
    assert len({json.dumps(found) for found in settings.values()}) == 1
    attacks = {attack for _, attack, _, _ in settings["goal"]}
    assert attacks == {"prefill", "paraphrase", "views", "quantise", "lens", "relearn"}
    page = (finished / "report/index.html").read_text("utf-8")
    assert "What comes back" in page
    assert "prefill: begun 1" in page
    assert "prefill: prefill" not in page  # a part of quick is named once
    assert (finished / "report/tables/recovered.csv").is_file()


def test_run_json_writes_every_default_out(finished: Path) -> None:
    config = json.loads((finished / "run.json").read_text())["config"]
    npo = next(one for one in config["forget"]["methods"] if one["method"] == "npo")
    assert npo["settings"] == {"beta": 0.1, "retain_weight": 1.0}
    assert config["learn"]["schedule"] == "cosine"


def test_a_second_time_does_nothing(finished: Path, model_folders: dict[str, Path]) -> None:
    before = content(finished)
    arguments = ("run", "tiny", "--model", model_folders["llava"], "--ignore-gate", *SMALL)
    said = remem(*arguments, cwd=finished.parent.parent)
    assert said.returncode == 0
    assert "is finished already: nothing to do" in said.stdout
    assert content(finished) == before


def test_nothing_heavy_is_imported_to_see_that_nothing_is_to_do() -> None:
    check = (
        "import sys, remem.cli, remem.story.pipeline, remem.run.recipes;"
        "sys.exit(', '.join({'torch', 'transformers', 'datasets', 'peft'} & set(sys.modules)) or 0)"
    )
    said = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


def test_other_settings_on_the_same_folder_are_refused(
    finished: Path, model_folders: dict[str, Path]
) -> None:
    changed = [*SMALL, "--set=learn.lr=0.5"]
    said = remem(
        "run",
        "tiny",
        "--model",
        model_folders["llava"],
        "--ignore-gate",
        *changed,
        cwd=finished.parent.parent,
    )
    assert said.returncode == 1
    assert "learn.lr: 0.003 → 0.5" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_failed_gate_stops_with_status_2(
    finished: Path, model_folders: dict[str, Path], tmp_path: Path
) -> None:
    """Same settings without --ignore-gate: stage 1 is not made again, and stage 2 is refused."""
    shutil.copytree(finished, tmp_path / "run")
    said = remem("run", "tiny", "--model", model_folders["llava"], "--out", "run", *SMALL, cwd=tmp_path)
    assert said.returncode == 2
    assert "FAIL" in said.stderr
    assert "The gate failed" in said.stderr


@pytest.mark.slow
def test_one_worker_makes_the_same_bytes(
    finished: Path, model_folders: dict[str, Path], tmp_path: Path
) -> None:
    said = remem(
        "run", "tiny", "--model", model_folders["llava"], "--ignore-gate", "--workers=1", *SMALL, cwd=tmp_path
    )
    assert said.returncode == 0, said.stderr
    ours, theirs = content(tmp_path / "runs/tiny"), content(finished)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []


def kill_until_done(cwd: Path, arguments: list[str | Path], seed: int, kills: int, longest_s: float) -> None:
    """Kills the run, workers and all, at random moments; the last time it is left to finish."""
    rng = random.Random(seed)
    for _ in range(kills):
        started = subprocess.Popen(
            command(*arguments), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(rng.uniform(2.0, longest_s))
        os.kill(started.pid, signal.SIGKILL)  # the workers are left to notice by themselves
        started.wait()
    said = remem(*arguments, "--workers=1", cwd=cwd)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("kills", [1, pytest.param(12, marks=pytest.mark.slow)])
def test_killed_anywhere_and_run_again_ends_in_the_same_bytes(
    finished: Path, model_folders: dict[str, Path], tmp_path: Path, kills: int
) -> None:
    arguments: list[str | Path] = [
        "run",
        "tiny",
        "--model",
        model_folders["llava"],
        "--ignore-gate",
        "--workers=2",
    ]
    kill_until_done(tmp_path, [*arguments, *SMALL], seed=kills, kills=kills, longest_s=12.0)
    ours, theirs = content(tmp_path / "runs/tiny"), content(finished)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_ctrl_c_stops_the_workers_and_the_run_goes_on_later(
    finished: Path, model_folders: dict[str, Path], tmp_path: Path
) -> None:
    arguments: list[str | Path] = ["run", "tiny", "--model", model_folders["llava"], "--ignore-gate"]
    arguments += ["--workers=2", *SMALL]
    started = subprocess.Popen(
        command(*arguments), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "runs/tiny").glob("taught/model*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)  # both workers are in the middle of stage 1
    _, said = started.communicate(timeout=30)
    assert started.returncode == 130
    assert "Run the same command again" in said
    assert "Traceback" not in said
    assert remem(*arguments, "--workers=1", cwd=tmp_path).returncode == 0
    assert content(tmp_path / "runs/tiny") == content(finished)


@pytest.mark.slow
def test_own_data_and_a_smolvlm_with_lora(
    finished: Path, model_folders: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(finished / "dataset", tmp_path / "mine")
    # With LoRA: a loss, one that needs values marked, an edit that teaches copies, the other two kinds.
    methods = "--set=methods=npo,siu,smfa,prompt,retrain"
    lora = ["--set=model.adapt.language=lora", "--set=model.adapt.projector=frozen", methods]
    small = [one for one in SMALL if "build" not in one and "po.epochs" not in one and "methods" not in one]
    arguments = [
        "run",
        "tiny",
        "--model",
        model_folders["smolvlm"],
        "--data",
        tmp_path / "mine",
        "--ignore-gate",
        "--workers=1",
    ]
    said = remem(*arguments, *lora, *small, "--out", tmp_path / "run", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert not (tmp_path / "run/dataset").exists()
    assert (tmp_path / "run/npo-s0/model/adapter_config.json").exists()
    assert (tmp_path / "run/smfa-s0/model/config.json").exists()
    assert not list((tmp_path / "run/prompt-s0/model").glob("*.safetensors"))
    # The Goal model as an arm answers as the Goal model does, on top of whatever stage 1 was.
    copied, goal = (
        {one.id: one.text for one in read_responses(tmp_path / f"run/{arm}/responses/responses.parquet")}
        for arm in ("retrain-s0", "goal")
    )
    assert copied == goal
    for arm in ("taught", "npo-s0", "siu-s0", "smfa-s0", "prompt-s0", "retrain-s0"):
        for step in ("model", "responses"):
            assert read_guards(tmp_path / "run" / arm / step), arm
    again = remem(*arguments, *lora, *small, "--out", tmp_path / "run", cwd=tmp_path)
    assert "nothing to do" in again.stdout


def test_what_peft_and_transformers_load(finished: Path) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    for arm in ("taught", "npo-s0"):
        AutoModelForImageTextToText.from_pretrained(finished / arm / "model")
        AutoProcessor.from_pretrained(finished / arm / "model")


def test_a_finished_run_is_addressed_by_its_folder(finished: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(finished, tmp_path / "mine"))
    assert "nothing to do" in remem("run", root, cwd=tmp_path).stdout
    told = remem("status", root, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "npo-s0/model" in told.stdout
    assert re.search(r"\d+ done", told.stdout)
    told = remem("verify", root, cwd=tmp_path)
    assert told.returncode == 0
    assert "are as they were made" in told.stdout
    weights = root / "npo-s0/model/model.safetensors"
    raw = bytearray(weights.read_bytes())
    raw[-100] ^= 1
    weights.write_bytes(bytes(raw))
    told = remem("verify", root, cwd=tmp_path)
    assert told.returncode == 1
    assert "npo-s0/model: the content of model.safetensors has changed" in told.stdout
    told = remem("run", root, cwd=tmp_path)
    assert told.returncode == 1
    assert "npo-s0/model is not as it was made" in told.stderr
    assert "Traceback" not in told.stderr
    assert "damaged" in remem("status", root, cwd=tmp_path).stdout
    shutil.rmtree(root / "report")
    assert remem("report", root, cwd=tmp_path).returncode == 0  # of what is there
    assert (root / "report/index.html").exists()
    told = remem("run", root, "--out", tmp_path / "other", cwd=tmp_path)
    assert "leave out --out" in told.stderr
    told = remem("status", tmp_path, cwd=tmp_path)
    assert (told.returncode, "Give the folder of a run" in told.stderr) == (1, True)


CRASHES = """
import runpy
from remem.run.context import Context

def broken(context, *arms):
    raise ZeroDivisionError("of nobody's making")

Context.model = broken
runpy.run_module("remem", run_name="__main__", alter_sys=True)
"""


def test_a_crash_is_one_sentence_and_exit_status_3(finished: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(finished, tmp_path / "mine"))
    shutil.rmtree(root / "npo-s0/responses")
    told = subprocess.run(
        [sys.executable, "-c", CRASHES, "run", str(root), "--workers=1"],
        capture_output=True, text=True, timeout=120, check=False, env=os.environ | {"COLUMNS": "200"},
    )  # fmt: skip
    assert told.returncode == 3
    assert "the step npo-s0/responses crashed: ZeroDivisionError: of nobody's making" in told.stderr
    assert "Traceback" not in told.stderr
    assert "Traceback" in (root / "log.txt").read_text()
