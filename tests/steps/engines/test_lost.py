"""A worker that died: what is known of it is said, and nothing else."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import pytest

from remem.endpoint import Failing
from remem.errors import GateFailed, UserError
from remem.steps.engines import lost
from remem.steps.engines.local import Processes
from remem.steps.execute import execute
from remem.steps.jobs import Nobody
from remem.steps.store import Step
from some_steps import always_killed, failing, odd, odd_mistake, slow


@pytest.mark.parametrize(
    ("work", "kind", "words"),
    [
        (odd, RuntimeError, "Odd: no luck"),
        (odd_mistake, UserError, "mend it"),
        (failing, Failing, "it failed"),
    ],
)
def test_what_a_worker_raises_is_read_by_its_parent_whatever_it_is(
    work: Callable[[], None], kind: type[Exception], words: str
) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool, pytest.raises(kind, match=words) as caught:
        pool.submit(lost.carry, work).result()
    assert type(caught.value) is kind
    assert getattr(caught.value, "why", "HTTP 500") == "HTTP 500"


def test_a_gate_that_failed_says_the_same_in_another_process() -> None:
    failed = GateFailed(["one", "two"], "teach longer")
    again = pickle.loads(pickle.dumps(failed))
    assert (str(again), again.lines, again.advice) == ("one\ntwo", ("one", "two"), "teach longer")


@pytest.mark.parametrize(
    ("code", "before", "now", "words"),
    [
        (-signal.SIGKILL, 3, 4, r"signal 9 \(SIGKILL\): the system did that for want of memory"),
        (-signal.SIGKILL, 3, 3, r"signal 9 \(SIGKILL\): not for want of memory"),
        (-signal.SIGKILL, None, None, "it does not say"),
        (-signal.SIGSEGV, 3, 3, r"signal 11 \(SIGSEGV\): a library crashed"),
        (-signal.SIGTERM, 3, 3, r"signal 15 \(SIGTERM\): somebody, or the system, stopped it from outside"),
        (7, 3, 3, "ended by itself, with exit status 7"),
    ],
)
def test_the_signal_is_named_and_memory_where_the_system_counts_it(
    monkeypatch: pytest.MonkeyPatch, code: int, before: int | None, now: int | None, words: str
) -> None:
    import re

    monkeypatch.setattr(lost, "kills", lambda: now)
    told = lost.said("a worker process", [code], before, "with --workers 1")
    assert re.search(words, told), told
    assert "Run the same command again to go on" in told
    assert ("--workers 1" in told) == (code != -signal.SIGTERM)


def test_who_died_first_is_told_from_those_that_were_ended_for_it() -> None:
    ended = {
        number: SimpleNamespace(exitcode=code, join=lambda timeout: None)
        for number, code in enumerate((-signal.SIGTERM, -signal.SIGKILL, -signal.SIGTERM, 0, None))
    }
    assert lost.codes(ended) == [-signal.SIGKILL]
    assert lost.codes({1: ended[0]}) == [-signal.SIGTERM]
    assert "nothing is known" in lost.said("it", lost.codes({}), 0, "")


@pytest.mark.parametrize(
    "text", ["low 0\noom 1\noom_kill 5\noom_group_kill 0\n", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"]
)
def test_the_systems_own_count_is_read_as_both_versions_of_cgroups_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "memory.events").write_text(text)
    monkeypatch.setattr(lost, "_places", lambda: [tmp_path / "absent", tmp_path / "memory.events"])
    assert lost.kills() == 5
    monkeypatch.setattr(lost, "_places", lambda: [tmp_path / "absent"])
    assert lost.kills() is None


def test_a_worker_that_is_killed_is_told_by_its_signal(tmp_path: Path) -> None:
    steps = [Step(name="a", work=always_killed, settings={}), Step(name="b", work=slow, settings={})]
    with pytest.raises(UserError, match=r"a worker process was ended by signal 9 \(SIGKILL\)"):
        execute(tmp_path, steps, SimpleNamespace(seed=0), Nobody(), Processes(2, 0))
    assert not (tmp_path / "a").exists()
