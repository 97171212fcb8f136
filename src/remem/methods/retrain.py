"""Retraining without the forget set: the Goal model as an arm of its own. The yardstick, not a competitor.

Bourtoule et al. Machine Unlearning. IEEE S&P 2021. arXiv:1912.03817. "Goal" in PEBench, arXiv:2503.12545.
Departure from the paper: none. The Goal model of the run is copied, not taught again, so that every seed of
this arm is the same model; what it cost is written beside `goal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from remem.methods.needs import Need

if TYPE_CHECKING:
    from remem.methods.base import Bench
    from remem.models.huggingface import Model


@dataclass(frozen=True, kw_only=True)
class Retrain:
    uses: ClassVar[frozenset[Need]] = frozenset({"goal"})

    def edit(self, bench: Bench) -> Model:
        return bench.goal()
