"""The steps that judge an arm: it is asked, scored and attacked, whoever made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from remem import __version__
from remem.models import identity
from remem.run import code
from remem.run.arms import Arm
from remem.run.beside import exam_identity, strangers_identity
from remem.run.places import portable
from remem.run.settings import Run
from remem.run.tasks import Task
from remem.settings import Evaluate, plain
from remem.steps.digests import canonical, text_digest
from remem.steps.store import Step
from remem.story.work import ask, ask_strangers, ask_world, attack, check, divide, mark, tell

KEPT = "kept"  # the step that says what is rehearsed


@dataclass(frozen=True)
class Asking:
    """What all arms of a run are asked, as the keys have it."""

    run: Run
    model: dict[str, Any]  # what of the model decides an answer
    data: dict[str, str]
    built: tuple[str, ...]  # the step of a built data set
    exam: dict[str, str]  # of the rest of the world; empty where nobody asks about it
    strange: dict[str, str]  # of people who were never taught; the same
    gated: bool = True  # whether there is a taught model to look at first
    before: str = "base"  # the arm that the rest of the world is compared with

    @classmethod
    def of(cls, run: Run, fingerprint: str) -> Asking:
        """`fingerprint` identifies the user's own data set; a built one is identified by its settings."""
        return cls(
            run,
            _without_device(run),
            {"fingerprint": fingerprint} if run.data else {},
            () if run.data else ("dataset",),
            exam_identity(run, fingerprint),
            strangers_identity(run),
        )

    @property
    def given(self) -> bool:
        """Whether the models were made elsewhere: strangers are then ranked, too, for a floor of exposure."""
        return bool(self.run.given)

    def parting(self, about: tuple[Task, ...]) -> Step:
        """What is rehearsed, and what is held out from it."""
        return Step(
            name=KEPT,
            work=divide,
            settings=self.data | _parting(about),
            needs=self.built,
            arguments={"about": about},
            code=code.parted(),
            derived=True,
        )

    def arm(self, whose: Arm, needs: tuple[str, ...], about: tuple[Task, ...]) -> list[Step]:
        """Its answers about these tasks, about the world and about strangers, and their scores."""
        run, name, chain = self.run, whose.name, whose.chain
        asked = self.data | {
            "evaluate": _asking(run.evaluate),
            "model": self.model,
            "forget": named(about),
            "gate": run.gate.split if whose.role == "taught" else "",
        }
        scored = self.data | {"forget": named(about)}
        worlds = (f"{self.before or name}/world", f"{name}/world") if self.exam else ()
        compared = (f"{name}/strangers",) if self.strange else ()
        drawn = needs if whose.role == "method" else ()  # what its training rehearsed
        others = self.world(whose, needs) if name != self.before else []
        if self.strange:
            of_strangers: dict[str, Any] = self.strange | {
                "model": self.model,
                "evaluate": _answering(run.evaluate),
            }
            of_strangers |= self.data | _ranking(run.evaluate) if self.given else {}
            others.append(
                Step(
                    name=f"{name}/strangers",
                    work=ask_strangers,
                    settings=of_strangers,
                    needs=(*self.built, *needs),
                    arguments={"arms": chain, "ranked": self.given},
                    code=code.asked(),
                    arm=whose.plain(),
                )
            )
        return [
            *others,
            Step(
                name=f"{name}/responses",
                work=ask,
                settings=asked,
                needs=(*self.built, KEPT, *needs),
                arguments={"arms": chain, "about": about},
                code=code.asked(),
                arm=whose.plain(),
            ),
            Step(
                name=f"{name}/scores",
                work=mark,
                settings=scored,
                needs=(*self.built, KEPT, *drawn, f"{name}/responses", *dict.fromkeys(worlds), *compared),
                arguments={"arm": name, "about": about, "before": self.before or name},
                code=code.scored(),
                arm=whose.plain(),
                derived=True,
            ),
        ]

    def gate(self, about: tuple[Task, ...], ignored: bool) -> Step:
        """Did stage 1 teach it?"""
        return Step(
            name="gate",
            work=check,
            settings={"floors": plain(self.run.gate), "forget": named(about), "ignored": ignored},
            needs=("taught/scores",),
            arguments={"about": about, "ignored": ignored},
            code=code.judged(),
            derived=True,
        )

    def world(self, whose: Arm, needs: tuple[str, ...]) -> list[Step]:
        """What it knows of the rest of the world; nothing where nobody asks about it."""
        if not self.exam:
            return []
        settings = self.exam | {
            "model": self.model,
            "evaluate": _answering(self.run.evaluate),
            "items": self.run.evaluate.world_items,
        }
        return [
            Step(
                name=f"{whose.name}/world",
                work=ask_world,
                settings=settings,
                needs=needs,
                arguments={"arms": whose.chain},
                code=code.asked(world=True),
                arm=whose.plain(),
            )
        ]

    def attacks(self, whose: Arm, needs: tuple[str, ...], task: Task, about: str = "") -> list[Step]:
        """Each attack on an arm. Those of the arms that all tasks share are told apart by the task.

        `about`: "strangers", for the same attacks about people who do not exist: a control.
        """
        run = self.run
        suffix = f"-{task.name}" if task.name and whose.task != task.name else ""
        name = "control" if about else "attack"
        older = ("taught/model",) if self.gated else ()
        return [
            Step(
                name=f"{whose.name}/{name}-{one.name or one.attack}{suffix}",
                work=attack,
                settings=self.data
                | {
                    "attack": one.attack,
                    "settings": one.settings,
                    "per_fact": run.attacks.per_fact,
                    "model": self.model,
                    "evaluate": _answering(run.evaluate) | _ranking(run.evaluate),
                    "forget": [task.forget, task.again],
                    "seed": run.seed,
                }
                | (self.strange | {"about": about} if about else {}),
                needs=(*self.built, *dict.fromkeys((*needs, *older))),
                after=("gate",) if self.gated else (),
                arguments={
                    "task": task,
                    "arms": whose.chain,
                    "attack": one.attack,
                    "settings": one.settings,
                    "per_fact": run.attacks.per_fact,
                }
                | ({"about": about} if about else {}),
                code=code.attacked(one.attack),
                arm=whose.plain(),
            )
            for one in run.attacks.each
        ]


def telling(steps: list[Step], built: tuple[str, ...], request: str) -> Step:
    """The report of all these steps."""
    told = tuple(
        step.name
        for step in steps
        if step.name.endswith(("/scores", "/model", "axes")) or step.work is attack
    )
    gate = tuple(step.name for step in steps if step.name == "gate")
    return Step(
        name="report",
        work=tell,
        settings={"version": __version__, "request": request},
        needs=(*built, *told, *gate),
        code=code.told(),
        derived=True,
    )


def asked_for(run: Run) -> str:
    """Digest of what was asked for, the same wherever things lie."""
    return text_digest(canonical(portable(plain(run))[0]))[:12]


def named(about: tuple[Task, ...]) -> str:
    """The tasks as the keys have them."""
    return ",".join(task.forget for task in about)


def _parting(about: tuple[Task, ...]) -> dict[str, Any]:
    """What decides what is rehearsed, beside the data."""
    return {
        "forgets": list(about[0].forgets),
        "outside": about[0].outside,
        "scope": any(task.scope and task.with_scope for task in about),
    }


def _answering(settings: Evaluate) -> dict[str, int]:
    """What of the settings decides how any question is answered."""
    return {name: getattr(settings, name) for name in ("max_new_tokens", "batch", "tokens")}


def _ranking(settings: Evaluate) -> dict[str, int]:
    return {"candidates": settings.candidates}


def _asking(settings: Evaluate) -> dict[str, Any]:
    """What of the settings decides what a model says to the data set's questions."""
    decides = {name: value for name, value in plain(settings).items() if not name.startswith("world")}
    del decides["membership"]
    if not settings.items:  # so that what was asked before there was such a setting stays good
        del decides["items"]
    return decides


def _without_device(run: Run) -> dict[str, Any]:
    """What of the model decides a result: its content, not its path, and not where it runs. Of given models
    nothing of the one that they are opened beside: each step of an arm rests on that arm's own."""
    settings = plain(run.model) | ({} if run.given else identity(run.model.name))
    trains = ("name", "adapt", "rehearse", "features") if run.given else ()
    for name in ("device", "checkpointing", "attention", "compile", "shard", *trains):
        del settings[name]
    return settings
