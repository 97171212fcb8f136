"""Steps done once: a step is a folder, keyed by all that decides its content, and whole or absent.

Its `step.json` says what it was made with (settings, keys of what it needs, code), what it read, what it
holds (a digest of every file) and which arm of a run it is of. Other settings are refused. Other code, or
another content of what it read, makes it stale: it is made again, unless the user keeps it. What is cheap and
made from other steps alone is made again in any case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from remem import __version__
from remem.errors import UserError
from remem.steps.digests import canonical, file_digest, files_of, of_all, text_digest
from remem.steps.sealed import (
    FORMAT,
    MARK,
    PROVENANCE,
    RECORD,
    Sealed,
    check_files,
    damaged,
    read_record,
    write_record,
)

ABOVE = "what it was made from is stale"  # why a step is, whose own code is the same


@dataclass(frozen=True, kw_only=True)
class Step:
    """One folder to be made."""

    name: str  # relative to the run folder: "taught/model"
    work: Any  # a module-level function: work(folder, context, **arguments, progress=...)
    settings: Mapping[str, Any]  # JSON values that decide the content
    needs: tuple[str, ...] = ()  # steps whose folders it reads
    after: tuple[str, ...] = ()  # steps that must be whole first, though their content does not matter
    arguments: Mapping[str, Any] | None = None  # for `work`; implied by the settings
    code: Mapping[str, Any] = field(default_factory=dict)  # JSON values: digests and numbers of what makes it
    arm: Mapping[str, Any] | None = None  # JSON values: whose step it is; decides nothing
    derived: bool = False  # cheap and made from other steps alone: redone when it is out of date


@dataclass(frozen=True)
class Order:
    """How a step is to be made."""

    key: str
    inputs: dict[str, str]
    lineage: str
    read: dict[str, str]  # of what is whole
    keep_old: bool = False

    @property
    def mark(self) -> str:
        """What an unfinished folder must have been begun with to be gone on with."""
        return text_digest(canonical([self.key, self.lineage, self.read]))[:20]


@dataclass(frozen=True)
class Standing:
    """How a step stands. `open`: it is whole, and something that it reads is still to be made."""

    state: Literal["absent", "stale", "open", "old", "done", "damaged"]
    why: str = ""
    sealed: Sealed | None = None

    @property
    def settled(self) -> bool:
        """Whether it is taken as it is; "old": by the user's wish."""
        return self.state in ("done", "old")


def keys(steps: Iterable[Step]) -> dict[str, str]:
    """The key of every step: a digest of its settings and of the keys of what it needs."""
    found: dict[str, str] = {}
    for step in steps:
        inputs = {name: found[name] for name in step.needs}
        text = json.dumps([FORMAT, step.name, dict(step.settings), inputs], sort_keys=True)
        found[step.name] = text_digest(text)[:20]
    return found


def lineage(step: Step, above: Mapping[str, str] | None = None) -> str:
    """Digest of a step's code and of the lineages of what it needs."""
    return text_digest(canonical([dict(step.code), dict(above or {})]))[:20]


class Survey:
    """How all steps of a plan stand in a run folder, in the plan's order. Reads what was touched.

    `strict`: UserError for the first that was made with other settings, or is not as it was made.
    """

    def __init__(self, root: Path, steps: Iterable[Step], keep_old: bool = False, strict: bool = True):
        self.root, self.keep_old, self.strict = root, keep_old, strict
        self.steps = {step.name: step for step in steps}
        self.key = keys(self.steps.values())
        self.standing: dict[str, Standing] = {}
        for name in self.steps:
            self.look(name)

    def look(self, name: str) -> Standing:
        """One step anew."""
        try:
            self.standing[name] = stand(self.root, self.steps[name], self.order(name))
        except UserError as problem:
            if self.strict:
                raise
            self.standing[name] = Standing("damaged", str(problem))
        return self.standing[name]

    def order(self, name: str) -> Order:
        """How the step is to be made, from how what it needs stands now."""
        step, key = self.steps[name], self.key
        sealed = {one: self.standing[one].sealed for one in step.needs if self.standing[one].settled}
        whole = {one: found for one, found in sealed.items() if found is not None}
        above = {one: whole[one].lineage if one in whole else self._planned(one) for one in step.needs}
        own = lineage(step, above)
        read = {one: found.content for one, found in whole.items()}
        return Order(key[name], {one: key[one] for one in step.needs}, own, read, self.keep_old)

    def _planned(self, name: str) -> str:
        return self.order(name).lineage

    @property
    def todo(self) -> list[Step]:
        """What is certainly to be made."""
        return [step for name, step in self.steps.items() if self.standing[name].state in ("absent", "stale")]

    @property
    def stale(self) -> dict[str, str]:
        """Step -> why it is made again, of those that are neither absent nor cheap."""
        return {
            name: found.why
            for name, found in self.standing.items()
            if found.state == "stale" and not self.steps[name].derived
        }

    @property
    def old(self) -> dict[str, str]:
        """Step -> why it would be made again, were it not kept."""
        return {name: found.why for name, found in self.standing.items() if found.state == "old"}


def stand(root: Path, step: Step, order: Order) -> Standing:
    """How one step stands; UserError where it was made with other settings, or is not as it was made."""
    folder = root / step.name
    try:
        sealed = read_record(folder)
        if sealed is None:
            return Standing("absent")
        if sealed.step != step.name:
            raise damaged(folder, f"its record is that of {sealed.step}")
        if sealed.key == order.key:
            check_files(root, sealed)
    except UserError as damage:
        if step.derived and (folder / RECORD).exists():
            return Standing("stale", str(damage))
        raise
    if sealed.key != order.key:
        if step.derived:
            return Standing("stale", "it is made from other settings")
        raise UserError(_refused(folder, sealed, step, order))
    other = [one for one, content in order.read.items() if sealed.read.get(one) != content]
    why = ""
    if sealed.lineage != order.lineage:
        why = _other_code(sealed, step) or ABOVE
    elif other:
        why = f"{', '.join(other)} has been made again since, with another content"
    if why:
        kept = order.keep_old and not step.derived
        return Standing("old" if kept else "stale", why, sealed)
    return Standing("open" if len(order.read) < len(step.needs) else "done", sealed=sealed)


def _refused(folder: Path, sealed: Sealed, step: Step, order: Order) -> str:
    changes = _differences(sealed.settings, dict(step.settings))
    changes = changes or [
        f"{name} has changed" for name in order.inputs if sealed.inputs.get(name) != order.inputs[name]
    ]
    shown = ", ".join(changes[:4]) + (f" and {len(changes) - 4} more" if len(changes) > 4 else "")
    return (
        f"{folder} was made with other settings ({shown or 'an older format'}).\n"
        "Choose another --out, or delete that folder to redo the step."
    )


def _other_code(sealed: Sealed, step: Step) -> str:
    """Which code is another one, in words; "" where it is that of something before."""
    now, then = dict(step.code), sealed.code
    changed = [name for name in sorted({*now, *then}) if now.get(name) != then.get(name)]
    return f"the code of {', '.join(changed)} has changed since" if changed else ""


def _differences(old: Any, new: Any, path: str = "") -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in sorted({*old, *new}):
            inside = f"{path}.{key}" if path else key
            if old.get(key) != new.get(key):
                found += _differences(old.get(key), new.get(key), inside)
        return found
    return [f"{path}: {json.dumps(old)} → {json.dumps(new)}"] if old != new else []


def seal(folder: Path, step: Step, order: Order) -> Sealed:
    """Writes the record of a folder that is whole; returns it."""
    inside = files_of(folder, (RECORD, PROVENANCE, MARK))
    digests = {name: file_digest(path) for name, path in inside.items()}
    sealed = Sealed(
        step=step.name,
        key=order.key,
        version=__version__,
        format=FORMAT,
        settings=json.loads(json.dumps(dict(step.settings))),
        inputs=dict(order.inputs),
        code=dict(step.code),
        lineage=order.lineage,
        read=dict(order.read),
        files=digests,
        content=of_all(digests),
        arm=dict(step.arm) if step.arm is not None else None,
    )
    write_record(folder, sealed)
    return sealed
