"""Two processes on one run, by gloo on the CPU: what one process makes, beyond rounding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from end_to_end.conftest import SMALL, remem
from remem.asking.records import read_responses

PLAIN = [
    "--ignore-gate",
    "--quiet",
    "--set=model.adapt.dropout=0",
    "--set=methods=npo,pdu",
    "--set=pdu.epochs=1",
]

# The second process dies, as by a lost card, once the first has kept a checkpoint.
OFTEN = """
import os, runpy, signal
from pathlib import Path
import remem.training.loop as train
import remem.training.resume as resume
from remem.steps import parallel

resume.CHECKPOINT_EVERY_S = 0.0
taken = train._backward

def dies(*asked):
    if parallel.rank() == 1 and list(Path("two/taught/model.part").glob("resume*.pt")):
        os.kill(os.getpid(), signal.SIGKILL)
    return taken(*asked)

train._backward = dies
runpy.run_module("remem", run_name="__main__", alter_sys=True)
"""

# How many steps of stage 1 the first process makes, and of how many.
COUNTS = """
import runpy
from pathlib import Path
import remem.training.loop as train
from remem.steps import parallel

taken, made = train._backward, []

def counted(*asked):
    made.append(asked[5].total)
    if parallel.first():
        Path("made.txt").write_text(f"{len(made)} {made[0]}")
    return taken(*asked)

train._backward = counted
runpy.run_module("remem", run_name="__main__", alter_sys=True)
"""


def together(
    *arguments: str | Path, cwd: Path, processes: int = 2, script: Sequence[str] = ("-m", "remem")
) -> subprocess.CompletedProcess[str]:
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *launch, *script, *map(str, arguments)]
    settings = os.environ | {"NO_COLOR": "1", "COLUMNS": "200", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=cwd, env=settings, capture_output=True, text=True, timeout=1800, check=False
    )


def files(run: Path) -> set[str]:
    return {
        str(path.relative_to(run)) for path in run.rglob("*") if path.is_file() and ".locks" not in path.parts
    }


@pytest.mark.slow
@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("train", ["full", "lora"])
def test_two_processes_make_what_one_makes(
    train: str, cut: bool, model_folders: dict[str, Path], tmp_path: Path
) -> None:
    how = [*SMALL, *PLAIN, f"--set=model.adapt.language={train}", "--model", model_folders["llava"]]
    how += ["--set=model.features=memory"] if cut else []
    one = remem("run", "tiny", *how, "--workers=1", "--out", tmp_path / "one", cwd=tmp_path)
    assert one.returncode == 0, one.stderr
    shard = ["--set=model.shard=true"] if cut else []
    two = together("run", "tiny", *how, *shard, "--out", tmp_path / "two", cwd=tmp_path)
    assert two.returncode == 0, two.stdout + two.stderr
    assert files(tmp_path / "one") == files(tmp_path / "two")
    for arm in ("taught", "goal", "npo-s0", "pdu-s0"):
        name = "adapter_model.safetensors" if train == "lora" else "model.safetensors"
        ours, theirs = (load_file(tmp_path / run / arm / "model" / name) for run in ("one", "two"))
        assert ours.keys() == theirs.keys()
        for path, weight in ours.items():
            assert torch.allclose(weight, theirs[path], atol=2e-4), (arm, path)
        said, heard = (
            {r.id: r for r in read_responses(tmp_path / run / arm / "responses/responses.parquet")}
            for run in ("one", "two")
        )
        assert said.keys() == heard.keys()
        for id, response in said.items():
            assert heard[id].logp == pytest.approx(response.logp, abs=5e-3)
    keys = [json.loads((tmp_path / run / "run.json").read_text())["steps"] for run in ("one", "two")]
    for one in keys:
        del one["report"]  # it shows how the model was cut up
    assert keys[0] == keys[1]
    again = together("run", "tiny", *how, *shard, "--out", tmp_path / "two", cwd=tmp_path)
    assert again.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("cut", [False, True])
def test_one_killed_ends_all_and_the_same_command_goes_on(
    cut: bool, model_folders: dict[str, Path], tmp_path: Path
) -> None:
    how = [*SMALL, *PLAIN, "--set=model.adapt.language=full", "--set=learn.epochs=20"]
    how += ["--model", model_folders["llava"]]
    one = remem("learn", "tiny", *how, "--workers=1", "--out", tmp_path / "one", cwd=tmp_path)
    assert one.returncode == 0, one.stderr
    how += [f"--set=model.shard={str(cut).lower()}"]
    (tmp_path / "often.py").write_text(OFTEN)
    killed = together("learn", "tiny", *how, "--out", tmp_path / "two", cwd=tmp_path, script=["often.py"])
    assert killed.returncode != 0
    kept = {path.name for path in (tmp_path / "two" / "taught" / "model.part").glob("resume*.pt")}
    if cut:
        steps = [{name.rpartition("-")[2] for name in kept if f"-{rank}of2-" in name} for rank in (0, 1)]
        assert steps[0] & steps[1]
    else:
        assert "resume.pt" in kept  # on a busy machine the one before it, too
        assert kept <= {"resume.pt", "resume-before.pt"}
    (tmp_path / "counts.py").write_text(COUNTS)
    two = together("learn", "tiny", *how, "--out", tmp_path / "two", cwd=tmp_path, script=["counts.py"])
    assert two.returncode == 0, two.stdout + two.stderr
    made, total = map(int, (tmp_path / "made.txt").read_text().split())
    assert made < total
    assert json.loads((tmp_path / "two/taught/model/provenance.json").read_text())["resumed"]
    ours, theirs = (
        load_file(tmp_path / run / "taught" / "model" / "model.safetensors") for run in ("one", "two")
    )
    for path, weight in ours.items():
        assert torch.allclose(weight, theirs[path], atol=2e-4), path


@pytest.mark.slow
def test_a_mistake_ends_all_with_one_message(tmp_path: Path) -> None:
    done = together("run", "tiny", "--set", "npo.beta=-1", cwd=tmp_path)
    assert done.returncode != 0
    assert (done.stdout + done.stderr).count("npo.beta must be above 0") == 1
