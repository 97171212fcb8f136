"""The verbs that compare methods fairly: tune, compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remem.cli import completion
from remem.cli.console import out, progress, speak
from remem.cli.options import AllowPictures, Need, On, Plugins, Quiet, SlurmSettings
from remem.cli.request import allow, asked_for, base_of, examine, share


def tune(
    recipe: Annotated[
        str,
        typer.Argument(
            help="The recipe that the settings are for.", metavar="RECIPE", autocompletion=completion.recipes
        ),
    ] = "drawn",
    folder: Annotated[
        Path | None, typer.Option("--out", help="Where the tuning is kept. Default: runs/tune-RECIPE.")
    ] = None,
    trials: Annotated[int, typer.Option("--trials", help="Of each method.")] = 8,
    seeds: Annotated[int, typer.Option("--seeds", help="Of each trial, judged by their mean.")] = 1,
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over", help="What is searched, as npo.beta=0.05,0.1 or lr=1e-5,3e-5; again for more."
        ),
    ] = None,
    lower: Annotated[
        list[str] | None,
        typer.Option("--lower", help="What is to be lowest, as forget:em; again for what breaks ties."),
    ] = None,
    keep: Annotated[str, typer.Option("--keep", help="What must be kept, as kept:em.")] = "kept:em",
    at_least: Annotated[float, typer.Option("--at-least", help="How much of it.")] = 0.85,
    tie: Annotated[float, typer.Option("--tie", help="Values this close to the lowest are a tie.")] = 0.0,
    data: Annotated[
        str, typer.Option("--data", help="Your own data set, with people other than the run's.")
    ] = "",
    model: Annotated[str, typer.Option("--model", help="A folder or hub id of a model.")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Any setting of the run that this is for.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", help="Steps made at once. 0: automatic.")] = 0,
    on: On = "local",
    need: Need = None,
    slurm: SlurmSettings = None,
    threads: Annotated[int, typer.Option("--threads", help="Threads a worker. 0: automatic.")] = 0,
    ignore_gate: Annotated[bool, typer.Option("--ignore-gate", help="Go on when stage 1 failed.")] = False,
    quiet: Quiet = False,
    allow_pictures: AllowPictures = None,
    plugin: Plugins = None,
) -> None:
    """Settings for every method of a recipe: equal trials, other people, a written rule. Then run --settings.

    The people are those of build.seed + 1, trained from seed + 1. Killed and started again with the same
    command it goes on where it was; with more --trials it adds to what is there.
    """
    from remem import disk
    from remem.cli.console import watching
    from remem.data import load
    from remem.report.words import seconds as told
    from remem.run.overrides import override
    from remem.steps.engines import engine
    from remem.studies.tuning.cost import estimate
    from remem.studies.tuning.rule import Rule
    from remem.studies.tuning.study import carry_out, pending_steps, tuning

    speak(quiet)
    root = disk.folder(folder or Path("runs") / f"tune-{Path(recipe).stem}")
    allow(allow_pictures, plugin)
    run = override(base_of(recipe), asked_for(data, model, settings))
    data_set = load(run.data) if run.data else None
    rule = Rule(lower=tuple(lower or Rule.lower), keep=keep, at_least=at_least, tie=tie)
    fingerprint = data_set.fingerprint if data_set else ""
    whole = tuning(run, rule, trials, over or (), fingerprint, ignore_gate, seeds)
    whole.run.build.check()
    if data_set:
        examine(whole.run, data_set, ignore_gate)
    todo = pending_steps(root, whole)
    progress.say("[bold]remem tune {}[/] → {}: {} steps to do", recipe, root, len(todo))
    progress.say("  rule: {}", rule.words())
    people = run.data or f"build.seed={whole.run.build.seed}"
    progress.say("  on the people of {}, from seed {}", people, whole.run.seed)
    for count in sorted(set(whole.methods.values()), reverse=True):
        names = [name for name, size in whole.methods.items() if size == count]
        progress.say("  {} trials of each of {}: {}", count, len(names), ", ".join(names))
    idle = [one.method for one in run.forget.methods if one.method not in whole.methods]
    if idle:
        progress.say("  nothing to tune: {}", ", ".join(idle))
    processes, each = share(workers, threads, whole.run)
    made_by = engine(on, processes, each, need or (), slurm or ())
    with watching(len(todo)) as view:
        for stage1 in (True, False):
            carry_out(root, whole, view, made_by, each, stage1)
            left = estimate(root, whole, pending_steps(root, whole)) if stage1 else None
            if left:
                progress.say("  the trials will take about {}, to judge by stage 1", told(left / processes))
    progress.print()
    out.say("[bold]tuned[/] {}", root / "tuned" / "tuning.md")
    out.say("Use it with: remem run {} --settings {}", recipe, root / "tuned" / "settings.json")


def compare(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.", metavar="RUN_FOLDER")],
    page: Annotated[
        Path | None, typer.Option("--out", help="A Markdown file. Default: comparison.md in the run folder.")
    ] = None,
    tuned: Annotated[
        Path | None,
        typer.Option("--settings", help="The settings file that the run was given, to tell of it."),
    ] = None,
    against: Annotated[
        str,
        typer.Option(help="A method that all others are compared with, too. Default: the goal model alone."),
    ] = "",
) -> None:
    """One table of a run's methods over all seeds, and how far each is from the goal model."""
    from remem.studies.comparing.page import write

    path = write(folder, page or folder / "comparison.md", tuned, against)
    out.say("wrote {}", path)
