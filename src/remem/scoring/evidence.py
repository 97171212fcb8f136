"""What a verdict reads of one method: every number beside the taught model's and the Goal models'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Protocol

from remem.scoring.estimate import Estimate

TAUGHT = 0.1  # teaching must have added this much, or there is nothing to forget, or to keep
SHIELD = 0.1  # at most so much of a loss that the Goal models have, too, is not charged


class Spanned(Protocol):
    """A mean with its interval."""

    @property
    def mean(self) -> float | None: ...
    def ends(self, level: float = 0.95) -> tuple[float, float] | None: ...


class Gap(Spanned, Protocol):
    """A difference with its spread (scoring/differences.py)."""

    def within(self, margin: float, alpha: float = 0.05) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One measure, from 0 to 1; None where it was not measured."""

    ours: Estimate | None = None  # mean over the method's seeds
    taught: float | None = None  # where it started
    goal: float | None = None  # mean over the Goal models
    strangers: float | None = None  # where there is no Goal model: the same model on people nobody taught it
    gap: Gap | None = None  # to the Goal models on what is forgotten, to the taught model on what stays

    @property
    def mean(self) -> float | None:
        return self.ours.mean if self.ours else None

    @property
    def least(self) -> float | None:
        """Of who never knew: the Goal models, else what is said of strangers."""
        return self.strangers if self.goal is None else self.goal

    @property
    def yard(self) -> float | None:
        """What of something that should stay is asked of a method.

        What the taught model had, less what the Goal models lost, too, up to SHIELD. None without the taught
        model, or where it had next to nothing: a share of that is noise.
        """
        if self.taught is None or self.taught < TAUGHT:
            return None
        return max(min(self.taught, self.taught if self.goal is None else self.goal), self.taught - SHIELD)

    def ends(self) -> Iterator[Seen]:
        """The same with the value at an end of its interval."""
        for end in (self.ours.low, self.ours.high) if self.ours else ():
            if end is not None:
                yield replace(self, ours=Estimate(mean=end))


@dataclass(frozen=True)
class _At:
    """An estimate whose mean lies at an end of its interval."""

    mean: float
    whole: Spanned

    def ends(self, level: float = 0.95) -> tuple[float, float] | None:
        return self.whole.ends(level)


@dataclass(frozen=True, kw_only=True)
class Returned:
    """The worst of the attacks with one kind of access, by one measure (scoring/worst.py, recovered.py)."""

    access: str  # "queries", "gradients", "hidden states", "weights"
    measure: str  # "exact match", "exposure"
    setting: str  # the one that was chosen most often
    ours: float  # after the attack
    goal: float  # the Goal models' after the same attack
    control: str = "goal"  # or "strangers": where there is no Goal model, what it brings out of nothing
    gap: Gap | None = None  # ours less theirs
    share: Spanned | None = None  # of what teaching added, beyond the Goal models'; None: nothing to recover
    back: Spanned | None = None  # of it, what was not there without the attack

    @property
    def brought(self) -> float | None:
        """What an attack brings back, and no more than lies above the Goal models'."""
        sides = [one.mean for one in (self.share, self.back) if one is not None and one.mean is not None]
        return min(sides) if len(sides) == 2 else None

    def ends(self) -> Iterator[Returned]:
        """The same with what is recovered, or brought back, at an end of its interval."""
        for name, one in (("share", self.share), ("back", self.back)):
            for end in (one.ends() or ()) if one is not None else ():
                assert one is not None
                yield replace(self, **{name: _At(end, one)})  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that was measured of one method (one target of it, where it forgets several)."""

    said: Seen = field(default_factory=Seen)  # the value stands in the answer, on the forget set
    again: Seen = field(default_factory=Seen)  # the same in words and on pictures that were not unlearnt
    rouge: Seen = field(default_factory=Seen)  # ROUGE-L F1 with the true answers there
    refused: Seen = field(default_factory=Seen)  # share of the answers there
    degenerate: Seen = field(default_factory=Seen)  # empty or repeating
    exposure: Seen = field(default_factory=Seen)  # share of its maximum
    probability: Seen = field(default_factory=Seen)  # of the true answers, per token
    membership: Seen = field(default_factory=Seen)  # AUC against people who were never taught
    kept: Mapping[str, Seen] = field(default_factory=dict)  # kind of what stays -> exact match
    kept_refused: float | None = None  # share of the answers about what stays
    world: Mapping[str, Seen] = field(default_factory=dict)  # what nobody taught here -> share that is left
    back: Mapping[str, Returned] = field(default_factory=dict)  # of each access and measure; none: no attack
    untried: tuple[str, ...] = ()  # kinds of access that no attack had
    unread: str = "not tested"  # why nothing is known of what comes back, where that is so
    name: str = "exact match"  # of what tells that it is said
    chance: float | None = None  # exposure of a rank that is drawn at random
    expected: float | None = None  # exposure of who knows the others' values, and nothing of these
    rehearsed: bool = False  # what stays is told by rows that were rehearsed: there are no others
    seeds: int = 1
    goals: int = 0  # Goal models
    diverged: int = 0  # how many of the seeds
    divergence: str = ""  # the first one's step and reason
    broken: str = ""  # of a model that was made elsewhere: what is wrong with it

    @property
    def floor(self) -> float | None:
        """Exposure of a model that never saw them: measured, else expected, else guessed."""
        return next(
            (one for one in (self.exposure.least, self.expected, self.chance) if one is not None), None
        )

    def moved(self) -> Iterator[Evidence]:
        """The evidence with one number at a time at an end of its interval."""
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, Seen):
                yield from (replace(self, **{one.name: end}) for end in value.ends())  # type: ignore[arg-type]
            elif isinstance(value, Mapping):
                for key, seen in value.items():
                    for end in seen.ends():
                        yield replace(self, **{one.name: {**value, key: end}})  # type: ignore[arg-type]
