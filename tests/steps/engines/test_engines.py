"""The same steps by every engine: a Ray cluster of this machine, and submitit as it runs jobs locally."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from remem.errors import UserError
from remem.steps.engines import Engine, needs
from remem.steps.engines.slurm import Slurm
from remem.steps.execute import execute
from remem.steps.jobs import Job, Nobody
from remem.steps.store import Order, Step, keys
from some_steps import always_killed, long, once_killed, refuse, slow, write


@dataclass(frozen=True)
class Context:
    seed: int = 0


CONTEXT = Context()


def by_ray() -> Engine:
    from remem.steps.engines.rays import Ray

    return Ray("", needs([]), 2)


def by_slurm() -> Engine:
    return Slurm(needs([]), cluster="local")


# submitit looks for the end of a local job every few seconds.
ENGINES = [pytest.param(by_ray, id="ray"), pytest.param(by_slurm, id="slurm", marks=pytest.mark.slow)]


@pytest.fixture(autouse=True)
def there(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Needs the engine's library; workers must find this folder's modules."""
    pytest.importorskip("ray" if "ray" in request.node.name else "submitit")
    path = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))


def step(name: str, work: Callable[..., None] = write, **more: object) -> Step:
    return Step(name=name, work=work, settings={}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_makes_what_one_process_makes(engine: Callable[[], Engine], tmp_path: Path) -> None:
    steps = [
        step("a/model"),
        step("b"),
        step("c", needs=("a/model", "b")),
        step("d", once_killed, after=("b",)),
    ]
    heard: list[str] = []
    plain = [*steps[:3], step("d")]  # the same key, and no worker dies
    execute(tmp_path / "one", plain, CONTEXT, Nobody())
    execute(tmp_path / "two", steps, CONTEXT, Nobody(), engine=engine(), finished=heard.append)
    assert set(heard) == {"a/model", "b", "c", "d"}
    assert heard.index("c") > max(heard.index("a/model"), heard.index("b"))
    for one in plain:
        # The step that died holds a mark of that, so that its record has another content.
        for file in ("text", "count", *(["step.json"] if one.name != "d" else [])):
            ours, theirs = (tmp_path / root / one.name / file for root in ("one", "two"))
            assert ours.read_bytes() == theirs.read_bytes()
    # A lost worker costs its own step, which goes on where it was.
    assert (tmp_path / "two/d/tried").read_text() == "onceagain"
    assert [(tmp_path / "two" / name / "count").read_text() for name in ("a/model", "b", "c", "d")] == [
        "1"
    ] * 4


@pytest.mark.parametrize("engine", ENGINES)
def test_a_users_mistake_comes_back_in_words_and_what_is_finished_stays(
    engine: Callable[[], Engine], tmp_path: Path
) -> None:
    steps = [
        step("a"),
        step("b", refuse, needs=("a",)),
        step("c", long, needs=("a",)),
        step("d", needs=("b",)),
    ]
    with pytest.raises(UserError, match=r"^mend this$"):
        execute(tmp_path, steps, CONTEXT, Nobody(), engine=engine())
    assert (tmp_path / "a/step.json").is_file()
    assert not (tmp_path / "c").exists()  # nobody waited for it
    assert not (tmp_path / "d").exists()


def test_a_step_that_always_loses_its_worker_is_told_ray(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lost its worker 4 times"):
        execute(tmp_path, [step("a", always_killed)], CONTEXT, Nobody(), engine=by_ray())
    assert not (tmp_path / "a").exists()


def test_what_no_machine_has_is_refused_before_anything_is_made_ray(tmp_path: Path) -> None:
    from remem.steps.engines.rays import Ray

    with pytest.raises(UserError, match="no machine of the Ray cluster has 1 CPUs, 8 GPUs"):
        execute(tmp_path, [step("a")], CONTEXT, Nobody(), engine=Ray("", needs(["train:gpus=8"]), 2))
    assert not (tmp_path / "a").exists()


BLIND = """
import sys
command = open("/proc/self/cmdline").read()
if "default_worker.py" in command or "submitit.core._submit" in command:
    class No:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] == "remem":
                raise ModuleNotFoundError(f"No module named '{name}'", name=name)
    sys.meta_path.insert(0, No())
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to tell a worker")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_worker_without_the_package_is_told_once(
    engine: Callable[[], Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLIND)  # stands for a machine where it was not installed
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}")
    with pytest.raises(UserError, match="has no remem"):
        execute(tmp_path / "run", [step("a")], CONTEXT, Nobody(), engine=engine())


@pytest.mark.slow
def test_two_drivers_on_one_folder_make_no_step_twice_slurm(tmp_path: Path) -> None:
    steps = [step("a", slow), step("b", slow)]
    runs = [
        threading.Thread(target=execute, args=(tmp_path, steps, CONTEXT, Nobody(), one))
        for one in (by_slurm(), by_slurm())
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [(tmp_path / name / "count").read_text() for name in ("a", "b")] == ["1", "1"]


def test_a_job_asks_slurm_for_what_its_step_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import submitit

    srun = tmp_path / "srun"  # submitit looks whether it is there
    srun.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    engine = Slurm(needs(["train:gpus=1,cpus=8,memory=40"]), ["partition=gpu", "time=90"], cluster="slurm")
    made = step("taught/model")
    executor = engine.executor(Job(tmp_path, made, Order(keys([made])["taught/model"], {}, "", {}), CONTEXT))
    assert isinstance(executor._executor, submitit.SlurmExecutor)
    parameters = executor._executor.parameters
    assert (parameters["cpus_per_task"], parameters["gpus_per_node"], parameters["mem"]) == (8, 1, "40GB")
    assert (parameters["partition"], parameters["time"]) == ("gpu", 90)
    assert parameters["job_name"] == "remem-taught-model"


DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from steps.engines.test_engines import CONTEXT, by_ray, step
from some_steps import long, write
from remem.steps.engines.base import Nobody
from remem.steps.execute import execute
execute(Path(sys.argv[1]), [step("a"), step("b", long)], CONTEXT, Nobody(), engine=by_ray())
"""


SHARING = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from steps.engines.test_engines import CONTEXT, by_ray, step
from some_steps import slow
from remem.steps.engines.base import Nobody
from remem.steps.execute import execute
execute(Path(sys.argv[1]), [step(name, slow) for name in "abcd"], CONTEXT, Nobody(), engine=by_ray())
"""


@pytest.mark.slow
def test_two_drivers_on_one_folder_make_no_step_twice_ray(tmp_path: Path) -> None:
    tests = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", SHARING, str(tmp_path), tests]
    drivers = [subprocess.Popen(command) for _ in range(2)]  # each with a Ray of its own
    assert [driver.wait() for driver in drivers] == [0, 0]
    assert [(tmp_path / name / "count").read_text() for name in "abcd"] == ["1"] * 4


@pytest.mark.slow
def test_a_killed_driver_leaves_no_worker_and_goes_on_ray(tmp_path: Path) -> None:
    tests = str(Path(__file__).parents[2])
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path), tests])
    while not ((tmp_path / "a").exists() and (tmp_path / "b.part").exists()):
        assert driver.poll() is None
        time.sleep(0.2)
    driver.kill()
    driver.wait()
    steps = [step("a"), step("b", long)]
    again = [steps[0], Step(name="b", work=write, settings={})]  # the same key, and done at once
    execute(tmp_path, again, CONTEXT, Nobody(), engine=by_ray())  # waits for the lock that the dead one held
    assert (tmp_path / "a/count").read_text() == "1"
    assert (tmp_path / "b/count").read_text() == "1"
