"""The verbs that look at a run folder: status, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remem.cli.console import out, speak
from remem.cli.options import DataSource, Format, ModelName, Plugins, Quiet
from remem.cli.tables import machine, show
from remem.errors import UserError

RunFolder = Annotated[Path, typer.Argument(help="The folder of a run.", metavar="RUN_FOLDER")]
COLOURS = {
    "done": "green",
    "stale": "yellow",
    "kept": "yellow",
    "to do": "dim",
    "in question": "dim",
    "damaged": "red",
}
WORDS = {"absent": "to do", "open": "in question", "old": "kept"}


def status(
    folder: RunFolder,
    data: DataSource = "",
    model: ModelName = "",
    form: Format = "table",
    plugin: Plugins = None,
) -> None:
    """How the steps of a run stand: done, stale and why, damaged, still to do; and since when."""
    from remem.run.arms import arms_in
    from remem.run.context import check_format, open_run
    from remem.run.plugins import check_named, load, named
    from remem.steps.store import Survey
    from remem.story.plan import plan

    speak(form=form)
    load(named(plugin or ()))
    context, record = open_run(folder, data, model)
    check_named(record)
    check_format(folder, record)
    steps = plan(context.run, context.fingerprint, bool(record["request"]["ignore_gate"]))
    found = Survey(folder, steps, strict=False)
    states = [WORDS.get(one.state, one.state) for one in found.standing.values()]
    rows = []
    for (name, one), state in zip(found.standing.items(), states, strict=True):
        why = one.why or ("something that it reads is still to be made" if one.state == "open" else "")
        rows.append((name, state, _since(folder / name), why))
    out.say("{}: {}, remem {}", folder, record["recipe"], record["version"])
    show(("step", "state", "since", "why"), rows, form, [COLOURS[state] for state in states])
    others = [
        name for name in arms_in(folder) if not any(step.startswith(f"{name}/") for step in found.standing)
    ]
    if others:
        out.say("of earlier requests: {}", ", ".join(others))
    counts = [f"{states.count(state)} {state}" for state in COLOURS if state in states]
    out.say("{}", ", ".join(counts))


def verify(
    folder: RunFolder,
    signed_by: Annotated[
        Path | None,
        typer.Option("--signed-by", help="Of an audit's document: the signer's public key (PEM)."),
    ] = None,
    form: Format = "table",
    quiet: Quiet = False,
) -> None:
    """Read every byte of a run folder, or of an audit's document, and say what is not as it was made. Exit
    status 1 where anything is not.
    """
    from remem.cli.audit import is_document, verify_document
    from remem.cli.console import Line
    from remem.run.context import check_format, read_run_record
    from remem.run.record import RUN
    from remem.steps.verify import verify as look

    speak(quiet, form)
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}")
    if is_document(folder):
        verify_document(folder, signed_by, form)
        return
    wrong = []
    if (folder / RUN).exists():
        try:
            record = read_run_record(folder)
        except UserError as problem:
            wrong.append((RUN, str(problem)))
        else:
            check_format(folder, record)
    seen = 0
    for finding in look(folder, Line("steps read", every_s=5)):
        seen += 1
        if finding.wrong:
            wrong.append((finding.step, finding.wrong))
    if not seen:
        raise UserError(f"{folder} holds no finished step: give the folder of a run")
    if form == "json":
        machine({"steps": seen, "wrong": [{"step": step, "what": what} for step, what in wrong]})
    elif form == "csv":
        show(("step", "what is wrong"), wrong, form)
    for step, what in wrong if form == "table" else ():
        out.say("[red]FAIL[/]  {}: {}", step, what)
    if wrong:
        raise typer.Exit(1)
    out.say("{} steps are as they were made", seen)


def _since(folder: Path) -> str:
    from remem.steps.provenance import read_provenance

    return read_provenance(folder).started
