"""The library's verbs on a command line, nothing more."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

# Idle OpenMP threads that spin take the cores from the other workers; set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from remem import __version__, cli_sharing, cli_studies, cli_tuning
from remem.cli_engines import Need, On, SlurmSettings
from remem.errors import UserError, unknown

if TYPE_CHECKING:
    from remem.config import Run
    from remem.data import Dataset

app = typer.Typer(
    name="remem",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="""The laboratory of machine unlearning in vision-language models.

    [bold]remem run[/] tells the whole story: it builds invented people, teaches them to a model, checks
    that they were learnt (the gate), makes the model forget some with every method, and reports what is left.
    [bold]remem run pebench[/] does it with people in events: people, events, or both are forgotten.

    Exit status: 0 done, 1 a mistake that you can mend, 2 the gate failed, 130 stopped by Ctrl-C.""",
)
STOPPED = 130
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

RecipeName = Annotated[
    str,
    typer.Argument(
        help="A recipe: see [bold]remem list recipes[/]. Default: demo, or drawn with --model.",
        metavar="RECIPE",
    ),
]
OutFolder = Annotated[Path | None, typer.Option("--out", help="Where the run is kept. Default: runs/RECIPE.")]
DataSource = Annotated[
    str, typer.Option("--data", help="Your own data set: a folder or a hub id. Default: build one.")
]
ModelName = Annotated[str, typer.Option("--model", help="A folder or hub id of an image-text-to-text model.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any setting, as learn.lr=0.001, npo.beta=0.2 or methods=ga,npo."),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", help="What remem tune found, or 'tiny' for what remem comes with; --set comes after it."
    ),
]
Workers = Annotated[
    int, typer.Option("--workers", help="Steps made at once. 0: one a core for small models, else 1.")
]
Threads = Annotated[
    int, typer.Option("--threads", help="Threads a worker; may move the last digits. 0: automatic.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Plain lines instead of progress bars.")]
Track = Annotated[
    str, typer.Option("--track", help="Trackers: tensorboard, trackio, wandb, mlflow; commas between.")
]
IgnoreGate = Annotated[
    bool, typer.Option("--ignore-gate", help="Go on when stage 1 failed; every table will say so.")
]


DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and what it would take; write nothing.")
]
OnCard = Annotated[
    str, typer.Option("--on-card", help="With --dry-run: a card, as rtx4090 or h100. Default: this machine.")
]


class Where(NamedTuple):
    """Where steps are made, as the options say it."""

    on: str
    need: Sequence[str]
    slurm: Sequence[str]


def asked_for(data: str, model: str, settings: list[str] | None) -> list[str]:
    """These options as settings; what --set says comes last."""
    named = {"data": data, "model.name": model}
    return [*(f"{key}={value}" for key, value in named.items() if value), *(settings or [])]


def _stage(name: str, stage: str, text: str) -> None:
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
    ) -> None:
        from remem.recipes import usual

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

    app.command(name, help=text)(command)


_stage(
    "run",
    "report",
    "The whole story: build, learn, gate, forget, measure, report. What is done already is skipped.",
)
_stage("learn", "learn", "Stage 1 and its gate: teach the model, and check that it knows.")
_stage(
    "forget", "forget", "Stage 2: unlearn with every method of the recipe, after what is still to do before."
)
_stage("evaluate", "evaluate", "Ask and score every arm, after the stages that are still to do.")
_stage("report", "report", "Write the report of a run, after whatever is still to do.")


@app.command()
def build(
    shape: Annotated[str, typer.Argument(help="remem: questions about people; pebench: people in events.")],
    folder: Annotated[
        Path | None, typer.Argument(help="Where the data set goes; must not exist. Default: data/SHAPE.")
    ] = None,
    people: Annotated[str, typer.Option("--people", help="How many.")] = "",
    qa: Annotated[str, typer.Option("--qa", help="Training questions a person.")] = "",
    images: Annotated[str, typer.Option("--images", help="Training views a person.")] = "",
    one_hop: Annotated[
        str, typer.Option("--one-hop", help="Share of the questions that name the person.")
    ] = "",
    source: Annotated[str, typer.Option("--source", help="Of pictures: drawn, rendered, folder ...")] = "",
    seed: Annotated[str, typer.Option("--seed", help="Another one, other people.")] = "",
    data: Annotated[
        str,
        typer.Option(
            "--data", help="For pebench: cut the published set, or one like it: a folder or hub id."
        ),
    ] = "",
    settings: Settings = None,
) -> None:
    """Build a data set of invented people: remem build remem people --people 50 --qa 100."""
    from remem import config
    from remem.console import Line
    from remem.data.shapes import SHAPES
    from remem.data.shapes import build as build_data
    from remem.execute import writing
    from remem.store import Step, keys, open_part

    if shape not in SHAPES and folder is None:
        raise UserError(
            f"remem build takes the shape of the data set and then the folder: remem build remem {shape}. "
            f"Shapes: {', '.join(SHAPES)}."
        )
    if shape not in SHAPES:
        raise unknown("shape of data set", shape, SHAPES)
    folder = folder or Path("data") / shape
    named = {"people": people, "qa": qa, "images": images, "one_hop": one_hop, "source": source, "seed": seed}
    said = [f"{key}={value}" for key, value in named.items() if value]
    wanted = config.change(SHAPES[shape], asked_for(data, "", [*said, *(settings or [])]))
    wanted.check()
    if folder.exists():
        raise UserError(f"{folder} exists already: choose another folder, or delete it.")
    step = Step(name=folder.name, work=build_data, settings=config.plain(wanted))
    with writing(folder.parent):
        part = open_part(folder.parent, step, keys([step])[step.name])
        build_data(part, wanted, Line(out, "pictures"))
        part.rename(folder)
        (folder / "key").unlink()
    out.print(f"built {folder}. Look for faults with: remem lint {folder}")


@app.command()
def lint(source: Annotated[str, typer.Argument(help="A data set: a folder or hub id.")]) -> None:
    """Look for faults in a data set: leaks, unreadable pictures, answers that cannot be right."""
    from remem.data import expectations, load
    from remem.data import lint as look

    data = load(source)
    out.print(f"{len(data.items):,} items, {len(data.people):,} people, splits {', '.join(data.splits)}")
    for sentence in expectations(data):
        out.print(f"[yellow]note[/]   {escape(sentence)}")
    findings = look(data)
    for finding in findings:
        colour = "red" if finding.level == "error" else "yellow"
        out.print(f"[{colour}]{finding.level:<6}[/] {escape(finding.where)}: {escape(finding.message)}")
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)
    out.print("no errors")


@app.command()
def gallery(
    folder: Annotated[Path, typer.Argument(help="A data set folder.")],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Default: gallery.html in the folder.")
    ] = None,
    views: Annotated[int, typer.Option("--views", min=1, help="Most pictures of a person.")] = 12,
) -> None:
    """A contact sheet, one HTML page: rows are people, columns are views and events."""
    from remem.console import Line
    from remem.data.gallery import gallery as show

    path = show(folder, out_file or "", views, progress=Line(out, "pictures"))
    out.print(f"wrote {path}")


@app.command("list")
def list_(
    what: Annotated[
        str, typer.Argument(help="methods, metrics, recipes, models, families, sources or judges")
    ],
) -> None:
    """What remem knows, with citation, unit and goal."""
    from remem import catalogue

    if what not in catalogue.LISTS:
        raise unknown("list", what, catalogue.LISTS)
    headings, rows = catalogue.LISTS[what]()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    out.print(table)


@app.command()
def pretrain(
    folder: Annotated[Path, typer.Argument(help="Where the base goes; must not exist.")],
    model: Annotated[
        str, typer.Option("--model", help="embedded, tiny; or quick, quick-small, quick-large.")
    ] = "embedded",
) -> None:
    """Make the base of an embedded model again, from nothing: its pictures, its tower, its language.

    Killed and started again with the same command, it goes on where it was. quick is embedded in less time,
    and there are two other sizes of that: docs/results/embedded.md has how long each takes, and what it then
    knows.
    """
    from remem.console import Line
    from remem.models.pretrain import pretrain as make
    from remem.models.pretrain import recipe
    from remem.store import new_folder

    settings = recipe(model)
    kept = folder.with_name(f"{folder.name}.kept")
    with new_folder(folder) as part:
        make(part, kept, settings, Line(out, "step", every_s=5))
    out.print(f"made {folder}. Use it with: remem run --model {folder}. {kept} may be deleted.")


@app.command("make-tiny-model")
def make_tiny_model(
    family: Annotated[str, typer.Argument(help="A family: see [bold]remem list families[/].")],
    folder: Annotated[Path, typer.Argument(help="Where the model goes; must not exist.")],
    seed: Annotated[int, typer.Option("--seed", help="Of the random weights.")] = 0,
) -> None:
    """A tiny model of a family's real classes with random weights: to try a pipeline in seconds."""
    from remem.models.families import make_tiny
    from remem.store import new_folder

    with new_folder(folder) as part:
        make_tiny(family, part, seed=seed)
    out.print(f"made {folder}. Use it with: remem run tiny --model {folder}")


app.command()(cli_studies.diagnose)
app.command()(cli_studies.trace)
app.command()(cli_tuning.tune)
app.command()(cli_tuning.compare)
app.command()(cli_sharing.export)
app.command()(cli_sharing.push)
app.command()(cli_sharing.pull)
app.command("export-results")(cli_sharing.export_results)


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    if show:
        out.print(f"remem {__version__}")
        raise typer.Exit


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

    from remem import parallel, pipeline, tracking
    from remem.console import watching
    from remem.engines import engine as engine_of

    clock = time.monotonic()
    root = folder or Path("runs") / recipe
    chosen, data_set, fingerprint = _chosen(recipe, settings, tuned)
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
            tracking.Tracking(view, root, trackers, _warn) if trackers and parallel.first() else view,
            engine=engine,
            threads=each,
            ignore_gate=ignore_gate,
            fingerprint=fingerprint,
            stage=stage,
        )
    _conclude(root, stage, clock)


def _chosen(recipe: str, settings: list[str], tuned: Path | None) -> tuple[Run, Dataset | None, str]:
    """The run that is asked for, the user's own data set where it has one, and that set's fingerprint."""
    from remem import config, recipes
    from remem.tuning.chosen import put, read

    chosen = config.override(recipes.recipe(recipe), settings)
    data_set = _loaded(chosen) if chosen.data else None
    fingerprint = data_set.fingerprint if data_set else ""
    if tuned:
        chosen, notes = put(chosen, read(tuned), fingerprint)
        for note in notes:
            _warn(note)
        chosen = config.override(chosen, settings)  # what --set says of a method comes after the file
    return chosen, data_set, fingerprint


def _foretell(recipe: str, settings: list[str], tuned: Path | None, stage: str, on_card: str) -> None:
    """What --dry-run prints. Exit status 1 where the run does not fit."""
    from remem import plan
    from remem.estimate import cards, foresee
    from remem.estimate.told import refuse, told

    on = cards.card(on_card)  # before the hub is asked: a wrong name costs no wait
    chosen, data_set, fingerprint = _chosen(recipe, settings, tuned)
    chosen.build.check()
    chosen = plan.resolve(chosen)
    steps = plan.until(plan.plan(chosen, fingerprint), stage)
    found = foresee(chosen, on, data_set)
    for heading, pairs in told(found, [step.name for step in steps]):
        out.print(f"[bold]{escape(heading)}[/]")
        for what, amount in pairs:
            out.print(f"  {escape(what)}: {escape(amount)}", soft_wrap=True)
    refuse(found, chosen)


def _warn(text: str) -> None:
    err.print(f"[yellow]note[/] {escape(text)}", soft_wrap=True)


def _loaded(chosen: Run) -> Dataset:
    from remem.data import load

    try:
        return load(chosen.data)
    except UserError as error:
        if not chosen.forget.tasks:
            raise
        raise UserError(
            f"{error}\nPictures of people in events that are not cut into tasks yet, such as the published "
            f"set, are cut first: remem build pebench FOLDER --data {chosen.data}"
        ) from error


def examine(chosen: Run, data: Dataset) -> None:
    """Looks for what would spoil a run in the user's own data, before anything is trained on it."""
    from remem.console import Line
    from remem.data import check_images, expectations, measurable
    from remem.tasks import check, tasks

    check(chosen, data.splits, data.root)
    asked = [split for task in tasks(chosen) for split in task.asked if split in data.splits]
    measurable(data, list(dict.fromkeys(["finetune", *asked])))
    for sentence in expectations(data):
        err.print(f"[yellow]note[/] {escape(sentence)}", soft_wrap=True)
    check_images(data, progress=Line(out, "pictures checked", every_s=5))


def share(workers: int, threads: int, chosen: Run) -> tuple[int, int]:
    """Worker processes, and threads of each. A small model gains more from processes than from threads."""
    from remem import parallel
    from remem.models import EMBEDDED

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers < 0:
        raise UserError(f"--workers {workers}: give 0 (automatic) or more")
    if threads < 0:
        raise UserError(f"--threads {threads}: give 0 (automatic) or more")
    if parallel.world() > 1:  # they share each step instead
        return 1, threads
    small = chosen.model.name in EMBEDDED and chosen.model.device in ("auto", "cpu")
    processes = workers or (min(cores, 8) if small else 1)
    # One thread a process for the embedded model, however many processes: the same bytes every time.
    return processes, threads or (1 if small else max(1, cores // processes))


def _conclude(root: Path, stage: str, clock: float) -> None:
    import time

    from remem.console import results
    from remem.gate import read_gate

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


def main() -> None:
    """The entry point: a user's mistake is one message and exit status 1, a failed gate 2."""
    from remem import parallel
    from remem.pipeline import GateFailed

    if not parallel.first():  # of several processes one speaks
        out.quiet = err.quiet = True
    try:
        parallel.start()
        # typer gives an exit status back instead of raising it, Ctrl-C (130) among them.
        status = app(standalone_mode=False)
        if status == STOPPED:
            err.print("\nstopped. Run the same command again to go on where this left off.")
        if not status:
            parallel.leave()
        sys.exit(status if isinstance(status, int) else 0)
    except UserError as problem:
        err.quiet = not parallel.teller()
        err.print(f"[bold red]remem:[/] {escape(str(problem))}", soft_wrap=True)
        sys.exit(1)
    except GateFailed as failed:
        err.quiet = not parallel.teller()
        for line in failed.gate.text():
            err.print(escape(line), soft_wrap=True)
        err.print(
            "[bold red]The gate failed:[/] stage 1 did not teach the facts, so forgetting them would measure "
            "nothing.\nTrain longer (--set learn.epochs=...), or go on with --ignore-gate: every "
            "table will say so.",
            soft_wrap=True,
        )
        sys.exit(2)
    except Exception as problem:
        if not hasattr(
            problem, "show"
        ):  # a mistyped command or option shows itself; anything else is our mistake
            raise
        if parallel.teller():
            problem.show()
        sys.exit(1)


if __name__ == "__main__":
    main()
