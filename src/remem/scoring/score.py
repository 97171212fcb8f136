"""Responses to scores: every metric of every answer, and their means with intervals. Needs no model."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from remem import jsonfile
from remem.asking.records import ROUNDING, once, read_table, write_table
from remem.errors import UserError
from remem.jsonfile import Count
from remem.scoring.facts import fact
from remem.scoring.metrics import EXPOSURE, MEMBERSHIP, METRICS, OWN, STATES, State, all_metrics, state
from remem.scoring.metrics.membership import SIGNALS, compared
from remem.scoring.stats import Bounds, area_interval, interval
from remem.scoring.units import scale, unit
from remem.scoring.utility import kept_of_the_world, sample, utility, world_marks
from remem.types import Item, Questions, Ranking, Response

SCORES = "scores.parquet"
EXPOSURES = "exposure.parquet"
WORLD = "world.parquet"
SUMMARY = "summary.json"

_WHO = [
    ("id", pa.string()),
    ("person", pa.string()),
    ("question_type", pa.string()),
    ("attribute", pa.string()),
]
_WORLD = pa.schema([*((name, pa.string()) for name in ("id", "group", "split")), ("value", pa.float64())])
_EXPOSURE = pa.schema(
    [
        *_WHO,
        ("candidates", pa.int32()),
        ("known", pa.int32()),  # of the candidates, values that the Goal model is taught about others
        *((key, pa.float64()) for key in EXPOSURE),
    ]
)

Asked = TypeVar("Asked", Response, Ranking)


def _columns() -> pa.Schema:
    """Of scores.parquet: those of plugins' metrics are among them."""
    return pa.schema([*_WHO, ("state", pa.string()), *((key, pa.float64()) for key in METRICS)])


@dataclass(frozen=True, kw_only=True)
class Score:
    """All metrics of one answer."""

    id: str
    person: str
    question_type: str
    attribute: str
    state: State
    values: dict[str, float | None]  # a key of METRICS -> None where missing


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of summary.json: the mean of one metric on one split and question type."""

    split: str
    question_type: str  # "all", or as the data says it
    metric: str
    mean: float | None  # None where no item has a value
    low: float | None
    high: float | None
    over: str  # the interval's units: "people", "events", "facts" of one, or "groups" of the world's exam
    people: Count  # or events, or groups
    items: Count  # with a value
    missing: Count  # without one; never counted as 0


@dataclass(frozen=True)
class _Summary:
    rows: list[Row]

    def __post_init__(self) -> None:
        scales = {one.key: (one.low, one.high) for one in all_metrics() if one.key not in OWN}
        seen = set()
        for row in self.rows:
            what = (row.split, row.question_type, row.metric)
            if what in seen:
                raise ValueError(f"{' '.join(what)} stands there twice")
            seen.add(what)
            if wrong := _impossible(row, scales.get(row.metric, (None, None))):
                raise ValueError(f"{' '.join(what)}: {wrong}")


def _impossible(row: Row, bounds: Bounds) -> str:
    """Why a row cannot be; "" where it can."""
    low, high = bounds
    for value in (row.mean, row.low, row.high):
        if value is None:
            continue
        if (low is not None and value < low - ROUNDING) or (high is not None and value > high + ROUNDING):
            return f"{value:g} lies beyond the scale of {row.metric}"
    if row.low is not None and row.high is not None and row.low > row.high:
        return f"its interval ends ({row.high:g}) before it begins ({row.low:g})"
    if row.people > row.items and row.metric not in MEMBERSHIP:  # whose people are of two sides
        return f"{row.people:,} {row.over} cannot have {row.items:,} values"
    return ""


@dataclass(frozen=True)
class WorldAnswers:
    """What a model said to the world's exam, and what it said to it before stage 1."""

    exam: Questions
    responses: Sequence[Response]
    rankings: Sequence[Ranking]
    base: Sequence[Response]


def score(
    dataset: Questions,
    parts: Mapping[str, Sequence[str]],
    responses: Iterable[Response],
    rankings: Iterable[Ranking],
    out: Path,
    arm: str,
    world: WorldAnswers | None = None,
    without_picture: Iterable[Ranking] = (),
    strangers: Sequence[tuple[Item, Response]] = (),
    forgotten: Sequence[str] = (),
    known: Mapping[str, int | None] | None = None,
) -> None:
    """Writes scores.parquet, exposure.parquet, summary.json and, with `world`, world.parquet into
    `out`.

    The summary speaks of the `parts`, name -> item ids (see `tasks.parts`).
    Rankings `without_picture` have question types of their own ("multi-hop, no picture").
    With answers of `strangers`, who were never taught, it tells how well the members in the parts `forgotten`
    are told from them. `known`: how many candidates of a ranked item the Goal model knows (data/rivals.py).
    UserError when an answer belongs to no item of the data set.
    """
    answers = _by_item(dataset, responses, "answers")
    placed = _by_item(dataset, rankings, "rankings")
    scores = [_score(dataset.items[id], answer) for id, answer in answers.items()]
    exposures = [
        _exposure(dataset.items[id], ranking) | {"known": (known or {}).get(id)}
        for id, ranking in placed.items()
    ]
    rows = [row for name, ids in parts.items() for row in _summarise(name, ids, dataset, scores, exposures)]
    blind = [
        _exposure(dataset.items[id], ranking)
        for id, ranking in _by_item(dataset, without_picture, "rankings without pictures").items()
    ]
    rows += [row for name, ids in parts.items() for row in _unseen(name, ids, dataset, blind)]

    if strangers:
        for name in forgotten:
            members = [(dataset.items[i], answers[i]) for i in parts.get(name, ()) if i in answers]
            rows += _told(name, members, strangers)
    if world is not None:
        found, answered = _of_the_world(world, dataset, parts, scores)
        rows += found
        write_table(out / WORLD, answered, _WORLD)

    write_table(out / SCORES, scores, _columns())
    write_table(out / EXPOSURES, exposures, _EXPOSURE)
    summary = {"arm": arm, "rows": [asdict(row) for row in rows]}
    text = json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False)
    (out / SUMMARY).write_text(text + "\n", encoding="utf-8")


def _of_the_world(
    world: WorldAnswers,
    dataset: Questions,
    parts: Mapping[str, Sequence[str]],
    scores: list[dict[str, Any]],
) -> tuple[list[Row], list[dict[str, Any]]]:
    """The exam's figures, and utility: what is kept of the data set and of the world. And what is left of
    the world, question by question."""
    exam = world.exam
    marks, samples = world_marks(exam.items, exam.splits, world.responses, world.rankings, world.base)
    em = {row["id"]: row["em"] for row in scores}
    for name in ("kept", "test-retain"):
        samples[name] = sample(em, dataset.items, kept_by_all(parts, name))
    rows = [
        Row(
            split=one.split,
            question_type="all",
            metric=one.metric,
            mean=one.mean,
            low=one.low,
            high=one.high,
            over="groups",
            people=one.groups,
            items=one.items,
            missing=one.missing,
        )
        for one in [*marks, utility(samples)]
    ]
    return rows, kept_of_the_world(samples)


def kept_by_all(parts: Mapping[str, Sequence[str]], name: str) -> list[str]:
    """The part, or of several forget sets what every one of them keeps ("forget2_test-retain")."""
    found = [ids for part, ids in parts.items() if part == name or part.endswith(f"_{name}")]
    if "retain" not in parts or not found:  # tasks of people in events have parts of their own
        return []
    every = set(found[0]).intersection(*found[1:])
    return [id for id in dict.fromkeys(found[0]) if id in every]


def read_scores(folder: Path) -> list[Score]:
    """The scores of one arm; UserError when the folder has none or they are damaged."""
    path = folder / SCORES
    own = [name for name, _ in _WHO] + ["state"]
    rows = [
        {name: row[name] for name in own} | {"values": {key: row[key] for key in METRICS}}
        for row in read_table(path, _columns().names)
    ]
    found = jsonfile.shaped(rows, list[Score], str(path), f"Delete {folder} and run again.")
    once(path, [one.id for one in found])
    return found


def read_summary(folder: Path) -> list[Row]:
    """The summary of one arm; UserError when the folder has none or it is damaged."""
    path = folder / SUMMARY
    if not path.is_file():
        raise UserError(
            f"{path} is not there. Delete the folder that should hold it, and run the same command again."
        )
    return jsonfile.read(path, _Summary, f"Delete {folder} and run again.").rows


def _by_item(dataset: Questions, asked: Iterable[Asked], what: str) -> dict[str, Asked]:
    """By item id, in the data set's order: the order in which a model was asked must not show."""
    found: dict[str, Asked] = {}
    for one in asked:
        if one.id not in dataset.items:
            raise UserError(
                f"these {what} belong to another data set: it has no item {one.id}. "
                "Delete the arm's responses folder and run again."
            )
        if one.id in found:
            raise UserError(f"these {what} hold item {one.id} twice. Delete the arm's responses folder.")
        found[one.id] = one
    return {id: found[id] for id in dataset.items if id in found}


def _who(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "person": item.person,
        "question_type": item.question_type,
        "attribute": item.attribute,
    }


def _score(item: Item, response: Response) -> dict[str, Any]:
    values = {key: metric(item, response) for key, metric in METRICS.items()}
    return _who(item) | {"state": state(item, response)} | values


def _exposure(item: Item, ranking: Ranking) -> dict[str, Any]:
    values = {key: metric(ranking) for key, metric in EXPOSURE.items()}
    return _who(item) | {"candidates": len(ranking.candidates)} | values


def _summarise(
    split: str,
    ids: Sequence[str],
    dataset: Questions,
    scores: list[dict[str, Any]],
    exposures: list[dict[str, Any]],
) -> Iterable[Row]:
    inside = set(ids)
    answered = {row["id"]: row | _shares(row["state"]) for row in scores if row["id"] in inside}
    ranked = {row["id"]: row for row in exposures if row["id"] in inside}
    items = [dataset.items[id] for id in dict.fromkeys(ids)]
    types = sorted({item.question_type for item in items}, key=lambda kind: (_hops(items, kind), kind))
    # Names and scenes are told by different measures: a mean over both would say nothing.
    mixed = len({item.target == item.person for item in items}) > 1
    for kind in types if mixed else ("all", *types):
        here = [item for item in items if kind in ("all", item.question_type)]
        for metric in (*METRICS, *_shares("wrong")):
            # An item that was never answered is missing, as one whose metric is undefined is.
            yield _row(split, kind, metric, [(item, answered.get(item.id, {}).get(metric)) for item in here])
        placed = [item for item in here if item.id in ranked]  # only some people's cloze prompts are ranked
        for metric in EXPOSURE if placed else ():
            yield _row(split, kind, metric, [(item, ranked[item.id][metric]) for item in placed])


def _unseen(
    split: str, ids: Sequence[str], dataset: Questions, exposures: list[dict[str, Any]]
) -> Iterable[Row]:
    """Exposure of items with a picture, asked without it: what the text alone gives away."""
    inside = set(ids)
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in exposures:
        if row["id"] in inside:
            kinds.setdefault(row["question_type"], []).append(row)
    for kind, here in kinds.items():
        for metric in EXPOSURE:
            found = [(dataset.items[row["id"]], row[metric]) for row in here]
            yield _row(split, f"{kind}, no picture", metric, found)


def _told(
    split: str,
    members: Sequence[tuple[Item, Response]],
    strangers: Sequence[tuple[Item, Response]],
) -> Iterable[Row]:
    """The area under the ROC curve of each membership attack: rows to forget, strangers' of their kind.

    Rows of a kind that the other side has none of count as missing.
    """
    for key, signal in SIGNALS.items():
        ours, theirs = compared(signal, members, strangers)
        estimate = area_interval(ours.side, theirs.side)
        missing = ours.missing + theirs.missing
        yield Row(split=split, question_type="all", metric=key, missing=missing, **asdict(estimate))


def _row(split: str, kind: str, metric: str, found: list[tuple[Item, float | None]]) -> Row:
    present = [(item, value) for item, value in found if value is not None]
    estimate = interval(
        [value for _, value in present],
        [item.target for item, _ in present],
        facts=[fact(item) for item, _ in present],
        bounds=scale(metric),
        unit=unit(item for item, _ in present),
    )
    missing = len(found) - len(present)
    return Row(split=split, question_type=kind, metric=metric, missing=missing, **asdict(estimate))


def _shares(found: State) -> dict[str, float]:
    return {f"state_{name}": float(name == found) for name in STATES}


def _hops(items: list[Item], question_type: str) -> int:
    return next(item.hops for item in items if item.question_type == question_type)
