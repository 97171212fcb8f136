"""Where steps are made: in this process, in worker processes, on a Ray cluster, by SLURM.

An engine is given steps that are ready and gives back futures; which step is ready, what is done already and
what an error means is `execute`'s alone. Steps lock their folder, so any number of runs may share one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remem.errors import UserError, unknown
from remem.steps import parallel
from remem.steps.engines.base import Engine, Resources, job_of, needs
from remem.steps.jobs import kind_of

LOCAL, RAY, SLURM = "local", "ray", "slurm"

__all__ = ["Engine", "Resources", "engine", "job_of", "kind_of", "needs"]


def engine(
    on: str, workers: int = 1, threads: int = 0, need: Sequence[str] = (), slurm: Sequence[str] = ()
) -> Engine | None:
    """The engine of `--on`; None for this process. UserError for an unknown or missing one.

    "local"; "ray" (a cluster of this machine), "auto" or "ray://host:port" (one that is there); "slurm".
    """
    found: Mapping[str, Resources] = needs(need)
    if on != LOCAL and parallel.world() > 1:
        raise UserError(
            f"--on {on}: {parallel.world()} processes share each step of this run already. Leave --on out, "
            "or start remem once, without accelerate launch or torchrun"
        )
    for option, given, idle in (("--slurm", slurm, (LOCAL, RAY)), ("--need", need, (LOCAL,))):
        if given and on in idle:
            raise UserError(
                f"{option} {given[0]} is of no use with --on {on}: leave it out, or say --on slurm"
            )
    if on == LOCAL:
        from remem.steps.engines.local import Processes

        return None if workers <= 1 else Processes(workers, threads)
    if on in (RAY, "auto") or on.startswith("ray://"):
        from remem.steps.engines.rays import Ray

        return Ray("" if on == RAY else on, found, workers)
    if on == SLURM:
        from remem.steps.engines.slurm import Slurm

        return Slurm(found, slurm)
    raise unknown("engine", on, (LOCAL, RAY, "auto", "ray://host:port", SLURM))
