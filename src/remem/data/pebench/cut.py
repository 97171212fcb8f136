"""Who and what is forgotten, and how the rows fall into the splits of the three tasks.

Xu et al. PEBench: A Fictitious Dataset to Benchmark Machine Unlearning for Multimodal Large Language Models.
arXiv 2503.12545. A row asks for one concept of its picture, the person or the event. A task forgets the rows
that ask for a target, and those alone: what the same pictures say of the other concept stays taught. Which
part of a task a row is in follows from its cell, so rows are stored once, cell by cell, and a split is a list
of cells: docs/decisions/0012-pebench-splits.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from random import Random

from remem.errors import UserError, unknown

CONCEPTS = {"person": "who", "event": "scene"}  # qa_category -> question_type
TASKS = {"person": ("person",), "event": ("event",), "both": ("person", "event")}  # what each forgets
HALVES = ("train", "test")  # of the pictures of targets: D_f-train and D_f-test
PARTS = ("forget_train", "forget_test", "retain", "scope")
TEST = "test"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Rows that are in the same splits, whatever the task."""

    concept: str  # what they ask for
    targets: tuple[str, ...]  # which concepts of their pictures are to be forgotten in some task
    half: str  # of HALVES; "" where nothing on the picture is forgotten

    @property
    def name(self) -> str:
        """As its files are named: "who_kept", "scene_person_train", "who_both_test"."""
        of = {(): "kept", ("person",): "person", ("event",): "event"}.get(self.targets, "both")
        return "_".join(filter(None, (CONCEPTS[self.concept], of, self.half)))

    def parts(self, task: str) -> tuple[str, ...]:
        """The parts of the task that hold its rows: one of the forget halves, or retain, or retain and scope.

        Scope, what must stay on the very pictures that are unlearnt, is a part of retain: of D_r.
        """
        if self.concept in TASKS[task] and self.concept in self.targets:
            return (f"forget_{self.half}",)
        touched = self.half == "train" and not set(self.targets).isdisjoint(TASKS[task])
        return ("retain", "scope") if touched else ("retain",)


_TARGETS: tuple[tuple[str, ...], ...] = (("person",), ("event",), ("person", "event"))
CELLS = {
    cell.name: cell
    for concept in CONCEPTS
    for cell in (
        Cell(concept=concept, targets=(), half=""),
        *(Cell(concept=concept, targets=t, half=half) for t, half in product(_TARGETS, HALVES)),
    )
}


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The people and events to forget, by number, and which half each of their pictures is in."""

    people: frozenset[int]
    events: frozenset[int]
    ranks: Mapping[str, tuple[int, ...]]  # concept -> the place of each in a shuffled row

    def cell(self, concept: str, person: int, event: int) -> Cell:
        """Where the question for a concept of that person's picture in that event belongs."""
        hits = (("person", person in self.people), ("event", event in self.events))
        targets = tuple(name for name, hit in hits if hit)
        # A chessboard: every person has half of the events in each half, every event half of the people.
        odd = (self.ranks["person"][person] + self.ranks["event"][event]) % 2
        return Cell(concept=concept, targets=targets, half=HALVES[odd] if targets else "")


def cut(people: int, events: int, shares: Mapping[str, float], seed: int) -> Cut:
    """Targets by lot: nested for rising shares of one seed, at least one where the share is above 0, never
    all."""
    ranks, chosen = {}, {}
    for concept, count in (("person", people), ("event", events)):
        order = list(range(count))
        Random(f"{seed}/pebench/forget/{concept}").shuffle(order)
        share = shares[concept]
        chosen[concept] = order[: min(max(1, round(share * count)), count - 1) if share else 0]
        place = {number: rank for rank, number in enumerate(order)}
        ranks[concept] = tuple(place[number] for number in range(count))
    return Cut(people=frozenset(chosen["person"]), events=frozenset(chosen["event"]), ranks=ranks)


def tasks(cells: Iterable[str]) -> tuple[str, ...]:
    """The tasks that can be set with these cells: those for whose every concept there is a target."""
    found = {target for name in cells for target in CELLS[name].targets}
    return tuple(task for task, concepts in TASKS.items() if found.issuperset(concepts))


def splits_of(cells: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """task -> part -> its cells, in the order of CELLS; of the cells that are there."""
    present = set(cells)
    return {
        task: {
            part: tuple(name for name, cell in CELLS.items() if name in present and part in cell.parts(task))
            for part in PARTS
        }
        for task in tasks(present)
    }


def in_order(names: Iterable[str]) -> list[str]:
    """The names of stored files: cells in their order, then the others as they come."""
    found = list(names)
    return [name for name in CELLS if name in found] + [name for name in found if name not in CELLS]


def is_cut(names: Iterable[str]) -> bool:
    """Whether a data set with files of these names is in the shape of PEBench."""
    return any(name in CELLS for name in names)


def compose(source: str, stored: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The splits of a loaded set: "finetune", then "person_forget_train", "person_retain" ..., then what else
    is stored ("test"). UserError, naming `source`, where a file is missing."""
    cells = [name for name in CELLS if name in stored]
    for name in cells:
        kind, where = name.split("_", 1)
        other = ("scene" if kind == "who" else "who") + f"_{where}"
        count, paired = len(stored[name]), len(stored.get(other, ()))
        if count != paired:
            raise UserError(
                f"{source}: {name} has {count:,} rows and {other} {paired:,}, but every picture is asked "
                "about twice. Files are missing: build or download them again."
            )
    if "who_kept" not in cells or not tasks(cells):
        missing = "data/who_kept-*" if "who_kept" not in cells else "data/who_person_* or data/who_event_*"
        raise UserError(f"{source} has no {missing}. Files are missing: build or download them again.")
    splits = {"finetune": tuple(id for name in cells for id in stored[name])}
    for task, parts in splits_of(cells).items():
        for part, names in parts.items():
            splits[f"{task}_{part}"] = tuple(id for name in names for id in stored[name])
    return splits | {name: ids for name, ids in stored.items() if name not in CELLS}


@dataclass(frozen=True, kw_only=True)
class Task:
    """The splits of one task, as ids of items. The Goal model is taught `retain`, the Finetuned model all."""

    name: str
    forget_train: tuple[str, ...]  # what is unlearnt
    forget_test: tuple[str, ...]  # the same targets on other pictures
    retain: tuple[str, ...]  # D_r: all else that was taught
    scope: tuple[str, ...]  # of retain: the other concept on the pictures of forget_train


def task(name: str, splits: Mapping[str, tuple[str, ...]], source: str = "the data set") -> Task:
    """The task of that name. UserError where the splits do not have it: a joint task needs both targets."""
    if name not in TASKS:
        raise unknown("task", name, TASKS)
    found = [one for one in TASKS if f"{one}_retain" in splits]
    if not found:
        raise UserError(
            f"{source} is not in the shape of PEBench. Build one with: remem build pebench FOLDER"
        )
    if name not in found:
        lacks = [c for c in TASKS[name] if c not in found]
        raise UserError(
            f"the task {name} forgets at least one {lacks[0]}, but {source} forgets none: its tasks are "
            f"{', '.join(found)}. Choose one of them, or build the set again with this target."
        )
    return Task(name=name, **{part: splits[f"{name}_{part}"] for part in PARTS})
