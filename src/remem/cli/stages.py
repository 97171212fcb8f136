"""The verbs that carry a run out: run, and each of its stages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remem.cli import completion
from remem.cli.console import out, progress, speak, warn
from remem.cli.options import (
    AllowPictures,
    DataSource,
    DryRun,
    Format,
    IgnoreGate,
    KeepOld,
    ModelName,
    Need,
    On,
    OnCard,
    OutFolder,
    Plugins,
    Quiet,
    RecipeName,
    Settings,
    SettingsFile,
    SlurmSettings,
    Taught,
    Threads,
    Track,
    Where,
    Workers,
)
from remem.cli.request import Wanted, allow, examine, folder_of, share, wanted
from remem.cli.tables import machine
from remem.errors import UserError

if TYPE_CHECKING:
    from remem.estimate.cards import Card
    from remem.run.settings import Run
    from remem.steps.engines import Engine
    from remem.steps.store import Survey


def verb(name: str, stage: str) -> Callable[..., None]:
    """A command that carries a run out up to a stage; `report` of a run folder only tells what is there."""

    def command(
        recipe: RecipeName = "",
        out_folder: OutFolder = None,
        data: DataSource = "",
        model: ModelName = "",
        taught: Taught = "",
        settings: Settings = None,
        tuned: SettingsFile = None,
        workers: Workers = 0,
        threads: Threads = 0,
        ignore_gate: IgnoreGate = False,
        keep_old: KeepOld = False,
        quiet: Quiet = False,
        form: Format = "table",
        on: On = "local",
        need: Need = None,
        slurm: SlurmSettings = None,
        dry_run: DryRun = False,
        on_card: OnCard = "",
        track: Track = "",
        allow_pictures: AllowPictures = None,
        plugin: Plugins = None,
    ) -> None:
        speak(quiet, form)
        if form == "csv" and (stage != "report" or dry_run):
            raise UserError("--format csv prints the table of methods, and this makes none: take json")
        allow(allow_pictures, plugin)
        root = folder_of(recipe)
        if name == "report" and root is not None:
            _retell(root, out_folder, data, model, form)
            return
        asked = wanted(recipe, out_folder, data, model, settings, tuned, ignore_gate, taught)
        there = Where(on, need or (), slurm or ())
        if dry_run:
            from remem.estimate import cards

            card = cards.card(on_card)
            _machines(asked.run, workers, threads, there, track)
            _foretell(asked, stage, card, form)
            return
        carry_out(asked, workers, threads, keep_old, stage, there, track, form)

    return command


STAGES = (  # verb, the stage that it goes up to, and what it says of itself
    (
        "run",
        "report",
        "The whole story: build, learn, gate, forget, measure, report. What is done already is "
        "skipped. Given the "
        "folder of a run instead of a recipe, it goes on with that run.",
    ),
    ("learn", "learn", "Stage 1 and its gate: teach the model, and check that it knows."),
    (
        "forget",
        "forget",
        "Stage 2: unlearn with every method of the recipe, after what is still to do before.",
    ),
    ("evaluate", "evaluate", "Ask and score every arm, after the stages that are still to do."),
    (
        "report",
        "report",
        "Write the report of a recipe's run, after whatever is still to do; of a run folder, from what is "
        "there.",
    ),
)


def attack(
    run_folder: Annotated[Path, typer.Argument(help="The folder of a run.", metavar="RUN_FOLDER")],
    attacks: Annotated[
        str,
        typer.Option(
            "--attacks",
            help="By name, commas between; all; or quick. See remem list attacks.",
            autocompletion=completion.attacks,
        ),
    ] = "quick",
    data: DataSource = "",
    model: ModelName = "",
    settings: Settings = None,
    workers: Workers = 0,
    threads: Threads = 0,
    keep_old: KeepOld = False,
    quiet: Quiet = False,
    form: Format = "table",
    on: On = "local",
    need: Need = None,
    slurm: SlurmSettings = None,
    allow_pictures: AllowPictures = None,
    plugin: Plugins = None,
) -> None:
    """Try to bring back what a run has forgotten: recovery attacks on every arm, and the report anew.

    Attacks that the run has already stay.
    """
    if folder_of(str(run_folder)) is None:
        raise UserError(f"{run_folder} is no folder of a run: make one first, with remem run")
    speak(quiet, form)
    allow(allow_pictures, plugin)
    before = wanted(str(run_folder), None, data, model, None, None, False).run.attacks.each
    names = dict.fromkeys((*(one.attack for one in before), *filter(None, attacks.split(","))))
    chosen = [f"attacks={','.join(names)}", *(settings or [])]
    asked = wanted(str(run_folder), None, data, model, chosen, None, False)
    carry_out(asked, workers, threads, keep_old, "report", Where(on, need or (), slurm or ()), form=form)


def _retell(root: Path, out_folder: Path | None, data: str, model: str, form: str) -> None:
    from remem.cli.ending import told
    from remem.story.retell import retell

    page = retell(root, out_folder, data, model)
    if form != "table":
        told(root, page, form)
    out.say("[bold]report[/] {}", page)


def carry_out(
    asked: Wanted,
    workers: int,
    threads: int,
    keep_old: bool,
    stage: str,
    where: Where,
    track: str = "",
    form: str = "table",
) -> None:
    """Carries out what is asked for, up to a stage, and says how it went."""
    import time

    from remem import disk
    from remem.cli.console import watching
    from remem.cli.ending import conclude
    from remem.steps import parallel
    from remem.story import pipeline, tracking

    clock = time.monotonic()
    root, chosen, ignore_gate, fingerprint = asked.root, asked.run, asked.ignore_gate, asked.fingerprint
    engine, each, trackers = _machines(chosen, workers, threads, where, track)
    if pipeline.finished(root, chosen, ignore_gate, fingerprint, stage, keep_old):
        progress.say("{} is finished already: nothing to do.", root)
        conclude(root, stage, clock, form)
        return
    disk.folder(root)
    chosen.build.check()
    if asked.data_set:
        examine(chosen, asked.data_set, ignore_gate)
    found = pipeline.survey(root, chosen, fingerprint, ignore_gate, stage, keep_old)
    if not found.todo:
        progress.say("every step of {} is done: nothing to do but to write this request down.", root)
    _tell_stale(found)
    judged = chosen.given and not chosen.forget.methods
    verb = "" if judged else "run " if stage == "report" else f"{stage} "
    progress.say("[bold]remem {}{}[/] → {}: {} steps to do", verb, asked.name, root, len(found.todo))
    with watching(len(found.todo)) as view:
        pipeline.carry_out(
            root,
            chosen,
            tracking.Tracking(view, root, trackers, warn) if trackers and parallel.first() else view,
            engine=engine,
            threads=each,
            ignore_gate=ignore_gate,
            fingerprint=fingerprint,
            stage=stage,
            keep_old=keep_old,
            examined=True,
        )
    conclude(root, stage, clock, form)


def _machines(
    chosen: Run, workers: int, threads: int, where: Where, track: str
) -> tuple[Engine | None, int, list[str]]:
    """What makes the steps, with how many threads each, and who is told; UserError for options that cannot
    be, also where nothing is made: of a dry run, and of one that is finished already."""
    from remem.steps.engines import engine
    from remem.story import tracking

    trackers = [name.strip() for name in track.split(",") if name.strip()]
    tracking.check(trackers)
    processes, each = share(workers, threads, chosen)
    return engine(where.on, processes, each, where.need, where.slurm), each, trackers


def _tell_stale(found: Survey) -> None:
    """What is made again though it was finished, or kept though it is stale: before anything starts."""
    from remem.steps.store import ABOVE

    for steps, lead, end in (
        (found.stale, "is made again", "To keep what is stale as it is: --keep-old"),
        (found.old, "is kept as it was", "Every table says so"),
    ):
        own = {step: why for step, why in steps.items() if why != ABOVE}
        rest = len(steps) - len(own)
        for step, why in own.items():
            warn(f"{step} {lead}: {why}")
        if steps:
            one = "so is the step that rests on it. "
            also = one if rest == 1 else f"so are {rest} steps that rest on it. " if rest else ""
            warn(f"{also}{end}")


def _foretell(asked: Wanted, stage: str, on: Card, form: str) -> None:
    """What --dry-run prints. Exit status 1 where the run does not fit."""
    from remem import disk
    from remem.estimate import foresee
    from remem.estimate.told import refuse, told
    from remem.story import plan
    from remem.story.resolve import resolve

    disk.folder(asked.root, write=False)
    asked.run.build.check()
    if asked.data_set:
        examine(asked.run, asked.data_set, asked.ignore_gate)
    chosen = resolve(asked.run)
    steps = plan.until(plan.plan(chosen, asked.fingerprint), stage)
    found = foresee(chosen, on, asked.data_set)
    if form == "json":
        machine({heading: dict(pairs) for heading, pairs in told(found, [step.name for step in steps])})
    for heading, pairs in told(found, [step.name for step in steps]):
        out.say("[bold]{}[/]", heading)
        for what, amount in pairs:
            out.say("  {}: {}", what, amount)
    refuse(found, chosen)
