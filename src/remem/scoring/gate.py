"""Did stage 1 teach it? Forgetting what was never learnt measures nothing (ReMem, arXiv:2605.03759).

The gate fails closed: a kind of question without values, or with unanswered items, does not pass.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from math import fsum
from pathlib import Path

from remem import jsonfile
from remem.errors import UserError
from remem.jsonfile import Count, Share
from remem.scoring.exposed import Exposed
from remem.settings import Floors
from remem.types import Item

_SHOWN = 3  # people named in a line
_KEPT = 5  # people named in gate.json
_TITLES = {"em": "exact match", "exposure_norm": "exposure"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """The verdict on one kind of question."""

    split: str
    question_type: str
    metric: str
    value: Share | None  # None: no item of this kind has a value
    floor: Share
    passed: bool
    unanswered: Count  # items with keywords that were not answered; any makes the line fail
    weakest: tuple[tuple[str, Share], ...]  # people under the floor, weakest first
    # What files from before there was have not.
    told: bool = False  # held out, or exposure, and without a floor: decides nothing
    chance: Share | None = None  # of exposure: what random ranking earns
    expected: Share | None = None  # of exposure on a forget set: what its Goal model should have

    def __post_init__(self) -> None:
        reached = self.value is not None and self.value >= self.floor and not self.unanswered
        if self.passed and not (self.told or reached):
            raise ValueError(f"{self.split} {self.question_type} cannot have passed with {self.value}")

    @property
    def title(self) -> str:
        """What was measured, in words."""
        return _TITLES.get(self.metric, self.metric)

    @property
    def needs(self) -> str:
        """In words."""
        apart = "told" if self.metric == "exposure_norm" else "held out"
        said = [f"{apart}, no floor" if self.told else f"needs {self.floor:.2f}"]
        said += [f"chance {self.chance:.2f}"] if self.chance is not None else []
        said += [f"expected of goal {self.expected:.2f}"] if self.expected is not None else []
        return "; ".join(said)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The verdict on stage 1."""

    passed: bool
    ignored: bool  # the user said to go on whatever it says
    lines: tuple[Line, ...]
    people: dict[str, dict[str, Share]]  # person (or event) -> question type -> exact match

    def __post_init__(self) -> None:
        if self.passed and not (self.lines and all(line.passed for line in self.lines)):
            raise ValueError("it cannot have passed: not every line did")

    def write(self, path: Path) -> None:
        """Writes gate.json."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")

    def text(self) -> tuple[str, ...]:
        """One aligned line for each kind of question, weakest people named where it failed."""
        heads = [f"{line.split} · {line.question_type} · {line.title}" for line in self.lines]
        width = max(map(len, heads), default=0)
        return tuple(
            f"{_word(line)}  {head:<{width}}   {_shown(line)}  ({line.needs}){_blame(line)}"
            for head, line in zip(heads, self.lines, strict=True)
        )


def judge(
    items: Iterable[Item],
    em: Mapping[str, float | None],
    floors: Floors,
    *,
    forget: Mapping[str, Iterable[Item]] | None = None,
    held_out: Iterable[Item] = (),
    exposed: Mapping[str, Exposed] | None = None,
    ignored: bool = False,
) -> Gate:
    """The verdict over the items of `floors.split`, given the taught model's exact match by item id.

    Every kind of question among the items must reach its floor; without items nothing passes. So must
    every kind among the items to `forget` (split -> items), by themselves: one person who was not learnt is
    lost in the mean over twenty, and is the one whose forgetting would measure nothing. Items `held_out` show
    whether the person was learnt or the picture: they have a floor of their own, or none. Items without
    keywords have no exact match and are left out, unless a kind has no others: then it fails.

    With what is `exposed`, by item id, the exposure of each of these splits is told, or has a floor, as far
    as its items were ranked: what does not stand out cannot be forgotten. None where rankings do not count.
    """
    taught = _by_kind(items)
    people: dict[str, dict[str, float]] = {}
    lines: list[Line] = []
    forgotten = {split: _by_kind(inside) for split, inside in (forget or {}).items()}
    for split, kinds in ((floors.split, taught), *forgotten.items()):
        for kind, here in kinds.items():
            means = _by_person(here, em)
            if split == floors.split:
                for person, mean in means.items():
                    people.setdefault(person, {})[kind] = mean
            floor = floors.one_hop if here[0].hops == 1 else floors.multi_hop
            lines.append(_verdict(split, here, em, means, floor))
    told = floors.held_out == 0
    for here in _by_kind(held_out).values():
        line = _verdict("test", here, em, _by_person(here, em), floors.held_out)
        lines.append(replace(line, told=told, passed=told or line.passed))
    for split, kinds in ((floors.split, taught), *forgotten.items()):
        everything = [item for here in kinds.values() for item in here]
        if exposed is not None and (floors.exposure or any(item.id in exposed for item in everything)):
            line = _exposure(split, everything, exposed, floors.exposure)
            lines.append(line if split in forgotten else replace(line, expected=None))
    passed = bool(taught) and all(line.passed for line in lines)
    return Gate(passed=passed, ignored=ignored, lines=tuple(lines), people=dict(sorted(people.items())))


def read_gate(path: Path) -> Gate:
    """The verdict in a gate.json; UserError when it is not there or damaged."""
    if not path.is_file():
        raise UserError(f"{path} is not there. Run stage 1 first: remem learn")
    return jsonfile.read(path, Gate, f"Delete {path.parent} and run again.")


def _by_kind(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Items by kind of question, one-hop first."""
    kinds: dict[str, list[Item]] = {}
    for item in items:
        kinds.setdefault(item.question_type, []).append(item)
    return dict(sorted(kinds.items(), key=lambda pair: (pair[1][0].hops, pair[0])))


def _by_person(items: list[Item], em: Mapping[str, float | None]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for item in items:
        value = em.get(item.id)
        if value is not None:
            found.setdefault(item.target, []).append(value)
    return {person: sum(values) / len(values) for person, values in sorted(found.items())}


def _verdict(
    split: str, items: list[Item], em: Mapping[str, float | None], means: Mapping[str, float], floor: float
) -> Line:
    """The line for items that are all of one kind."""
    found = [value for item in items if (value := em.get(item.id)) is not None]
    value = sum(found) / len(found) if found else None
    unanswered = sum(bool(item.keywords) and em.get(item.id) is None for item in items)
    under = sorted((mean, person) for person, mean in means.items() if mean < floor)
    return Line(
        split=split,
        question_type=items[0].question_type,
        metric="em",
        value=value,
        floor=floor,
        passed=value is not None and value >= floor and not unanswered,
        unanswered=unanswered,
        weakest=tuple((person, mean) for mean, person in under[:_KEPT]),
    )


def _exposure(split: str, items: list[Item], exposed: Mapping[str, Exposed], floor: float) -> Line:
    """The line of a split's exposure over all kinds of question; a floor fails where nothing was ranked."""
    ranked = [item for item in items if item.id in exposed]
    values = {item.id: exposed[item.id].value for item in ranked}
    line = _verdict(split, ranked or items, values, _by_person(ranked, values), floor)
    return replace(
        line,
        question_type="all",
        metric="exposure_norm",
        told=not floor,
        passed=not floor or line.passed,
        chance=_mean([exposed[item.id].chance for item in ranked]),
        expected=_mean([exposed[item.id].expected for item in ranked]),
    )


def _mean(values: list[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return fsum(present) / len(present) if present else None


def _word(line: Line) -> str:
    return "told" if line.told else "pass" if line.passed else "FAIL"


def _shown(line: Line) -> str:
    if line.value is None:
        return "none"
    text = f"{line.value:.2f}"
    # 0.949 must not be shown as a 0.95 that fails a floor of 0.95.
    return f"{line.value:.4f}" if line.value < line.floor <= float(text) else text


def _blame(line: Line) -> str:
    if line.passed:
        return ""
    if line.value is None:
        return "   no item of this kind has a value"
    weakest = ", ".join(f"{person} {mean:.2f}" for person, mean in line.weakest[:_SHOWN])
    said = [f"weakest: {weakest}"] if weakest else []
    said += [f"unanswered: {line.unanswered}"] if line.unanswered else []
    return "   " + "; ".join(said)
