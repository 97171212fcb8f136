"""The numbers of a study: for each member of each sweep, means with intervals over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remem.asking.records import read_table
from remem.data import load
from remem.scoring.facts import fact
from remem.scoring.gate import read_gate
from remem.scoring.metrics import EXPOSURE
from remem.scoring.score import EXPOSURES, read_scores
from remem.scoring.stats import nested_interval
from remem.scoring.units import scale
from remem.types import Progress

if TYPE_CHECKING:
    from remem.studies.diagnosis.sweeps import Member, Study

ANSWERS = ("em", "rouge_l_f1", "rouge_l_recall", "probability", "min_k_10", "min_k_pp_10")
TAUGHT, HELD_OUT = "finetune", "test"


@dataclass(frozen=True, kw_only=True)
class Number:
    """One mean of one member of a sweep, over all its seeds."""

    sweep: str
    member: str
    split: str  # "finetune": asked as it was taught; "test": held-out wording and pictures
    question_type: str
    metric: str
    mean: float | None
    low: float | None
    high: float | None
    over: str  # the units of the interval
    seeds: int
    people: int  # over all seeds: each seed has its own
    items: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """All that a page tells."""

    rows: tuple[Number, ...]
    passed: dict[tuple[str, str], tuple[int, int]]  # (sweep, member) -> seeds that passed the gate, seeds
    candidates: tuple[int, ...]  # sizes of the sets that exposure ranked among


@dataclass(frozen=True)
class _Value:
    split: str
    kind: str
    metric: str
    seed: int
    person: str
    fact: tuple[str, ...]
    value: float | None


def measure(study: Study, progress: Progress) -> Numbers:
    """Reads every member's scores."""
    by_place: dict[tuple[str, str], list[_Value]] = defaultdict(list)
    gates: dict[tuple[str, str], list[bool]] = defaultdict(list)
    sizes: set[int] = set()
    for number, member in enumerate(study.members):
        found = list(_values(study, member, sizes))
        passed = read_gate(study.folder(member) / "gate" / "gate.json").passed
        for place in member.places:
            by_place[place] += found
            gates[place].append(passed)
        progress(number + 1, len(study.members), "members read")
    rows = [
        row
        for sweep in study.sweeps
        for run in sweep.runs
        for row in _means(sweep.key, run.recipe, by_place[sweep.key, run.recipe])
    ]
    return Numbers(
        rows=tuple(rows),
        passed={place: (sum(found), len(found)) for place, found in gates.items()},
        candidates=tuple(sorted(sizes)),
    )


def _values(study: Study, member: Member, sizes: set[int]) -> Iterable[_Value]:
    folder = study.folder(member)
    data = load(folder / "dataset")
    splits = [(split, set(data.splits[split])) for split in (TAUGHT, HELD_OUT)]
    for score in read_scores(folder / "taught" / "scores"):
        for split, inside in splits:
            if score.id in inside:
                for metric in ANSWERS:
                    yield _Value(
                        split,
                        score.question_type,
                        metric,
                        member.seed,
                        score.person,
                        fact(data.items[score.id]),
                        score.values[metric],
                    )
    columns = ["id", "person", "question_type", "candidates", *EXPOSURE]
    for row in read_table(folder / "taught" / "scores" / EXPOSURES, columns):
        sizes.add(row["candidates"])
        for metric in EXPOSURE:
            # Cloze prompts are those of taught items; wording and view are no part of them.
            about = fact(data.items[row["id"]])
            yield _Value(TAUGHT, row["question_type"], metric, member.seed, row["person"], about, row[metric])


def _means(sweep: str, member: str, found: list[_Value]) -> Iterable[Number]:
    groups: dict[tuple[str, str, str], list[_Value]] = defaultdict(list)
    for one in found:
        groups[one.split, one.kind, one.metric].append(one)
    for (split, kind, metric), inside in groups.items():
        there = [one for one in inside if one.value is not None]
        estimate = nested_interval(
            [one.value for one in there if one.value is not None],
            [one.person for one in there],
            [one.seed for one in there],
            facts=[one.fact for one in there],
            bounds=scale(metric),
        )
        yield Number(
            sweep=sweep,
            member=member,
            split=split,
            question_type=kind,
            metric=metric,
            mean=estimate.mean,
            low=estimate.low,
            high=estimate.high,
            over=estimate.over,
            seeds=len({one.seed for one in inside}),
            people=estimate.people,
            items=estimate.items,
            missing=len(inside) - len(there),
        )
