"""What run.json holds, as far as anything of it is read by name."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.errors import UserError
from remem.steps.digests import canonical, text_digest

RUN = "run.json"


@dataclass(frozen=True, kw_only=True)
class _Method:
    method: str
    settings: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    adapt: dict[str, Any] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Forget:
    split: str = ""
    tasks: list[str] = field(default_factory=list)
    methods: list[_Method] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Attack:
    attack: str


@dataclass(frozen=True, kw_only=True)
class _Attacks:
    each: list[_Attack] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Given:
    role: str
    source: str
    label: str


@dataclass(frozen=True, kw_only=True)
class _Model:
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class _Run:
    data: Any = ""
    seed: int = 0
    model: _Model = field(default_factory=_Model)
    forget: _Forget = field(default_factory=_Forget)
    attacks: _Attacks = field(default_factory=_Attacks)
    given: list[_Given] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Request:
    data: str  # fingerprint of the user's own data set
    run: _Run = field(default_factory=_Run)
    ignore_gate: bool = False


@dataclass(frozen=True, kw_only=True)
class _Plugin:
    name: str
    file: bool = False
    adds: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Shape:
    config: _Run = field(default_factory=_Run)
    request: _Request | None = None
    recipe: str = "unnamed"
    version: str = ""
    format: int = 1
    steps: dict[str, str] | None = None  # step -> key
    old: dict[str, str] = field(default_factory=dict)  # kept though stale, and why
    plugins: list[_Plugin] = field(default_factory=list)


def record_in(root: Path) -> dict[str, Any]:
    """run.json of a folder as it was written, for keys are made from it; what it lacks is left out.

    UserError where a value is none that it can be, or the record is not as it was written.
    """
    path, cure = root / RUN, "Give the folder of a run, as remem run made it."
    record = jsonfile.read(path, dict[str, Any], cure)
    jsonfile.shaped(copy.deepcopy(record), _Shape, str(path), cure)
    if record.get("format", 1) != 1 and record.pop("sha256", None) != text_digest(canonical(record)):
        raise UserError(
            f"{path} is not as it was written: its digest differs. Put it back as it was, or run the command "
            "that made the run again, which writes it anew."
        )
    return record
