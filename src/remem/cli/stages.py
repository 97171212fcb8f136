"""The verbs that carry a run out: run, and each of its stages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.markup import escape

from remem.cli.console import out, warn
from remem.cli.options import (
    AllowPictures,
    DataSource,
    DryRun,
    IgnoreGate,
    ModelName,
    Need,
    On,
    OnCard,
    OutFolder,
    Quiet,
    RecipeName,
    Settings,
    SettingsFile,
    SlurmSettings,
    Threads,
    Track,
    Where,
    Workers,
)
from remem.cli.request import allow, asked_for, chosen_run, examine, share


def verb(stage: str) -> Callable[..., None]:
    """A command that carries a run out up to a stage."""

    def command(
        recipe: RecipeName = "",
        out_folder: OutFolder = None,
        data: DataSource = "",
        model: ModelName = "",
        settings: Settings = None,
        tuned: SettingsFile = None,
        workers: Workers = 0,
        threads: Threads = 0,
        ignore_gate: IgnoreGate = False,
        quiet: Quiet = False,
        on: On = "local",
        need: Need = None,
        slurm: SlurmSettings = None,
        dry_run: DryRun = False,
        on_card: OnCard = "",
        track: Track = "",
        allow_pictures: AllowPictures = None,
    ) -> None:
        from remem.run.recipes import usual

        allow(allow_pictures)

        wanted = asked_for(data, model, settings)
        if dry_run:
            _foretell(recipe or usual(model), wanted, tuned, stage, on_card)
            return
        there = Where(on, need or (), slurm or ())
        _carry_out(
            recipe or usual(model),
            out_folder,
            wanted,
            tuned,
            workers,
            threads,
            ignore_gate,
            quiet,
            stage,
            there,
            track,
        )

    return command


STAGES = (  # verb, the stage that it goes up to, and what it says of itself
    (
        "run",
        "report",
        "The whole story: build, learn, gate, forget, measure, report. What is done already is skipped.",
    ),
    ("learn", "learn", "Stage 1 and its gate: teach the model, and check that it knows."),
    (
        "forget",
        "forget",
        "Stage 2: unlearn with every method of the recipe, after what is still to do before.",
    ),
    ("evaluate", "evaluate", "Ask and score every arm, after the stages that are still to do."),
    ("report", "report", "Write the report of a run, after whatever is still to do."),
)


def _carry_out(
    recipe: str,
    folder: Path | None,
    settings: list[str],
    tuned: Path | None,
    workers: int,
    threads: int,
    ignore_gate: bool,
    quiet: bool,
    stage: str,
    where: Where,
    track: str,
) -> None:
    import time

    from remem.cli.console import watching
    from remem.steps import parallel
    from remem.steps.engines import engine as engine_of
    from remem.story import pipeline, tracking

    clock = time.monotonic()
    root = folder or Path("runs") / recipe
    chosen, data_set, fingerprint = chosen_run(recipe, settings, tuned)
    if pipeline.finished(root, chosen, ignore_gate, fingerprint, stage):
        out.print(f"{root} is finished already: nothing to do.")
        _conclude(root, stage, clock)
        return
    trackers = [name.strip() for name in track.split(",") if name.strip()]
    tracking.check(trackers)
    chosen.build.check()
    if data_set:
        examine(chosen, data_set)
    todo = pipeline.pending_steps(root, chosen, fingerprint, ignore_gate, stage)
    if not todo:
        out.print(f"every step of {root} is done: nothing to do but to write this request down.")
    processes, each = share(workers, threads, chosen)
    engine = engine_of(where.on, processes, each, where.need, where.slurm)
    out.print(
        f"[bold]remem {stage if stage != 'report' else 'run'} {recipe}[/] → {root}: {len(todo)} steps to do"
    )
    with watching(out, len(todo), quiet) as view:
        pipeline.carry_out(
            root,
            chosen,
            tracking.Tracking(view, root, trackers, warn) if trackers and parallel.first() else view,
            engine=engine,
            threads=each,
            ignore_gate=ignore_gate,
            fingerprint=fingerprint,
            stage=stage,
        )
    _conclude(root, stage, clock)


def _foretell(recipe: str, settings: list[str], tuned: Path | None, stage: str, on_card: str) -> None:
    """What --dry-run prints. Exit status 1 where the run does not fit."""
    from remem.estimate import cards, foresee
    from remem.estimate.told import refuse, told
    from remem.story import plan

    on = cards.card(on_card)  # before the hub is asked: a wrong name costs no wait
    chosen, data_set, fingerprint = chosen_run(recipe, settings, tuned)
    chosen.build.check()
    chosen = plan.resolve(chosen)
    steps = plan.until(plan.plan(chosen, fingerprint), stage)
    found = foresee(chosen, on, data_set)
    for heading, pairs in told(found, [step.name for step in steps]):
        out.print(f"[bold]{escape(heading)}[/]")
        for what, amount in pairs:
            out.print(f"  {escape(what)}: {escape(amount)}", soft_wrap=True)
    refuse(found, chosen)


def _conclude(root: Path, stage: str, clock: float) -> None:
    import time

    from remem.cli.console import results
    from remem.scoring.gate import read_gate

    gate = root / "gate" / "gate.json"
    if gate.exists():
        for line in read_gate(gate).text():
            out.print(escape(line), soft_wrap=True)
    page = root / "report" / "index.html"
    table = root / "report" / "tables" / "methods.csv"
    if stage == "report" and page.exists():
        if table.exists():
            out.print()
            out.print(results(table))
        out.print(f"\n[bold]report[/] {page}", soft_wrap=True)
    out.print(f"[dim]{time.monotonic() - clock:.1f} s[/]")
