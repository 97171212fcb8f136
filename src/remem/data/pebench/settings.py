"""What a built data set in the shape of PEBench is to be like: the published shape by default."""

from dataclasses import dataclass
from typing import Any

from remem.data.events import EVENTS
from remem.data.pebench.cut import PARTS, TASKS, TEST
from remem.data.settings import PictureSettings
from remem.errors import UserError, unknown


@dataclass(frozen=True, kw_only=True)
class PEBenchSettings(PictureSettings):
    """Every person in every event. The shares to forget are ours: the published ones are not known."""

    people: int = 200
    events: int = 40  # the first so many of data/events.py
    size: int = 256  # the published pictures have 512
    source: str = "rendered"
    tasks: tuple[str, ...] = tuple(TASKS)  # what can be forgotten: "person", "event", "both"
    forget_people: float = 0.05  # share
    forget_events: float = 0.10  # share
    data: str = ""  # the published set, or one like it: a folder or hub id. "": people and pictures are made
    spare: bool = False  # of `data`: leave out pictures that no row of its table names, or without an event
    strangers: int = 4  # people in all who are never taught, for membership attacks: strangers.parquet
    test_events: int = 2  # held-out pictures of each person, in held-out wording; the published set has none

    def unknown(self) -> int:
        """How many strangers the set will have: none where its people are given."""
        return 0 if self.data else self.strangers

    def shares(self) -> dict[str, float]:
        """The share of each kind of target that the tasks forget; 0 for a kind that none forgets."""
        shares = {"person": self.forget_people, "event": self.forget_events}
        wanted = {concept for task in self.tasks for concept in TASKS[task]}
        return {concept: share if concept in wanted else 0.0 for concept, share in shares.items()}

    def splits(self) -> tuple[str, ...]:
        """The names of the splits that a data set built so will have."""
        parts = tuple(f"{task}_{part}" for task in self.cut_tasks() for part in PARTS)
        return ("finetune", *parts, *((TEST,) if self.test_events else ()))

    def cut_tasks(self) -> tuple[str, ...]:
        """Every task that a set with these targets can serve, in the order of TASKS."""
        shares = self.shares()
        return tuple(task for task, concepts in TASKS.items() if all(shares[one] for one in concepts))

    def told(self) -> dict[str, Any]:
        """The settings that are part of a data set: where things lie on this machine is not."""
        told = super().told()
        del told["data"]
        return told

    def check(self) -> None:
        """UserError that names the first setting that cannot be."""
        super().check()
        self.check_ranges(("events", 2, len(EVENTS)), ("test_events", 0, self.events), ("strangers", 0, 1000))
        if self.source == "folder":
            raise UserError(
                "source=folder shows people without events. Give your own pictures of people in events with "
                "--data: a folder and one CSV, as docs/data.md says."
            )
        self.check_cut()

    def check_cut(self) -> None:
        """UserError where the tasks do not go with what is to be forgotten."""
        for task in self.tasks:
            if task not in TASKS:
                raise unknown("task", task, TASKS)
        if not self.tasks:
            raise UserError(f"tasks= names no task: give at least one of {', '.join(TASKS)}.")
        for name, concept in (("forget_people", "person"), ("forget_events", "event")):
            share = getattr(self, name)
            if not 0 <= share < 1:
                raise UserError(f"{name}={share} is a share: choose 0 or more, and less than 1.")
            needing = [task for task in self.tasks if concept in TASKS[task]]
            if needing and share == 0:
                others = ",".join(task for task in TASKS if concept not in TASKS[task])
                raise UserError(
                    f"the task {needing[-1]} forgets at least one {concept}, but {name}=0. Raise it, or "
                    f"leave the task out: --set tasks={others}."
                )
