"""What a run's files say of one method, as a verdict reads it: means, and differences item by item."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from remem.errors import UserError
from remem.report import taken
from remem.report.attacked import Attacked
from remem.report.floor import Floor
from remem.report.membership import Membership
from remem.report.read import Arm, Data, RunRecord
from remem.run.settings import restore
from remem.run.tasks import tasks
from remem.scoring.differences import Difference, difference
from remem.scoring.estimate import Estimate
from remem.scoring.evidence import Evidence, Seen
from remem.scoring.facts import fact
from remem.scoring.units import scale
from remem.training.outcome import Ended
from remem.types import Item

BY_TOKEN = ("probability", "perplexity")  # measures that depend on how a text is cut up
ATTACK = "loss_auc"  # the membership attack that verdicts read
AGAIN = ("forget_test", "test-forget")  # what asks for the same targets in other words, on other pictures
KEPT = {  # what should stay, never rehearsed
    "kept-same": "other questions",
    "kept-facts": "other facts",
    "kept-people": "other people",
    "test-retain": "held out",
    "neighbours": "neighbours",
    "scope": "same pictures",
}
REHEARSED = {"retain": "rehearsed rows"}  # all that tells of it where the data set has nothing else
WORLD = {  # (split, metric) of the exam -> its name, and what is left of it as a share
    ("real", "em"): ("people known before", lambda mean: mean),
    ("general", "em"): ("general knowledge", lambda mean: mean),
    ("world-fact", "accuracy"): ("things in pictures", lambda mean: max(0.0, 2 * mean - 1)),
    ("plain", "perplexity"): ("plain language (1/perplexity)", lambda mean: 1 / mean if mean else 0.0),
}
BOUNDS = {
    "real": (0.0, 1.0),
    "general": (0.0, 1.0),
    "world-fact": (-1.0, 1.0),
    "plain": (None, None),
}  # values
KINDS = {"who": "names", "scene": "scenes"}  # of questions about people in events
SAID = {"scene": "keyword_recall"}  # what tells that an answer says it, by kind of question; else exact match


@dataclass(frozen=True)
class Look:
    """One kind of question of a run's only forget set, and the ids of its parts."""

    run: RunRecord
    data: Data
    kind: str  # "all", or a question type of the data
    parts: Mapping[str, Sequence[str]]  # name in the summaries -> item ids; none where it cannot be told
    told: Membership  # of the forget set
    attacked: Attacked  # about it
    floor: Floor  # where there is no Goal model

    @property
    def said(self) -> str:
        """The metric that tells whether an answer says it."""
        return SAID.get(self.kind, "em")

    def asking(self, kind: str) -> Look:
        return replace(self, kind=kind)

    def seen(self, arms: Sequence[Arm], split: str, metric: str, stays: bool = False) -> Seen:
        """A measure of a method's seeds, beside the taught and the Goal models'."""
        run = self.run
        taught = [arm for arm in run.arms.values() if arm.role == "taught"]
        taught, goals = (self._comparable(arms, side, metric) for side in (taught, run.goals))
        found = pooled(arms, split, metric, self.kind)
        return Seen(
            ours=found,
            taught=mean(pooled(taught, split, metric, self.kind)),
            goal=mean(pooled(goals, split, metric, self.kind)),
            strangers=None if stays or found is None else self._of_strangers(arms, split, metric),
            gap=self.gap(arms, taught if stays else goals, split, metric) if found else None,
        )

    def _comparable(self, arms: Sequence[Arm], others: Sequence[Arm], metric: str) -> list[Arm]:
        """The others; of models that cut texts up otherwise no measure by token can be compared."""
        cut = {arm.tokenizer for arm in (*arms, *others)}
        return [] if metric in BY_TOKEN and len(cut) > 1 else list(others)

    def _of_strangers(self, arms: Sequence[Arm], split: str, metric: str) -> float | None:
        if not self.floor.there:
            return None
        ids = [id for id in self.parts.get(split, ()) if self._asks(self.data.items[id])]
        return self.floor.mean(arms, metric, ids)

    def gap(self, arms: Sequence[Arm], others: Sequence[Arm], split: str, metric: str) -> Difference | None:
        """A method's seeds less other arms, item by item; None where the items are not known."""
        items = [item for id in self.parts.get(split, ()) if self._asks(item := self.data.items[id])]
        ours, theirs = ([_of(arm.values(metric), items) for arm in side] for side in (arms, others))
        if not ours or not theirs or not all([*ours, *theirs]):
            return None
        return difference(
            ours,
            theirs,
            {item.id: item.target for item in items},
            {item.id: fact(item) for item in items},
            bounds=scale(metric),
            others="goal models" if others[0].role == "goal" else others[0].role,
        )

    def _asks(self, item: Item) -> bool:
        return self.kind in ("all", item.question_type)


def look(run: RunRecord, data: Data, kind: str = "all") -> Look:
    """The parts of a run of one forget set, as its settings have them."""
    parts = parts_of(run, data)
    told = Membership(data, parts.get(run.forget or "", ()), ATTACK)
    return Look(run, data, kind, parts, told, Attacked(run, data), Floor(run, data))


def parts_of(run: RunRecord, data: Data) -> Mapping[str, Sequence[str]]:
    """Name in the summaries of a run of one forget set -> item ids; none where it cannot be told."""
    try:
        found = tasks(restore(run.config))
        task = next(task for task in found if task.name == run.part or len(found) == 1)
        parts = task.parts(data)
    except (UserError, StopIteration, KeyError, TypeError, ValueError, AttributeError):
        return {}  # settings of another version, or a set that has changed: means still stand
    return {name.removeprefix(f"{task.name}_") if task.name else name: ids for name, ids in parts.items()}


def evidence(found: Look, arms: Sequence[Arm], chance: float | None, expected: float | None) -> Evidence:
    """All that a verdict reads of one method."""
    run, forget = found.run, found.run.forget or ""
    there = {split for arm in arms for split, _, _ in arm.estimates}
    kept = {split: name for split, name in KEPT.items() if split in there}
    rehearsed = not any(split.startswith("kept") for split in kept)
    if rehearsed:
        kept = {split: name for split, name in REHEARSED.items() if split in there} | kept
    kinds = KINDS if found.kind in KINDS else {found.kind: ""}  # what stays is asked in all of them
    stays = {
        f"{name} ({of})" if of else name: seen
        for split, name in kept.items()
        for kind, of in kinds.items()
        if (seen := found.asking(kind).seen(arms, split, SAID.get(kind, "em"), stays=True)).ours
    }
    refusing = [mean(pooled(arms, split, "state_refused", kind)) for split in kept for kind in kinds]
    diverged = [arm.divergence for arm in arms if arm.diverged]
    again = next((split for split in AGAIN if split in there), "")
    attacked = found.attacked.asking(found.kind)
    return Evidence(
        said=found.seen(arms, forget, found.said),
        again=found.seen(arms, again, found.said),
        rouge=found.seen(arms, forget, "rouge_l_f1"),
        refused=found.seen(arms, forget, "state_refused"),
        degenerate=found.seen(arms, forget, "state_degenerate"),
        exposure=found.seen(arms, forget, "exposure_norm"),
        probability=found.seen(arms, forget, "probability"),
        membership=replace(
            found.asking("all").seen(arms, forget, ATTACK),
            gap=found.told.gap(arms, run.goals),
        ),
        kept=stays,
        kept_refused=max((one for one in refusing if one is not None), default=None),
        world={name: seen for key, (name, _) in WORLD.items() if (seen := _of_world(run, arms, key)).ours},
        back=attacked.back(arms),
        untried=attacked.untried,
        unread=attacked.unread(arms),
        name="keywords" if found.kind == "scene" else "exact match",
        chance=chance,
        expected=expected,
        rehearsed=rehearsed,
        seeds=len(arms),
        goals=len(run.goals),
        diverged=len(diverged),
        divergence=_divergence(diverged[0]) if diverged else "",
        broken="; ".join(why for arm in arms for why in taken.broken(run, arm)),
    )


def _of_world(run: RunRecord, arms: Sequence[Arm], key: tuple[str, str]) -> Seen:
    """A measure of the exam, as the share of it that is left."""
    split, metric = key
    _, share = WORLD[key]
    taught = [arm for arm in run.arms.values() if arm.role == "taught"]
    if len({arm.tokenizer for arm in (*arms, *taught)}) > 1 and metric in BY_TOKEN:
        taught = []
    sides = [pooled(side, split, metric) for side in (arms, taught, run.goals)]
    ours, before, goal = (None if one is None or one.mean is None else share(one.mean) for one in sides)
    if ours is None or sides[0] is None:
        return Seen()
    ends = sorted(share(end) for end in (sides[0].low, sides[0].high) if end is not None)
    low, high = (ends[0], ends[-1]) if ends else (None, None)
    gap = gap_of_world(arms, taught, split)
    return Seen(ours=Estimate(mean=ours, low=low, high=high), taught=before, goal=goal, gap=gap)


def gap_of_world(ours: Sequence[Arm], theirs: Sequence[Arm], split: str) -> Difference | None:
    """What is left of a split of the exam in ours less in theirs, by question; None where some were not
    asked."""
    sets = [[arm.world(split) for arm in side] for side in (ours, theirs)]
    if not all(side and all(side) for side in sets):
        return None
    whom = {id: group for one in [*sets[0], *sets[1]] for id, (group, _) in one.items()}
    now, then = ([{i: value for i, (_, value) in one.items()} for one in side] for side in sets)
    return difference(now, then, whom, whom, bounds=BOUNDS[split], others=theirs[0].role)


def pooled(
    arms: Sequence[Arm], split: str | None, metric: str, question_type: str = "all"
) -> Estimate | None:
    """Over the seeds of a method: mean of the means, widest ends of the intervals."""
    all_found = [
        found for arm in arms if (found := arm.get(split, question_type, metric)) and found.mean is not None
    ]
    if not all_found:
        return None
    lows = [found.low for found in all_found if found.low is not None]
    highs = [found.high for found in all_found if found.high is not None]
    return Estimate(
        mean=math.fsum(found.mean for found in all_found if found.mean is not None) / len(all_found),
        low=min(lows, default=None),
        high=max(highs, default=None),
    )


def mean(estimate: Estimate | None) -> float | None:
    return estimate.mean if estimate else None


def _of(values: Mapping[str, float | None], items: Sequence[Item]) -> dict[str, float | None]:
    return {item.id: values[item.id] for item in items if item.id in values}


def _divergence(found: Ended) -> str:
    return (f" at step {found.steps}" if found.steps is not None else "") + (
        f" ({found.why})" if found.why else ""
    )
