"""The library's verbs on a command line, nothing more."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

# Idle OpenMP threads that spin take the cores from the other workers; set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import typer

from remem import __version__, disk, memory
from remem.cli import (
    assess,
    audit,
    data,
    door,
    listing,
    looking,
    models,
    people,
    sharing,
    stages,
    stopping,
    studies,
    tuning,
)
from remem.cli.console import PIPE, err, out, progress, speak
from remem.errors import Crashed, GateFailed, UserError
from remem.models import made
from remem.run.plugins import LOADED
from remem.steps import parallel

app = typer.Typer(
    name="remem",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="""The laboratory of machine unlearning in vision-language models.

    [bold]remem run[/] tells the whole story: it builds invented people, teaches them to a model, checks
    that they were learnt (the gate), makes the model forget some with every method, and reports what is left.
    [bold]remem run pebench[/] does it with people in events: people, events, or both are forgotten.

    Exit status: 0 done, 1 a mistake that you can mend, 2 the gate failed, 3 a crash (a fault of remem's),
    130 stopped by Ctrl-C, 143 by SIGTERM, 141 nobody read on (| head).""",
)
CRASHED = 3
SHORT = b"remem: there is not enough memory for this command. End other programs, or raise its limit.\n"
LOST = "standard output cannot be written: {}. What is finished is kept; only what would be said is lost."

for name, stage, text in stages.STAGES:
    app.command(name, help=text)(stages.verb(name, stage))
app.command()(stages.attack)
app.command()(assess.assess)
app.command()(audit.audit)
app.command()(looking.status)
app.command()(looking.verify)
app.command()(data.build)
app.command()(data.lint)
app.command()(data.gallery)
app.command()(people.people)
app.command()(people.general)
app.command()(people.strangers)
app.command("list")(listing.list_)
app.command()(models.pretrain)
app.command("make-base")(models.make_base)
app.command("make-tiny-model")(models.make_tiny_model)
app.command()(studies.diagnose)
app.command()(studies.trace)
app.command()(tuning.tune)
app.command()(tuning.compare)
app.command()(sharing.export)
app.command()(sharing.push)
app.command()(sharing.pull)
app.command("export-results")(sharing.export_results)


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    if show:
        out.say("remem {}", __version__)
        raise typer.Exit


def main() -> None:
    """The entry point: a user's mistake is one message and exit status 1, a failed gate 2."""
    door.open_streams()
    try:
        speak()
    except UserError as problem:  # which of several processes this is cannot be told
        sys.exit(_told(str(problem)))
    made.told[:] = [lambda text: err.say("[dim]{}[/]", text)]
    with stopping.heard() as stop:
        status = _status(stop)
        lost = door.flushed() or out.lost or progress.lost
        if lost is not None and status == 0:
            status = PIPE if lost.errno == errno.EPIPE else _told(LOST.format(lost.strerror))
    sys.exit(status)


def _status(stop: stopping.Stopped) -> int:
    """Carries the command out; its exit status."""
    try:
        door.check(sys.argv[1:])
        parallel.start()
        # typer gives an exit status back instead of raising it, Ctrl-C (130) among them.
        status = app(standalone_mode=False)
        if not status:
            parallel.leave()
    except SystemExit as end:  # typer's, too, where nobody reads on
        status = PIPE if isinstance(end.__context__, BrokenPipeError) else end.code
    except (Exception, KeyboardInterrupt) as problem:
        # What a signal interrupts may raise anything.
        status = 0 if stop.number else _failed_in_any_case(problem)
    if stop.number:
        err.say("{}", stop)
        return stop.status
    return status if isinstance(status, int) else 0


def _failed_in_any_case(problem: BaseException) -> int:
    try:
        return _failed(problem)
    except MemoryError:  # there is not even enough to say so at length
        os.write(2, SHORT)
        return 1


def _failed(problem: BaseException) -> int:
    """Says what a command failed of; its exit status."""
    err.quiet = not parallel.teller()
    if isinstance(problem, UserError):
        return _told(str(problem))
    if isinstance(problem, GateFailed):
        for line in problem.lines:
            err.say("{}", line)
        err.say(
            "[bold red]The gate failed:[/] stage 1 did not teach the facts, so forgetting them would measure "
            "nothing.\n{}\nOr go on with --ignore-gate: every table will say so.",
            problem.advice or "Train longer (--set learn.epochs=...).",
        )
        return 2
    if isinstance(problem, Crashed):
        err.say("[bold red]remem:[/] {}", problem)
        plugins = ", ".join(one.name for one in LOADED.values())
        whose = "of remem's, or of a library" + (f", or of your plugin ({plugins})" if plugins else "")
        err.say(
            "That is a fault {}. The traceback is in log.txt in the run folder; finished steps are kept, and "
            "the same command goes on.",
            whose,
        )
        return CRASHED
    if hasattr(problem, "format_message"):  # a mistyped command or option
        return _told(f"{problem.format_message()}{_hint(problem)}")
    if (lacking := _of_the_machine(problem)) is not None:
        return _told(lacking)
    if not err.quiet:
        traceback.print_exception(problem)
    return CRASHED


def _told(text: str) -> int:
    err.say("[bold red]remem:[/] {}", text)
    return 1


def _of_the_machine(problem: BaseException) -> str | None:
    """What is said of a problem that is none of remem's: a full disk, memory that ran out."""
    if isinstance(problem, OSError) and problem.filename is None and door.lost():
        return LOST.format(problem.strerror)
    cure = "Ask for less at once (--workers 1), or end other programs."
    return memory.said(problem, "this command", cure) or disk.said(problem, Path.cwd())


def _hint(problem: Any) -> str:
    context = getattr(problem, "ctx", None)
    return f"\nSee: {context.command_path} --help" if context else ""


if __name__ == "__main__":
    main()
