"""What stage 1 itself cost of the rest of the world, before any method ran: base against taught."""

from __future__ import annotations

from dataclasses import dataclass

from remem.report import words
from remem.report.evidence import BY_TOKEN, WORLD, gap_of_world, mean, pooled
from remem.report.read import Arm, RunRecord
from remem.report.world import shown
from remem.scoring.differences import MARGIN


@dataclass(frozen=True)
class Lost:
    """A measure of the exam of which teaching is shown to have taken a tenth of the whole or more."""

    name: str
    metric: str
    base: float | None
    taught: float | None
    by: tuple[float, float, float]  # taught less base, and its interval; of perplexity in nats a token


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
        gap = gap_of_world([taught], [base], split)
        ends = gap.ends() if gap else None
        if gap and gap.mean is not None and ends and ends[1] < 0 and gap.mean <= -MARGIN:
            before, after = (mean(pooled([one], split, metric)) for one in (base, taught))
            unit = gap.scale or 1.0  # 2 for what is left of a choice between yes and no
            by = (gap.mean / unit, ends[0] / unit, ends[1] / unit)
            found.append(Lost(name.partition(" (")[0], metric, before, after, by))
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
    levels = f"{shown(one.metric, one.base)} → {shown(one.metric, one.taught)}"
    if one.metric == "perplexity":
        return f"(perplexity {levels})"
    by, low, high = (words.score(end, 0) for end in one.by)
    return f"({levels} %: {by}, {low} to {high})"
