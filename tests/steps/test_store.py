"""A step is whole or absent, done once, and never taken for another."""

from __future__ import annotations

import gc
import json
import threading
import time
import weakref
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from remem.errors import UserError
from remem.steps.engines.local import Processes
from remem.steps.execute import execute, pending
from remem.steps.store import Step, keys
from some_steps import fail, full, long, refuse, slow, write

CONTEXT = SimpleNamespace(seed=0)


class Silent:
    def start(self, step: str) -> None: ...
    def update(self, step: str, done: int, total: int, note: str) -> None: ...
    def finish(self, step: str, seconds: float) -> None: ...


def step(name: str, text: str = "x", needs: tuple[str, ...] = (), **more: Any) -> Step:
    return Step(
        name=name,
        work=write,
        settings={"learn": {"text": text}},
        needs=needs,
        arguments={"text": text},
        **more,
    )


def test_a_step_is_made_once(tmp_path: Path) -> None:
    steps = [step("a/model"), step("a/scores", needs=("a/model",))]
    execute(tmp_path, steps, CONTEXT, Silent())
    before = (tmp_path / "a/model/provenance.json").read_bytes()
    execute(tmp_path, steps, CONTEXT, Silent())
    assert (tmp_path / "a/model/provenance.json").read_bytes() == before
    assert pending(tmp_path, steps) == []


def test_other_settings_are_refused_and_named(tmp_path: Path) -> None:
    execute(tmp_path, [step("a")], CONTEXT, Silent())
    with pytest.raises(UserError, match=r'learn\.text: "x" → "y"') as error:
        execute(tmp_path, [step("a", "y")], CONTEXT, Silent())
    assert "delete that folder" in str(error.value)
    assert (tmp_path / "a/text").read_text() == "x"


def test_a_changed_input_is_refused_downstream(tmp_path: Path) -> None:
    execute(tmp_path, [step("a"), step("b", needs=("a",))], CONTEXT, Silent())
    import shutil

    shutil.rmtree(tmp_path / "a")
    with pytest.raises(UserError, match="a has changed"):
        execute(tmp_path, [step("a", "y"), step("b", needs=("a",))], CONTEXT, Silent())


def test_a_derived_step_is_redone(tmp_path: Path) -> None:
    execute(tmp_path, [step("report", derived=True)], CONTEXT, Silent())
    execute(tmp_path, [step("report", "y", derived=True)], CONTEXT, Silent())
    assert (tmp_path / "report/text").read_text() == "y"


def test_what_a_step_held_is_gone_before_the_next(tmp_path: Path) -> None:
    class Model:
        itself: Model

    seen: list[weakref.ref[Model]] = []
    alive: list[bool] = []

    def circle(folder: Path, context: object, progress: object) -> None:
        alive.extend(one() is not None for one in seen)
        model = Model()
        model.itself = model
        seen.append(weakref.ref(model))

    gc.disable()
    try:
        execute(tmp_path, [Step(name=name, work=circle, settings={}) for name in "ab"], CONTEXT, Silent())
    finally:
        gc.enable()
    assert alive == [False]


def test_keys_follow_settings_and_inputs_and_nothing_else() -> None:
    def both(text: str) -> dict[str, str]:
        return keys([step("a", text), step("b", needs=("a",))])

    assert both("x") == both("x")
    assert both("x")["a"] != both("y")["a"]
    assert both("x")["b"] != both("y")["b"]
    ordered = replace(step("c"), settings={"p": 1, "q": 2}), replace(step("c"), settings={"q": 2, "p": 1})
    assert keys([ordered[0]]) == keys([ordered[1]])


def test_a_failed_step_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    broken = Step(name="a", work=fail, settings={})
    with pytest.raises(RuntimeError):
        execute(tmp_path, [broken], CONTEXT, Silent())
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "a.part/half").exists()
    assert pending(tmp_path, [broken]) == [broken]


def test_what_an_unfinished_step_left_is_used_only_under_the_same_key(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        execute(tmp_path, [replace(step("a"), work=fail)], CONTEXT, Silent())
    (tmp_path / "a.part/count").write_text("5")
    execute(tmp_path, [step("a")], CONTEXT, Silent())  # same key: goes on
    assert (tmp_path / "a/count").read_text() == "6"
    with pytest.raises(RuntimeError):
        execute(tmp_path, [replace(step("b"), work=fail)], CONTEXT, Silent())
    (tmp_path / "b.part/count").write_text("5")
    execute(tmp_path, [step("b", "other")], CONTEXT, Silent())  # other key: from the start
    assert (tmp_path / "b/count").read_text() == "1"
    assert not (tmp_path / "b/half").exists()


def test_a_folder_of_someone_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="was not made by remem"):
        execute(tmp_path, [step("a")], CONTEXT, Silent())
    assert (tmp_path / "a/thesis.txt").exists()


def test_a_full_disk_is_said_plainly_and_costs_one_step(tmp_path: Path) -> None:
    steps = [step("a"), Step(name="b", work=full, settings={})]
    with pytest.raises(UserError, match="the disk is full: b could not be written"):
        execute(tmp_path, steps, CONTEXT, Silent())
    assert pending(tmp_path, steps) == [steps[1]]


def test_two_runs_on_one_folder_share_the_work(tmp_path: Path) -> None:
    steps = [Step(name=name, work=slow, settings={}) for name in ("a", "b")]
    runs = [threading.Thread(target=execute, args=(tmp_path, steps, CONTEXT, Silent())) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [(tmp_path / name / "count").read_text() for name in ("a", "b")] == ["1", "1"]


def test_workers_make_what_one_process_makes(tmp_path: Path) -> None:
    steps = [step("a"), step("b", "y"), step("c", needs=("a", "b")), step("d", after=("c",))]
    heard: list[str] = []
    execute(tmp_path / "one", steps, CONTEXT, Silent())
    execute(tmp_path / "two", steps, CONTEXT, Silent(), engine=Processes(2, 0), finished=heard.append)
    assert set(heard) == {"a", "b", "c", "d"}
    assert heard.index("c") > max(heard.index("a"), heard.index("b"))
    assert heard[-1] == "d"
    for name in ("a", "b", "c", "d"):
        for file in ("text", "step.json"):
            assert (tmp_path / "one" / name / file).read_bytes() == (
                tmp_path / "two" / name / file
            ).read_bytes()


def test_a_users_mistake_in_a_worker_is_the_same_message(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="mend this"):
        execute(
            tmp_path,
            [Step(name="a", work=refuse, settings={}), step("b", needs=("a",))],
            CONTEXT,
            Silent(),
            engine=Processes(2, 0),
        )
    assert not (tmp_path / "b").exists()


def test_an_error_does_not_wait_for_the_other_workers(tmp_path: Path) -> None:
    """On a real model the other worker may be hours from done."""
    steps = [Step(name="a", work=long, settings={}), Step(name="b", work=refuse, settings={})]
    clock = time.monotonic()
    with pytest.raises(UserError, match="mend this"):
        execute(tmp_path, steps, CONTEXT, Silent(), engine=Processes(2, 0))
    assert time.monotonic() - clock < 40  # seconds; the other step takes 60
    assert not (tmp_path / "a").exists()


def test_provenance_is_the_only_place_for_times(tmp_path: Path) -> None:
    execute(tmp_path, [step("a")], CONTEXT, Silent())
    record = json.loads((tmp_path / "a/provenance.json").read_text())
    assert record["seconds"] >= 0
    assert record["peak_memory_bytes"] > 0
    assert {"versions", "commit", "device", "device_name", "threads", "platform", "seeds"} <= record.keys()
    assert "seconds" not in (tmp_path / "a/step.json").read_text()
