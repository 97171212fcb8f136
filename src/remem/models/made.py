"""The base that is made on this machine when it is first asked for, in the user's cache; or in a folder.

It is made once: who asks meanwhile waits. A folder of the cache is taken only where all that belongs to it is
there; one that was left half-written, or lost a file, is made again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remem import disk, jsonfile
from remem.errors import UserError
from remem.models.folders import WEIGHTS
from remem.models.ggufs import INSTALL, PACKAGE, VERSION, Head, check_memory, packaged, read_head
from remem.outgoing import in_markdown, text_table
from remem.steps.digests import file_digest, text_digest
from remem.steps.folders import discard, new_folder
from remem.steps.make import locked

MADE = {"smollm2": "SmolLM2-135M-Instruct behind the embedded model's tower; needs the extra smollm2."}
SHIPPED = WEIGHTS / "smollm2"
PARTS, ALIGNED, MANIFEST = "parts.safetensors", "aligned.json", "made.json"
WAY = 1  # raise it when what is made of the same files changes
ASKED = {
    "presence": "presence: is there a dog?",
    "place": "place, of 20",
    "count": "number of things",
    "side": "side: left, right, middle",
    "looks": "looks: hair, glasses, age, ...",
    "who": "known people named, of 100",
}
told: list[Callable[[str], None]] = []  # who is told that a base is being made: it takes a minute


@dataclass(frozen=True)
class Aligned:
    """What shipped parts were trained on, and what came of it."""

    gguf: str  # SHA-256 of the file whose language model they are for
    tower: str  # SHA-256 of the weights of the base whose tower it reads
    parts: str  # SHA-256
    figures: dict[str, Any]


@dataclass(frozen=True)
class _Manifest:
    files: dict[str, int] = field(default_factory=dict)  # name -> bytes


def aligned(folder: Path) -> Aligned:
    """The record beside the parts in a folder."""
    return jsonfile.read(folder / ALIGNED, Aligned, "Install remem again, or align once more.")


def cached(name: str) -> Path:
    """The folder of a base that is made here, made now where it is not whole yet.

    UserError where it cannot be: the extra is not installed, memory or disk are too small.
    """
    key = text_digest(f"{aligned(SHIPPED)} {WAY}")[:16]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "remem" / "models"
    folder = root / f"{name}-{key}"
    if whole(folder):
        return folder
    try:
        disk.folder(root)
    except UserError as problem:
        raise UserError(
            f"{name} is made once and kept in the user's cache, which cannot be written: {problem} Or set "
            "XDG_CACHE_HOME to a folder that can."
        ) from problem
    with disk.writing(root), locked(root, name):
        if not whole(folder):
            discard(folder, root)
            discard(folder.with_name(f"{folder.name}.part"), root)
            gguf = packaged()
            if shipped_for(gguf) is None:
                raise UserError(
                    f"{gguf} is not the file that {name}'s projector was aligned to, which is that of "
                    f"{PACKAGE} {VERSION}: {INSTALL}"
                )
            for tell in told:
                tell(f"making {name} in {folder}, once: about a minute")
            make(folder, gguf, SHIPPED)
    return folder


def whole(folder: Path) -> bool:
    """Whether all that was written into a folder is there."""
    try:
        files = jsonfile.read(folder / MANIFEST, _Manifest, "").files
        return bool(files) and all((folder / name).stat().st_size == size for name, size in files.items())
    except (OSError, UserError):
        return False


def shipped_for(gguf: Path) -> Path | None:
    """Where the parts lie that ship for this very file; None for another one."""
    return SHIPPED if (SHIPPED / ALIGNED).exists() and aligned(SHIPPED).gguf == file_digest(gguf) else None


def make(folder: Path, gguf: Path, parts: Path | None) -> None:
    """A base in `folder`, in bfloat16: the language model of a GGUF file behind the embedded base's tower.

    `parts`: the folder with what aligned it; None: nothing did. UserError for a file that is not taken, for
    too little memory, and where the folder is there.
    """
    head = read_head(gguf)
    check_memory(gguf, head)
    record = None if parts is None else aligned(parts)
    if record is not None and record.gguf != file_digest(gguf):
        raise UserError(f"{parts} was aligned to another language model than {gguf}: align it anew.")
    with new_folder(folder) as part:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _write(part, gguf, head, None if parts is None else parts / PARTS)
        _card(part, gguf, head, record)
        files = {path.name: path.stat().st_size for path in sorted(part.iterdir()) if path.is_file()}
        (part / MANIFEST).write_text(json.dumps({"files": files}, indent=1) + "\n", encoding="utf-8")


def _write(part: Path, gguf: Path, head: Head, parts: Path | None) -> None:
    import torch

    from remem.models.architectures import save
    from remem.models.graft import check, graft, put_on

    network, processor = graft(gguf, head, WEIGHTS / "embedded")
    if parts is not None:
        put_on(network, parts)
    check(network, processor, gguf)
    save(network.to(torch.bfloat16), processor, part)


def _card(part: Path, gguf: Path, head: Head, record: Aligned | None) -> None:
    text = Path(__file__).with_name("graft.md").read_text("utf-8")
    seen = "**Not aligned**: pictures mean nothing to it yet." if record is None else _seen(record)
    written = text.format(
        name=in_markdown(head.name),
        licence=in_markdown(head.licence),
        file=in_markdown(gguf.name),
        digest=file_digest(gguf),
        weights=head.weights / 1e6,
        tower=file_digest(WEIGHTS / "embedded" / "model.safetensors"),
        seen=seen,
    )
    (part / "README.md").write_text(written, encoding="utf-8")


def _seen(record: Aligned) -> str:
    return f"Parts whose SHA-256 is `{record.parts}`.\n\n{table(record)}"


def table(record: Aligned) -> str:
    """What is seen in pictures that were held out, in Markdown."""
    held = record.figures.get("held_out", {})
    rows = []
    for kind, about in ASKED.items():
        if kind in held:
            beside = [held.get(f"{kind}, {other}") for other in ("other picture", "commonest word")]
            shares = [f"{one:.3f}" if isinstance(one, float) else "" for one in (held[kind], *beside)]
            rows.append((about, *shares))
    header = ("what", "held out", "with another picture", "always the commonest word")
    return text_table(header, rows, " rrr")
