"""What a metric is: a pure function over stored answers, with its unit, its scale and its goal."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, ParamSpec

from remem.types import Item, Ranking, Response

Goal = Literal["higher", "lower", "as retrained"]
Role = Literal["keep", "forget"]

P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True)
class Metric(Generic[P]):
    """One number about one answer (item, response), one ranking of candidate values, or two sets of answers.

    Calling it gives a finite number, or None where the metric is not defined: missing is never 0, never NaN.
    """

    key: str  # its column in scores.parquet and its name in summary.json
    title: str  # of its column on the report
    unit: str  # in words: "share of items", "bits"
    source: str  # the paper, where there is one
    function: Callable[P, float | None]  # pure; None: not defined for this answer
    low: float | None = 0.0  # the ends of the scale; None: unbounded
    high: float | None = 1.0
    goal: Goal = "higher"  # on people who must stay known
    forget_goal: Goal = (
        "as retrained"  # on people who must be forgotten: neither more nor less than the Goal model
    )
    # What a model earns that knows some of so many candidates, the right one not, and guesses among the rest.
    expected: Callable[[int, int], float] | None = None  # (size, known): rankings only

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> float | None:
        value = self.function(*args, **kwargs)
        # A diverged model has NaN or infinite log-probs; one such row must not swallow a mean.
        return value if value is not None and math.isfinite(value) else None

    def chance(self, size: int) -> float | None:
        """What guessing earns among `size` candidates, in the metric's unit; None: no such level."""
        return self.expected(size, 0) if self.expected else None

    def goal_for(self, role: Role) -> Goal:
        """The goal on people who must stay ("keep") or go ("forget")."""
        return self.forget_goal if role == "forget" else self.goal


AnswerMetric = Metric[[Item, Response]]
RankingMetric = Metric[[Ranking]]
SetMetric = Metric[[Sequence[Response], Sequence[Response]]]
