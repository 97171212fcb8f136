"""Worker processes of this machine, each with its own threads."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from remem.leaving import STOPS
from remem.steps.engines import lost
from remem.steps.jobs import Job, View

LOWER = "with --workers 1 to use less memory"


class Processes:
    """`room` workers; a message queue brings home how far they are."""

    def __init__(self, workers: int, threads: int):
        self.room, self.threads = workers, threads
        self._pool: ProcessPoolExecutor | None = None
        self._made: dict[int, Any] = {}  # the workers, also once the pool has let them go

    @contextlib.contextmanager
    def running(self, view: View) -> Iterator[None]:
        spawn = multiprocessing.get_context("spawn")
        with _undisturbed():  # half of what they share, Ctrl-C would leave the system's tracker complaining
            queue = spawn.Queue()
            workers = ProcessPoolExecutor(self.room, spawn, _begin, (queue, self.threads, os.getpid()))
        with lost.told("a worker process", self._made, LOWER), _relay(queue, view), workers as pool:
            self._pool = pool
            try:
                yield
            except BrokenProcessPool:
                raise
            except BaseException:
                # Work in progress is lost up to its last checkpoint; waiting for it could take hours.
                queue.cancel_join_thread()
                for process in list((pool._processes or {}).values()):
                    process.terminate()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def submit(self, job: Job) -> Future[None]:
        assert self._pool is not None
        with _undisturbed():
            sent = self._pool.submit(_work, job)
        self._made |= self._pool._processes or {}
        return sent


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait meanwhile: a worker that never hears what it is would print a
    traceback."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {one: signal.signal(one, lambda number, frame: came.append(number)) for one in STOPS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    if came:
        signal.raise_signal(came[0])


class _Sender:
    """The view of a worker process: passes on what it hears, at most five times a second."""

    def __init__(self, queue: Any):
        self.queue = queue
        self.last = 0.0

    def start(self, step: str) -> None:
        self.queue.put(("start", step))

    def update(self, step: str, done: int, total: int, note: str) -> None:
        now = time.monotonic()
        if now - self.last > 0.2 or done in (0, total):
            self.last = now
            self.queue.put(("update", step, done, total, note))

    def finish(self, step: str, seconds: float) -> None:
        self.queue.put(("finish", step, seconds))


_sender: _Sender | None = None


def _begin(queue: Any, threads: int, parent: int) -> None:
    from remem.steps.make import settle

    global _sender
    _sender = _Sender(queue)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    settle(threads)


def _leave_with(parent: int) -> None:
    # A killed run must not leave workers that go on writing under the feet of the next one.
    while os.getppid() == parent:
        time.sleep(0.25)
    os._exit(1)


def _work(job: Job) -> None:
    from remem.steps.make import make

    assert _sender is not None
    _sender.start(job.step.name)
    clock = time.monotonic()
    lost.carry(make, job.root, job.step, job.order, job.context, _sender)
    _sender.finish(job.step.name, time.monotonic() - clock)


@contextlib.contextmanager
def _relay(queue: Any, view: View) -> Iterator[None]:
    def listen() -> None:
        while (message := queue.get()) is not None:
            getattr(view, message[0])(*message[1:])

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield
    finally:
        queue.put(None)
        listener.join(timeout=5)
