"""The library's verbs on a command line, nothing more."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated, Any

# Idle OpenMP threads that spin take the cores from the other workers; set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import typer
from rich.markup import escape

from remem import __version__
from remem.cli import assess, audit, data, listing, looking, models, people, sharing, stages, studies, tuning
from remem.cli.console import err, out, speak
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
    130 stopped by Ctrl-C.""",
)
STOPPED, CRASHED = 130, 3

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
        out.print(f"remem {__version__}")
        raise typer.Exit


def main() -> None:
    """The entry point: a user's mistake is one message and exit status 1, a failed gate 2."""
    speak()
    made.told[:] = [lambda text: err.print(f"[dim]{escape(text)}[/]", soft_wrap=True)]
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
        for line in failed.lines:
            err.print(escape(line), soft_wrap=True)
        err.print(
            "[bold red]The gate failed:[/] stage 1 did not teach the facts, so forgetting them would measure "
            f"nothing.\n{escape(failed.advice or 'Train longer (--set learn.epochs=...).')}\n"
            "Or go on with --ignore-gate: every table will say so.",
            soft_wrap=True,
        )
        sys.exit(2)
    except Crashed as crash:
        err.quiet = not parallel.teller()
        err.print(f"[bold red]remem:[/] {escape(str(crash))}", soft_wrap=True)
        plugins = ", ".join(one.name for one in LOADED.values())
        whose = "of remem's, or of a library" + (f", or of your plugin ({plugins})" if plugins else "")
        err.print(
            f"That is a fault {whose}. The traceback is in log.txt in the run folder; finished steps are "
            "kept, and the same command goes on.",
            soft_wrap=True,
        )
        sys.exit(CRASHED)
    except Exception as problem:
        if hasattr(problem, "format_message"):  # a mistyped command or option
            err.quiet = not parallel.teller()
            told = f"{escape(problem.format_message())}{_hint(problem)}"
            err.print(f"[bold red]remem:[/] {told}", soft_wrap=True)
            sys.exit(1)
        if parallel.teller():
            traceback.print_exc()
        sys.exit(CRASHED)


def _hint(problem: Any) -> str:
    context = getattr(problem, "ctx", None)
    return f"\nSee: {context.command_path} --help" if context else ""


if __name__ == "__main__":
    main()
