"""The steps of a run, with all that decides the content of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from remem.data.pebench.settings import PEBenchSettings
from remem.errors import unknown
from remem.run import code
from remem.run.arms import Arm
from remem.run.beside import rehearsal_folder, world_identity
from remem.run.settings import Run
from remem.run.tasks import Task, goal_names, tasks
from remem.settings import plain
from remem.steps.store import Step
from remem.story.asked import KEPT, Asking, asked_for, telling
from remem.story.given import steps as of_given
from remem.story.unlearnt import result, unlearnt
from remem.story.work import build, learn

if TYPE_CHECKING:
    from remem.data import BuildSettings

PARTS = ("model", "world", "responses", "strangers", "scores")  # the steps of an arm
STAGES = ("build", "learn", "forget", "evaluate", "evidence", "report")


def plan(run: Run, fingerprint: str = "", ignore_gate: bool = False) -> list[Step]:
    """All steps of a run, in the order in which they are best made.

    `fingerprint` identifies the user's own data set; a built one is identified by its settings.
    """
    if run.given:
        return of_given(run, fingerprint, ignore_gate)
    ask = Asking.of(run, fingerprint)
    model, data, built = ask.model, ask.data, ask.built
    steps = (
        []
        if run.data
        else [
            Step(
                name="dataset",
                work=build,
                settings=_building(run.build),
                code=code.built(run.build.source),
            )
        ]
    )
    request = asked_for(run)
    taught = data | {"model": model, "learn": result(run.learn, run.model.adapt), "seed": run.seed}
    taught |= {"rehearsed": world_identity(rehearsal_folder(run))}
    every = tasks(run)
    steps.append(ask.parting(every))

    def stage1(whose: Arm, without: tuple[str, ...] = ()) -> Step:
        return Step(
            name=f"{whose.name}/model",
            work=learn,
            settings=taught | {"without": "+".join(without), "seed": whose.seed},
            needs=built,
            arguments={"without": without, "seed": whose.seed},
            code=code.taught(bool(taught["rehearsed"])),
            arm=whose.plain(),
        )

    base = Arm(name="base", role="base", request=request)
    first = Arm(name="taught", role="taught", chain=("taught",), seed=run.seed, request=request)
    steps += ask.world(base, ())
    steps.append(stage1(first))
    steps += ask.arm(first, ("taught/model",), every)
    steps.append(ask.gate(every, ignore_gate))
    for task in every:
        steps += ask.attacks(first, ("taught/model",), task)
    # One worker hears of a failed gate before it teaches the Goal models; several make them meanwhile.
    goals = {task.name: _goals(run, task, request) for task in every}
    steps += [stage1(goal, task.unseen) for task in every for goal in goals[task.name]]
    for task in every:
        goal = goals[task.name][0].name
        for whose, made in unlearnt(ask, task, request, goal):
            steps.append(made)
            steps += ask.arm(whose, (f"{whose.name}/model",), (task,))
            steps += ask.attacks(whose, (f"{whose.name}/model",), task)
        for retrained in goals[task.name]:
            steps += ask.arm(retrained, (f"{retrained.name}/model",), (task,))
            steps += ask.attacks(retrained, (f"{retrained.name}/model",), task)
    steps += ask.arm(base, (), every)
    for task in every:
        steps += ask.attacks(base, (), task)
    if run.forget.tasks:
        from remem.pebench.steps import steps as measured

        steps += measured(run, every, built, data)
    steps.append(telling(steps, built, request))
    return steps


def _goals(run: Run, task: Task, request: str) -> list[Arm]:
    """One for each training, from seeds that follow the run's."""
    return [
        Arm(name=name, role="goal", chain=(name,), task=task.name, seed=run.seed + number, request=request)
        for number, name in enumerate(map(task.arm, goal_names(run)))
    ]


def _building(settings: BuildSettings | PEBenchSettings) -> dict[str, Any]:
    """What decides a built data set: the user's own pictures, and their pipeline, by their content."""
    from remem.data import folder_fingerprint, pipeline_fingerprint

    own = {}
    if settings.source == "folder":
        own = {"pictures": folder_fingerprint(settings.picture_folder)}
    elif settings.source == "diffusers":
        own = {"weights": pipeline_fingerprint(settings.pipeline)}
    return plain(settings) | own


def until(steps: list[Step], stage: str) -> list[Step]:
    """The steps of a plan up to a stage: build, learn (with its gate), forget, evaluate, report."""
    if stage not in STAGES:
        raise unknown("stage", stage, STAGES)
    of_stage1 = {"dataset", KEPT, "base/world", "gate", *(f"taught/{part}" for part in PARTS)}
    keep: dict[str, Callable[[str], bool]] = {
        "build": lambda name: name == "dataset",
        "learn": lambda name: name in of_stage1,
        "forget": lambda name: name in of_stage1 or name.endswith("/model"),
        "evaluate": lambda name: name != "report" and "/attack-" not in name,
        "evidence": lambda name: name != "report",
        "report": lambda name: True,
    }
    return [step for step in steps if keep[stage](step.name)]
