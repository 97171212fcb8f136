"""What each arm cost. Times are the only numbers of a run that do not come out the same twice."""

from dataclasses import dataclass

from remem.report.read import Arm, RunRecord
from remem.steps.provenance import Provenance


@dataclass(frozen=True, kw_only=True)
class Cost:
    arm: str
    label: str
    seconds: float | None  # of training (the step "model")
    asking: float | None  # seconds of responses and scores
    share: float | None  # of the goal model's training seconds: what retraining would have cost
    peak_memory_bytes: int | None
    device: str


def costs(run: RunRecord, labels: dict[str, str]) -> list[Cost]:
    goal = run.goal
    retraining = _made(goal, "model").seconds if goal else None
    found = []
    for name, arm in run.arms.items():
        rest = [s for step in ("responses", "scores") if (s := _made(arm, step).seconds) is not None]
        seconds = _made(arm, "model").seconds if arm.role != "base" else None
        peaks = [p for record in arm.provenance.values() if (p := record.peak_memory_bytes)]
        where = [record.machine for record in arm.provenance.values() if record.machine]
        found.append(
            Cost(
                arm=name,
                label=labels[name],
                seconds=seconds,
                asking=sum(rest) if rest else None,
                share=seconds / retraining if seconds is not None and retraining else None,
                peak_memory_bytes=max(peaks, default=None),
                device=where[0] if where else "",
            )
        )
    return found


def _made(arm: Arm, step: str) -> Provenance:
    return arm.provenance.get(step, Provenance())
