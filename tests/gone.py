"""Evidence after which everything is gone without a trace, and differences with known intervals."""

from __future__ import annotations

from remem.scoring.estimate import Estimate
from remem.scoring.evidence import Evidence, Seen


class Between:
    """A difference with a known 90 % interval; asked for another level, or another margin, it fails."""

    def __init__(self, low: float, high: float, mean: float = 0.0):
        self.low, self.high, self.mean = low, high, mean

    def ends(self, level: float = 0.95) -> tuple[float, float]:
        assert level == 0.9
        return self.low, self.high

    def within(self, margin: float, alpha: float = 0.05) -> bool:
        assert (margin, alpha) == (0.1, 0.05)
        return -margin < self.low and self.high < margin


class Untold:
    """A difference of which there is no interval."""

    mean = 0.0

    def ends(self, level: float = 0.95) -> None:
        return None

    def within(self, margin: float, alpha: float = 0.05) -> bool:
        return False


NIL = Between(-0.01, 0.01)


def seen(ours: float, goal: float | None = 0.0, taught: float | None = 1.0, gap: object = NIL) -> Seen:
    return Seen(ours=Estimate(mean=ours), goal=goal, taught=taught, gap=gap)  # type: ignore[arg-type]


def stays(ours: float, gap: object = NIL, taught: float = 1.0, goal: float | None = 1.0) -> Seen:
    return seen(ours, goal, taught, gap)


# Gone without a trace: every number is the Goal models'.
GONE = Evidence(
    said=seen(0.0), rouge=seen(0.5, 0.5), refused=seen(0.0), degenerate=seen(0.0),
    exposure=seen(0.0), probability=seen(0.0), membership=seen(0.5, 0.5),
    kept={"other people": stays(1.0)}, world={"things": stays(1.0)}, goals=2, seeds=2,
)  # fmt: skip
