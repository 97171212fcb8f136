"""A tuning: one taught model, every trial an arm of its own, then the rule.

The steps are those of a run, kept and resumed by the same store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from remem import __version__
from remem.data.pebench.settings import PEBenchSettings
from remem.errors import UserError
from remem.methods.needs import Space
from remem.run.context import Context
from remem.run.settings import Run
from remem.run.tasks import methods, tasks
from remem.scoring.score import read_summary
from remem.settings import plain, possible
from remem.steps.code import syntax_digest
from remem.steps.engines.base import Engine
from remem.steps.execute import execute, pending
from remem.steps.jobs import View
from remem.steps.provenance import read_provenance
from remem.steps.sealed import drop
from remem.steps.store import Step
from remem.story.claim import at_work, request_of
from remem.story.logbook import logged
from remem.story.pipeline import check_gate, look_through_data
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.studies.tuning.chosen import Tuned, found, trained
from remem.studies.tuning.page import write_page
from remem.studies.tuning.rule import Choice, Rule, Trial, choose
from remem.studies.tuning.space import Point, sizes, spaces, trials
from remem.training.outcome import read_outcome
from remem.types import Progress

MOST_TRIALS = 20_000
ASKED = 140  # questions about people to keep, of each of retain and test, that a trial is asked


@dataclass(frozen=True)
class Tuning:
    """What is tried, and by which rule it is judged."""

    run: Run  # its methods are the trials
    rule: Rule
    spaces: Mapping[str, Space]
    points: Mapping[str, Point]  # trial -> what was searched
    count: int  # trials of each method, at most
    fingerprint: str = ""  # of the user's own data set
    ignore_gate: bool = False

    @property
    def methods(self) -> dict[str, int]:
        """Method -> its trials."""
        return {name: sum(one.method == name for one in self.run.forget.methods) for name in self.spaces}


def tuning(
    run: Run,
    rule: Rule,
    count: int,
    over: Sequence[str] = (),
    fingerprint: str = "",
    ignore_gate: bool = False,
    seeds: int = 1,
) -> Tuning:
    """How to tune for a run: on other people, from another seed, with fewer questions.

    `seeds`: of each trial, which is judged by their mean. With data of one's own the people are those of
    that data, which must not be the run's.
    """
    if len(run.forget.splits) > 1:
        raise UserError(
            f"forget.split={run.forget.split}: settings are tuned for one forget set; name one of them"
        )
    if isinstance(run.build, PEBenchSettings) or run.forget.tasks:
        raise UserError(
            f"remem tune is for data sets of people; {run.recipe} forgets events too, and how to choose "
            "there is not written yet. Tune the recipe remem or demo, and give its file to run --settings"
        )
    seen = any(measure.endswith("_auc") for measure in rule.measures)
    build = replace(
        run.build, seed=run.build.seed + 1, strangers=run.build.strangers if seen else 0, perturbed=0
    )
    evaluate = replace(
        run.evaluate,
        items=run.evaluate.items or ASKED,
        exposure_people=0,
        membership=seen,
        world=run.evaluate.world if rule.of_the_world else "none",
    )
    other = replace(run, seed=run.seed + 1, build=build, evaluate=evaluate)
    searched = spaces(other, over)
    if not searched:
        raise UserError("none of these methods has anything to tune: see docs/methods.md")
    if seeds < 1:
        raise UserError(f"--seeds {seeds}: give 1 or more")
    possible(seeds * sum(sizes(searched, count).values()), "trials", "--trials and --seeds", MOST_TRIALS)
    tried = trials(other, searched, count)
    forget = replace(other.forget, methods=tuple(one for one, _ in tried.values()), seeds=tuple(range(seeds)))
    return Tuning(
        run=resolve(replace(other, forget=forget)),
        rule=rule,
        spaces=searched,
        points={name: dict(point) for name, (_, point) in tried.items()},
        count=count,
        fingerprint=fingerprint,
        ignore_gate=ignore_gate,
    )


def steps(tuning: Tuning) -> list[Step]:
    """Stage 1 with its gate, every trial up to its scores, and the choice."""
    whole = plan(tuning.run, tuning.fingerprint, tuning.ignore_gate)
    names = list(methods(tuning.run, tasks(tuning.run)[0]))
    kept = reached(whole, [f"{name}/scores" for name in names])
    judged = plain(tuning.rule) | {"points": tuning.points, "version": __version__}
    settle_by = {"rule": tuning.rule, "points": tuning.points, "count": tuning.count}
    return [
        *kept,
        Step(
            name="tuned",
            work=settle,
            settings=judged,
            needs=tuple(f"{name}/{part}" for name in names for part in ("model", "scores")),
            arguments=settle_by,
            code={"rule": syntax_digest("remem.studies.tuning.rule")},
            derived=True,
        ),
    ]


def reached(steps: Sequence[Step], names: Collection[str]) -> list[Step]:
    """These steps and all that they wait for, in the plan's order."""
    wanted = set(names)
    for step in reversed(steps):
        if step.name in wanted:
            wanted.update((*step.needs, *step.after))
    return [step for step in steps if step.name in wanted]


def pending_steps(root: Path, tuning: Tuning) -> list[Step]:
    """What is still to be made; an error if something there was made with other settings."""
    return pending(root, steps(tuning))


def carry_out(
    root: Path,
    tuning: Tuning,
    view: View,
    engine: Engine | None = None,
    threads: int = 0,
    stage1: bool = False,
) -> None:
    """Makes what is missing, or only `stage1`. Raises GateFailed when it did not teach."""
    planned = steps(tuning)
    request = request_of(tuning.run, tuning.ignore_gate, tuning.fingerprint)
    wanted = reached(planned, ["gate"]) if stage1 else planned
    context = Context(root, tuning.run, tuning.fingerprint)

    def passed(step: str) -> None:
        if step == "dataset":
            look_through_data(context, tuning.ignore_gate)
        if step == "gate":
            check_gate(root, tuning.ignore_gate)
        arm, _, part = step.rpartition("/")
        if part == "scores" and arm in methods(tuning.run, tasks(tuning.run)[0]):
            drop_weights(root / arm / "model")

    with at_work(root, tuning.run, request, planned, wanted) as found:
        if found.standing["gate"].settled:
            passed("gate")
        with logged(view, root, f"tuning, {len(found.todo)} steps to do") as heard:
            execute(root, wanted, context, heard, engine, threads, passed)


def drop_weights(folder: Path) -> None:
    """A trial that is scored needs its weights no more, and hundreds of large models fill a disk."""
    drop(folder, [path.name for path in [*folder.glob("*.safetensors"), *folder.glob("*.bin")]])


def settle(
    folder: Path,
    context: Context,
    progress: Progress,
    rule: Rule,
    points: Mapping[str, Point],
    count: int,
) -> None:
    """Applies the rule: settings.json, trials.csv with the whole grid, tuning.md that tells what decided."""
    run = context.run
    by_method: dict[str, list[Trial]] = {}
    for one in run.forget.methods:
        trial = measured(context, one.name, one.method, points[one.name], rule)
        by_method.setdefault(one.method, []).append(trial)
    choices: dict[str, Choice | None] = {name: choose(tried, rule) for name, tried in by_method.items()}
    own = {one.name: one for one in run.forget.methods}
    winners = {
        name: Tuned(
            settings=own[choice.trial.name].settings,
            train=trained(run, own[choice.trial.name]),
            adapt=own[choice.trial.name].adapt,
            trial=choice.trial.name,
            kept=choice.kept,
            why=choice.why,
        )
        for name, choice in choices.items()
        if choice
    }
    found(run, winners, rule.words(), context.fingerprint, count).write(folder)
    write_page(folder, run, rule, by_method, choices)


def measured(context: Context, name: str, method: str, point: Point, rule: Rule) -> Trial:
    """One trial's measures, from the files of its arms: means over seeds, missing where any seed lacks it."""
    values: dict[str, list[float | None]] = {measure: [] for measure in rule.measures}
    diverged, seconds = False, 0.0
    for seed in context.run.forget.seeds:
        arm = context.root / f"{name}-s{seed}"
        rows = {(r.split, r.metric): r.mean for r in read_summary(arm / "scores") if r.question_type == "all"}
        for measure in rule.measures:
            split, _, metric = measure.partition(":")
            place = context.run.forget.split if split == "forget" else split
            values[measure].append(rows.get((place, metric)))
        diverged |= read_outcome(arm / "model").diverged
        seconds += read_provenance(arm / "model").seconds or 0.0
    means = {
        measure: sum(v for v in here if v is not None) / len(here) if None not in here else None
        for measure, here in values.items()
    }
    return Trial(name=name, method=method, point=point, measured=means, diverged=diverged, seconds=seconds)
