"""The steps of the arms that a run unlearns itself, from what it taught or from what was given as taught."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from remem.fitted import paths
from remem.methods import found, uses
from remem.models import identity
from remem.run import code
from remem.run.arms import Arm
from remem.run.tasks import Task, methods
from remem.settings import Adapt, Train, plain
from remem.steps.digests import file_digest
from remem.steps.store import Step
from remem.story.asked import KEPT, Asking
from remem.story.work import forget


def unlearnt(ask: Asking, task: Task, request: str, goal: str) -> Iterator[tuple[Arm, Step]]:
    """Each method's arms of a task, with the step that makes it. `goal`: the task's yardstick."""
    run = ask.run
    for name, (one, seed) in methods(run, task).items():
        yardstick = (f"{goal}/model",) if "goal" in uses(one.method) else ()
        how = replace(run.forget.train, **one.train)
        adapt = replace(run.model.adapt, **one.adapt)
        settings = {
            "method": one.method,
            "settings": _by_content(one.method, one.settings),
            "train": result(how, adapt),
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
        yield (
            whose,
            Step(
                name=f"{whose.name}/model",
                work=forget,
                settings=ask.data | settings,
                needs=(*ask.built, KEPT, "taught/model", *yardstick),
                after=("gate",),
                arguments=arguments,
                code=code.unlearnt(one.method),
                arm=whose.plain(),
            ),
        )


def _by_content(method: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A method's settings as the key has them: files and a second model by their content."""
    known = {key: file_digest(path) for key, path in paths(found(method), settings).items()}
    if "second" in uses(method) and settings.get("second"):
        known["second"] = identity(str(settings["second"]))["content"]
    return {**settings, **known}


def result(how: Train, adapt: Adapt) -> dict[str, Any]:
    """What of a training's settings decides its result."""
    drops_out = adapt.dropout > 0 and "lora" in (adapt.vision, adapt.projector, adapt.language)
    settings = plain(how)
    if not drops_out:  # memory only: slices of a step add up to the same gradient
        del settings["micro_batch"]
    return settings
