"""A run folder as plain values. Any part of it may be absent; what is there must be readable."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow.parquet as pq
from PIL import Image

from remem import jsonfile
from remem.errors import UserError
from remem.run.arms import Arm as Record
from remem.run.arms import Role, arms_in
from remem.scoring.estimate import Estimate
from remem.scoring.metrics import EXPOSURE
from remem.settings import forget_sets
from remem.types import Item

STEPS = ("model", "responses", "scores")
REFERENCES = ("base", "taught", "goal")


class Data(Protocol):
    """What the report asks of a data set."""

    @property
    def items(self) -> Mapping[str, Item]: ...

    @property
    def splits(self) -> Mapping[str, tuple[str, ...]]:
        """Ids, in the data's order."""
        ...

    @property
    def people(self) -> tuple[str, ...]: ...

    @property
    def names(self) -> Mapping[str, str]: ...

    def image(self, item: str, /) -> Image.Image | None: ...


class Candidates(NamedTuple):
    id: str
    size: int  # |R|
    known: int | None = None  # of them, values that the Goal model is taught about others; None: not told


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One model of the run and all that was written about it."""

    record: Record
    name: str
    folder: Path = Path()
    estimates: dict[tuple[str, str, str], Estimate] = field(default_factory=dict)  # split, type, metric
    answers: dict[str, str] = field(default_factory=dict)  # item id -> text
    states: dict[str, str] = field(default_factory=dict)  # item id -> one of STATES
    rankings: tuple[Candidates, ...] = ()
    log: tuple[dict[str, Any], ...] = ()
    outcome: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)  # of a model that was made elsewhere (given.json)
    guards: tuple[dict[str, Any], ...] = ()  # of its training and of its asking: guard, passed, what
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)  # step -> step.json
    provenance: dict[str, dict[str, Any]] = field(default_factory=dict)  # step -> provenance.json

    @property
    def task(self) -> str:
        """Which task of people in events, or forget set of several, the arm is of; "" for those that all
        share, and where there is one."""
        return self.record.task

    @property
    def short(self) -> str:
        """The name within the task."""
        return self.record.short

    @property
    def role(self) -> Role:
        return self.record.role

    @property
    def method(self) -> str | None:
        """What the run calls the competitor; None for base, taught and goal."""
        return self.record.label if self.record.judged else None

    @property
    def seed(self) -> int:
        return self.record.seed

    @property
    def diverged(self) -> bool:
        return bool(self.outcome.get("diverged")) or any(line.get("diverged") for line in self.log)

    @property
    def divergence(self) -> dict[str, Any]:
        """Step and reason of the divergence; empty when there was none."""
        if self.outcome.get("diverged"):
            return {"step": self.outcome.get("steps"), "why": self.outcome.get("why", "")}
        return next((dict(line) for line in self.log if line.get("diverged")), {})

    def values(self, metric: str) -> Mapping[str, float | None]:
        """What single answers, or rankings, scored by a metric: item id -> value. None that are not there."""
        file = "exposure.parquet" if metric in EXPOSURE else "scores.parquet"
        path = self.folder / "scores" / file
        return _values(path, metric, path.stat().st_mtime_ns) if path.is_file() else {}

    def world(self, split: str) -> dict[str, tuple[str, float]]:
        """What is left of a split of the world's exam: question -> its group, and a value (score.py)."""
        path = self.folder / "scores" / "world.parquet"
        rows = _columns(path, "id", "group", "split", "value")
        return {id: (group, value) for id, group, of, value in rows if of == split}

    def get(self, split: str | None, question_type: str, metric: str) -> Estimate | None:
        return self.estimates.get((split or "", question_type, metric))


@dataclass(frozen=True, kw_only=True)
class Gate:
    passed: bool
    ignored: bool
    lines: tuple[dict[str, Any], ...]
    people: dict[str, dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A whole run, as far as it got."""

    recipe: str
    version: str
    request: dict[str, Any]
    config: dict[str, Any]
    gate: Gate | None
    arms: dict[str, Arm]  # references first, then methods by name and seed
    forget: str | None  # the name of the forget split; None when nothing says so
    left_out: tuple[str, ...] = ()  # arms in the folder that were asked other questions, and why
    old: dict[str, str] = field(default_factory=dict)  # steps kept though stale, and why they are
    tasks: tuple[str, ...] = ()  # of people in events
    sizes: tuple[str, ...] = ()  # several forget sets of people, each forgotten by itself
    parted: bool = True  # whether it says what is rehearsed (kept.json): what is kept is measured apart
    part: str = ""  # which task or size of a run this is, where it was one of several
    plugins: tuple[str, ...] = ()  # names of those that it was made with
    own_metrics: tuple[str, ...] = ()  # keys of metrics that they added
    split: str = ""  # the forget split as the data names it, where that is another name

    @property
    def reliable(self) -> bool:
        """False when the gate failed: then no number after it means what it seems to."""
        return self.gate is None or self.gate.passed

    @property
    def former(self) -> bool:
        """Whether a version of other rules made it: of format 1, or before what is rehearsed was told."""
        scored = any(arm.estimates for arm in self.arms.values())
        return (scored and not self.parted) or any(arm.record.former for arm in self.arms.values())

    @property
    def goal(self) -> Arm | None:
        """The Goal model, the first of several; None where there is none."""
        return next(iter(self.goals), None)

    @property
    def goals(self) -> list[Arm]:
        """All Goal models: retrainings from seeds of their own."""
        return [arm for arm in self.arms.values() if arm.role == "goal"]

    @property
    def rankings(self) -> dict[str, Candidates]:
        """By item, all arms alike: where one tells how many values the Goal model knows, that one."""
        found: dict[str, Candidates] = {}
        for arm in self.arms.values():
            for one in arm.rankings:
                if one.id not in found or found[one.id].known is None:
                    found[one.id] = one
        return found

    @property
    def methods(self) -> dict[str, list[Arm]]:
        """Method -> its arms, one for each seed."""
        found: dict[str, list[Arm]] = {}
        for arm in self.arms.values():
            if arm.method:
                found.setdefault(arm.method, []).append(arm)
        return found


def read_run(folder: Path, data: Data) -> RunRecord:
    """Everything in a run folder that the report shows; UserError when nothing is there."""
    run = _object(folder / "run.json")
    config = run.get("config") or {}
    tasks = tuple((config.get("forget") or {}).get("tasks") or ())
    named = _forget_sets(config)
    sizes = named if len(named) > 1 and not tasks else ()
    apart = tasks or sizes
    records, left_out = _of_run(folder, arms_in(folder), run, apart)
    arms = [_arm(folder / record.name, record) for record in records]
    gate = _object(folder / "gate" / "gate.json")
    if not (run or arms or gate):
        raise UserError(f"there is no run to report in {folder}. Make one with: remem run --out {folder}")
    order = {name: place for place, name in enumerate(REFERENCES)}
    place = {"": -1} | {task: number for number, task in enumerate(apart)}
    arms.sort(
        key=lambda arm: (
            place[arm.task],
            order.get(arm.role, len(order)),
            arm.method or arm.name,
            arm.seed,
        )
    )
    return RunRecord(
        recipe=str(run.get("recipe") or "unnamed"),
        version=str(run.get("version") or ""),
        request=run.get("request") or {},
        config=config,
        gate=_gate(gate) if gate else None,
        arms={arm.name: arm for arm in arms},
        forget=_forget_split(arms, config, data),
        left_out=left_out,
        old=dict(run.get("old") or {}),
        tasks=tasks,
        sizes=sizes,
        plugins=tuple(
            f"{one.get('name')}{'.py' if one.get('file') else ''}" for one in run.get("plugins") or ()
        ),
        own_metrics=_own_metrics(run),
        parted=bool(_object(folder / "kept" / "kept.json")),
    )


def _own_metrics(run: dict[str, Any]) -> tuple[str, ...]:
    added = [str(one) for plugin in run.get("plugins") or () for one in plugin.get("adds") or ()]
    return tuple(one.removeprefix("metric ") for one in added if one.startswith("metric "))


def _forget_sets(config: dict[str, Any]) -> tuple[str, ...]:
    return forget_sets((config.get("forget") or {}).get("split") or "")


def _of_run(
    folder: Path, there: Mapping[str, Record], run: dict[str, Any], tasks: tuple[str, ...]
) -> tuple[list[Record], tuple[str, ...]]:
    """The arms that belong together: of one task each, asked the same questions; and which do not, and why.

    They may have been asked for by several requests: what they were asked decides.
    """
    of_tasks = [one for one in there.values() if one.task in ("", *tasks)]
    out = [f"{one.name} (of the task {one.task})" for one in there.values() if one.task not in ("", *tasks)]
    if any(one.former for one in of_tasks):  # format 1 tells of its own request alone
        planned = run.get("steps")
        told = [one for one in of_tasks if not isinstance(planned, dict) or f"{one.name}/scores" in planned]
        return told, (*out, *(one.name for one in of_tasks if one not in told))
    asked = {one.name: _asked(folder / one.name) for one in of_tasks}
    usual: dict[str, str] = {}
    for one in of_tasks:  # in the order of names: taught before methods, by task
        if one.role in REFERENCES and asked[one.name]:
            usual.setdefault(one.task, asked[one.name])
    kept = []
    for one in of_tasks:
        same = not asked[one.name] or asked[one.name] == usual.get(one.task, asked[one.name])
        kept += [one] if same else []
        out += [] if same else [f"{one.name} (was asked other questions)"]
    return kept, tuple(out)


def _asked(arm: Path) -> str:
    """What an arm was asked, as one text; "" where it was asked nothing yet."""
    made = _object(arm / "responses" / "step.json")
    settings = {key: value for key, value in (made.get("settings") or {}).items() if key != "gate"}
    read = {key: value for key, value in (made.get("read") or {}).items() if key == "dataset"}
    return json.dumps([settings, read], sort_keys=True) if settings else ""


def _arm(folder: Path, record: Record) -> Arm:
    answers = _columns(folder / "responses" / "responses.parquet", "id", "text")
    scores = _columns(folder / "scores" / "scores.parquet", "id", "state")
    steps = [step for step in STEPS if (folder / step).is_dir()]
    return Arm(
        record=record,
        name=record.name,
        folder=folder,
        estimates=_estimates(_object(folder / "scores" / "summary.json")),
        answers={id: text or "" for id, text in answers},
        states={id: state for id, state in scores if state},
        rankings=_rankings(folder / "scores" / "exposure.parquet"),
        log=_lines(folder / "model" / "log.jsonl"),
        outcome=_object(folder / "model" / "outcome.json"),
        given=_object(folder / "model" / "given.json"),
        guards=tuple(one for step in steps for one in _list(folder / step / "guards.json")),
        steps={step: _object(folder / step / "step.json") for step in steps},
        provenance={step: _object(folder / step / "provenance.json") for step in steps},
    )


def _rankings(path: Path) -> tuple[Candidates, ...]:
    # Runs from before it was told have no such column.
    told = path.is_file() and "known" in pq.read_schema(path).names
    rows = _columns(path, "id", "candidates", *(("known",) if told else ()))
    return tuple(Candidates(*row) for row in rows if row[1])


def _estimates(summary: dict[str, Any]) -> dict[tuple[str, str, str], Estimate]:
    return {
        (row["split"], row["question_type"], row["metric"]): Estimate(
            mean=_finite(row.get("mean")),
            low=_finite(row.get("low")),
            high=_finite(row.get("high")),
            over=row.get("over") or "",
            people=row.get("people") or 0,
            items=row.get("items") or 0,
            missing=row.get("missing") or 0,
        )
        for row in summary.get("rows", ())
    }


_NOT_TOLD = {"told": False, "chance": None, "expected": None}  # by files from before there was


def _gate(raw: dict[str, Any]) -> Gate:
    return Gate(
        passed=bool(raw.get("passed")),
        ignored=bool(raw.get("ignored")),
        lines=tuple(_NOT_TOLD | line for line in raw.get("lines") or ()),
        people=raw.get("people") or {},
    )


def _forget_split(arms: list[Arm], config: dict[str, Any], data: Data) -> str | None:
    asked = _forget_sets(config)[0]
    scored = {split for arm in arms for split, _, _ in arm.estimates if split.startswith("forget")}
    return asked if asked in data.splits else min(scored, default=None)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _object(path: Path) -> dict[str, Any]:
    return jsonfile.read(path, dict[str, Any], _cure(path), nan=True) if path.is_file() else {}


def _list(path: Path) -> list[dict[str, Any]]:
    return jsonfile.read(path, list[dict[str, Any]], _cure(path), nan=True) if path.is_file() else []


def _lines(path: Path) -> tuple[dict[str, Any], ...]:
    if not path.is_file():
        return ()
    return tuple(jsonfile.lines(path, dict[str, Any], _cure(path), nan=True))


def _cure(path: Path) -> str:
    return f"It is damaged: delete the folder {path.parent} and run again."


@lru_cache(maxsize=512)
def _values(path: Path, metric: str, of: int) -> Mapping[str, float | None]:
    there = pq.read_schema(path).names
    return dict(_columns(path, "id", metric)) if metric in there else {}


def _columns(path: Path, *names: str) -> list[tuple[Any, ...]]:
    if not path.is_file():
        return []
    columns = pq.read_table(path, columns=list(names))
    return list(zip(*(columns[name].to_pylist() for name in names), strict=True))
