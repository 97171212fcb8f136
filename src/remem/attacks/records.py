"""What attacks brought out, on disk: what was said and how values were ranked, by setting. No torch here.

A step of an attack holds answers.parquet, rankings.parquet and cost.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from remem import jsonfile
from remem.asking.records import read_rows, read_table, write_table
from remem.errors import UserError
from remem.jsonfile import Amount, Number, Share
from remem.scoring.metrics import EXPOSURE, METRICS
from remem.steps.provenance import read_provenance
from remem.types import Item, Questions, Response

if TYPE_CHECKING:
    from remem.attacks.base import Tried

ANSWERS, RANKINGS, COST = "answers.parquet", "rankings.parquet", "cost.json"
_WHICH = [
    ("setting", pa.string()),
    ("at", pa.float64()),  # its place on a curve; null: on none
    ("curve", pa.string()),
    ("control", pa.bool_()),
    ("access", pa.string()),  # "": that of cost.json
    ("attack", pa.string()),  # the same
    ("id", pa.string()),
]
_OF_SETTING = tuple(name for name, _ in _WHICH if name != "id")
_ANSWERS = pa.schema([*_WHICH, ("texts", pa.list_(pa.string())), ("hit", pa.float64())])
_RANKINGS = pa.schema([*_WHICH, ("exposure", pa.float64()), ("outranked", pa.float64())])


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one setting of an attack brought out of one arm, by item id."""

    setting: str
    at: float | None = None
    curve: str = ""
    control: bool = False
    access: str = ""  # what its attacker must have; "": what the attack says of itself (Cost)
    attack: str = ""  # the attack it is a setting of; "": the one that tried it
    hits: Mapping[str, float] = field(default_factory=dict)  # exact match (of scenes, keyword recall), 0 to 1
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exposure: Mapping[str, float | None] = field(default_factory=dict)  # as a share of its maximum


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What an attack took on one arm, and what its attacker must have."""

    attack: str
    access: str
    knows: str
    seconds: Amount = 0.0  # 0 where it is not known
    settings: dict[str, Any] = field(default_factory=dict)  # the attack's own
    by_setting: dict[str, dict[str, Number]] = field(default_factory=dict)  # further figures


@dataclass(frozen=True, kw_only=True)
class _Which:
    """A row's first columns."""

    setting: str
    at: Amount | None
    curve: str
    control: bool
    access: str
    attack: str
    id: str


@dataclass(frozen=True, kw_only=True)
class _Answer(_Which):
    texts: tuple[str, ...]
    hit: Share


@dataclass(frozen=True, kw_only=True)
class _Ranked(_Which):
    exposure: Share | None
    outranked: Share | None = None


def write_tried(folder: Path, data: Questions, found: Sequence[Tried]) -> None:
    """Writes what was tried, scored."""
    answers = [
        _which(one, answer.id)
        | {"texts": list(answer.texts), "hit": _hit(data.items[answer.id], answer.texts)}
        for one in found
        for answer in one.answers
    ]
    rankings = [
        _which(one, ranking.id)
        | {"exposure": EXPOSURE["exposure_norm"](ranking), "outranked": EXPOSURE["outranked"](ranking)}
        for one in found
        for ranking in one.rankings
    ]
    write_table(folder / ANSWERS, answers, _ANSWERS)
    write_table(folder / RANKINGS, rankings, _RANKINGS)


def join(folder: Path, parts: Sequence[Path]) -> None:
    """Writes into a folder what these folders hold, in their order. UserError for a setting in two."""
    seen: dict[str, Path] = {}
    for part in parts:
        for one in read_outcomes(part):
            if seen.setdefault(one.setting, part) != part:
                raise UserError(f"two trials have a setting {one.setting!r}: give each a name of its own")
    for name, schema in ((ANSWERS, _ANSWERS), (RANKINGS, _RANKINGS)):
        rows = [row for part in parts for row in read_table(part / name, schema.names)]
        write_table(folder / name, rows, schema)


def write_cost(folder: Path, cost: Cost) -> None:
    """Writes cost.json. Seconds stand in provenance.json, the only place where times are kept."""
    told = asdict(cost)
    del told["seconds"]
    (folder / COST).write_text(json.dumps(told, indent=1, allow_nan=False) + "\n", "utf-8")


def read_cost(folder: Path) -> Cost:
    """The cost of an attack; UserError where it is damaged."""
    cure = f"Delete {folder} and run again."
    cost = jsonfile.read(folder / COST, Cost, cure)
    return replace(cost, seconds=read_provenance(folder).seconds or 0.0)


def read_outcomes(folder: Path) -> list[Outcome]:
    """Every setting of an attack, in the order tried; UserError where a file is absent or damaged."""
    whole: dict[str, dict[str, Any]] = {}
    cure = f"Delete {folder} and run again."
    files: tuple[tuple[str, type[_Answer] | type[_Ranked], tuple[str, ...]], ...] = (
        (ANSWERS, _Answer, ("hit", "texts")),
        (RANKINGS, _Ranked, ("exposure",)),
    )
    for name, kind, columns in files:
        for row in read_rows(folder / name, kind):
            about = {key: getattr(row, key) for key in _OF_SETTING}
            inside = whole.setdefault(row.setting, about | {"hits": {}, "texts": {}, "exposure": {}})
            if any(inside[key] != value for key, value in about.items()):
                raise UserError(f"{folder / name} tells of {row.setting!r} in two ways. {cure}")
            for column in columns:
                of_items = inside["hits" if column == "hit" else column]
                if row.id in of_items:
                    raise UserError(f"{folder / name}: {row.setting!r} has item {row.id} twice. {cure}")
                of_items[row.id] = getattr(row, column)
    return [Outcome(**inside) for inside in whole.values()]


def _which(one: Tried, id: str) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _OF_SETTING} | {"id": id}


def _hit(item: Item, texts: Iterable[str]) -> float:
    """The best of the texts, by what tells that an answer says it."""
    metric = METRICS["em" if item.target == item.person else "keyword_recall"]
    return max((metric(item, _response(item, text)) or 0.0 for text in texts), default=0.0)


def _response(item: Item, text: str) -> Response:
    return Response(id=item.id, text=text, finished=True, logp=(), hit=(), mean=(), sd=())
