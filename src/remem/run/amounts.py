"""How much a run would do, from its settings and its data: nobody means ten million steps by accident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from remem.data.pebench.settings import PEBenchSettings
from remem.errors import UserError
from remem.run.recipes import RECIPES
from remem.run.settings import Run
from remem.run.tasks import tasks
from remem.settings import Train, plain, possible

if TYPE_CHECKING:
    from remem.data import Dataset

STEPS = 100_000  # of a run: each has a folder and a process
_OVER = ("epochs", "steps", "samples")  # settings of attacks that every question goes through
_PARTS = ("settings", "train", "adapt")  # of a method or an attack, whose settings have its name
_FIGURES = ("seed", "seeds")  # numbers that count nothing


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The questions of a run."""

    taught: int  # in stage 1
    forgotten: int  # of one forget set, the mean over several
    asked: int  # of each arm, at most


def rows(run: Run, data: Dataset | None = None) -> Rows:
    """From the data set, or from the settings of the one that is to be built."""
    if data is not None:
        task = tasks(run)[0]
        stays = {id for ids in task.parts(data).values() for id in ids} | set(data.splits.get("test", ()))
        return Rows(
            taught=len(data.splits["finetune"]),
            forgotten=round(fmean(len(data.splits[task.forget]) for task in tasks(run))),
            asked=len(stays),
        )
    build = run.build
    if isinstance(build, PEBenchSettings):
        taught = 2 * build.people * build.events
        gone = max(1, round(taught * max(build.forget_people, build.forget_events)))
        return Rows(taught=taught, forgotten=gone, asked=2 * taught)
    people = dict(zip(build.splits()[1:], build.forgotten(), strict=False))
    taught = build.people * build.qa
    return Rows(
        taught=taught,
        forgotten=round(fmean(people[task.forget] for task in tasks(run)) * build.qa),
        asked=taught + build.people * build.test_qa,
    )


def check(run: Run, data: Dataset | None = None) -> None:
    """UserError for a run that would do more of anything than can be meant, and for batches that no data set
    of this size can fill.

    Without `data` a run over the user's own is looked at as far as its settings tell.
    """
    for key, count in _numbers(plain(run), ""):
        possible(count, key.rpartition(".")[2], key)
    arms = 2 + len(tasks(run)) * (
        run.forget.goals + len(run.forget.methods) * len(run.forget.seeds) + len(run.given)
    )
    each = 4 + len(run.attacks.each)
    possible(arms * each, "steps", "forget.seeds, forget.goals, methods and attacks", STEPS)
    if run.data and data is None:
        return
    found = rows(run, data)
    possible(found.taught * run.learn.epochs, "questions to go over in stage 1", "learn.epochs")
    _check_batch(run, "learn.batch", run.learn, found.taught)
    for one in run.forget.methods:
        name = one.name or one.method
        how = replace(run.forget.train, **one.train)
        key = f"{name}.epochs" if "epochs" in one.train else "forget.train.epochs"
        possible(found.forgotten * how.epochs, f"questions to go over with {name}", key)
        key = f"{name}.batch" if "batch" in one.train else "forget.train.batch"
        _check_batch(run, key, how, found.taught)
    for attack in run.attacks.each:
        for key, count in _numbers(attack.settings, f"{attack.name or attack.attack}."):
            if key.endswith(_OVER):
                possible(count * max(1, found.forgotten), "passes over a question", key)


def _check_batch(run: Run, key: str, how: Train, taught: int) -> None:
    """A recipe's own batch may be more than a small data set has; one that somebody chose may not.

    A study names its runs otherwise, so that the batches of all recipes count as nobody's choice.
    """
    bases = (RECIPES[run.recipe],) if run.recipe in RECIPES else RECIPES.values()
    own = {one.batch for base in bases for made in (base(),) for one in (made.learn, made.forget.train)}
    if how.batch > taught and how.batch not in own:
        raise UserError(
            f"{key}={how.batch:,}: the data set teaches {taught:,} questions, so that no batch is ever full. "
            f"Set {key} to {taught:,} or less"
        )


def _numbers(group: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, float]]:
    """Every number of a group of settings that counts something, by its dotted name."""
    for name, value in group.items():
        values = value if isinstance(value, list) else [value]
        for one in values:
            if isinstance(one, dict):
                own = one.get("name") or one.get("method") or one.get("attack")
                named = f"{own}." if own and isinstance(value, list) else f"{prefix}{name}."
                inner = prefix if name in _PARTS else named
                yield from _numbers(one, inner)
            elif isinstance(one, int | float) and not isinstance(one, bool):
                counts = isinstance(one, int) or name in _OVER
                if counts and name not in _FIGURES:
                    yield f"{prefix}{name}", float(one)
