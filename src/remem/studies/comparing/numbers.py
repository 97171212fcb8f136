"""What the comparison of a run is made from: every arm's values by item, over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from remem.asking.records import read_responses, read_table
from remem.data import Dataset, strangers
from remem.errors import unknown
from remem.report.evidence import parts_of
from remem.report.read import Arm, RunRecord
from remem.scoring.differences import Difference, Values, difference
from remem.scoring.facts import fact
from remem.scoring.metrics import EXPOSURE
from remem.scoring.metrics.membership import SIGNALS, compared, kind_of
from remem.scoring.score import EXPOSURES, SCORES
from remem.scoring.units import scale
from remem.studies.comparing.levels import Cell, Groups, area, level
from remem.studies.comparing.pairs import comparable
from remem.types import Item

ATTACK = "loss_auc"  # the membership attack of the table
Measure = tuple[str, str]  # split and metric


class Numbers:
    """All arms of a run. A method's arms are one entry, with one run a seed, and all Goal models are one."""

    def __init__(self, root: Path, run: RunRecord, data: Dataset):
        self.root, self.run, self.data = root, run, data
        self.arms: dict[str, list[Arm]] = {}
        for arm in run.arms.values():
            if arm.method is None and arm.estimates:
                self.arms.setdefault(arm.role, []).append(arm)
        self.arms |= {name: [one for one in arms if one.estimates] for name, arms in run.methods.items()}
        self.arms = {name: arms for name, arms in self.arms.items() if arms}

    def keep_seeds(self, seeds: set[int]) -> tuple[list[str], list[str]]:
        """Leaves only these seeds of every method; which methods have them all, and which do not and are
        gone.
        """
        kept, gone = [], []
        for name, arms in list(self.arms.items()):
            if arms[0].method is None:
                continue
            here = [one for one in arms if one.seed in seeds]
            if {one.seed for one in here} == seeds:
                self.arms[name] = here
                kept.append(name)
            else:
                del self.arms[name]
                gone.append(name)
        return kept, gone

    @cached_property
    def splits(self) -> dict[str, tuple[str, ...]]:
        """Name -> item ids, as the summaries have them."""
        parts = parts_of(self.run, self.data)
        return {"forget" if name == self.run.forget else name: tuple(ids) for name, ids in parts.items()}

    def values(self, arm: str, measure: Measure) -> list[Values]:
        """An arm's values of a split's items, a mapping for each run; empty where there is no such split."""
        split, metric = measure
        file = EXPOSURES if metric in EXPOSURE else SCORES
        inside = set(self.splits.get(split, ()))
        return [
            {id: value for id, value in self._rows(one.name, file, metric).items() if id in inside}
            for one in self.arms[arm]
        ]

    def difference(self, arm: str, other: str, measure: Measure) -> Difference:
        """A method less another arm."""
        others = "goal models" if self.arms[other][0].role == "goal" else f"runs of {other}"
        return difference(
            self.values(arm, measure),
            self.values(other, measure),
            self.people,
            self.facts,
            bounds=scale(measure[1]),
            others=others,
        )

    def cell(self, arm: str, measure: Measure) -> Cell:
        """An arm's mean and interval, over seeds and people, or facts of the one person."""
        return level(self.values(arm, measure), self.people, self.facts, scale(measure[1]))

    def comparable(self, arms: Sequence[str], measure: Measure) -> dict[str, Cell]:
        """Means and intervals of these arms for a picture of all pairs."""
        return comparable({name: self.values(name, measure) for name in arms}, self.people, self.facts)

    def find(self, name: str) -> str:
        """UserError for an arm that the run does not have, with the nearest name."""
        if name not in self.arms:
            raise unknown("arm to compare with", name, self.arms)
        return name

    def membership(self, arm: str) -> Cell:
        """Area under the attack's ROC curve, with the people on both sides and the seeds as samples."""
        runs: list[tuple[dict[str, float], dict[str, float]]] = []
        for one in self.arms[arm]:
            path = self.root / one.name / "strangers" / "responses.parquet"
            if not path.is_file():
                return Cell(None)
            said = {r.id: r for r in read_responses(self.root / one.name / "responses" / "responses.parquet")}
            ours = [(self.data.items[id], said[id]) for id in self.splits["forget"] if id in said]
            theirs = [
                (self.strangers[one.id], one) for one in read_responses(path) if one.id in self.strangers
            ]
            sides = compared(SIGNALS[ATTACK], ours, theirs)
            told, new = (
                {item.id: value for item, value in zip(side.items, side.values, strict=True)}
                for side in sides
            )
            if not told or not new:  # the set's strangers are gone, or of another kind
                return Cell(None)
            runs.append((told, new))
        everywhere = [sorted(set.intersection(*(set(run[n]) for run in runs))) for n in (0, 1)]
        told_of = [self.data.items[id] for id in everywhere[0]]
        new_to = [self.strangers[id] for id in everywhere[1]]
        return area(
            [[run[0][id] for id in everywhere[0]] for run in runs],
            [[run[1][id] for id in everywhere[1]] for run in runs],
            _groups(told_of),
            _groups(new_to),
            kinds=([kind_of(item) for item in told_of], [kind_of(item) for item in new_to]),
        )

    @cached_property
    def people(self) -> dict[str, str]:
        return {id: item.target for id, item in self.data.items.items()}

    @cached_property
    def facts(self) -> dict[str, tuple[str, ...]]:
        return {id: fact(item) for id, item in self.data.items.items()}

    @cached_property
    def strangers(self) -> Mapping[str, Item]:
        """Those who were never taught, by item id."""
        found = strangers.read(self.data.root)
        return found.items if found else {}

    def _rows(self, arm: str, file: str, metric: str) -> dict[str, float | None]:
        rows = read_table(self.root / arm / "scores" / file, ["id", metric])
        return {row["id"]: row[metric] for row in rows}


def _groups(items: Sequence[Item]) -> Groups:
    """Each row's unit: people, or facts of the one person."""
    alone = len({item.target for item in items}) == 1
    names = [fact(item) if alone else item.target for item in items]
    place = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([place[name] for name in names], dtype=np.intp), "facts" if alone else "people"
