"""What attacks brought out of a run's arms, each beside the same attack on the Goal models."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from remem.attacks.base import ACCESS
from remem.attacks.records import COST, Cost, Outcome, read_cost, read_outcomes
from remem.report.floor import Floor
from remem.report.read import Arm, Data, RunRecord
from remem.scoring.differences import Values
from remem.scoring.evidence import Returned
from remem.scoring.facts import fact
from remem.scoring.recovered import Recovered, Sides, recovered
from remem.scoring.worst import Worst, worst

MEASURES = {"exact match": "em", "exposure": "exposure_norm"}
PREFIX, CONTROL = "attack-", "control-"  # of the folders of attacks, and of the same about strangers


class Key(NamedTuple):
    """A setting of one attack of a run."""

    step: str  # what the run calls the attack
    setting: str


@dataclass(frozen=True)
class Setting:
    """A setting of an attack, the same on every arm."""

    key: Key
    attack: str
    access: str
    control: bool
    curve: str
    at: float | None
    label: str  # "relearn: 10 %, step 10"


@dataclass(frozen=True)
class Worked:
    """The worst attack with one kind of access, by one measure."""

    access: str
    measure: str
    worst: Worst
    found: Recovered
    keys: Mapping[str, Key]  # of the settings that were chosen
    labels: Mapping[str, str]


class Attacked:
    """All attacks of a run of one forget set, about some people alone where it is told `whom`. Nothing is
    read before it is asked for."""

    def __init__(self, run: RunRecord, data: Data, kind: str = "all", whom: Collection[str] = ()) -> None:
        self.run, self.data, self.kind, self.whom = run, data, kind, whom
        self.floor = Floor(run, data)
        self._told: dict[tuple[str, ...], Recovered | None] = {}
        self._worst: dict[tuple[str, ...], tuple[Worked, ...]] = {}

    def asking(self, kind: str) -> Attacked:
        """The same for one kind of question."""
        return self if kind == self.kind else Attacked(self.run, self.data, kind, self.whom)

    def named(self, measure: str) -> str:
        """What a measure is called: of scenes keywords tell that an answer says it, and no exact match."""
        return "keywords" if measure == "exact match" and self.kind == "scene" else measure

    @cached_property
    def steps(self) -> Mapping[str, Mapping[str, Path]]:
        """Arm -> what the run calls an attack -> its folder; those that were finished."""
        return {name: dict(_steps(arm, self.run.part)) for name, arm in self.run.arms.items()}

    @cached_property
    def costs(self) -> Mapping[str, Mapping[str, Cost]]:
        """What the run calls an attack -> arm -> what it took."""
        found: dict[str, dict[str, Cost]] = {}
        for arm, steps in self.steps.items():
            for step, folder in steps.items():
                found.setdefault(step, {})[arm] = _read(folder, _changed(folder))[0]
        return found

    @cached_property
    def outcomes(self) -> Mapping[str, Mapping[Key, Outcome]]:
        """By arm, those of its settings that asked something of this kind."""
        return {
            arm: {
                Key(step, one.setting): kept
                for step, folder in steps.items()
                for one in _read(folder, _changed(folder))[1]
                if (kept := self._of_kind(one)) is not None
            }
            for arm, steps in self.steps.items()
        }

    @cached_property
    def settings(self) -> Mapping[Key, Setting]:
        """By access, then as they were tried."""
        found: dict[Key, Setting] = {}
        for arm, outcomes in self.outcomes.items():
            for key, one in outcomes.items():
                if key not in found:
                    cost = self.costs[key.step][arm]
                    attack = one.attack or cost.attack
                    # A step that holds several attacks is not their name.
                    name = attack if one.attack or key.step == cost.attack else key.step
                    own = one.setting.removeprefix(f"{name}: ")  # a part of another says whose it is
                    label = f"{name.replace('_', ' ')}: {own}"
                    access = one.access or cost.access
                    found[key] = Setting(key, attack, access, one.control, one.curve, one.at, label)
        labels = [one.label for one in found.values()]
        order = sorted(found.values(), key=lambda one: [*ACCESS, one.access].index(one.access))
        return {
            one.key: replace(one, label=f"{one.label} ({one.key.step})")
            if labels.count(one.label) > 1
            else one
            for one in order
        }

    def of(self, access: str, controls: bool = False) -> list[Setting]:
        return [one for one in self.settings.values() if one.access == access and one.control == controls]

    @property
    def untried(self) -> tuple[str, ...]:
        """Kinds of access that no attack had; none where nothing was attacked."""
        tried = {one.access for one in self.settings.values() if not one.control}
        return tuple(access for access in ACCESS if access not in tried) if tried else ()

    def attacked(self, arms: Sequence[Arm]) -> list[Arm]:
        """Those that were attacked at all."""
        return [arm for arm in arms if self.outcomes.get(arm.name)]

    def values(self, arm: Arm, key: Key, measure: str) -> Values:
        """By item id, after an attack; none where it was not asked."""
        one = self.outcomes[arm.name].get(key)
        if one is None:
            return {}
        return one.hits if measure == "exact match" else one.exposure

    def before(self, arm: Arm, measure: str) -> Values:
        """By item id, as scored without an attack. A value is ranked once for all questions about it."""
        if measure == "exact match":
            said, keywords = arm.values("em"), arm.values("keyword_recall")
            return {
                id: (said if _named(self.data, id) else keywords).get(id) for id in self.ids if id in said
            }
        ranked = arm.values(MEASURES[measure])
        values = {self._value(id): one for id, one in ranked.items() if id in self.data.items}
        known = {id: ranked.get(id, values.get(self._value(id))) for id in self.ids}
        return {id: one for id, one in known.items() if one is not None}

    def level(self, arms: Sequence[Arm], key: Key, measure: str) -> float | None:
        """Mean after an attack; None where nobody was asked."""
        found = [
            value for arm in arms for value in self.values(arm, key, measure).values() if value is not None
        ]
        return sum(found) / len(found) if found else None

    def sides(self, arms: Sequence[Arm], key: Key, measure: str) -> Sides | None:
        """What a setting found in those that were attacked, and in the Goal models; None unless in all."""
        ours, goals = (
            [self.values(arm, key, measure) for arm in self.attacked(side)] for side in (arms, self.run.goals)
        )
        if self.floor.there and all(ours):
            goals = self._of_strangers(arms, key, measure, {id for one in ours for id in one})
        return Sides(ours, goals) if ours and goals and all(ours) and all(goals) else None

    def _of_strangers(
        self, arms: Sequence[Arm], key: Key, measure: str, ids: Collection[str]
    ) -> list[Values]:
        """What the same setting brought out of the same models about strangers."""
        asked = [self._control(arm).get(key) for arm in self.attacked(arms)]
        found = [one.hits if measure == "exact match" else one.exposure for one in asked if one is not None]
        return self.floor.spread(found, sorted(ids)) if len(found) == len(asked) and all(found) else []

    def _control(self, arm: Arm) -> Mapping[Key, Outcome]:
        """An arm's attacks about strangers."""
        return {
            Key(step, one.setting): one
            for step, folder in _steps(arm, self.run.part, CONTROL)
            for one in _read(folder, _changed(folder))[1]
        }

    def told(self, arms: Sequence[Arm], sides: Sides, measure: str) -> Recovered | None:
        """What was recovered of what teaching added."""
        taught = next((arm for arm in self.run.arms.values() if arm.role == "taught"), None)
        ours, goals = (
            [self.before(arm, measure) for arm in self.attacked(side)] for side in (arms, self.run.goals)
        )
        if self.floor.there:
            asked = {id for one in sides.ours for id in one}
            goals = self.floor.runs(self.attacked(arms), MEASURES[measure], sorted(asked))
        before = Sides(ours if all(ours) else [], goals if taught is not None and all(goals) else [])
        known = self.before(taught, measure) if taught is not None else {}
        return recovered(sides, before, known, *self.whose)

    def recovered(self, arms: Sequence[Arm], key: Key, measure: str) -> Recovered | None:
        """By one setting; None where it was not tried on all of them."""
        place = (*(arm.name for arm in arms), *key, measure)
        if place not in self._told:
            sides = self.sides(arms, key, measure)
            self._told[place] = self.told(arms, sides, measure) if sides else None
        return self._told[place]

    def worst(self, arms: Sequence[Arm]) -> tuple[Worked, ...]:
        """Of each access and measure, on all of a method's seeds."""
        place = tuple(arm.name for arm in arms)
        if place not in self._worst:
            self._worst[place] = tuple(self._find(arms))
        return self._worst[place]

    def _find(self, arms: Sequence[Arm]) -> Iterator[Worked]:
        for access in ACCESS:
            for measure in MEASURES:
                sides = {
                    f"{one.key.step}/{one.key.setting}": (one, there)
                    for one in self.of(access)
                    if (there := self.sides(arms, one.key, measure))
                }
                if not sides:
                    continue
                most = worst({name: there for name, (_, there) in sides.items()}, *self.whose)
                found = self.told(arms, most.sides, measure) if most else None
                if most and found:
                    keys = {name: sides[name][0].key for name in most.chosen}
                    labels = {name: sides[name][0].label for name in most.chosen}
                    yield Worked(access, measure, most, found, keys, labels)

    def unread(self, arms: Sequence[Arm]) -> str:
        """Why nothing can be told of what comes back of a method."""
        if not any(not one.control for arm in arms for one in self._tried(arm)):
            return "not tested"
        if not self.attacked(self.run.goals) and not self.floor.there:
            return "attacked, but no Goal model was"
        if not any(arm.role == "taught" for arm in self.run.arms.values()):
            return "attacked, but what was known before is not known"
        whole = any(
            self.sides(arms, one.key, measure) for one in self.settings.values() for measure in MEASURES
        )
        return (
            "attacked, but one fact is too few to tell"
            if whole
            else "attacked, but not as the Goal models were"
        )

    def _tried(self, arm: Arm) -> list[Setting]:
        return [self.settings[key] for key in self.outcomes.get(arm.name, ())]

    def back(self, arms: Sequence[Arm]) -> dict[str, Returned]:
        """What a verdict reads of it."""
        return {
            f"{one.access}, {one.measure}": Returned(
                access=one.access,
                measure=self.named(one.measure),
                setting=one.labels[one.worst.setting],
                ours=one.found.ours,
                goal=one.found.goal,
                control="strangers" if self.floor.there else "goal",
                gap=one.found.excess,
                share=one.found.share,
                back=one.found.back,
            )
            for one in self.worst(arms)
        }

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every item that any attack asked about."""
        return tuple(
            dict.fromkeys(
                id
                for outcomes in self.outcomes.values()
                for one in outcomes.values()
                for id in (*one.hits, *one.exposure)
            )
        )

    @cached_property
    def whose(self) -> tuple[Mapping[str, str], Mapping[str, Hashable]]:
        """Item id -> whom it is about, and which fact."""
        items = {id: self.data.items[id] for id in self.ids}
        return {id: one.target for id, one in items.items()}, {id: fact(one) for id, one in items.items()}

    def _of_kind(self, one: Outcome) -> Outcome | None:
        there = {
            id
            for id in (*one.hits, *one.exposure)
            if id in self.data.items
            and self.kind in ("all", self.data.items[id].question_type)
            and (not self.whom or self.data.items[id].person in self.whom)
        }
        # Of an answer without keywords nobody can tell whether it is said: it is no answer that was not.
        hits = {id: hit for id, hit in one.hits.items() if id in there and self.data.items[id].keywords}
        exposure = {id: value for id, value in one.exposure.items() if id in there}
        return replace(one, hits=hits, exposure=exposure) if there else None

    def _value(self, id: str) -> tuple[Hashable, ...]:
        """What is ranked once. With the fact: without attributes a person's facts are alike in all else."""
        item = self.data.items[id]
        return item.person, item.attribute, item.question_type, fact(item)


def _named(data: Data, id: str) -> bool:
    """Whether exact match tells that an answer says it; of scenes, keywords do."""
    return data.items[id].target == data.items[id].person


def _steps(arm: Arm, part: str, prefix: str = PREFIX) -> Iterator[tuple[str, Path]]:
    """An arm's finished attacks. What is shared by several tasks has one for each, told apart by its end."""
    shared = part and arm.role in ("base", "taught")
    for folder in sorted(arm.folder.glob(f"{prefix}*/{COST}")):
        name = folder.parent.name.removeprefix(prefix)
        if not shared:
            yield name, folder.parent
        elif name.endswith(f"-{part}"):
            yield name.removesuffix(f"-{part}"), folder.parent


def _changed(folder: Path) -> int:
    return (folder / COST).stat().st_mtime_ns


@lru_cache(maxsize=512)
def _read(folder: Path, of: int) -> tuple[Cost, tuple[Outcome, ...]]:
    return read_cost(folder), tuple(read_outcomes(folder))
