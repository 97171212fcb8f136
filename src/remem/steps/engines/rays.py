"""A Ray cluster, of this machine or elsewhere: Ray finds each step a place and replaces lost workers."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from remem.errors import UserError
from remem.steps.engines.base import RETRIES, Resources, job_of, lacks_remem
from remem.steps.jobs import Job, View, kind_of

LOST = ("WorkerCrashedError", "OutOfMemoryError", "NodeDiedError", "LocalRayletDiedError")
STORE_BYTES = 100 << 20  # Ray's own memory for objects: a step passes a few kilobytes


class Ray:
    """Steps as tasks with resources. A worker that dies costs its step, which is made again where it was."""

    def __init__(self, address: str, need: Mapping[str, Resources], workers: int = 0):
        if importlib.util.find_spec("ray") is None:
            raise UserError('--on ray needs Ray, here and on every machine: pip install "remem[ray]"')
        self.address, self.need, self.workers = address, need, workers
        self.room = 1 << 20  # Ray makes them wait
        self._view: View | None = None

    @contextlib.contextmanager
    def running(self, view: View) -> Iterator[None]:
        import ray

        self._view = view
        settings: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
        if self.address:
            settings["address"] = self.address
        else:
            settings |= {
                "num_cpus": self._cpus(),
                "object_store_memory": STORE_BYTES,
                "include_dashboard": False,
            }
        mine = not ray.is_initialized()
        try:
            if mine:
                ray.init(**settings)
        except (ConnectionError, RuntimeError, ValueError) as problem:
            raise UserError(
                f"there is no Ray cluster at {self.address or 'this machine'}: {problem}"
            ) from problem
        try:
            self._check()
            yield
        finally:
            if mine:
                ray.shutdown()

    def _cpus(self) -> int:
        """Of a cluster of this machine: one a worker, and enough for the largest step, if they are there."""
        return max(self.workers, min(os.cpu_count() or 1, max(one.cpus for one in self.need.values())))

    def _check(self) -> None:
        """UserError, before anything is made, for a step that no machine of the cluster has room for."""
        import ray

        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        for kind, one in self.need.items():
            wanted = {"CPU": one.cpus, "GPU": one.gpus, "memory": one.memory * 2**30}
            if not any(all(node.get(name, 0) >= much for name, much in wanted.items()) for node in nodes):
                asked = f"{one.cpus} CPUs, {one.gpus:g} GPUs and {one.memory:g} GiB"
                raise UserError(
                    f"no machine of the Ray cluster has {asked} "
                    f"for a step of kind {kind}: ask for less with --need {kind}:cpus=1,gpus=0"
                )

    def submit(self, job: Job) -> Future[None]:
        import ray

        assert self._view is not None
        one = self.need[kind_of(job.step.name)]
        task = ray.remote(job_of).options(
            name=f"remem {job.step.name}",
            num_cpus=one.cpus,
            num_gpus=one.gpus,
            memory=int(one.memory * 2**30) or None,
            max_retries=RETRIES,
        )
        view, clock = self._view, time.monotonic()
        view.start(job.step.name)
        future: Future[None] = Future()

        def ended(answer: Future[str]) -> None:
            problem = answer.exception()
            if problem is not None:
                future.set_exception(told(problem))
            elif answer.result():
                future.set_exception(UserError(answer.result()))
            else:
                view.finish(job.step.name, time.monotonic() - clock)
                future.set_result(None)

        task.remote(job, one.cpus).future().add_done_callback(ended)
        return future


def told(problem: BaseException) -> BaseException:
    """What Ray raised, in words where the user can mend it."""
    text = str(problem)
    if lacks_remem(text):
        return UserError(
            "a worker of the Ray cluster has no remem: install the same version on every machine, or send it "
            "along with ray job submit --runtime-env"
        )
    if type(problem).__name__ in LOST:
        return UserError(
            f"a step lost its worker {RETRIES + 1} times{_why(problem)}: {text.strip().splitlines()[0]} "
            "Run the same command again to go on, or ask for more with --need"
        )
    return problem


def _why(problem: BaseException) -> str:
    """What Ray knows of why, by the kind of what it raised."""
    name = type(problem).__name__
    if name == "OutOfMemoryError":
        return ", which Ray ended for want of memory"
    return ", with its whole machine" if name != "WorkerCrashedError" else ""
