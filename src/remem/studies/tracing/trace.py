"""Multimodal causal tracing of the arms of a run: where is the person looked up, and by which tokens?

S is the summed log-prob of the answer. The picture (or the name) is swapped for another person's, then one
kind of output of one layer is put back at one group of tokens: the indirect effect is what S gains by it.
Meng et al., Locating and Editing Factual Associations in GPT, 2022 (arXiv:2202.05262), in the form that PAVA
describes (arXiv:2608.30649): swaps take the place of noise, and these are its groups of tokens. ReMem
(arXiv:2605.03759) traces, too; its own design is not known to us.

Departure: where the answer begins with its cloze prompt, the value is scored and not the whole sentence. A
taught answer repeats the name, and under a swapped name most of S would be the log-prob of that.
`over="answer"` scores the sentence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from remem import jsonfile
from remem.asking.records import read_rows, write_table
from remem.errors import UserError, unknown
from remem.jsonfile import Count
from remem.run.arms import arm_in, arms_in
from remem.run.code import rooms
from remem.run.context import Context
from remem.steps.code import syntax_digest
from remem.steps.sealed import RECORD, read_record
from remem.steps.store import Step
from remem.types import Progress

if TYPE_CHECKING:
    from remem.studies.tracing.swaps import Pair

FILE = "trace.parquet"
# A swap that costs less than this (nats) cannot be told from rounding and chance: no share of it is given.
LEAST_GAP = 0.5
REFERENCES = ("taught", "base", "goal")

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "person", "question_type", "swap", "partner")),
        ("clean", pa.float64()),
        ("corrupted", pa.float64()),
        ("kind", pa.string()),
        ("layer", pa.int32()),
        ("group", pa.string()),
        ("tokens", pa.int32()),
        ("effect", pa.float64()),
        ("share", pa.float64()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class _Row:
    id: str
    person: str
    question_type: str
    swap: str
    partner: str
    clean: float
    corrupted: float
    kind: str
    layer: Count
    group: str
    tokens: Count
    effect: float
    share: float | None


@dataclass(frozen=True, kw_only=True)
class _About:
    """about.json."""

    arm: str
    layers: Count
    items: Count
    left_out: dict[str, Count]
    over: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is traced."""

    split: str
    items: int = 24  # of each question type, spread over people
    over: str = "value"  # or "answer"
    seed: int = 0
    rows: int = 32  # corrupted runs at once: memory and speed, no result beyond rounding


def steps(context: Context, arms: Sequence[str], settings: Settings) -> list[Step]:
    """One step for each arm, and the page."""
    from remem.models import identity
    from remem.settings import plain

    root = context.root
    data = context.fingerprint or _content(root / "dataset")
    found = []
    for arm in arms:
        model = _content(root / arm / "model") if arm != "base" else identity(context.run.model.name)
        traced = {name: value for name, value in plain(settings).items() if name != "rows"}
        found.append(
            Step(
                name=f"trace/{arm}",
                work=trace,
                settings={**traced, "model": model, "data": data},
                arguments={"arm": arm, "settings": settings},
                code=rooms("data", "models") | {"trace": syntax_digest("remem.studies.tracing.trace")},
            )
        )
    page = Step(
        name="trace/report",
        work=tell,
        settings={},
        needs=tuple(step.name for step in found),
        derived=True,
        arguments={"arms": tuple(arms)},
        code=rooms("scoring") | {"page": syntax_digest("remem.studies.tracing.page")},
    )
    return [*found, page]


def present(root: Path) -> list[str]:
    """The reference arms that can be traced: those that are there, and the base, which needs no folder."""
    there = [arm for arm in arms_in(root).values() if (root / arm.name / "model" / RECORD).is_file()]
    of_role = {role: [one.name for one in there if one.role == role] for role in REFERENCES}
    return [name for role in REFERENCES for name in of_role[role] or (["base"] if role == "base" else [])]


def _chain(root: Path, arm: str) -> tuple[str, ...]:
    return () if arm == "base" else arm_in(root, arm).chain


def _content(folder: Path) -> str:
    sealed = read_record(folder)
    if sealed is None:
        raise UserError(f"{folder} is not a finished step: run remem learn first.")
    return sealed.content


def trace(folder: Path, context: Context, progress: Progress, arm: str, settings: Settings) -> None:
    """Traces one arm: trace.parquet, one row for each item, kind of output, layer and group of tokens."""
    from remem.studies.tracing.patching import layers_of
    from remem.studies.tracing.swaps import chosen, pairs

    data = context.data()
    if settings.split not in data.splits:
        raise unknown("split of the data set", settings.split, data.splits)
    model = context.model(*_chain(context.root, arm))
    layers = layers_of(model)
    items = chosen(data, settings.split, settings.items, settings.seed)
    rows: list[dict[str, Any]] = []
    left_out: dict[str, int] = {}
    for number, (item, found) in enumerate(pairs(model, data, items, settings.over, settings.seed)):  # type: ignore[arg-type]
        if found is None:
            left_out[item.question_type] = left_out.get(item.question_type, 0) + 1
        else:
            rows += _rows(model, found, layers, settings.rows)
        progress(number + 1, len(items), "items traced")
    write_table(folder / FILE, rows, _SCHEMA)
    about = {"arm": arm, "layers": layers, "items": len(items), "left_out": left_out, "over": settings.over}
    (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _rows(model: Any, found: Pair, layers: int, rows_at_once: int) -> list[dict[str, Any]]:
    import torch

    from remem.studies.tracing.groups import GROUPS
    from remem.studies.tracing.patching import KINDS, Patch, effects

    there = {
        group: torch.tensor([one == group for one in found.groups])
        for group in GROUPS
        if group in found.groups
    }
    patches = [
        (group, Patch(kind, layer, mask))
        for kind in KINDS
        for layer in range(layers)
        for group, mask in there.items()
    ]
    measured = effects(
        model, found.clean, found.corrupted, [patch for _, patch in patches], found.fellows, rows_at_once
    )
    gap = measured.clean - measured.corrupted
    item = found.item
    return [
        {
            "id": item.id,
            "person": item.person,
            "question_type": item.question_type,
            "swap": found.swap,
            "partner": found.partner,
            "clean": measured.clean,
            "corrupted": measured.corrupted,
            "kind": patch.kind,
            "layer": patch.layer,
            "group": group,
            "tokens": int(patch.tokens.sum()),
            "effect": restored - measured.corrupted,
            "share": (restored - measured.corrupted) / gap if gap >= LEAST_GAP else None,
        }
        for (group, patch), restored in zip(patches, measured.restored, strict=True)
    ]


def read(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What `trace` wrote: about.json and the rows of trace.parquet."""
    about = jsonfile.read(folder / "about.json", _About, f"Delete {folder} and trace again.")
    return asdict(about), [asdict(row) for row in read_rows(folder / FILE, _Row)]


def tell(folder: Path, context: Context, progress: Progress, arms: tuple[str, ...]) -> None:
    """The page of heat maps, with its numbers as CSV and JSON."""
    from remem.scoring.facts import fact
    from remem.studies.tracing.page import write

    facts = {id: fact(item) for id, item in context.data().items.items()}
    write(folder, {arm: read(context.root / "trace" / arm) for arm in arms}, facts)
