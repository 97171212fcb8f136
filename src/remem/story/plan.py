"""The steps of a run, with all that decides the content of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from remem import __version__
from remem.data.pebench.settings import PEBenchSettings
from remem.errors import unknown
from remem.methods import uses
from remem.models import identity
from remem.run import code
from remem.run.arms import Arm
from remem.run.beside import exam_folder, rehearsal_folder, strangers_identity, world_identity
from remem.run.places import portable
from remem.run.settings import Run
from remem.run.tasks import Task, goal_names, methods, tasks
from remem.settings import Adapt, Evaluate, Train, plain
from remem.steps.digests import canonical, text_digest
from remem.steps.store import Step
from remem.story.work import (
    ask,
    ask_strangers,
    ask_world,
    attack,
    build,
    check,
    divide,
    forget,
    learn,
    mark,
    tell,
)

if TYPE_CHECKING:
    from remem.data import BuildSettings

PARTS = ("model", "world", "responses", "strangers", "scores")  # the steps of an arm
KEPT = "kept"  # the step that says what is rehearsed
STAGES = ("build", "learn", "forget", "evaluate", "report")


def _asked_for(run: Run) -> str:
    """Digest of what was asked for, the same wherever things lie."""
    return text_digest(canonical(portable(plain(run))[0]))[:12]


def plan(run: Run, fingerprint: str = "", ignore_gate: bool = False) -> list[Step]:
    """All steps of a run, in the order in which they are best made.

    `fingerprint` identifies the user's own data set; a built one is identified by its settings.
    """
    model = _without_device(run)
    exam = world_identity(exam_folder(run))
    strange = strangers_identity(run)
    data = {"fingerprint": fingerprint} if run.data else {}
    built = () if run.data else ("dataset",)
    steps = (
        []
        if run.data
        else [Step(name="dataset", work=build, settings=_building(run.build), code=code.built())]
    )
    request = _asked_for(run)
    taught = data | {"model": model, "learn": _result(run.learn, run.model.adapt), "seed": run.seed}
    taught |= {"rehearsed": world_identity(rehearsal_folder(run))}
    every = tasks(run)
    steps.append(
        Step(
            name=KEPT,
            work=divide,
            settings=data | _parting(every),
            needs=built,
            arguments={"about": every},
            code=code.parted(),
            derived=True,
        )
    )
    parted = (*built, KEPT)

    def arm(whose: Arm, needs: tuple[str, ...], about: tuple[Task, ...] = every) -> list[Step]:
        name, chain = whose.name, whose.chain
        asked = data | {
            "evaluate": _asking(run.evaluate),
            "model": model,
            "forget": _named(about),
            "gate": run.gate.split if whose.role == "taught" else "",
        }
        scored = data | {"forget": _named(about)}
        worlds = ("base/world", f"{name}/world") if exam else ()
        compared = (f"{name}/strangers",) if strange else ()
        drawn = needs if whose.role == "method" else ()  # what its training rehearsed
        others = [examine(whose, needs)] if exam and whose.role != "base" else []
        if strange:
            of_strangers = strange | {"model": model, "evaluate": _answering(run.evaluate)}
            others.append(
                Step(
                    name=f"{name}/strangers",
                    work=ask_strangers,
                    settings=of_strangers,
                    needs=(*built, *needs),
                    arguments={"arms": chain},
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
                needs=(*parted, *needs),
                arguments={"arms": chain, "about": about},
                code=code.asked(),
                arm=whose.plain(),
            ),
            Step(
                name=f"{name}/scores",
                work=mark,
                settings=scored,
                needs=(*parted, *drawn, f"{name}/responses", *dict.fromkeys(worlds), *compared),
                arguments={"arm": name, "about": about},
                code=code.scored(),
                arm=whose.plain(),
                derived=True,
            ),
        ]

    def examine(whose: Arm, needs: tuple[str, ...]) -> Step:
        settings = exam | {
            "model": model,
            "evaluate": _answering(run.evaluate),
            "items": run.evaluate.world_items,
        }
        return Step(
            name=f"{whose.name}/world",
            work=ask_world,
            settings=settings,
            needs=needs,
            arguments={"arms": whose.chain},
            code=code.asked(world=True),
            arm=whose.plain(),
        )

    def assail(whose: Arm, needs: tuple[str, ...], task: Task) -> list[Step]:
        """Each attack on an arm. Those of the arms that all tasks share are told apart by the task."""
        suffix = f"-{task.name}" if task.name and whose.task != task.name else ""
        return [
            Step(
                name=f"{whose.name}/attack-{one.name or one.attack}{suffix}",
                work=attack,
                settings=data
                | {
                    "attack": one.attack,
                    "settings": one.settings,
                    "per_fact": run.attacks.per_fact,
                    "model": model,
                    "evaluate": _answering(run.evaluate) | {"candidates": run.evaluate.candidates},
                    "forget": [task.forget, task.again],
                    "seed": run.seed,
                },
                needs=(*built, *dict.fromkeys((*needs, "taught/model"))),
                after=("gate",),
                arguments={
                    "task": task,
                    "arms": whose.chain,
                    "attack": one.attack,
                    "settings": one.settings,
                    "per_fact": run.attacks.per_fact,
                },
                code=code.attacked(one.attack),
                arm=whose.plain(),
            )
            for one in run.attacks.each
        ]

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
    steps += [examine(base, ())] if exam else []
    steps.append(stage1(first))
    steps += arm(first, ("taught/model",))
    gate = {"floors": plain(run.gate), "forget": _named(every), "ignored": ignore_gate}
    steps.append(
        Step(
            name="gate",
            work=check,
            settings=gate,
            needs=("taught/scores",),
            arguments={"about": every, "ignored": ignore_gate},
            code=code.judged(),
            derived=True,
        )
    )
    for task in every:
        steps += assail(first, ("taught/model",), task)
    # One worker hears of a failed gate before it teaches the Goal models; several make them meanwhile.
    goals = {task.name: _goals(run, task, request) for task in every}
    steps += [stage1(goal, task.unseen) for task in every for goal in goals[task.name]]
    for task in every:
        goal = goals[task.name][0].name
        for name, (one, seed) in methods(run, task).items():
            how = replace(run.forget.train, **one.train)
            adapt = replace(run.model.adapt, **one.adapt)
            settings = {
                "method": one.method,
                "settings": one.settings,
                "train": _result(how, adapt),
                "split": task.forget,
                "seed": seed,
                "adapt": plain(adapt),
            }
            settings |= {"scope": run.forget.rehearse_scope} if task.scope else {}
            arguments = {
                "task": task,
                "method": one.method,
                "settings": one.settings,
                "how": how,
                "adapt": adapt,
                "seed": seed,
            }
            whose = Arm(
                name=task.arm(name),
                role="method",
                chain=("taught", task.arm(name)),
                task=task.name,
                label=one.name or one.method,
                method=one.method,
                seed=seed,
                settings=one.settings,
                request=request,
            )
            steps.append(
                Step(
                    name=f"{whose.name}/model",
                    work=forget,
                    settings=data | settings,
                    needs=(
                        *parted, "taught/model", *((f"{goal}/model",) if "goal" in uses(one.method) else ())
                    ),
                    after=("gate",),
                    arguments=arguments,
                    code=code.unlearnt(one.method),
                    arm=whose.plain(),
                )
            )  # fmt: skip
            steps += arm(whose, (f"{whose.name}/model",), (task,))
            steps += assail(whose, (f"{whose.name}/model",), task)
        for retrained in goals[task.name]:
            steps += arm(retrained, (f"{retrained.name}/model",), (task,))
            steps += assail(retrained, (f"{retrained.name}/model",), task)
    steps += arm(base, ())
    for task in every:
        steps += assail(base, (), task)
    if run.forget.tasks:
        from remem.pebench.steps import steps as measured

        steps += measured(run, every, built, data)
    told = tuple(
        step.name
        for step in steps
        if step.name.endswith(("/scores", "/model", "axes")) or step.work is attack
    )
    steps.append(
        Step(
            name="report",
            work=tell,
            settings={"version": __version__, "request": request},
            needs=(*built, *told, "gate"),
            code=code.told(),
            derived=True,
        )
    )
    return steps


def _goals(run: Run, task: Task, request: str) -> list[Arm]:
    """One for each training, from seeds that follow the run's."""
    return [
        Arm(name=name, role="goal", chain=(name,), task=task.name, seed=run.seed + number, request=request)
        for number, name in enumerate(map(task.arm, goal_names(run)))
    ]


def _parting(about: tuple[Task, ...]) -> dict[str, Any]:
    """What decides what is rehearsed, beside the data."""
    return {
        "forgets": list(about[0].forgets),
        "outside": about[0].outside,
        "scope": any(task.scope and task.with_scope for task in about),
    }


def _named(about: tuple[Task, ...]) -> str:
    """The tasks as the keys have them."""
    return ",".join(task.forget for task in about)


def _building(settings: BuildSettings | PEBenchSettings) -> dict[str, Any]:
    """What decides a built data set: the user's own pictures, and their pipeline, by their content."""
    from remem.data import folder_fingerprint, pipeline_fingerprint

    own = {}
    if settings.source == "folder":
        own = {"pictures": folder_fingerprint(settings.picture_folder)}
    elif settings.source == "diffusers":
        own = {"weights": pipeline_fingerprint(settings.pipeline)}
    return plain(settings) | own


def _answering(settings: Evaluate) -> dict[str, int]:
    """What of the settings decides how any question is answered."""
    return {name: getattr(settings, name) for name in ("max_new_tokens", "batch", "tokens")}


def _asking(settings: Evaluate) -> dict[str, Any]:
    """What of the settings decides what a model says to the data set's questions."""
    decides = {name: value for name, value in plain(settings).items() if not name.startswith("world")}
    del decides["membership"]
    if not settings.items:  # so that what was asked before there was such a setting stays good
        del decides["items"]
    return decides


def _without_device(run: Run) -> dict[str, Any]:
    """What of the model decides a result: its content, not its path, and not where it runs."""
    settings = plain(run.model) | identity(run.model.name)
    for name in ("device", "checkpointing", "attention", "compile", "shard"):
        del settings[name]
    return settings


def _result(how: Train, adapt: Adapt) -> dict[str, Any]:
    """What of a training's settings decides its result."""
    drops_out = adapt.dropout > 0 and "lora" in (adapt.vision, adapt.projector, adapt.language)
    settings = plain(how)
    if not drops_out:  # memory only: slices of a step add up to the same gradient
        del settings["micro_batch"]
    return settings


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
        "report": lambda name: True,
    }
    return [step for step in steps if keep[stage](step.name)]
