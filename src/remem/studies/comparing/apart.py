"""Does a method differ from another arm, is it like it, or can this run not say? One answer per measure.

Differences and what varies in them: scoring/differences.py. A p-value is that of the interval that just
reaches 0; with three seeds an exact test of signs cannot fall below 0.25, so p is a model's, with few degrees
of freedom, and there is none with one seed. All that is tested on a page is one family, corrected by Holm
(Scandinavian Journal of Statistics 1979), which holds whatever the tests have in common.

Not differing is no proof of being alike: that needs an interval within `MARGIN`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from remem.scoring.differences import MARGIN, Difference

ALPHA = 0.05
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Result:
    """A difference and what can be said of it."""

    found: Difference
    p: float | None  # corrected; None where the seeds allow none

    @property
    def differs(self) -> bool:
        return self.p is not None and self.p < ALPHA

    @property
    def alike(self) -> bool:
        scale = self.found.scale
        return scale is not None and self.found.within(MARGIN * scale, ALPHA)


def results(family: Mapping[Key, Difference]) -> dict[Key, Result]:
    """Everything that is tested together, corrected together."""
    p = {key: value for key, one in family.items() if (value := one.p()) is not None}
    corrected = dict(zip(p, holm(list(p.values())), strict=True))
    return {key: Result(one, corrected.get(key)) for key, one in family.items()}


def holm(p: Sequence[float]) -> list[float]:
    """Corrected p-values, in the order given: one of true nulls is below alpha with that chance at most."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    corrected, highest = [1.0] * len(p), 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - place) * p[i]))
        corrected[i] = highest
    return corrected
