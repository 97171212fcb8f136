"""The verbs that look into models: diagnose, trace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remem import jsonfile
from remem.cli.console import out, progress, speak
from remem.cli.options import Need, On, Quiet, SlurmSettings
from remem.cli.request import asked_for, share
from remem.errors import UserError


def diagnose(
    folder: Annotated[Path, typer.Argument(help="Where the study is kept.", metavar="OUT")] = Path(
        "runs/diagnosis"
    ),
    recipe: Annotated[str, typer.Option("--recipe", help="What every member is like otherwise.")] = "drawn",
    sweep: Annotated[
        list[str] | None,
        typer.Option("--sweep", help="qa, one-hop, beside or shapes; again for more. Default: all."),
    ] = None,
    counts: Annotated[str, typer.Option("--counts", help="Questions a person, as 5,10,20.")] = "",
    shares: Annotated[str, typer.Option("--shares", help="One-hop shares, as 0,0.5,1.")] = "",
    beside: Annotated[
        str, typer.Option("--beside", help="One-hop questions beside the same multi-hop ones, as 0,30,70.")
    ] = "",
    seeds: Annotated[str, typer.Option("--seeds", help="Each stands for other people, too.")] = "0,1,2",
    equal_steps: Annotated[
        bool, typer.Option("--equal-steps", help="As many training steps for all, not as many epochs.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Recipe tiny, few members, one seed: to see that it works.")
    ] = False,
    model: Annotated[str, typer.Option("--model", help="A folder or hub id of a model.")] = "",
    settings: Annotated[list[str] | None, typer.Option("--set", help="Any setting of the recipe.")] = None,
    workers: Annotated[int, typer.Option("--workers", help="Steps made at once. 0: automatic.")] = 0,
    on: On = "local",
    need: Need = None,
    slurm: SlurmSettings = None,
    threads: Annotated[int, typer.Option("--threads", help="Threads a worker. 0: automatic.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Did stage 1 teach anything, and what decides it? Sweeps over data sets, taught and measured alike."""
    from remem import disk
    from remem.cli.console import watching
    from remem.run import recipes
    from remem.run.overrides import override
    from remem.steps.engines import engine
    from remem.studies.diagnosis.study import carry_out, pending_steps
    from remem.studies.diagnosis.sweeps import BESIDE, COUNTS, SHARES, Study, members, sweeps

    speak(quiet)
    disk.folder(folder)
    for key, option, given in (
        ("qa", "--counts", counts),
        ("one-hop", "--shares", shares),
        ("beside", "--beside", beside),
    ):
        if given and sweep and key not in sweep:
            raise UserError(f"{option} {given} is of the sweep {key}, which is not made: add --sweep {key}")
    base = override(recipes.recipe("tiny" if quick else recipe), asked_for("", model, settings))
    chosen = sweeps(
        base,
        sweep or (),
        _numbers("--counts", counts, int) or ((5, 40) if quick else COUNTS),
        _numbers("--shares", shares, float) or ((0.0, 0.7, 1.0) if quick else SHARES),
        equal_steps,
        _numbers("--beside", beside, int) or ((0, 28) if quick else BESIDE),
    )
    repeats = (0,) if quick and seeds == "0,1,2" else _numbers("--seeds", seeds, int)
    if not repeats:
        raise UserError("--seeds names none: give at least one, as in --seeds 0")
    study = Study(folder, tuple(chosen), tuple(members(chosen, repeats)), base.seed)
    for one in study.members:
        one.run.build.check()
    todo = pending_steps(study)
    progress.say(
        "[bold]remem diagnose[/] → {}: {} models, {} steps to do", folder, len(study.members), len(todo)
    )
    processes, each = share(workers, threads, base)
    made_by = engine(on, processes, each, need or (), slurm or ())
    with watching(len(todo)) as view:
        carry_out(study, view, made_by, each)
    progress.print()
    out.say("[bold]diagnosis[/] {}", folder / "report" / "index.html")


def _numbers(option: str, text: str, kind: type[int] | type[float]) -> tuple:
    said, cure = f"{option} {text[:80]}", "Give numbers with commas between them."
    parts = [part.strip() for part in text.split(",") if part.strip()]
    read = [jsonfile.literal(part, said, cure) for part in parts]
    if not all(type(one) in ((int,) if kind is int else (int, float)) for one in read):
        raise UserError(f"{said}: give numbers with commas between them")
    found = tuple(map(kind, read))
    if len(set(found)) < len(found):
        raise UserError(f"{option} {text}: each number once")
    return found


def trace(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.", metavar="RUN_FOLDER")],
    arm: Annotated[
        list[str] | None,
        typer.Option("--arm", help="taught, goal, npo-s0 ...; again for more. Default: taught, base, goal."),
    ] = None,
    split: Annotated[str, typer.Option("--split", help="Default: the run's forget split.")] = "",
    items: Annotated[int, typer.Option("--items", min=1, help="Items of each question type.")] = 24,
    over: Annotated[
        str, typer.Option("--over", help="value: the value after its sentence has begun; answer: all of it.")
    ] = "value",
    rows: Annotated[int, typer.Option("--rows", min=1, help="Runs at once: memory and speed.")] = 32,
    threads: Annotated[int, typer.Option("--threads", help="Threads. 0: automatic.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Causal tracing: where is a person looked up? The picture or name is swapped, one piece put back."""
    from remem import disk
    from remem.cli.console import watching
    from remem.errors import unknown
    from remem.run.context import open_run
    from remem.run.tasks import tasks
    from remem.steps.execute import execute, pending
    from remem.studies.tracing.trace import Settings, present, steps

    speak(quiet)
    context, _ = open_run(folder)
    if over not in ("value", "answer"):
        raise unknown("thing to score", over, ("value", "answer"))
    settings = Settings(
        split=split or tasks(context.run)[0].forget,
        items=items,
        over=over,
        seed=context.run.seed,
        rows=rows,
    )
    planned = steps(context, arm or present(folder), settings)
    disk.folder(folder)
    todo = pending(folder, planned)
    progress.say("[bold]remem trace[/] → {}: {} steps to do", folder / "trace", len(todo))
    with watching(len(todo)) as view:
        execute(folder, planned, context, view, threads=threads)
    progress.print()
    out.say("[bold]trace[/] {}", folder / "trace" / "report" / "index.html")
