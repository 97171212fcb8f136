"""What a run over a model before and a model after shows of one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from remem.attacks import told as attack_told
from remem.data.dataset import Dataset
from remem.given.document import Attack, Measure, Word
from remem.report.attacked import Attacked, Worked
from remem.report.evidence import AGAIN, ATTACK, BY_TOKEN, Look, evidence, look
from remem.report.floor import Floor
from remem.report.membership import Membership
from remem.report.read import Arm, RunRecord
from remem.report.taken import MUTE
from remem.scoring.differences import Difference, Values, difference
from remem.scoring.evidence import Seen
from remem.scoring.facts import fact
from remem.scoring.honoured import LEVEL, known, left, told
from remem.scoring.metrics.exposure import expected_norm
from remem.scoring.recovered import Recovered, Sides, recovered
from remem.scoring.rules import PAYS

AFTER = "after"  # what the run calls the model that is judged
SAYS = {"exact match": "em", "exact match, other words and views": "em"}
OWN_UNIT = "plain language"  # its differences are in nats, and no share
KNOWS = {"exposure": "exposure_norm", "probability of the answers": "probability"}


class Person:
    """One person of a run. The taught arm is the model before; a given one, the first unless named, after."""

    def __init__(self, run: RunRecord, data: Dataset, person: str, after: str = "") -> None:
        self.run, self.data, self.person = run, data, person
        self.before = next(arm for arm in run.arms.values() if arm.role == "taught")
        self.after = next(arm for arm in run.arms.values() if arm.role == "given" and after in ("", arm.name))
        self.floor = Floor(run, data)
        self.attacked = Attacked(run, data, whom=frozenset((person,)))

    @cached_property
    def looked(self) -> Look:
        return look(self.run, self.data)

    @cached_property
    def rows(self) -> list[str]:
        """What is to be forgotten of them."""
        return self._own(self.run.forget or "")

    @cached_property
    def again(self) -> list[str]:
        """The same in words and views that were never taught."""
        return next((own for name in AGAIN if (own := self._own(name))), [])

    def _own(self, part: str) -> list[str]:
        return [id for id in self.looked.parts.get(part, ()) if self.data.items[id].person == self.person]

    def of(self, name: str) -> tuple[Measure, Measure]:
        """A measure: what was known before, and what is left after."""
        metric = (SAYS | KNOWS)[name]
        ids = self.again if name == "exact match, other words and views" else self.rows
        before, after = (_of(arm.values(metric), ids) for arm in (self.before, self.after))
        floors = [self._floor(arm, metric, ids) for arm in (self.before, self.after)]
        whose = self._whose(ids)
        if not before or not after or not all(floors) or not self._comparable(metric):
            empty = Measure(name=name, before=_mean(before), after=_mean(after))
            return empty, empty
        apart = difference([before], floors[0], *whose)
        ends = apart.ends(LEVEL)
        first = Measure(
            name=name,
            before=_mean(before),
            floor=_mean(*floors[0]),
            share=apart.mean,
            low=ends[0] if ends else None,
            high=ends[1] if ends else None,
            units=apart.units,
            word=known(apart.mean, ends),
        )
        found = recovered(Sides([after], floors[1]), Sides([], floors[0]), before, *whose)
        return first, _left(name, _mean(before), found, len(set(whose[1].values())))

    def _comparable(self, metric: str) -> bool:
        """Of models that cut texts up otherwise no measure by token can be compared."""
        cut = {arm.tokenizer for arm in (self.before, self.after, *self.run.goals)}
        return metric not in BY_TOKEN or len(cut) == 1

    def attacks(self) -> list[Attack]:
        """The worst of each kind of access."""
        worst: dict[str, Worked] = {}
        for one in self.attacked.worst([self.after]):
            if one.access not in worst or _weight(one) > _weight(worst[one.access]):
                worst[one.access] = one
        return [self._attack(one) for one in worst.values()]

    def _attack(self, one: Worked) -> Attack:
        setting = one.worst.setting
        key = one.keys[setting]
        ids = sorted({id for values in one.worst.sides.ours for id in values})
        before = _mean(_of(self.attacked.before(self.before, one.measure), ids))
        share, back = one.found.share, one.found.back
        return Attack(
            access=one.access,
            knows=attack_told(self.attacked.settings[key].attack, "knows"),
            setting=one.labels[setting],
            tried=one.worst.looked,
            measure=_left(one.measure, before, one.found, len({fact(self.data.items[id]) for id in ids})),
            without=share.mean - back.mean if share is not None and back is not None else None,
        )

    def membership(self) -> Measure:
        """Are their rows told from strangers', from above or from below?"""
        member = Membership(self.data, self.rows, ATTACK)
        before, after = member.area(self.before, LEVEL), member.area(self.after, LEVEL)
        goals = [one for arm in self.run.goals if (one := member.area(arm, LEVEL)) is not None]
        if after is None or after.mean is None:
            return Measure(name="AUC, loss", before=before.mean if before else None)
        floor = 0.5
        ends = None if after.low is None or after.high is None else (after.low, after.high)
        if goals:
            floor = _mean({str(n): one.mean for n, one in enumerate(goals)}) or 0.5
            gap = member.gap([self.after], self.run.goals)
            apart = gap.ends(LEVEL) if gap is not None else None
            ends = (floor + apart[0], floor + apart[1]) if apart else None
        return Measure(
            name="AUC, loss",
            before=before.mean if before else None,
            after=after.mean,
            floor=floor,
            share=after.mean,
            low=ends[0] if ends else None,
            high=ends[1] if ends else None,
            units=len({fact(self.data.items[id]) for id in self.rows}),
            word=told(after.mean, ends, before.mean if before else None, floor),
        )

    def others(self) -> list[Measure]:
        """What should stay: other people and facts, and what nobody taught here."""
        found = evidence(self.looked, [self.after], None, None)
        measures = [_kept(name, seen) for name, seen in {**found.kept, **found.world}.items()]
        told = any(one.name.startswith(OWN_UNIT) for one in measures)
        return measures if told else [*measures, self._speaks()]

    def _speaks(self) -> Measure:
        """Plain language, where no exam of the rest of the world was asked."""
        then, now = (arm.perplexity for arm in (self.before, self.after))
        name = f"{OWN_UNIT} (1/perplexity)"
        if not then or not now or then > MUTE:
            return Measure(name=name)
        word: Word = "lost" if then / now < 1 - PAYS else "kept"
        return Measure(name=name, before=1 / then, after=1 / now, share=then / now, word=word)

    def _floor(self, arm: Arm, metric: str, ids: Sequence[str]) -> list[Values]:
        """Of who never knew: models that were never taught, else the same model on strangers, else chance."""
        if self.run.goals:
            return [_of(goal.values(metric), ids) for goal in self.run.goals]
        if self.floor.there and (runs := self.floor.runs([arm], metric, ids)):
            return list(runs)
        if metric == "exposure_norm":
            sizes = {id: one.size for id, one in self.run.rankings.items()}
            return [{id: expected_norm(sizes[id], 0) for id in ids if sizes.get(id, 0) > 1}]
        return [dict.fromkeys(ids, 0.0)] if metric == "em" else []

    def _whose(self, ids: Sequence[str]) -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
        return dict.fromkeys(ids, self.person), {id: fact(self.data.items[id]) for id in ids}


def _left(name: str, before: float | None, found: Recovered | None, units: int) -> Measure:
    if found is None:
        return Measure(name=name, before=before)
    share = found.share
    ends = share.ends(LEVEL) if share is not None else None
    return Measure(
        name=name,
        before=before,
        after=found.ours,
        floor=found.goal,
        share=share.mean if share is not None else None,
        low=ends[0] if ends else None,
        high=ends[1] if ends else None,
        units=units,
        word=left(share.mean if share is not None else None, ends),
    )


def _weight(one: Worked) -> tuple[float, float]:
    """Where more is left, and shown to be."""
    share = one.found.share
    if share is None:
        return (float("-inf"), 0.0)
    ends = share.ends(LEVEL)
    return (ends[0] if ends else float("-inf"), share.mean)


def _kept(name: str, seen: Seen) -> Measure:
    yard, gap = seen.yard, seen.gap
    ends = gap.ends(LEVEL) if gap is not None else None
    if seen.mean is None or not yard or ends is None or seen.taught is None:
        return Measure(name=name, before=seen.taught, after=seen.mean, floor=seen.goal)
    share, low, high = seen.mean / yard, 1 + ends[0] / seen.taught, 1 + ends[1] / seen.taught
    lost = 1 - share > PAYS and ends[1] < 0
    return Measure(
        name=name,
        before=seen.taught,
        after=seen.mean,
        floor=seen.goal,
        share=share,
        low=None if name.startswith(OWN_UNIT) else max(0.0, low),
        high=None if name.startswith(OWN_UNIT) else max(0.0, high),
        units=gap.units if isinstance(gap, Difference) else 0,
        word="lost" if lost else "kept" if low > 1 - PAYS else "undecided",
    )


def _of(values: Values, ids: Sequence[str]) -> dict[str, float | None]:
    return {id: values[id] for id in ids if values.get(id) is not None}


def _mean(*runs: Values) -> float | None:
    found = [value for one in runs for value in one.values() if value is not None]
    return sum(found) / len(found) if found else None


def measured(person: Person) -> dict[str, list[Measure]]:
    """Known before, says, knows: each measure."""
    says, knows = ([person.of(name) for name in names] for names in (SAYS, KNOWS))
    return {
        "known": [first for first, _ in (*says, *knows)],
        "says": [after for _, after in says],
        "knows": [after for _, after in knows],
    }
