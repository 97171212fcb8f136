"""A run folder as tables: by item, person and arm. No torch, and nothing is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from remem.errors import UserError

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.report.read import Arm, RunRecord

PART = ("test-forget", "rehearsed", "kept-same", "kept-facts", "kept-people", "test-retain")


def read(folder: str | Path, data: str = "", model: str = "") -> Results:
    """The results of a run folder.

    Args:
        folder: of a run, as `remem run` or `Experiment` made it.
        data: where the data set lies now, if elsewhere than when the run was made.
        model: the same of the model.

    Raises:
        UserError: there is no run there, or what is told of its arms is not as it was made.
    """
    from remem.report.read import read_run
    from remem.run.context import check_told, open_run

    root = Path(folder)
    context, _ = open_run(root, data, model)
    check_told(root)
    dataset = context.data()
    return Results(root, read_run(root, dataset), dataset)


class Results:
    """What a run has found out, as Arrow tables: `.to_pandas()` of each is a data frame.

    Shares are from 0 to 1; what could not be computed is null, never 0.
    """

    def __init__(self, folder: Path, run: RunRecord, data: Dataset) -> None:
        self.folder, self.data, self._run = folder, data, run

    def __repr__(self) -> str:
        return f"Results({self.folder}: {', '.join(self._run.arms)})"

    @property
    def report(self) -> Path:
        """The page for readers; it is there once the run has been told."""
        return self.folder / "report" / "index.html"

    def arms(self) -> pa.Table:
        """One row for each model: role, method, seed, verdict, and what papers print, each with the ends of
        its 95 % interval (`forget1:em`, `forget1:em_low`, ...)."""
        from remem.report.findings import findings
        from remem.report.tables import methods_table

        header, rows = methods_table(self._run, findings(self._run, self.data)).raw
        whose = [self._run.arms[str(row[0])] for row in rows]
        return _table(
            {"arm": str(row[0])} | _who(arm) | dict(zip(header[1:], row[1:], strict=True))
            for row, arm in zip(rows, whose, strict=True)
        )

    def items(self) -> pa.Table:
        """One row for each answer of each model: what was asked, the true value, what was said, and every
        metric of it; `exposure_norm` and `exposure_bits` where its value was ranked. `part` says what the
        question is of: the forget set, what is kept, held-out questions."""
        rows = [row for arm in self._run.arms.values() for row in self._items(arm)]
        if not rows:
            raise UserError(f"no model of {self.folder} has been asked yet: finish the run first")
        return _table(rows)

    def people(self) -> pa.Table:
        """One row for each model and person: means of the metrics over their questions, and how many."""
        found: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
        for row in self.items().to_pylist():
            found.setdefault((row["arm"], row["person"], row["forgotten"]), []).append(row)
        return _table(
            {name: rows[0][name] for name in ("arm", "role", "method", "seed", "person", "forgotten")}
            | {"questions": len(rows)}
            | {metric: _mean(row.get(metric) for row in rows) for metric in self._metrics}
            for rows in found.values()
        )

    def summary(self) -> pa.Table:
        """One row for each model, part, kind of question and metric: mean, 95 % interval and its units."""
        return _table(
            {"arm": name, "part": part, "question_type": kind, "metric": metric, "mean": one.mean}
            | {"low": one.low, "high": one.high, "over": one.over, "people": one.people}
            | {"items": one.items, "missing": one.missing}
            for name, arm in self._run.arms.items()
            for (part, kind, metric), one in arm.estimates.items()
        )

    def attacks(self) -> pa.Table:
        """One row for each model, setting of an attack and question: `hit` (exact match), `exposure`."""
        from remem.report.attacked import Attacked

        found = Attacked(self._run, self.data)
        return _table(
            {"arm": name}
            | _who(self._run.arms[name])
            | {"attack": found.settings[key].attack, "setting": one.setting, "at": one.at}
            | {"access": found.settings[key].access, "control": one.control, "id": id}
            | {
                "person": self.data.items[id].person,
                "hit": one.hits.get(id),
                "exposure": one.exposure.get(id),
            }
            for name, outcomes in found.outcomes.items()
            for key, one in outcomes.items()
            for id in dict.fromkeys((*one.hits, *one.exposure))
        )

    def verdicts(self) -> pa.Table:
        """One row for each method and part of its verdict ("whole" first): its word, and the numbers."""
        from remem.report.findings import findings

        rows = []
        for one in findings(self._run, self.data):
            verdict = one.verdict
            rows.append(
                {"method": one.method, "part": "whole", "kind": verdict.kind, "word": verdict.heading}
                | {"said": verdict.sentence}
            )
            rows += [
                {
                    "method": one.method,
                    "part": part.title,
                    "kind": part.kind,
                    "word": part.word,
                    "said": part.said,
                }
                for part in verdict.parts
            ]
        return _table(rows)

    @cached_property
    def _metrics(self) -> tuple[str, ...]:
        from remem.scoring.metrics import METRICS

        own = [key for key in self._run.own_metrics if key not in METRICS]
        return (*METRICS, *own, "exposure_norm", "exposure_bits")

    @cached_property
    def _parts(self) -> Mapping[str, str]:
        """Item id -> the part that it is of; the forget set before all others."""
        from remem.report.evidence import parts_of

        parts = parts_of(self._run, self.data)
        found: dict[str, str] = {}
        for name in (self._run.forget or "", *PART):
            for id in parts.get(name, ()):
                found.setdefault(id, name)
        return found

    @cached_property
    def _gone(self) -> set[str]:
        from remem.data.forgotten import forgotten

        splits = [self._run.forget] if self._run.forget in self.data.splits else []
        gone = forgotten(self.data, splits)
        return {id for id, item in self.data.items.items() if item in gone}

    def _items(self, arm: Arm) -> Iterable[dict[str, Any]]:
        from remem.data.dataset import value

        values = {metric: arm.values(metric) for metric in self._metrics}
        for id, said in arm.answers.items():
            item = self.data.items[id]
            yield (
                {"arm": arm.name}
                | _who(arm)
                | {"id": id, "person": item.person, "part": self._parts.get(id, "other")}
                | {"forgotten": id in self._gone, "question_type": item.question_type}
                | {"attribute": item.attribute, "question": item.question, "value": value(item)}
                | {"said": said, "state": arm.states.get(id)}
                | {metric: of.get(id) for metric, of in values.items()}
            )


def _who(arm: Arm) -> dict[str, Any]:
    return {"role": arm.role, "method": arm.method, "seed": arm.seed}


def _mean(values: Iterable[float | None]) -> float | None:
    there = [one for one in values if one is not None]
    return sum(there) / len(there) if there else None


def _table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows))
