"""What each arm cost. Times are the only numbers of a run that do not come out the same twice."""

from dataclasses import dataclass

from remem.report.read import RunRecord


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
    retraining = _seconds(goal.provenance.get("model", {})) if goal else None
    found = []
    for name, arm in run.arms.items():
        model = arm.provenance.get("model", {}) if arm.role != "base" else {}
        rest = [
            s for step in ("responses", "scores") if (s := _seconds(arm.provenance.get(step, {}))) is not None
        ]
        seconds = _seconds(model)
        peaks = [p for record in arm.provenance.values() if (p := record.get("peak_memory_bytes"))]
        where = [
            d
            for record in arm.provenance.values()
            if (d := record.get("device_name") or record.get("device"))
        ]
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


def _seconds(record: dict[str, object]) -> float | None:
    seconds = record.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else None
