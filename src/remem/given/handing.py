"""Writes what is handed out: a folder a person, checked for anything of theirs before it gets its name."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from remem import disk
from remem.errors import UserError
from remem.given import chain, page, schema, signing
from remem.given.document import Document
from remem.given.redact import Secrets
from remem.steps.folders import write_atomic

DOCUMENT, PRIVATE, LOOKUP = "document", "private", "lookup.json"
SHORT = 16  # digits of the hash that name a person's folder where there are several


class Written(NamedTuple):
    """A document, and where its folder lies."""

    document: Document
    folder: Path


def private(folder: Path) -> None:
    """Makes the folder that is kept, for its owner's eyes alone; one that is there stays as it is."""
    disk.folder(folder)
    with disk.writing(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def write(document: Document, folder: Path, secrets: Secrets | None, key: Path | None = None) -> Written:
    """audit.json, index.html, chain.json and, with a key, chain.sig.json; whole or not at all.

    UserError where something of the person would stand in them, unless `secrets` is None.
    """
    with disk.writing(folder.parent):
        return _written(document, folder, secrets, key)


def _written(document: Document, folder: Path, secrets: Secrets | None, key: Path | None) -> Written:
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        schema.write(document, part)
        (part / "index.html").write_text(page.render(document), encoding="utf-8")
        for name in ("audit.json", "index.html") if secrets else ():
            assert secrets is not None
            if held := secrets.found_in((part / name).read_text("utf-8")):
                raise UserError(
                    f"{name} would hold something of the person ({held}), and was not written. Give other "
                    "settings and another request file, or --show-values"
                )
        chain.seal(part)
        if key is not None:
            signing.sign(part, key)
        part.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Written(document, folder)


def index(written: Sequence[Written], folder: Path) -> Path:
    """index.html over the documents of several people, which lie in folders beside it."""
    place = folder / "index.html"
    write_atomic(place, page.index([(one.document, one.folder.name) for one in written]))
    return place


def lookup(private: Path, hashes: Mapping[str, str]) -> None:
    """Who stands behind which hash: for whoever has the private folder."""
    write_atomic(private / LOOKUP, json.dumps(dict(hashes), indent=1, ensure_ascii=False) + "\n")


def fence(values: Sequence[str], names: Sequence[str], paths: Sequence[str]) -> Secrets:
    """What no document may hold. Values of one plain word are left to the checks of what the user states: a
    page of ours may use the word, and says nothing of anybody by it."""
    coded = [one for one in (*values, *names) if not one.replace("_", " ").strip().isalpha()]
    return Secrets(values=[one for one in coded if len(one) >= SHORTEST], names=(), paths=tuple(paths))


SHORTEST = 6  # letters of a value that no number of ours has by chance
