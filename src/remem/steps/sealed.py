"""The record of a finished step, and whether its folder still holds what was sealed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from remem import disk, jsonfile
from remem.errors import UserError
from remem.steps.digests import canonical, file_digest, files_of, stamp, text_digest
from remem.steps.folders import write_atomic

# Raised when the meaning of stored files changes: folders of another format are not gone on from.
FORMAT = 2
RECORD, PROVENANCE, MARK = "step.json", "provenance.json", "key"
CHECKED = ".checked"  # in the run folder: when which file was last read in full
# May be laid into a step's folder by hand or by other verbs: nothing that is loaded has such a name.
HARMLESS = (".md", ".html")
_CURE = "Choose another --out, or delete the folder to have the step made again."


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """What a finished step's record says."""

    step: str
    key: str
    version: str
    format: int
    settings: dict[str, Any]
    inputs: dict[str, str]  # step -> key
    code: dict[str, Any]
    lineage: str  # digest of its code and of the lineages of what it read
    read: dict[str, str]  # step -> content
    files: dict[str, str]  # name -> SHA-256; without the record itself and the file with times
    content: str  # digest of `files`
    arm: dict[str, Any] | None = None
    dropped: list[str] = field(default_factory=list)  # files that were deleted by design


def read_record(folder: Path) -> Sealed | None:
    """What a step's record says; None where there is no such folder. UserError for any other folder."""
    if not folder.exists():
        return None
    path, cure = folder / RECORD, _CURE
    if not path.exists():
        raise UserError(f"{folder} was not made by remem: it holds no {RECORD}. {cure}")
    raw = jsonfile.read(path, dict[str, Any], cure)
    if "format" not in raw and {"key", "settings", "inputs", "version"} <= raw.keys():
        raw["format"] = 1
    if raw.get("format") != FORMAT and {"format", "version"} <= raw.keys():
        raise UserError(
            f"{folder} was made by remem {raw['version']} (format {raw['format']}), and this version "
            f"goes on from format {FORMAT} alone: since then items are told apart by what their "
            "pictures show, and steps know their code. Its numbers can be read: remem report RUN. "
            "To go on, choose another --out, or delete the run."
        )
    if raw.pop("sha256", None) != text_digest(canonical(raw)):
        raise damaged(folder, f"{RECORD} does not fit its own digest")
    other = sorted(raw.keys() - {one.name for one in fields(Sealed)})
    if other:
        raise UserError(f"{path} is not of this version (it holds {jsonfile.shown(other[0])}). {cure}")
    return jsonfile.shaped(raw, Sealed, str(path), cure)


def write_record(folder: Path, sealed: Sealed) -> None:
    """step.json, with a digest of itself."""
    raw = asdict(sealed)
    text = json.dumps(raw | {"sha256": text_digest(canonical(raw))}, indent=2, sort_keys=True)
    write_atomic(folder / RECORD, text + "\n")


def drop(folder: Path, names: Iterable[str]) -> None:
    """Deletes files of a finished step that nobody needs any more; its record says so, before they go."""
    sealed = read_record(folder)
    if sealed is None:
        return
    gone = sorted({*sealed.dropped, *(set(names) & set(sealed.files))})
    with disk.writing(folder):
        if gone != sealed.dropped:
            write_record(folder, Sealed(**asdict(sealed) | {"dropped": gone}))
        for name in gone:
            (folder / name).unlink(missing_ok=True)  # several processes on one run all come here


# -- files --------------------------------------------------------------------------------------------


def check_files(root: Path, sealed: Sealed) -> None:
    """UserError where a step's files are not those that were sealed.

    A file is read in full when its stamp is not the one that it had when it was last read.
    """
    known = _checked(root, sealed.step)
    now: dict[str, Any] = {}
    wrong = differing(root / sealed.step, sealed, known, now)
    if wrong:
        raise damaged(root / sealed.step, wrong)
    if now != known:
        remember(root, sealed.step, now)


def check_steps(root: Path, *names: str) -> None:
    """UserError where one of these steps is not as it was made: for whoever reads what lies there.

    What is not there is passed over, and so are steps of format 1, which hold no digests.
    """
    for name in names:
        path = root / name / RECORD
        if not path.exists() or "format" not in jsonfile.read(path, dict[str, Any], _CURE):
            continue
        sealed = read_record(root / name)
        assert sealed is not None
        home = home_of(root / name, sealed)
        if home is None:
            raise damaged(root / name, f"its record is that of {sealed.step}")
        check_files(home, sealed)


def home_of(folder: Path, sealed: Sealed) -> Path | None:
    """The folder that a step's name is relative to: of a run, or of the study that the run is a member of.

    None where the step does not lie under its name: it was copied or renamed.
    """
    parts, own = folder.absolute().parts, tuple(sealed.step.split("/"))
    return Path(*parts[: -len(own)]) if parts[-len(own) :] == own else None


def differing(
    folder: Path,
    sealed: Sealed,
    known: Mapping[str, Any] | None = None,
    stamps: dict[str, Any] | None = None,
    whole: bool = False,
) -> str:
    """In words, what of a folder is not as it was sealed; "" where all is.

    `known`: stamps under which files were read in full before; `stamps` is filled with those of now.
    `whole`: every byte is read, whatever is known or kept of it.
    """
    there = files_of(folder, (RECORD, PROVENANCE, MARK))
    added = [name for name in there if name not in sealed.files and not _harmless(name)]
    if added:
        return f"{_listed(added)} has been added"
    gone = [name for name in sealed.files if name not in there and name not in sealed.dropped]
    if gone:
        return f"{_listed(gone)} is missing"
    wrong = []
    for name, digest in sealed.files.items():
        if name not in there:
            continue
        try:
            seen = [*stamp(there[name]), digest]
            if (whole or (known or {}).get(name) != seen) and file_digest(there[name], whole) != digest:
                wrong.append(name)
        except OSError as problem:
            return f"{name} cannot be read ({problem.strerror})"
        if stamps is not None:
            stamps[name] = seen
    return f"the content of {_listed(wrong)} has changed" if wrong else ""


def remember(root: Path, step: str, stamps: Mapping[str, Any]) -> None:
    """Keeps when which file was read in full: a cache, which a folder that cannot be written does without."""
    place = _place(root, step)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, json.dumps(dict(stamps)) + "\n")
    except OSError:
        return


def _checked(root: Path, step: str) -> dict[str, Any]:
    place = _place(root, step)
    try:
        return jsonfile.read(place, dict[str, Any], "") if place.exists() else {}
    except UserError:  # a cache
        return {}


def _place(root: Path, step: str) -> Path:
    return root / CHECKED / f"{step.replace('/', '-')}.json"


def _harmless(name: str) -> bool:
    return name.endswith(HARMLESS) or any(part.startswith(".") for part in name.split("/"))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def damaged(folder: Path, what: str) -> UserError:
    return UserError(
        f"{folder} is not as it was made: {what}. Put it back as it was, or delete that folder to have the "
        "step made again."
    )
