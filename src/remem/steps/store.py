"""Steps done once: a step is a folder, keyed by all that decides its content, and whole or absent.

A step is written under a `.part` name and renamed when it is whole. The same key: it is skipped.
Another key: an error names what differs. A killed run, started again, goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remem import __version__
from remem.errors import UserError

# Raised when the meaning of stored files changes: older steps are then made again.
# 2: a row is known by its person, picture and text in normal form, and not by its path.
FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class Step:
    """One folder to be made."""

    name: str  # relative to the run folder: "taught/model"
    work: Callable[..., None]  # a module-level function: work(folder, run_folder, **arguments, progress=...)
    settings: Mapping[str, Any]  # JSON values that decide the content
    needs: tuple[str, ...] = ()  # steps whose folders it reads
    after: tuple[str, ...] = ()  # steps that must be whole first, though their content does not matter
    arguments: Mapping[str, Any] | None = None  # for `work`; implied by the settings
    derived: bool = (
        False  # cheap and made from other steps alone: redone, not refused, when it is out of date
    )


def keys(steps: Iterable[Step]) -> dict[str, str]:
    """The key of every step: a digest of its settings and of the keys of what it needs."""
    found: dict[str, str] = {}
    for step in steps:
        inputs = {name: found[name] for name in step.needs}
        text = json.dumps([FORMAT, step.name, dict(step.settings), inputs], sort_keys=True)
        found[step.name] = hashlib.sha256(text.encode()).hexdigest()[:20]
    return found


def is_done(root: Path, step: Step, key: str, inputs: Mapping[str, str]) -> bool:
    """Whether the step's folder is whole and made with these settings; an error if with others."""
    folder = root / step.name
    if not folder.exists():
        return False
    try:
        made = json.loads((folder / "step.json").read_text())
        made_with = made["key"], made["settings"], made["inputs"]
        format = made.get("format", 1)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise UserError(
            f"{folder} was not made by remem (no readable step.json). Choose another --out, or delete it."
        ) from problem
    if made_with[0] == key:
        return True
    if step.derived:
        return False
    if format != FORMAT:
        raise UserError(
            f"{folder} was made by another version of remem: its rows are known by ids of format {format}, "
            f"and this version has format {FORMAT}: nothing in it can be told to be of the same rows.\n"
            "Choose another --out, or delete the run folder to make it anew."
        )
    changes = _differences(made["settings"], dict(step.settings))
    changes = changes or [
        f"{name} has changed" for name in inputs if made["inputs"].get(name) != inputs[name]
    ]
    shown = ", ".join(changes[:4]) + (f" and {len(changes) - 4} more" if len(changes) > 4 else "")
    raise UserError(
        f"{folder} was made with other settings ({shown or 'an older format'}).\n"
        "Choose another --out, or delete that folder to redo the step."
    )


def _differences(old: Any, new: Any, path: str = "") -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in sorted({*old, *new}):
            inside = f"{path}.{key}" if path else key
            if old.get(key) != new.get(key):
                found += _differences(old.get(key), new.get(key), inside)
        return found
    return [f"{path}: {json.dumps(old)} → {json.dumps(new)}"] if old != new else []


def open_part(root: Path, step: Step, key: str) -> Path:
    """The unfinished folder of a step: what an interrupted run with the same key left, or a new one."""
    part = (root / step.name).with_name((root / step.name).name + ".part")
    mark = part / "key"
    ours = mark.exists() or (part / "step.json").exists()
    if part.exists() and not ours and any(not path.name.startswith("key") for path in part.iterdir()):
        raise UserError(
            f"{part} is not remem's, and unfinished steps are kept under that name: move it away."
        )
    if part.exists() and not (mark.exists() and mark.read_text() == key):
        shutil.rmtree(part)
    part.mkdir(parents=True, exist_ok=True)
    write_atomic(mark, key)
    return part


def close_part(root: Path, step: Step, key: str, inputs: Mapping[str, str], part: Path) -> None:
    """Seals a finished folder: from here on it is taken for whole."""
    made = {
        "step": step.name,
        "format": FORMAT,
        "key": key,
        "version": __version__,
        "settings": dict(step.settings),
        "inputs": dict(inputs),
    }
    write_atomic(part / "step.json", json.dumps(made, indent=2, sort_keys=True) + "\n")
    (part / "key").unlink()
    folder = root / step.name
    if folder.exists():  # only a derived step comes here with its folder in place
        shutil.rmtree(folder)
    part.rename(folder)


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Where to write a folder that is given its name when it is whole; UserError where that name is taken."""
    if folder.exists():
        raise UserError(f"{folder} exists already: choose another folder, or delete it.")
    part = folder.with_name(f"{folder.name}.part")
    yield part
    part.rename(folder)


def write_atomic(path: Path, text: str) -> None:
    """The whole text or the file as it was."""
    part = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    part.write_text(text)
    os.replace(part, path)
