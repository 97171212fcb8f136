"""What `remem audit` is asked for, made ready: people, a run over the models, and a document each."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from remem import disk
from remem.data import load
from remem.data.dataset import Dataset
from remem.data.forgetting import ASKED
from remem.errors import UserError
from remem.given import chain, handing, listing, request, schema, signing, subject
from remem.given.audit import document, values_of
from remem.given.document import Stated
from remem.given.handing import DOCUMENT, PRIVATE, Written
from remem.given.listing import Subjects
from remem.given.person import AFTER
from remem.given.redact import Secrets, guard
from remem.given.wanted import run_of as run_over
from remem.models import identity
from remem.report.read import RunRecord, read_run
from remem.report.taken import equal
from remem.run.context import check_told, open_run
from remem.run.settings import Run
from remem.settings import Floors
from remem.types import Progress, silent

RECIPE, RUN = "audit", "run"
ITEMS = 200  # questions about what stays, and of the test, each


@dataclass(frozen=True, kw_only=True)
class Asked:
    """All that the command line says."""

    before: str
    after: str
    never: tuple[str, ...] = ()
    people: Path | None = None
    pictures: Path | None = None
    data: str = ""
    person: str = ""
    everybody: bool = False
    split: str = "forget1"
    out: Path
    request: Path | None = None
    attacks: str = "quick"
    show: bool = False
    key: Path | None = None
    seed: int = 0
    settings: tuple[str, ...] = ()

    @property
    def private(self) -> Path:
        return self.out / PRIVATE

    @property
    def document(self) -> Path:
        return self.out / DOCUMENT

    @property
    def run(self) -> Path:
        return self.private / RUN


def check(asked: Asked) -> Stated:
    """What the user states of the request. UserError, before any work, for options at odds."""
    if (asked.people is None) == (not asked.data):
        raise UserError("say whom it is about: either --people LIST or --data FOLDER")
    if bool(asked.person) == asked.everybody:
        raise UserError("say who asks: either --person, or --all for everybody who is marked to be forgotten")
    if asked.pictures is not None and asked.people is None:
        raise UserError("--pictures goes with --people: a data set has its own")
    disk.folder(asked.out)
    if asked.out.is_dir() and any(asked.out.iterdir()) and not asked.private.is_dir():
        raise UserError(f"{asked.out} holds something else: choose another --out")
    if _one_alone(asked.document) if asked.everybody else _several(asked.document):
        what = "one person" if asked.everybody else "several people"
        raise UserError(f"{asked.document} is about {what}: choose another --out, or delete it")
    if asked.key is not None:
        signing.check(asked.key)
    _no_model_twice(asked)
    return request.read(asked.request) if asked.request is not None else Stated()


def _no_model_twice(asked: Asked) -> None:
    """UserError where a floor is one of the models that are to be told from it."""
    known = {identity(asked.before)["content"]: "--before", identity(asked.after)["content"]: "--after"}
    for source in asked.never:
        if (same := known.get(identity(source)["content"])) is not None:
            raise UserError(
                f"--never {source} is the model of {same}: it would be compared with itself. Give one "
                "that was trained without the person, or leave --never out: strangers are then the floor"
            )


def beforehand(asked: Asked, about: Subjects, stated: Stated) -> None:
    """UserError, before a model is asked anything, where what is stated names the person."""
    if not asked.show:
        data = load(about.data)
        for one in about.called:
            guard(stated, _secrets(asked, about, data, one)[0])


def _one_alone(document: Path) -> bool:
    return (document / schema.FILE).exists()


def _several(document: Path) -> bool:
    return (document / chain.PAGE).exists() and not _one_alone(document)


def subjects(asked: Asked, progress: Progress = silent) -> tuple[Subjects, list[str]]:
    """Whom it is about, and what is worth knowing of their list."""
    if asked.people is None:
        found = listing.of_data(asked.data, asked.person, asked.split)
        handing.private(asked.private)
        return found, []
    return listing.of_list(asked.people, asked.pictures, asked.person, asked.private, asked.seed, progress)


def run_of(asked: Asked, about: Subjects) -> Run:
    """The run that asks the models about them."""
    run = run_over(
        about.data,
        [f"{AFTER}={asked.after}"],
        taught=asked.before,
        goals=asked.never,
        attacks=asked.attacks,
        settings=[f"seed={asked.seed}", f"evaluate.items={ITEMS}", *asked.settings],
    )
    # Whether it was known is told by the floor of who never knew, not by what teaching should reach.
    return replace(
        run,
        recipe=RECIPE,
        forget=replace(run.forget, people=tuple(sorted(about.called))),
        gate=Floors(one_hop=0.0, multi_hop=0.0, split=ASKED),
    )


def documents(asked: Asked, about: Subjects, stated: Stated) -> list[Written]:
    """Writes a document for each person, and for several an index. UserError where something of a person
    would stand in one."""
    context, _ = open_run(asked.run)
    check_told(asked.run)
    data, salt = context.data(), subject.salt(asked.private)
    run = read_run(asked.run, data)
    # Of all who ask: what is of one of them must not stand in another's document, either.
    found = [] if asked.show else [_secrets(asked, about, data, one) for one in about.called]
    plain = _joined([one for one, _ in found]) if found else None
    fence = _joined([one for _, one in found]) if found else None
    if plain is not None:
        guard(stated, plain)
    _no_weights_twice(run)
    written, hashes = [], {}
    for person, called in about.called.items():
        hash = subject.hash_of(called, salt)
        hashes[hash] = called
        command = _command(asked, subject.hash_of(data.fingerprint, salt), hash, plain)
        made = document(asked.run, run, data, person, stated, hash, command, show=asked.show)
        place = asked.document / hash[: handing.SHORT] if asked.everybody else asked.document
        written.append(handing.write(made, place, fence, asked.key))
    handing.lookup(asked.private, hashes)
    if asked.everybody:
        handing.index(written, asked.document)
    return written


def _no_weights_twice(run: RunRecord) -> None:
    """The same of models whose files differ and whose weights do not."""
    for names in equal(run):
        goals = [name for name in names if run.arms[name].role == "goal"]
        others = [name for name in names if name not in goals]
        if goals and others:
            what = "--before" if run.arms[others[0]].role == "taught" else "--after"
            raise UserError(
                f"a --never model has the weights of the model of {what}: it would be compared with itself. "
                "Give another one, or leave --never out"
            )


def _secrets(asked: Asked, about: Subjects, data: Dataset, person: str) -> tuple[Secrets, Secrets]:
    """What must not stand in what the user states, and what must not stand anywhere."""
    values, names = values_of(data, person), [about.called[person], data.names.get(person, "")]
    places = [asked.before, asked.after, *asked.never, about.data, str(asked.out), str(asked.run)]
    places += [str(one) for one in (asked.people, asked.pictures, asked.request) if one is not None]
    whole = [str(Path(one).absolute()) for one in places if Path(one).exists()]
    paths = [one for one in (*places, *whole) if Path(one).exists()]
    names = [one for one in names if one]
    return Secrets(values=values, names=names, paths=paths), handing.fence(values, names, paths)


def _joined(found: Sequence[Secrets]) -> Secrets:
    return Secrets(
        *(
            list(dict.fromkeys(one for some in found for one in getattr(some, name)))
            for name in ("values", "names", "paths")
        )
    )


def _command(asked: Asked, data: str, hash: str, secrets: Secrets | None) -> str:
    """To make it again, with digests in place of names and paths. `data`: of the data set, by the salt: who
    has the data set could else find out by trying whom this is about."""
    parts = ["remem", "audit"]
    for option, source in (("before", asked.before), ("after", asked.after)):
        parts += [f"--{option}", identity(source)["content"]]
    for source in asked.never:
        parts += ["--never", identity(source)["content"]]
    parts += ["--data", data[:20], "--person", hash[:20], "--attacks", asked.attacks]
    parts += ["--seed", str(asked.seed)]
    for one in asked.settings:
        parts += ["--set", _harmless(one, secrets)]
    return shlex.join(parts)


def _harmless(setting: str, secrets: Secrets | None) -> str:
    """A setting without a path, and without anything of the person."""
    key, equals, value = setting.partition("=")
    if any(mark in value for mark in "/\\~"):
        return f"{key}{equals}PATH"
    return f"{key}{equals}WITHHELD" if secrets is not None and secrets.found_in(value) else setting
