"""A run folder as plain values. Any part of it may be absent; what is there must be readable."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from remem import jsonfile
from remem.asking.given import Given, read_given
from remem.errors import UserError
from remem.report.rows import Candidates, Made, Said, StateOf, World, rows_in, values_in
from remem.run.arms import Arm as Record
from remem.run.arms import Role, arms_in
from remem.run.record import RUN, record_in
from remem.scoring.estimate import Estimate
from remem.scoring.gate import Gate, read_gate
from remem.scoring.metrics import EXPOSURE
from remem.scoring.score import EXPOSURES, SCORES, SUMMARY, WORLD, read_summary
from remem.settings import forget_sets
from remem.steps.provenance import Provenance, read_provenance
from remem.steps.sealed import RECORD
from remem.training.outcome import Ended, Guard, Logged, read_guards, read_log, read_outcome
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
    log: tuple[Logged, ...] = ()
    outcome: Ended = field(default_factory=Ended)
    given: Given | None = None  # of a model that was made elsewhere
    guards: tuple[Guard, ...] = ()  # of its training and of its asking
    provenance: dict[str, Provenance] = field(default_factory=dict)  # step -> provenance.json

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
        return self.divergence.diverged

    @property
    def divergence(self) -> Ended:
        """Where and why it diverged, if it did."""
        lines = (Ended(diverged=True, steps=one.step, why=one.why) for one in self.log if one.diverged)
        return self.outcome if self.outcome.diverged else next(lines, Ended())

    @property
    def tokenizer(self) -> str:
        """Digest of its tokenizer; "" where all models of a run have one."""
        return self.given.tokenizer if self.given else ""

    @property
    def perplexity(self) -> float | None:
        """Of plain sentences; known of models that were made elsewhere."""
        return self.given.sound.perplexity if self.given else None

    def values(self, metric: str) -> Mapping[str, float | None]:
        """What single answers, or rankings, scored by a metric: item id -> value. None that are not there."""
        file = "exposure.parquet" if metric in EXPOSURE else "scores.parquet"
        path = self.folder / "scores" / file
        return values_in(path, metric, path.stat().st_mtime_ns) if path.is_file() else {}

    def world(self, split: str) -> dict[str, tuple[str, float]]:
        """What is left of a split of the world's exam: question -> its group, and a value (score.py)."""
        found = rows_in(self.folder / "scores" / WORLD, World)
        return {one.id: (one.group, one.value) for one in found if one.split == split}

    def get(self, split: str | None, question_type: str, metric: str) -> Estimate | None:
        return self.estimates.get((split or "", question_type, metric))


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
    run = record_in(folder) if (folder / RUN).is_file() else {}
    config = run.get("config") or {}
    tasks = tuple((config.get("forget") or {}).get("tasks") or ())
    named = _forget_sets(config)
    sizes = named if len(named) > 1 and not tasks else ()
    apart = tasks or sizes
    records, left_out = _of_run(folder, arms_in(folder), run, apart)
    arms = [_arm(folder / record.name, record) for record in records]
    verdict = folder / "gate" / "gate.json"
    gate = read_gate(verdict) if verdict.is_file() else None
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
        gate=gate,
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
        parted=(folder / "kept" / "kept.json").is_file(),
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
    path = arm / "responses" / RECORD
    cure = f"Delete the folder {path.parent} and run again."
    made = jsonfile.read(path, Made, cure) if path.is_file() else Made()
    settings = {key: value for key, value in made.settings.items() if key != "gate"}
    read = {key: value for key, value in made.read.items() if key == "dataset"}
    return json.dumps([settings, read], sort_keys=True) if settings else ""


def _arm(folder: Path, record: Record) -> Arm:
    answers = rows_in(folder / "responses" / "responses.parquet", Said)
    scores = rows_in(folder / "scores" / SCORES, StateOf)
    ranked = rows_in(folder / "scores" / EXPOSURES, Candidates)
    model, steps = folder / "model", [step for step in STEPS if (folder / step).is_dir()]
    return Arm(
        record=record,
        name=record.name,
        folder=folder,
        estimates=_estimates(folder / "scores"),
        answers={one.id: one.text or "" for one in answers},
        states={one.id: one.state for one in scores if one.state},
        rankings=tuple(one for one in ranked if one.size),
        log=read_log(model),
        outcome=read_outcome(model),
        given=read_given(model),
        guards=tuple(one for step in steps for one in read_guards(folder / step)),
        provenance={step: read_provenance(folder / step) for step in steps},
    )


def _estimates(folder: Path) -> dict[tuple[str, str, str], Estimate]:
    rows = read_summary(folder) if (folder / SUMMARY).is_file() else []
    names = [one.name for one in fields(Estimate)]
    return {
        (row.split, row.question_type, row.metric): Estimate(**{name: getattr(row, name) for name in names})
        for row in rows
    }


def _forget_split(arms: list[Arm], config: dict[str, Any], data: Data) -> str | None:
    asked = _forget_sets(config)[0]
    scored = {split for arm in arms for split, _, _ in arm.estimates if split.startswith("forget")}
    return asked if asked in data.splits else min(scored, default=None)
