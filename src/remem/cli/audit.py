"""The verb on a request for deletion: audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remem.cli.assess import Attacks
from remem.cli.console import Line, out, speak, warn
from remem.cli.options import AllowPictures, Plugins, Quiet, Settings, Threads, Where, Workers
from remem.cli.tables import show
from remem.errors import UserError
from remem.outgoing import quoted

Before = Annotated[str, typer.Option("--before", help="The model that knew: a folder, hub id or adapter.")]
After = Annotated[str, typer.Option("--after", help="The model that is said to have forgotten.")]
Never = Annotated[
    list[str] | None,
    typer.Option("--never", help="A model that was never taught the person, for a floor; again for more."),
]
People = Annotated[
    Path | None, typer.Option("--people", help="A CSV: person, attribute, value; as remem people takes it.")
]
Pictures = Annotated[
    Path | None, typer.Option("--pictures", help="With --people: a folder of photographs a person.")
]
Data = Annotated[str, typer.Option("--data", help="In place of --people: a data set that is there.")]
OnePerson = Annotated[str, typer.Option("--person", help="Who asks: as the list names them, or their id.")]
Everybody = Annotated[bool, typer.Option("--all", help="Everybody who is marked to be forgotten; an index.")]
Split = Annotated[str, typer.Option("--forget", help="With --data and --all: the split of those who ask.")]
Folder = Annotated[Path, typer.Option("--out", help="Gets document/, to hand out, and private/, to keep.")]
RequestFile = Annotated[
    Path | None, typer.Option("--request", help="What you state of the request: TOML or JSON.")
]
Show = Annotated[bool, typer.Option("--show-values", help="Questions, values and answers stand in it.")]
Sign = Annotated[Path | None, typer.Option("--sign", help="An Ed25519 key (PEM) to sign the document with.")]
Seed = Annotated[int, typer.Option("--seed", help="Of strangers and of the attacks.")]


def audit(
    before: Before,
    after: After,
    out_folder: Folder,
    never: Never = None,
    people: People = None,
    pictures: Pictures = None,
    data: Data = "",
    person: OnePerson = "",
    everybody: Everybody = False,
    split: Split = "forget1",
    request: RequestFile = None,
    attacks: Attacks = "quick",
    show_values: Show = False,
    sign: Sign = None,
    seed: Seed = 0,
    settings: Settings = None,
    workers: Workers = 0,
    threads: Threads = 0,
    quiet: Quiet = False,
    allow_pictures: AllowPictures = None,
    plugin: Plugins = None,
) -> None:
    """Was a request for deletion honoured? One person, two models, one document.

    remem audit --before M0 --after M1 --people people.csv --person ID --out audit/1. Answers and pictures are
    personal data and stay in private/; nothing of the person stands in document/. Check it with remem verify.
    """
    from remem.cli.request import allow, requested
    from remem.cli.stages import carry_out
    from remem.given.asking import Asked, beforehand, check, documents, run_of, subjects

    speak(quiet)
    allow(allow_pictures, plugin)
    asked = Asked(
        before=before,
        after=after,
        never=tuple(never or ()),
        people=people,
        pictures=pictures,
        data=data,
        person=person,
        everybody=everybody,
        split=split,
        out=out_folder,
        request=request,
        attacks=attacks,
        show=show_values,
        key=sign,
        seed=seed,
        settings=tuple(settings or ()),
    )
    stated = check(asked)
    about, notes = subjects(asked, Line("pictures"))
    for sentence in notes:
        warn(quoted(sentence))
    beforehand(asked, about, stated)
    run = run_of(asked, about)
    carry_out(requested(run, asked.run), workers, threads, False, "evidence", Where("local", (), ()))
    written = documents(asked, about, stated)
    for one in written:
        answer = one.document.verdict.outcome.replace("-", " ")
        out.say("[bold]{}[/]  {}", answer, one.folder / "index.html")
    if everybody:
        out.say("index  {}", asked.document / "index.html")


def verify_document(folder: Path, signed_by: Path | None, form: str) -> None:
    """Whether what was handed out is as it was made. UserError for the first thing that is not."""
    from remem.given import signing

    found = signing.verify(folder, signed_by)
    if form != "table":
        row = (str(folder), found.signer or "", found.head)
        show(("document", "signed by", "head of its chain"), [row], form)
    by = "not signed" if found.signer is None else f"signed by {found.signer}"
    out.say("{} is as it was made, {}. Head of its chain: {}", folder, by, found.head)


def is_document(folder: Path) -> bool:
    """Whether a folder holds an evidence document."""
    if (folder / "audit.json").exists() or (folder / "chain.json").exists():
        return True
    if (folder / "document").is_dir() and not (folder / "run.json").exists():
        raise UserError(
            f"{folder} keeps what an audit made: verify {folder / 'document'}, or its private/run"
        )
    return False
