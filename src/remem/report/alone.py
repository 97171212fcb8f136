"""One forget set, or one task, of a run that forgets several, as if it were its only one."""

from dataclasses import replace

from remem.report.read import RunRecord


def of_size(run: RunRecord, size: str) -> RunRecord:
    """The run as if this forget set of several were its only one: its arms and those that all share."""
    return replace(_alone(run, size, run.sizes), forget=size, sizes=(), part=size)


def of_task(run: RunRecord, task: str) -> RunRecord:
    """The run as if this task of people in events were its only one; its splits lose the task's name."""
    return replace(
        _alone(run, task, run.tasks), forget="forget_train", tasks=(), part=task, split=f"{task}_forget_train"
    )


def _alone(run: RunRecord, name: str, every: tuple[str, ...]) -> RunRecord:
    others = tuple(f"{other}_" for other in every if other != name)
    arms = {}
    for arm in run.arms.values():
        if arm.task in ("", name):
            estimates = {
                (split.removeprefix(f"{name}_"), kind, metric): found
                for (split, kind, metric), found in arm.estimates.items()
                if not split.startswith(others) and split not in set(every) - {name}
            }
            record = replace(arm.record, name=arm.short, task="")
            arms[arm.short] = replace(arm, record=record, name=arm.short, estimates=estimates)
    return replace(run, arms=arms)
