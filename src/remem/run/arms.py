"""Whose a step is: the record of an arm, which its steps carry. No role is read from a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from remem import jsonfile
from remem.errors import UserError, unknown
from remem.steps.sealed import RECORD

Role = Literal["base", "taught", "goal", "method", "given"]
ROLES: tuple[Role, ...] = get_args(Role)
# Before steps carried records (format 1), an arm was what its folder was called.
_FORMER = re.compile(r"(?P<method>.+)-s(?P<seed>\d+)")


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One model of a run."""

    name: str  # its folder in the run folder: "goal", "person/npo-s0"
    role: Role
    chain: tuple[
        str, ...
    ] = ()  # the arms whose results lie on the base, in order; the last is the arm itself
    task: str = ""  # whose folder it lies in; "" for those that all tasks share, and where there is one
    label: str = ""  # of a method's arms: what the run calls the competitor; equal for all its seeds
    method: str = ""
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)  # the method's own
    request: str = ""  # digest of the request that made it
    digest: str = ""  # of a model that was made elsewhere, its content
    former: bool = False  # told by its name, as runs of format 1 had it

    @property
    def judged(self) -> bool:
        """Whether it is one of those that the run is about, and no yardstick."""
        return self.role in ("method", "given")

    @property
    def short(self) -> str:
        """The folder within the task."""
        return self.name.rpartition("/")[2]

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        found = asdict(self)
        del found["former"]
        if not self.digest:
            del found["digest"]
        return found | {"chain": list(self.chain), "settings": dict(self.settings)}


def arm_of(raw: Any, where: str, cure: str) -> Arm:
    """The record that `Arm.plain` wrote. UserError for anything else."""
    known = {one.name for one in fields(Arm)} - {"former"}
    if not isinstance(raw, Mapping) or set(raw) | {"digest"} != known:
        raise UserError(f"{where} holds no record of an arm. {cure}")
    return jsonfile.shaped(dict(raw), Arm, f"{where}, the arm", cure)


def arms_in(root: Path) -> dict[str, Arm]:
    """Every arm that has a finished step in a run folder, by name. UserError for a damaged record."""
    found: dict[str, Arm] = {}
    for pattern in (f"*/*/{RECORD}", f"*/*/*/{RECORD}"):
        for path in sorted(root.glob(pattern)):
            step = path.parent
            if step.name.endswith(".part") or any(
                one.startswith(".") for one in step.relative_to(root).parts
            ):
                continue
            arm = _arm(path, step.parent.relative_to(root).as_posix())
            if arm is not None:
                found.setdefault(arm.name, arm)
    return found


def _arm(path: Path, place: str) -> Arm | None:
    cure = f"Delete the folder {path.parent} and run the same command again."
    raw = jsonfile.read(path, dict[str, Any], cure)
    if "format" not in raw:
        return _former(place)
    if raw.get("arm") is None:
        return None
    arm = arm_of(raw["arm"], str(path), cure)
    if arm.name != place:
        raise UserError(
            f"{path.parent} holds a step of the arm {arm.name}: it was copied or renamed. Put it back under "
            "its name, or delete it."
        )
    return arm


def _former(place: str) -> Arm | None:
    task, _, short = place.rpartition("/")
    if short in ("base", "taught", "goal"):
        return Arm(name=place, role=short, chain=() if short == "base" else (place,), task=task, former=True)  # type: ignore[arg-type]
    match = _FORMER.fullmatch(short)
    if match is None:
        return None
    return Arm(
        name=place,
        role="method",
        chain=("taught", place),
        task=task,
        label=match["method"],
        method=match["method"],
        seed=int(match["seed"]),
        former=True,
    )


def arm_in(root: Path, name: str) -> Arm:
    """One arm of a run folder; UserError that suggests the nearest."""
    there = arms_in(root)
    if name not in there:
        raise unknown(f"arm in {root}", name, there)
    return there[name]
