"""The steps of a run over models that were made elsewhere: nothing is taught, everything is asked.

Where the taught model is among them, methods may unlearn from it, as from one that the run had taught.
"""

from __future__ import annotations

from dataclasses import replace

from remem.models import identity
from remem.run import code
from remem.run.arms import Arm
from remem.run.beside import asks_strangers
from remem.run.settings import Given, Run
from remem.run.tasks import tasks
from remem.steps.store import Step
from remem.story.asked import Asking, asked_for, telling
from remem.story.taking import take
from remem.story.unlearnt import unlearnt

_ORDER = ("base", "taught", "given", "goal")


def steps(run: Run, fingerprint: str, ignore_gate: bool) -> list[Step]:
    """Each model is taken in, asked, scored and attacked as an arm of a run.

    Without a Goal model the same attacks are made about strangers: what they bring out of a model that
    was never told of somebody.
    """
    there = sorted(run.given, key=lambda one: _ORDER.index(one.role))
    roles = {one.role for one in there}
    before = next((one for one in ("base", "taught") if one in roles), "")
    ask = replace(Asking.of(run, fingerprint), gated="taught" in roles, before=before)
    every, request = tasks(run), asked_for(run)
    arms = {one.arm: _arm(one, request) for one in there}
    found = [ask.parting(every)]
    for name, arm in arms.items():
        found.append(
            Step(
                name=f"{name}/model",
                work=take,
                settings={"given": arm.digest, "model": ask.model},
                arguments={"arm": name},
                code=code.taken(),
                arm=arm.plain(),
            )
        )
    if before:
        found += ask.world(arms[before], (f"{before}/model",))
    for name, arm in arms.items():
        found += ask.arm(arm, (f"{name}/model",), every)
        if arm.role == "taught":
            found.append(ask.gate(every, ignore_gate))
    controlled = "goal" not in roles and asks_strangers(run)
    for name, arm in arms.items():
        if arm.role in ("given", "goal"):
            for task in every:
                found += ask.attacks(arm, (f"{name}/model",), task)
                found += ask.attacks(arm, (f"{name}/model",), task, "strangers") if controlled else []
    for task in every:
        for whose, made in unlearnt(ask, task, request, task.arm("goal")):
            needs = (made.name,)
            found += [made, *ask.arm(whose, needs, (task,)), *ask.attacks(whose, needs, task)]
            found += ask.attacks(whose, needs, task, "strangers") if controlled else []
    return [*found, telling(found, ask.built, request)]


def _arm(one: Given, request: str) -> Arm:
    return Arm(
        name=one.arm,
        role=one.role,  # type: ignore[arg-type]
        chain=(one.arm,),
        label=one.label,
        seed=one.seed,
        request=request,
        digest=identity(one.source)["content"],
    )
