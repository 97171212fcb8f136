"""What is to be forgotten: forget splits of a set about people, or tasks of people in events.

All arms of a task are asked the same questions, and are measured against the task's own Goal model. The base
and stage 1 are shared by all tasks of a run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from remem.data.forgetting import FORGETS
from remem.data.forgotten import halves
from remem.data.neighbours import neighbours
from remem.data.pebench.cut import PARTS, TASKS, TEST
from remem.data.pebench.cut import task as find_task
from remem.data.rehearsed import SHOWN, Division, divide
from remem.errors import UserError, unknown
from remem.run.settings import Run
from remem.settings import Unlearn
from remem.spread import evenly
from remem.types import Questions

SHARED = ("base", "taught")  # arms of all tasks of a run
# What was taught and stays: what tells whether it was kept; what is rehearsed; other questions about the same
# facts; other facts of the same people; people of whom nothing is rehearsed; the nearest to the forgotten.
KEPT = ("kept", "rehearsed", "kept-same", "kept-facts", "kept-people", "neighbours")


@dataclass(frozen=True, kw_only=True)
class Task:
    """Which questions a method is to forget, which it keeps, and what all arms are asked."""

    name: str = ""  # the folder of its arms: "person", "forget2"; "": they lie in the run folder itself
    forget: str = "forget1"  # the split that is unlearnt
    again: str = ""  # a split that asks for the same targets on other pictures; "" where there is none
    retain: str = "retain"  # what must stay known
    scope: str = ""  # the part of retain that shows the pictures of the forget split; "" where there is none
    with_scope: bool = False  # whether methods rehearse it; if not, it shows a side effect only
    forgets: tuple[str, ...] = ()  # all splits that the run forgets, by whatever task; (): those of this one
    outside: int = 1  # people and events of whom nothing is rehearsed, at least

    @property
    def unseen(self) -> tuple[str, ...]:
        """The splits that the Goal model is not taught."""
        return tuple(filter(None, (self.forget, self.again)))

    @property
    def asked(self) -> tuple[str, ...]:
        """The splits that its arms are asked; test only where the data has it."""
        return (*self.unseen, *self.others)

    @property
    def others(self) -> tuple[str, ...]:
        """The splits of those asked that hold what must stay."""
        return (self.retain, TEST)

    def arm(self, name: str) -> str:
        """The folder of an arm of this task: "goal", or "person/goal"."""
        return f"{self.name}/{name}" if self.name else name

    def kept(self, data: Questions) -> Division:
        """What a method may train on to keep it, and what is held out from that to tell whether it did."""
        return divide(
            data,
            retain=self.retain,
            unseen=self.unseen,
            forgets=self.forgets or self.unseen,
            every=[name for name in data.splits if FORGETS.search(name)],
            outside=self.outside,
            withheld=data.splits[self.scope] if self.scope and not self.with_scope else (),
        )

    def questions(self, data: Questions, most: int) -> list[str]:
        """What its arms are asked: all that is forgotten, and of retain and of test so many at most (0: all).

        Of all that stays one sample is asked, of each part the same share, so that none weighs more than it
        should; of what is rehearsed a few.
        """
        kept = self.kept(data)
        retain, test = (data.splits.get(name, ()) for name in self.others)
        stays = list(dict.fromkeys((*retain, *kept.same, *kept.facts, *kept.people, *kept.kept)))
        share = min(1.0, most / len(retain)) if most and retain else 1.0
        asked: list[Sequence[str]] = [data.splits.get(split, ()) for split in self.unseen]
        asked += [evenly(stays, round(share * len(stays))), evenly(test, most or len(test))]
        asked.append(evenly(kept.rehearsed, min(SHOWN, most or SHOWN)))
        return list(dict.fromkeys(id for inside in asked for id in inside))

    def parts(self, data: Questions) -> dict[str, Sequence[str]]:
        """Name in the summaries -> item ids, each once: the splits, test by whether its facts are forgotten,
        and what was taught to stay, by what is rehearsed of it (KEPT)."""
        named = (one for one in (*self.unseen, self.retain, self.scope) if one)
        found: dict[str, Sequence[str]] = {one: _once(data.splits.get(one, ())) for one in named}
        lost, stays = halves(data, data.splits.get(TEST, ()), self.forget, data.splits.get("finetune", ()))
        found |= {self.part("test-forget"): lost, self.part("test-retain"): stays}
        kept = self.kept(data)
        apart = (*kept.same, *kept.facts, *kept.people)
        names, looks = getattr(data, "names", {}), getattr(data, "looks", {})
        near = neighbours(data, data.splits[self.forget], (*apart, *stays), names, looks)
        shown = evenly(kept.rehearsed, SHOWN)
        every = (kept.kept, shown, kept.same, kept.facts, kept.people, near)
        return found | {self.part(name): ids for name, ids in zip(KEPT, every, strict=True) if ids}

    def part(self, name: str) -> str:
        """A half of test in the summaries: "test-forget", or "forget2_test-forget"."""
        return f"{self.name}_{name}" if self.name else name


def tasks(run: Run) -> tuple[Task, ...]:
    """What a run forgets: `forget.tasks` of people in events, else each split of `forget.split`."""
    splits = run.forget.splits
    found = [_of_scenes(name) for name in run.forget.tasks] or [
        Task(name=split if len(splits) > 1 else "", forget=split) for split in splits
    ]
    every = tuple(split for task in found for split in task.unseen)
    outside, scope = run.forget.outside, run.forget.rehearse_scope
    return tuple(replace(task, forgets=every, outside=outside, with_scope=scope) for task in found)


def _once(ids: Sequence[str]) -> tuple[str, ...]:
    """A row that a split repeats is taught as often, and counts once where answers are scored."""
    return tuple(dict.fromkeys(ids))


def _of_scenes(name: str) -> Task:
    forget, again, retain, scope = (f"{name}_{part}" for part in PARTS)
    return Task(name=name, forget=forget, again=again, retain=retain, scope=scope)


def goal_names(run: Run) -> list[str]:
    """The Goal models of a task: names within the task. The first is the yardstick of what needs one."""
    return ["goal", *(f"goal-s{number}" for number in range(1, run.forget.goals))]


def methods(run: Run, task: Task) -> dict[str, tuple[Unlearn, int]]:
    """The unlearnt arms of a task: name within the task -> method and seed."""
    return {
        f"{one.name or one.method}-s{seed}": (one, seed)
        for one in run.forget.methods
        if not one.tasks or task.name in one.tasks
        for seed in run.forget.seeds
    }


def parts(data: Questions, asked: Iterable[Task], extra: Collection[str] = ()) -> dict[str, Sequence[str]]:
    """The parts of several tasks, and whole splits beside them; empty ones are left out."""
    asked = tuple(asked)
    for name in (*(task.forget for task in asked), *extra):
        if name not in data.splits:
            raise unknown("split", name, data.splits)
    found: dict[str, Sequence[str]] = {}
    for task in asked:
        found |= task.parts(data)
    found |= {name: _once(data.splits[name]) for name in extra}
    return {name: ids for name, ids in found.items() if ids}


def check(run: Run, splits: Mapping[str, Sequence[str]] | Collection[str], source: str) -> None:
    """UserError, before anything is trained, for tasks that the data set or the methods cannot serve."""
    if not run.forget.tasks:
        _check_people(run, splits, source)
        return
    for name in run.forget.tasks:
        find_task(name, dict.fromkeys(splits, ()), source)
    if run.gate.split not in splits:
        raise unknown("split of the data set", run.gate.split, splits)


def _check_people(run: Run, splits: Collection[str], source: str) -> None:
    if any(f"{name}_retain" in splits for name in TASKS):
        raise UserError(
            f"{source} shows people in events: run it with the recipe pebench, or choose what is forgotten "
            "with --set forget.tasks=person"
        )
    for split in ("finetune", *run.forget.splits, "retain", "test", run.gate.split):
        if split not in splits:
            raise unknown("split of the data set", split, splits)
    for split in run.forget.splits:
        if split in ("finetune", "retain", "test"):
            raise UserError(f"forget.split={split}: choose a split of people to forget, such as forget1")


def check_methods(run: Run) -> None:
    """UserError for a method that is sent to a task it cannot run on, or that no task runs."""
    from remem.methods import uses

    names = {task.name for task in tasks(run)}
    known = run.forget.splits if not run.forget.tasks and len(names) > 1 else tuple(TASKS)
    for one in run.forget.methods:
        for name in one.tasks:
            if name not in known:
                raise unknown(f"task of {one.method}", name, known)
        here = [name for name in names if not one.tasks or name in one.tasks]
        if not here:
            raise UserError(
                f"{one.method} is for the tasks {', '.join(one.tasks)}, and this run has none of them: leave "
                f"it out of methods, or add one of them to forget.tasks"
            )
        alone = [name for name in TASKS if name in here and len(TASKS[name]) < 2]
        if "balance" in uses(one.method) and alone:
            raise UserError(
                f"{one.method} balances several kinds of target, but the task {alone[0]} forgets one: "
                f"set {one.method}.tasks=both"
            )
