"""What the comparison of a run is made from: every arm's values by item, over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from remem.asking.records import read_responses, read_table
from remem.data import Dataset, strangers
from remem.report.read import Arm, RunRecord
from remem.run.tasks import Task
from remem.scoring.metrics import EXPOSURE
from remem.scoring.metrics.membership import SIGNALS, alike, beaten, kind_of
from remem.scoring.metrics.membership import measured as signals
from remem.scoring.score import EXPOSURES, SCORES
from remem.seeds import derive
from remem.studies.comparing.apart import Measured, Values, measured, resampled
from remem.types import Item

DRAWS = 4000
LEVEL = 0.95
ATTACK = "loss_auc"  # the membership attack of the table


@dataclass(frozen=True)
class Cell:
    """A mean over seeds and items, with its interval; None where there is nothing to compute it from."""

    mean: float | None
    low: float | None = None
    high: float | None = None


class Numbers:
    """All arms of a run. A method's arms are one entry, with one run a seed."""

    def __init__(self, root: Path, run: RunRecord, data: Dataset, seed: int):
        self.root, self.run, self.data, self.seed = root, run, data, seed
        self.arms: dict[str, list[Arm]] = {
            name: [arm] for name, arm in run.arms.items() if arm.method is None and arm.estimates
        }
        self.arms |= {name: [one for one in arms if one.estimates] for name, arms in run.methods.items()}
        self.arms = {name: arms for name, arms in self.arms.items() if arms}

    def keep_seeds(self, seeds: set[int]) -> tuple[list[str], list[str]]:
        """Leaves only these seeds of every method; which methods have them all, and which do not and are
        gone.
        """
        kept, gone = [], []
        for name, arms in list(self.arms.items()):
            if arms[0].role != "method":
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
        task = Task(forget=self.run.forget or "")
        parts = task.parts(self.data)
        return {"forget" if name == task.forget else name: tuple(ids) for name, ids in parts.items()}

    def values(self, arm: str, split: str, metric: str) -> Values:
        """One arm's values of a split's items that have one."""
        file = EXPOSURES if metric in EXPOSURE else SCORES
        inside = set(self.splits[split])
        rows = self._rows(arm, file, metric)
        return {id: value for id, value in rows.items() if id in inside}

    def measured(self, split: str, metric: str, arms: Sequence[str] = ()) -> Measured:
        """One measure of these arms, or of all."""
        chosen = {
            name: [self.values(one.name, split, metric) for one in self.arms[name]]
            for name in arms or self.arms
        }
        return measured(chosen, {id: item.person for id, item in self.data.items.items()})

    def cells(self, split: str, metric: str) -> dict[str, Cell]:
        """Every arm's mean and interval; seeds are resampled with people, or with questions of one person."""
        found = self.measured(split, metric)
        if not found.sums.size:
            return {name: Cell(None) for name in found.arms}
        means, draws = found.means, resampled(found, self.seed, DRAWS)
        return {
            name: Cell(float(means[a]), *_ends(draws[:, a])) if np.isfinite(means[a]) else Cell(None)
            for a, name in enumerate(found.arms)
        }

    def membership(self, arm: str) -> Cell:
        """Area under the attack's ROC curve, seeds and people on both sides resampled."""
        sums, counts = [], []
        for one in self.arms[arm]:
            path = self.root / one.name / "strangers" / "responses.parquet"
            if not path.is_file():
                return Cell(None)
            said = {r.id: r for r in read_responses(self.root / one.name / "responses" / "responses.parquet")}
            ours = [said[i] for i in self.splits["forget"] if i in said]
            theirs = read_responses(path)
            numbers = [signals(SIGNALS[ATTACK], side) for side in (ours, theirs)]
            present = [np.array([v is not None for v in side], dtype=np.float64) for side in numbers]
            sides = [self.data.items[one.id] for one in ours], [self.strangers[one.id] for one in theirs]
            there = np.outer(present[0], present[1]) * alike(*(list(map(kind_of, side)) for side in sides))
            filled = [np.array([v if v is not None else np.nan for v in side]) for side in numbers]
            groups = [_groups([item.person for item in side]) for side in sides]
            sums.append(groups[0].T @ (beaten(*filled) * there) @ groups[1])
            counts.append(groups[0].T @ there @ groups[1])
        whole, seen = np.stack(sums), np.stack(counts)  # (seed, group of ours, group of theirs)
        if not seen.sum():
            return Cell(None)
        return Cell(float(whole.sum() / seen.sum()), *_ends(_crossed(whole, seen, self.seed)))

    @cached_property
    def strangers(self) -> Mapping[str, Item]:
        """The rows about those who were never taught."""
        found = strangers.read(self.data.root)
        return found.items if found else {}

    def _rows(self, arm: str, file: str, metric: str) -> dict[str, float | None]:
        rows = read_table(self.root / arm / "scores" / file, ["id", metric])
        return {row["id"]: row[metric] for row in rows}


def _groups(people: Sequence[str]) -> NDArray[np.float64]:
    """(rows, groups): which group each row is of. People, or rows where there is one person."""
    names, owner = np.unique(np.asarray(people, dtype=str), return_inverse=True)
    if len(names) < 2:
        owner = np.arange(len(people))
    each: NDArray[np.float64] = np.eye(owner.max(initial=-1) + 1)[owner]
    return each


def _crossed(sums: NDArray[np.float64], counts: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """(draws,): the mean over resampled seeds and groups of both sides."""
    rng = np.random.default_rng(derive(seed, "membership"))
    seeds, ours, theirs = (
        rng.multinomial(size, [1 / size] * size, size=DRAWS).astype(np.float64) for size in sums.shape
    )
    total, count = (
        np.einsum("ds,dg,sgh,dh->d", seeds, ours, part, theirs, optimize=True) for part in (sums, counts)
    )
    means: NDArray[np.float64] = total / np.maximum(count, 1e-9)
    return means


def _ends(draws: NDArray[np.float64]) -> tuple[float | None, float | None]:
    there = draws[np.isfinite(draws)]
    if not there.size:
        return None, None
    low, high = np.quantile(there, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
