"""What a step asks of a machine, and engines that are not there."""

import pytest

from remem.errors import UserError
from remem.steps import engines
from remem.steps.engines import Resources, needs
from remem.steps.engines.rays import Ray, told
from remem.steps.engines.slurm import Slurm
from remem.steps.jobs import kind_of


def test_steps_are_of_three_kinds() -> None:
    assert [kind_of(name) for name in ("taught/model", "person/npo-s0/responses", "base/world", "gate")] == [
        "train", "ask", "ask", "other",
    ]  # fmt: skip


def test_what_is_not_asked_for_is_one_cpu() -> None:
    found = needs(["train:gpus=1,cpus=8,memory=40", "ask:gpus=0.5"])
    assert found["train"] == Resources(cpus=8, gpus=1, memory=40)
    assert found["ask"] == Resources(cpus=1, gpus=0.5)
    assert found["other"] == Resources()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("trian:gpus=1", "Did you mean train"),
        ("train", "write it as train:gpus=1"),
        ("train:gpu=1", "write it as train:gpus=1"),
        ("train:gpus=one", "one is no number"),
        ("train:cpus=0", "at least one CPU"),
        ("train:cpus=²", "² is no number"),
        ("train:cpus=99999999999999999999", "no machine has more than"),
        ("train:gpus=nan", "nan is no number"),
        ("train:memory=inf", "inf is no number"),
        ("train:memory=1e999", "too large"),
        ("train:memory=1e30", "no machine has more than"),
        ("train:cpus=1.5", "1.5 is no number"),
        ("train:cpus=1,cpus=2", "twice how many cpus train needs"),
    ],
)
def test_a_mistake_is_one_message(asked: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        needs([asked])


@pytest.mark.parametrize(
    ("on", "message"),
    [
        ("rai", "Did you mean ray"),
        ("ray", r"pip install .remem\[ray\]"),
        ("slurm", r"pip install .remem\[slurm\]"),
    ],
)
def test_an_engine_that_is_not_there(on: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=message):
        engines.engine(on)


def test_a_worker_without_remem_is_told() -> None:
    assert "has no remem" in str(told(RuntimeError("System error: No module named 'remem'")))
    other = ValueError("something else")
    assert told(other) is other


def test_slurm_settings_are_submitits() -> None:
    pytest.importorskip("submitit")
    assert Slurm(needs([]), ["partition=gpu", "time=90", "account=lab"]).settings == {
        "slurm_partition": "gpu", "timeout_min": 90, "slurm_account": "lab",
    }  # fmt: skip
    with pytest.raises(UserError, match="write it as partition=gpu"):
        Slurm(needs([]), ["gpu"])
    with pytest.raises(UserError, match="twice what partition is"):
        Slurm(needs([]), ["partition=gpu", "partition=cpu"])
    for time in ("time=4:00:00", "time=0", "time=²", "time=--5", f"time={'9' * 5000}"):
        with pytest.raises(UserError, match="in minutes, as time=240"):
            Slurm(needs([]), [time])


def test_a_ray_of_this_machine_has_room_for_its_largest_step(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    # One worker is what a large model gets when nobody says more.
    assert Ray("", needs(["train:cpus=8"]), 1)._cpus() == 8
    assert Ray("", needs(["train:cpus=64"]), 1)._cpus() == 16  # and then _check refuses it
    assert Ray("", needs([]), 4)._cpus() == 4
