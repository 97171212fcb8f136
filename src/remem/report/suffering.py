"""What forgetting did to the rest: changes by axis, and picture by picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from remem.data.pebench.cut import TASKS
from remem.pebench.interference import TOLD_BY, Change, Picture, worst
from remem.report.axes import FORGET, arms_of, goals_of
from remem.report.people import Picture as Thumbnail
from remem.report.people import thumbnail
from remem.report.read import Data, RunRecord

# (axis, concept, heading); the metric is precision of names, ROUGE-L F1 of scenes.
COLUMNS = (
    ("efficacy", "person", "to forget"),
    ("generality", "person", "other pictures"),
    ("retain", "person", "to keep"),
    ("scope", "person", "same pictures"),
    ("efficacy", "event", "to forget"),
    ("generality", "event", "other pictures"),
    ("retain", "event", "to keep"),
    ("scope", "event", "same pictures"),
    ("real", "world", "Real"),
    ("world-fact", "world", "World Fact"),
)
PEOPLE, EVENTS = 24, 14  # most rows and columns of a map
TARGETS, SHOTS, WORST = 3, 10, 6  # most targets with a strip, pictures in a strip, pictures that suffer most


@dataclass(frozen=True)
class Block:
    """One method (or the Goal model): what each task changed on every axis."""

    label: str
    goal: bool
    rows: tuple[tuple[str, tuple[Change | None, ...]], ...]  # (task in words, one for each of COLUMNS)


def matrix(run: RunRecord, changes: Sequence[Change]) -> list[Block]:
    """The interference matrices, the Goal model's first: what it shows is no interference."""
    metric = {concept: told_by[0] for concept, told_by in TOLD_BY.items()}
    found = {
        (one.task, one.arm, one.axis, one.concept): one
        for one in changes
        if metric.get(one.concept, one.metric) == one.metric
    }
    labels: dict[str, str] = {}
    for task in run.tasks:
        labels |= {arm: label for arm, label, _ in arms_of(run, task) if arm != "taught"}
    blocks = []
    goals = {name for task in run.tasks for name, _, _ in goals_of(run, task)}
    for arm in sorted(labels, key=lambda arm: arm not in goals):
        rows = [
            (FORGET[task], tuple(found.get((task, arm, axis, concept)) for axis, concept, _ in COLUMNS))
            for task in run.tasks
            if any((task, arm, axis, concept) in found for axis, concept, _ in COLUMNS)
        ]
        if rows:
            blocks.append(Block(labels[arm], arm in goals, tuple(rows)))
    return blocks


@dataclass(frozen=True)
class Spot:
    """One picture of a strip, and what the arm says of it now."""

    css: str  # the class that shows the picture
    where: str  # its event, or its person
    part: str
    name: Picture | None
    scene: Picture | None


@dataclass(frozen=True)
class Strip:
    """The pictures of one target."""

    title: str
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Map:
    """People down, events across; a cell is the change of one concept's answer on that picture."""

    title: str
    events: tuple[tuple[str, bool], ...]  # name, to be forgotten
    rows: tuple[tuple[str, bool, tuple[Picture | None, ...]], ...]  # person, to be forgotten, cells
    left_out: int  # rows and columns


@dataclass(frozen=True)
class Hit:
    """A kept question that lost much."""

    css: str
    who: str
    asked: Picture
    said: str


@dataclass(frozen=True)
class View:
    """What one arm of one task did, picture by picture."""

    task: str
    label: str
    strips: tuple[Strip, ...]
    maps: tuple[Map, ...]
    hits: tuple[Hit, ...]


class Album:
    """The pictures that the page shows, each once, as CSS classes."""

    def __init__(self, data: Data, items: Iterable[str]) -> None:
        self._data = data
        self._of = {data.items[id].image_path: id for id in items}
        self._number = {path: number for number, path in enumerate(self._of)}
        self.pictures: dict[str, Thumbnail] = {}  # class -> picture

    def css(self, path: str) -> str:
        """The class of a picture; "" where it cannot be had."""
        name = f"shot-{self._number[path]}" if path in self._of else ""
        if name and name not in self.pictures:
            image = self._data.image(self._of[path])
            if image is None:
                return ""
            self.pictures[name] = thumbnail(image)
        return name


def views(run: RunRecord, data: Data, pictures: Sequence[Picture], album: Album) -> list[View]:
    """One for each task and method, and for the Goal model."""
    by_arm: dict[tuple[str, str], list[Picture]] = defaultdict(list)
    for one in pictures:
        by_arm[one.task, one.arm].append(one)
    found = []
    for task in run.tasks:
        for arm, label, _ in arms_of(run, task):
            here = by_arm.get((task, arm))
            if here:
                found.append(_view(run, data, task, arm, label, here, album))
    return found


def _view(
    run: RunRecord, data: Data, task: str, arm: str, label: str, here: list[Picture], album: Album
) -> View:
    answers = run.arms[f"{task}/{arm}"].answers
    hits = tuple(
        Hit(
            css=album.css(one.image_path),
            who=data.names.get(one.person, one.person),
            asked=one,
            said=answers.get(one.id, "")[:120],
        )
        for one in worst(here, WORST)
    )
    gone = {
        "person": {one.person for one in here if one.part != "retain" and one.concept == "person"},
        "event": {one.event for one in here if one.part != "retain" and one.concept == "event"},
    }
    maps = [_map(data, concept, here, gone) for concept in ("event", "person")]
    return View(task, label, tuple(_strips(data, task, here, gone, album)), tuple(maps), hits)


def _strips(
    data: Data, task: str, here: list[Picture], gone: dict[str, set[str]], album: Album
) -> Iterable[Strip]:
    asked: dict[str, dict[str, Picture]] = defaultdict(dict)  # picture -> concept -> question
    for one in here:
        asked[one.image_path].setdefault(one.concept, one)
    for concept in TASKS[task]:
        for target in sorted(gone[concept])[:TARGETS]:
            shots = [
                inside
                for inside in asked.values()
                if any(getattr(one, concept) == target for one in inside.values())
            ]
            spots = []
            for inside in shots[:SHOTS]:
                own, any_of = inside.get(concept), next(iter(inside.values()))
                where = any_of.event if concept == "person" else data.names.get(any_of.person, any_of.person)
                spots.append(
                    Spot(
                        css=album.css(any_of.image_path),
                        where=where,
                        part=own.part if own else "retain",
                        name=inside.get("person"),
                        scene=inside.get("event"),
                    )
                )
            name = data.names.get(target, target) if concept == "person" else target
            yield Strip(name, tuple(spots))


def _map(data: Data, concept: str, here: list[Picture], gone: dict[str, set[str]]) -> Map:
    cells = {(one.person, one.event): one for one in here if one.concept == concept}
    order = list(data.people), list(dict.fromkeys(item.event for item in data.items.values()))
    every = [[name for name in order[place] if name in {pair[place] for pair in cells}] for place in (0, 1)]
    people = _most_hit(cells, 0, every[0], gone["person"], PEOPLE)
    events = _most_hit(cells, 1, every[1], gone["event"], EVENTS)
    return Map(
        title="What happened to the scenes" if concept == "event" else "What happened to the names",
        events=tuple((event, event in gone["event"]) for event in events),
        rows=tuple(
            (
                data.names.get(person, person),
                person in gone["person"],
                tuple(cells.get((person, event)) for event in events),
            )
            for person in people
        ),
        left_out=len(every[0]) + len(every[1]) - len(people) - len(events),
    )


def _most_hit(
    cells: dict[tuple[str, str], Picture], place: int, every: list[str], gone: set[str], most: int
) -> list[str]:
    """The people (place 0) or events (1) of a map: those to be forgotten first, then whoever lost most, in
    the data's order."""
    lost = dict.fromkeys(every, 0.0)
    for pair, one in cells.items():
        lost[pair[place]] += min(0.0, one.change or 0.0)
    kept = set(sorted(every, key=lambda name: (name not in gone, lost[name]))[:most])
    return sorted((name for name in every if name in kept), key=lambda name: name not in gone)
