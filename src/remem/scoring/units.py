"""What an interval counts: people or events, or the facts of a single one."""

from __future__ import annotations

from collections.abc import Iterable

from remem.scoring.metrics import all_metrics
from remem.scoring.stats import SHARE, Bounds, Unit
from remem.types import Item


def unit(items: Iterable[Item]) -> Unit:
    """ "events" where every item asks for a scene, else "people"."""
    asked = [item.target != item.person for item in items]
    return "events" if asked and all(asked) else "people"


def scale(metric: str) -> Bounds:
    """The ends of a metric's scale; what is no metric of this house (a judge's score) is a share."""
    return next(((one.low, one.high) for one in all_metrics() if one.key == metric), SHARE)
