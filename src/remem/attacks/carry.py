"""Carries one attack out on one arm: trial by trial, each written whole, so that a killed one goes on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from remem.attacks.records import COST, Cost, join, read_cost, write_cost, write_tried
from remem.errors import UserError
from remem.settings import plain
from remem.steps.folders import discard, empty_trash

if TYPE_CHECKING:
    from remem.attacks.attack import Attack
    from remem.attacks.base import Trial
    from remem.attacks.scene import Scene

TRIALS = "trials"


def carry_out(name: str, attack: Attack, scene: Scene) -> None:
    """Writes answers.parquet, rankings.parquet and cost.json into the scene's folder.

    UserError, before anything is asked, where the attack cannot run on this model or data.
    """
    attack.check(scene)
    empty_trash(scene.folder)
    if (scene.folder / COST).exists() and not (scene.folder / TRIALS).exists():
        return  # killed while the trials were deleted: all is written
    trials = list(attack.trials(scene))
    names = [trial.name for trial in trials]
    if not names or len(set(names)) < len(names):
        raise UserError(f"{name}: its trials are {', '.join(names) or 'none'}; give each a name of its own")
    parts = []
    for number, trial in enumerate(trials):
        scene.progress(number, len(trials), trial.name)
        parts.append(_done(name, attack, trial, scene))
    scene.progress(len(trials), len(trials), "attacked")
    join(scene.folder, parts)
    costs = [read_cost(part) for part in parts]
    whole = {setting: notes for cost in costs for setting, notes in cost.by_setting.items()}
    write_cost(scene.folder, _cost(name, attack, whole))
    discard(scene.folder / TRIALS, scene.folder)


def _done(name: str, attack: Attack, trial: Trial, scene: Scene) -> Path:
    """The folder of a trial, made where it is not there."""
    place = scene.folder / TRIALS / trial.name
    if place.is_dir():
        return place
    part = place.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    found = list(trial.work())
    write_tried(part, scene.data, found)
    notes = {one.setting: dict(one.notes) for one in found if one.notes}
    write_cost(part, _cost(name, attack, notes))
    part.rename(place)
    return place


def _cost(name: str, attack: Attack, notes: dict[str, dict[str, float]]) -> Cost:
    return Cost(
        attack=name,
        access=attack.access,
        knows=attack.knows,
        settings=plain(attack),
        by_setting=notes,
    )
