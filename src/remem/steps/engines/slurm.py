"""SLURM through submitit: every step is a job of its own, on any machine that sees the run folder."""

from __future__ import annotations

import contextlib
import importlib.util
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from remem.errors import UserError
from remem.jsonfile import whole
from remem.steps.engines.base import RETRIES, Resources, job_of, lacks_remem
from remem.steps.jobs import Job, View, kind_of

JOBS = 64  # at once; the others wait here and not in SLURM's queue


class Slurm:
    """`settings` are submitit's (`partition=gpu`, `account=...`, `time=240` in minutes)."""

    def __init__(self, need: Mapping[str, Resources], settings: Sequence[str] = (), cluster: str = "slurm"):
        if importlib.util.find_spec("submitit") is None:
            raise UserError('--on slurm needs submitit: pip install "remem[slurm]"')
        self.need, self.cluster, self.room = need, cluster, JOBS
        self.settings = _settings(settings)
        self._view: View | None = None
        self._jobs: list[Any] = []

    @contextlib.contextmanager
    def running(self, view: View) -> Iterator[None]:
        import shutil

        if self.cluster == "slurm" and shutil.which("sbatch") is None:
            raise UserError("--on slurm: there is no sbatch here. Run this on a machine that submits jobs.")
        self._view = view
        try:
            yield
        except BaseException:
            for job in self._jobs:  # what runs would write on for a run that has ended
                with contextlib.suppress(Exception):
                    job.cancel()
            raise

    def executor(self, job: Job) -> Any:
        """submitit's, with what this step needs."""
        import submitit

        one = self.need[kind_of(job.step.name)]
        made = submitit.AutoExecutor(folder=job.root / ".slurm", cluster=self.cluster)
        how: dict[str, Any] = {
            "name": f"remem-{job.step.name.replace('/', '-')}",
            "cpus_per_task": one.cpus,
            "timeout_min": 24 * 60,
        }
        if one.gpus:
            how["gpus_per_node"] = int(-(-one.gpus // 1))  # SLURM gives whole cards
        if one.memory:
            how["mem_gb"] = one.memory
        try:
            made.update_parameters(**how | self.settings)
        except (NameError, TypeError, ValueError) as problem:
            raise UserError(f"--slurm: {problem}") from problem
        return made

    def submit(self, job: Job) -> Future[None]:
        assert self._view is not None
        self.executor(job)  # a setting that cannot be is an error now
        view, future = self._view, Future[None]()
        view.start(job.step.name)

        def follow() -> None:
            try:
                self._follow(job, view)
                future.set_result(None)
            except BaseException as problem:
                future.set_exception(problem)

        # Nobody waits for these when the run ends with an error: a job may take hours to be cancelled.
        threading.Thread(target=follow, daemon=True).start()
        return future

    def _follow(self, job: Job, view: View) -> None:
        from submitit.core.utils import FailedJobError, FailedSubmissionError, UncompletedJobError

        clock = time.monotonic()
        threads = self.need[kind_of(job.step.name)].cpus
        for attempt in range(RETRIES + 1):
            try:
                sent = self.executor(job).submit(job_of, job, threads)
                self._jobs.append(sent)
                problem = sent.result()
            except FailedSubmissionError as error:
                raise UserError(f"SLURM did not take the job of {job.step.name}: {error}") from error
            except FailedJobError as error:
                if lacks_remem(str(error)):
                    raise UserError(
                        "a SLURM job has no remem: install the same version in the same place everywhere"
                    ) from error
                raise  # the step itself failed: again would be the same
            except UncompletedJobError as error:  # its machine was lost, or killed it
                if attempt == RETRIES:
                    said = str(error).strip().splitlines()[0]
                    raise UserError(
                        f"the job of {job.step.name} was lost {RETRIES + 1} times: {said} "
                        f"Its output is under {job.root / '.slurm'}."
                    ) from error
                continue
            if problem:
                raise UserError(problem)
            view.finish(job.step.name, time.monotonic() - clock)
            return


def _settings(asked: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    told: set[str] = set()
    for one in asked:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise UserError(f"--slurm {one}: write it as partition=gpu")
        if name in told:
            raise UserError(f"--slurm says twice what {name} is: say it once")
        told.add(name)
        number: Any = value if (read := whole(value)) is None else read
        if name in ("time", "timeout_min"):
            if not isinstance(number, int) or number < 1:
                raise UserError(f"--slurm {one}: write it in minutes, as time=240")
            found["timeout_min"] = number
        else:
            found[name if name.startswith("slurm_") else f"slurm_{name}"] = number
    return found
