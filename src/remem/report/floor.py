"""What a model says of people whom nobody taught it: the floor where there is no Goal model.

Strangers are asked the same kinds of question about the same attributes, and their values are ranked among
the same candidates. What a model says rightly of them, it guesses; what an attack brings out of them, it
brings out of nothing. Each stranger is one run of the other side, so that how far strangers are apart is in
every interval (scoring/differences.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from remem.asking.records import read_rankings, read_responses
from remem.data import strangers
from remem.report.read import Arm, Data, RunRecord
from remem.scoring.differences import Values
from remem.scoring.metrics import EXPOSURE, METRICS, STATES, state
from remem.types import Item


class Floor:
    """The strangers of a run's data set."""

    def __init__(self, run: RunRecord, data: Data) -> None:
        self.run, self.data = run, data
        self._read: dict[tuple[str, str], dict[str, float | None]] = {}

    @cached_property
    def there(self) -> bool:
        """Whether it is needed, and strangers were asked."""
        given = any(arm.given for arm in self.run.arms.values())
        return given and not self.run.goals and bool(self.items)

    @cached_property
    def items(self) -> Mapping[str, Item]:
        found = strangers.read(getattr(self.data, "root", ""))
        return found.items if found else {}

    def runs(self, arms: Sequence[Arm], metric: str, ids: Sequence[str]) -> list[Values]:
        """What these arms say of strangers, by the questions about the taught that are like theirs: one
        mapping a stranger, averaged over the arms. None where some arm asked nobody."""
        asked = [self.values(arm, metric) for arm in arms]
        if not asked or not all(asked):
            return []
        return self.spread(asked, ids)

    def mean(self, arms: Sequence[Arm], metric: str, ids: Sequence[str]) -> float | None:
        """Over strangers, as the questions about the taught weigh them."""
        runs = self.runs(arms, metric, ids)
        found = [value for one in runs for value in one.values() if value is not None]
        return sum(found) / len(found) if found else None

    def spread(self, asked: Sequence[Values], ids: Iterable[str]) -> list[Values]:
        """By stranger, in order, the mean of their values over questions like each of `ids`: of the same kind
        about the same attribute, else about the same attribute, else of the same kind; else over all
        strangers, in the same order, so that there are as many runs whatever was asked."""
        own: dict[tuple[str, ...], list[float]] = {}
        for one in asked:
            for id, value in one.items():
                if value is not None and id in self.items:
                    item = self.items[id]
                    for key in _keys(item):
                        own.setdefault((item.person, *key), []).append(value)
                        own.setdefault(("", *key), []).append(value)
        wanted = {id: _keys(self.data.items[id]) for id in ids}
        return [
            {
                id: sum(found) / len(found)
                for id, keys in wanted.items()
                if (found := next((own[p, *k] for p in (person, "") for k in keys if (p, *k) in own), []))
            }
            for person in sorted({item.person for item in self.items.values()})
        ]

    def values(self, arm: Arm, metric: str) -> dict[str, float | None]:
        """By a stranger's item; none where nobody was asked."""
        if (arm.name, metric) not in self._read:
            self._read[arm.name, metric] = self._values(arm, metric)
        return self._read[arm.name, metric]

    def _values(self, arm: Arm, metric: str) -> dict[str, float | None]:
        folder = arm.folder / "strangers"
        if metric in EXPOSURE:
            path = folder / "rankings.parquet"
            found = read_rankings(path) if path.is_file() else []
            return {one.id: EXPOSURE[metric](one) for one in found if one.id in self.items}
        path = folder / "responses.parquet"
        said = [one for one in read_responses(path) if one.id in self.items] if path.is_file() else []
        if metric.startswith("state_"):
            named = metric.removeprefix("state_")
            return {one.id: float(state(self.items[one.id], one) == named) for one in said if named in STATES}
        measure = METRICS.get(metric)  # what is measured of sets has no value of one answer
        return {one.id: measure(self.items[one.id], one) for one in said} if measure else {}


def _keys(item: Item) -> tuple[tuple[str, str], ...]:
    return (item.question_type, item.attribute), ("", item.attribute), (item.question_type, "")
