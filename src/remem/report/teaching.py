"""What stage 1 itself cost of the rest of the world, before any method ran: base against taught."""

from __future__ import annotations

from dataclasses import dataclass

from remem.report.evidence import BOUNDS, BY_TOKEN, WORLD, mean, pooled
from remem.report.read import Arm, RunRecord
from remem.report.world import shown
from remem.scoring.differences import MARGIN, Difference, difference


@dataclass(frozen=True)
class Lost:
    """A measure of the exam that teaching shows to have lowered by a tenth of its scale or more."""

    name: str
    metric: str
    base: float | None
    taught: float | None
    gap: Difference  # taught less base, question by question, as a share of what is left


def lost(run: RunRecord) -> list[Lost]:
    """In the order of the exam. None without a base and a taught model that were both asked; and none of a
    measure by the token where the two cut texts up differently."""
    base, taught = (_first(run, role) for role in ("base", "taught"))
    if base is None or taught is None:
        return []
    found = []
    for (split, metric), (name, _) in WORLD.items():
        if metric in BY_TOKEN and base.tokenizer != taught.tokenizer:
            continue
        gap = _gap(base, taught, split)
        ends = gap.ends() if gap else None
        if gap and gap.mean is not None and ends and ends[1] < 0 and gap.mean <= -MARGIN:
            before, after = (mean(pooled([one], split, metric)) for one in (base, taught))
            found.append(Lost(name.partition(" (")[0], metric, before, after, gap))
    return found


def sentence(found: list[Lost]) -> str:
    """What was lost, in words; "" where nothing was."""
    if not found:
        return ""
    told = "; ".join(f"{one.name} {_told(one)}" for one in found)
    return (
        f"Teaching itself cost the model {told}: methods are held against the taught model, which lacks it."
    )


def _first(run: RunRecord, role: str) -> Arm | None:
    return next((one for one in run.arms.values() if one.role == role), None)


def _told(one: Lost) -> str:
    if one.metric == "perplexity":
        return f"(perplexity {shown(one.metric, one.base)} → {shown(one.metric, one.taught)})"
    ends = one.gap.ends()
    assert one.gap.mean is not None  # nothing else is told as lost
    assert ends is not None
    scale = one.gap.scale or 1.0  # 2 for what is left of a choice between yes and no, in points of accuracy
    by, low, high = (f"{100 * end / scale:+.0f}".replace("-", "−") for end in (one.gap.mean, *ends))
    return f"({shown(one.metric, one.base)} → {shown(one.metric, one.taught)} %: {by}, {low} to {high})"


def _gap(base: Arm, taught: Arm, split: str) -> Difference | None:
    before, after = base.world(split), taught.world(split)
    if not before or not after:
        return None
    whom = {id: group for id, (group, _) in (before | after).items()}
    then, now = ({id: value for id, (_, value) in one.items()} for one in (before, after))
    return difference([now], [then], whom, whom, bounds=BOUNDS[split], others="base")
