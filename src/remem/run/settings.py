"""A run: the values of all its parts, and how it comes back from run.json."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from remem.data.forgetting import ASKED
from remem.data.pebench.cut import TASKS
from remem.data.pebench.settings import PEBenchSettings
from remem.data.settings import BuildSettings
from remem.errors import UserError, unknown
from remem.fitted import fitted
from remem.scoring.judge import JUDGES
from remem.settings import Attacks, Evaluate, Floors, Forget, JudgeSettings, ModelSettings, Train

GIVEN = ("base", "taught", "goal", "given")
FEW = 32  # candidates that exposure ranks among, in recipes that are to take minutes; data sets have 100


@dataclass(frozen=True, kw_only=True)
class Given:
    """One model that was made elsewhere."""

    role: str  # "base", "taught", "goal" or "given"
    source: str  # a folder, a hub id or an embedded model's name
    label: str = ""  # of a "given" one: what the run calls it
    seed: int = 0  # which of several with one label, or of several Goal models

    def __post_init__(self) -> None:
        if self.role not in GIVEN:
            raise unknown("role of a model", self.role, GIVEN)
        if (self.role == "given") != bool(self.label):
            raise UserError(f"a model with the role {self.role} cannot have the name {self.label!r}")

    @property
    def arm(self) -> str:
        """Its folder in the run folder."""
        if self.role == "given":
            return f"{self.label}-s{self.seed}"
        return f"goal-s{self.seed}" if self.seed else self.role


@dataclass(frozen=True, kw_only=True)
class Run:
    """The whole story: data, model, stage 1, gate, stage 2, evaluation. Or, of models that are `given`, the
    last of it alone."""

    recipe: str
    seed: int = 0  # of trainings and of what is drawn in them
    data: str = ""  # the user's own data set: a folder or hub id; "": build one
    build: BuildSettings | PEBenchSettings = field(default_factory=BuildSettings)  # its type is the shape
    model: ModelSettings = field(default_factory=ModelSettings)
    learn: Train = field(default_factory=Train)
    gate: Floors = field(default_factory=Floors)
    forget: Forget = field(default_factory=Forget)
    evaluate: Evaluate = field(default_factory=Evaluate)
    attacks: Attacks = field(default_factory=Attacks)
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    given: tuple[Given, ...] = ()  # models that were made elsewhere: nothing is taught, and these are judged

    def __post_init__(self) -> None:
        for task in self.forget.tasks:
            if task not in TASKS:
                raise unknown("task", task, TASKS)
        if self.forget.people:
            if not self.data or self.forget.tasks:
                raise UserError(
                    "forget.people names people of your own data set about people: give it with --data"
                )
            object.__setattr__(self, "forget", replace(self.forget, split=ASKED))
        for name in self.judge.asked:
            if name not in JUDGES:
                raise unknown("judge", name, [*JUDGES, "none"])
        arms = [one.arm for one in self.given]
        if len(set(arms)) < len(arms):
            raise UserError(f"{max(arms, key=arms.count)} is given twice: give each model a name of its own")

    @property
    def elsewhere(self) -> dict[str, Given]:
        """The models that were made elsewhere, by arm."""
        return {one.arm: one for one in self.given}


def restore(record: dict[str, Any]) -> Run:
    """The run that `plain` wrote; UserError when it is of another version, or not as it was written."""
    try:
        return fitted(Run, record, "", whole=True)
    except UserError as error:
        told = str(error).rstrip(".")
        raise UserError(
            f"run.json does not fit this version of remem: {told}. Make the run again."
        ) from error
