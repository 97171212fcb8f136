"""Which trial wins: a rule that is written down before anything is run.

The lowest exact match on the forget set, ties broken by the lowest exposure, among those whose exact match on
taught people and facts that they never rehearsed is 0.85 or more: what a method goes over, it keeps anyway.

Why not one weighted sum: its weights decide the outcome and nobody can defend them. Why forgetting first and
not the distance to the Goal model: methods may not look at what retraining gives, which is what they are
there to save.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remem.errors import UserError, unknown
from remem.run.tasks import KEPT
from remem.scoring.metrics import all_metrics
from remem.settings import within

OF_THE_WORLD = ("real", "world-fact", "general", "utility")
SPLITS = ("forget", "retain", "test-forget", "test-retain", *KEPT, *OF_THE_WORLD)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Lowest of `lower`, the first before the second and so on, among trials whose `keep` is high enough."""

    lower: tuple[str, ...] = ("forget:em", "forget:exposure_norm")  # split:metric, as in summary.json
    keep: str = "kept:em"
    at_least: float = 0.85
    tie: float = 0.0  # values this close to the lowest count as equal, and the next measure decides

    def __post_init__(self) -> None:
        within("--at-least", self.at_least, 0, 1)
        within("--tie", self.tie, 0)
        if not self.lower:
            raise UserError("--lower names no measure: give at least one, as in --lower forget:em")
        for measure in self.measures:
            split, _, metric = measure.partition(":")
            if split not in SPLITS:
                raise unknown(f"split of the measure {measure}", split, SPLITS)
            if metric not in (known := {one.key for one in all_metrics()} | {"accuracy", "utility"}):
                raise unknown(f"metric of the measure {measure}", metric, known)

    @property
    def measures(self) -> tuple[str, ...]:
        return (*self.lower, self.keep)

    @property
    def of_the_world(self) -> bool:
        """Whether it needs the exam about the rest of the world."""
        return any(measure.partition(":")[0] in OF_THE_WORLD for measure in self.measures)

    def words(self) -> str:
        first, *rest = self.lower
        ties = "".join(f", ties broken by the lowest {one}" for one in rest)
        near = f" (within {self.tie:g} counts as a tie)" if self.tie else ""
        return (
            f"the lowest {first}{ties}{near}, among those that keep {self.keep} at {self.at_least:g} or more"
        )


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One setting of one method, and what came of it: means over the seeds."""

    name: str
    method: str
    point: Mapping[str, float]  # what was searched
    measured: Mapping[str, float | None]  # by measure of the rule
    diverged: bool = False
    seconds: float = 0.0  # of training


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The winner among a method's trials."""

    trial: Trial
    kept: bool  # False: no trial kept enough, and this one kept most
    why: str


def choose(trials: Sequence[Trial], rule: Rule) -> Choice | None:
    """The trial that the rule picks, in the order in which they were tried where everything is equal.

    A trial that diverged, or whose measures are missing, cannot win; None when no trial can. Where none keeps
    enough, the one that keeps most is taken and says so.
    """
    sound = [one for one in trials if not one.diverged and None not in one.measured.values()]
    if not sound:
        return None
    enough = [one for one in sound if _of(one, rule.keep) >= rule.at_least]
    if not enough:
        best = max(sound, key=lambda one: _of(one, rule.keep))
        return Choice(trial=best, kept=False, why=f"none keeps {rule.keep} at {rule.at_least:g}: keeps most")
    left, why = enough, f"{len(enough)} of {len(trials)} keep enough"
    for measure in rule.lower:
        lowest = min(_of(one, measure) for one in left)
        left = [one for one in left if _of(one, measure) <= lowest + rule.tie]
        why += f"; lowest {measure}: {len(left)}"
        if len(left) == 1:
            break
    if len(left) > 1:
        why += "; of these the one that keeps most"
    best = max(left, key=lambda one: _of(one, rule.keep))  # the first of equals
    return Choice(trial=best, kept=True, why=why)


def front(trials: Sequence[Trial], rule: Rule) -> list[Trial]:
    """The trials that no other beats: no other forgets more and keeps as much, or the other way round."""
    sound = [one for one in trials if not one.diverged and None not in one.measured.values()]

    def ends(one: Trial) -> tuple[float, float]:
        return _of(one, rule.lower[0]), -_of(one, rule.keep)

    return [one for one in sound if not any(_beats(ends(other), ends(one)) for other in sound)]


def _beats(ours: tuple[float, float], theirs: tuple[float, float]) -> bool:
    return ours != theirs and all(a <= b for a, b in zip(ours, theirs, strict=True))


def _of(trial: Trial, measure: str) -> float:
    value = trial.measured[measure]
    assert value is not None
    return value
