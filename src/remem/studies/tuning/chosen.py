"""The settings file: what tuning found for each method, and what it holds for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.errors import UserError, unknown
from remem.fitted import fitted
from remem.jsonfile import Count
from remem.methods import METHODS, make, searched
from remem.run.settings import Run
from remem.settings import Adapt, Train, Unlearn, plain
from remem.steps.folders import write_atomic

FILE = "settings.json"
SHIPPED = Path(__file__).parent / "shipped"  # a tuning for each model that it was made for, by name


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What won for one method."""

    settings: dict[str, Any]
    train: dict[str, Any]
    adapt: dict[str, Any]
    trial: str
    kept: bool  # False: no trial kept what the rule asks for
    why: str


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A settings file."""

    rule: str
    trials: Count  # of each method, at most
    seeds: list[int]
    split: str
    people: dict[str, Any]  # who was forgotten and kept: see `people_of`
    model: dict[str, str]  # name and content
    adapt: dict[str, Any]  # what trained
    methods: dict[str, Tuned]

    def write(self, folder: Path) -> None:
        write_atomic(folder / FILE, json.dumps(asdict(self), indent=1, sort_keys=True) + "\n")


def people_of(run: Run, fingerprint: str) -> dict[str, Any]:
    """What two runs have in common that are about the same people."""
    return {"data": fingerprint} if run.data else {"build.seed": run.build.seed}


def read(path: Path) -> Chosen:
    """The settings in a file, or in a tuning's folder, or the shipped ones of a name.

    UserError for what is no such file.
    """
    if not path.exists() and path.name == str(path) and (SHIPPED / path.name).is_dir():
        path = SHIPPED / path.name
    for place in (path / FILE, path / "tuned" / FILE):
        if path.is_dir() and place.is_file():
            path = place
    if not path.is_file():
        shipped = ", ".join(sorted(place.name for place in SHIPPED.iterdir()))
        raise UserError(
            f"there is no settings file {path}. Make one with remem tune, or name the shipped ones of a "
            f"model: {shipped}."
        )
    known = ", ".join(field.name for field in fields(Chosen))
    cure = f"A settings file of remem tune has {known}."
    chosen = jsonfile.read(path, Chosen, cure)
    for name, one in chosen.methods.items():
        if name not in METHODS:
            raise unknown(f"method in {path}", name, METHODS)
        make(name, one.settings)
        for kind, group in ((Train, one.train), (Adapt, one.adapt)):
            fitted(kind, group, f"{path}, {name}", whole=True)
    fitted(Adapt, chosen.adapt, f"{path}, adapt", whole=True)
    if missing := {"name", "content"} - chosen.model.keys():
        raise UserError(f"{path}, at $.model: the field {sorted(missing)[0]} is missing. {cure}")
    return chosen


def put(run: Run, chosen: Chosen, fingerprint: str = "") -> tuple[Run, list[str]]:
    """The run with every method's tuned settings, and what the reader should know.

    UserError when the settings were tuned on the very people of the run: its numbers would flatter.
    """
    from remem.models import identity

    if chosen.people == people_of(run, fingerprint):
        raise UserError(
            f"these settings were tuned on the very people of this run ({chosen.people}). Run it on others "
            "(--set build.seed=..., --data ...), or tune on others."
        )
    notes = []
    for one in run.forget.methods:
        tuned = chosen.methods.get(one.method)
        if tuned and not tuned.kept:
            notes.append(f"{one.method}: {tuned.why}")
        if not tuned and searched(one.method):
            notes.append(f"{one.method} is not in the settings file: it runs with the settings that it has")
    if chosen.model["content"] != identity(run.model.name)["content"]:
        notes.append(f"these settings were tuned on another model ({chosen.model['name']})")
    # What was recorded before a setting came had its default.
    elif plain(Adapt()) | chosen.adapt != plain(run.model.adapt):
        notes.append("these settings were tuned with other parts of the model training (model.adapt)")
    if chosen.split != run.forget.split:
        notes.append(f"these settings were tuned to forget {chosen.split}, not {run.forget.split}")
    return given(run, chosen), notes


def given(run: Run, chosen: Chosen) -> Run:
    """The run with every method's tuned settings, whatever they were tuned on."""
    common = plain(run.forget.train)

    def tuned(one: Unlearn) -> Unlearn:
        found = chosen.methods.get(one.method)
        if not found:
            return one
        own = {key: value for key, value in found.train.items() if value != common[key]}
        return replace(one, settings=dict(found.settings), train=own, adapt=dict(found.adapt))

    return replace(run, forget=replace(run.forget, methods=tuple(map(tuned, run.forget.methods))))


def trained(run: Run, one: Unlearn) -> dict[str, Any]:
    """Everything of a method's training that decides its result, defaults of the recipe written out."""
    how: dict[str, Any] = plain(replace(run.forget.train, **one.train))
    del how["micro_batch"]  # memory only
    return how


def departs(run: Run, chosen: Chosen) -> list[str]:
    """The methods of a resolved run that do not run with what was found for them."""
    return [
        one.method
        for one in run.forget.methods
        if (tuned := chosen.methods.get(one.method))
        and (one.settings, trained(run, one), one.adapt) != (tuned.settings, tuned.train, tuned.adapt)
    ]


def found(run: Run, winners: Mapping[str, Tuned], rule: str, fingerprint: str, trials: int) -> Chosen:
    """The settings file of a tuning."""
    from remem.models import identity

    return Chosen(
        rule=rule,
        trials=trials,
        seeds=list(run.forget.seeds),
        split=run.forget.split,
        people=people_of(run, fingerprint),
        model=identity(run.model.name),
        adapt=plain(run.model.adapt),
        methods=dict(winners),
    )
