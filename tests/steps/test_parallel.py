"""Several processes, small: two real ones on gloo, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from remem import cli
from remem.errors import UserError
from remem.models.families import make_tiny
from remem.run.overrides import override
from remem.run.recipes import recipe
from remem.settings import Adapt, ModelSettings
from remem.steps import parallel
from remem.steps.engines import engine
from remem.story.resolve import resolve
from remem.training.loop import _idles

# In its steps the picture's part has a gradient at first, then none, as where a step is text alone.
TRAINS = """
import torch
from remem.steps import parallel
from remem.methods.base import Step
from remem.training.loop import _together

parallel.start()
weights = {name: torch.nn.Parameter(torch.ones(2)) for name in ("language", "vision", "one")}
moved_by = torch.optim.AdamW(weights.values(), lr=0.1)
for pictured in (True, False, False):
    for weight in weights.values():
        weight.grad = None
    for number in (0, 1)[parallel.rank() :: parallel.world()]:
        loss = weights["language"].sum() * (number + 1)
        loss = loss + (weights["vision"].sum() if pictured else 0) + (weights["one"].sum() if number else 0)
        loss.backward()
    _together(Step(), 0.0, weights)
    moved_by.step()
if parallel.first():
    print([weight.tolist() for weight in weights.values()])
parallel.leave()
"""
FAILS = """
import runpy
from remem.steps import parallel
from remem.errors import UserError

def broken(*asked):
    if parallel.rank() == 1:
        raise UserError("seen by the second alone")
    parallel.barrier()

import remem.run.overrides as config
config.override = broken
runpy.run_module("remem", run_name="__main__", alter_sys=True)
"""


CUTS = """
import sys
import torch
from remem.steps import parallel
from remem.settings import Adapt
from remem.models.loading import load
from remem.models.shards import Cut, full, local

parallel.start()
model = load(sys.argv[1])
model.adapt(Adapt(vision="frozen", projector="full", language="full"))
before = {path: weight.detach().clone() for path, weight in model.network.named_parameters()}
cut = Cut(model.network)
weights = model.trainable()
share = sum(local(weight).numel() for weight in weights.values()) / sum(w.numel() for w in weights.values())
# A penalty on weights, and a mask, count each weight once: what methods add beside the loss over slices.
penalty = full(sum(weight.abs().sum() for weight in weights.values()))
penalty.backward()
masks = cut.like({path: (before[path] > 0).float() for path in weights}, weights)
for path, weight in weights.items():
    weight.grad *= masks[path]
added = all(torch.equal(full(w.grad), (before[path] > 0).float()) for path, w in weights.items())
summed = sum(before[path].abs().sum() for path in weights)
whole = cut.whole()
after = dict(whole.named_parameters())
found = parallel.gather((
    0.45 < share < 0.55 and parallel.shards(False),
    added and torch.allclose(penalty, summed),
    after.keys() == before.keys() and all(torch.equal(before[path], after[path]) for path in before),
    {path for path, weight in after.items() if weight.requires_grad} == set(weights),
    {type(weight).__name__ for weight in weights.values()},
))
if parallel.first():
    print(found)
parallel.leave()
"""


def launched(script: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = folder / "script.py"
    path.write_text(script)
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    settings = os.environ | {"NO_COLOR": "1", "COLUMNS": "200", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launch, str(path), *arguments]
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120, check=False)


def test_what_has_no_gradient_anywhere_stays_without_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(TRAINS, {})
    one, two = capsys.readouterr().out, launched(TRAINS, tmp_path)
    assert two.returncode == 0, two.stderr
    assert two.stdout == one != ""


def test_weights_that_train_are_cut_in_two_and_put_together_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")  # joins without DeepSpeed, which is not there
    make_tiny("llava", tmp_path / "model")
    done = launched(CUTS, tmp_path, str(tmp_path / "model"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([(True, True, True, True, {"DTensor"})] * 2)


def test_a_model_is_cut_among_several_processes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="this is one: start it with accelerate launch"):
        resolve(override(recipe("tiny"), ["model.shard=true"]))
    with pytest.raises(UserError, match=r"model\.quantise=none"):
        ModelSettings(shard=True, quantise="4bit", adapt=Adapt(language="lora"))
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    assert not parallel.shards(False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert parallel.shards(False)
    monkeypatch.delenv("ACCELERATE_USE_FSDP")
    assert parallel.shards(True)
    assert not parallel.shards(False)


def test_a_deepspeed_configuration_is_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")
    assert parallel.shards(False)  # accelerate's own default is stage 2
    for stage, cut in (("0", False), ("1", True), ("3", True)):
        monkeypatch.setenv("ACCELERATE_DEEPSPEED_ZERO_STAGE", stage)
        assert parallel.shards(False) is cut
        parallel.check(False)
    monkeypatch.setenv("ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_DEVICE", "cpu")
    with pytest.raises(UserError, match="offload_param is not followed"):
        resolve(recipe("tiny"))
    # A file of DeepSpeed's own is read instead.
    path = tmp_path / "zero.json"
    monkeypatch.setenv("ACCELERATE_DEEPSPEED_CONFIG_FILE", str(path))
    for zero, cut in (({"stage": 0}, False), ({"stage": 3, "offload_param": {"device": "none"}}, True)):
        path.write_text(json.dumps({"zero_optimization": zero}))
        parallel.check(False)
        assert parallel.shards(False) is cut
    path.write_text(json.dumps({"zero_optimization": {"stage": 2, "offload_optimizer": {"device": "nvme"}}}))
    with pytest.raises(UserError, match="offload_optimizer is not followed"):
        parallel.check(False)
    path.write_text("{")
    with pytest.raises(UserError, match="is not readable JSON"):
        parallel.check(False)


@pytest.mark.parametrize("slices", [0, 1, 4, 5, 6, 7])
def test_every_process_reads_as_often(slices: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    reads = set()
    for rank in range(3):
        monkeypatch.setenv("RANK", str(rank))
        reads.add(len(range(slices)[rank::3]) + _idles(slices))
    assert len(reads) == 1


@pytest.mark.slow
def test_a_mistake_of_the_second_alone_is_told_once(tmp_path: Path) -> None:
    done = launched(FAILS, tmp_path, "run", "tiny")
    assert done.returncode != 0
    assert (done.stdout + done.stderr).count("seen by the second alone") == 1


def test_engines_are_refused_where_processes_share_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="2 processes share each step"):
        engine("ray", 2)
    assert engine("local", 1) is None


@pytest.mark.parametrize(("name", "value"), [("WORLD_SIZE", "x"), ("WORLD_SIZE", "0"), ("RANK", "-1")])
def test_variables_of_a_launcher_that_are_no_numbers(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=f"{name}={value} in the environment is no number"):
        parallel.rank()
    monkeypatch.setattr("sys.argv", ["remem", "list", "methods"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert f"unset {name}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ('{"zero_optimization": {"stage": "3"}}', "stage"),
        ('{"zero_optimization": {"offload_optimizer": "cpu"}}', "offload_optimizer"),
        ('{"zero_optimization": []}', "zero_optimization"),
        ("{", "line 1"),
    ],
)
def test_a_deepspeed_configuration_that_is_none(
    written: str, at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ds.json").write_text(written)
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")
    monkeypatch.setenv("ACCELERATE_DEEPSPEED_CONFIG_FILE", str(tmp_path / "ds.json"))
    with pytest.raises(UserError, match=f"ds.json.*{at}.*Mend the DeepSpeed configuration"):
        parallel.check(False)
