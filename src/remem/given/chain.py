"""A chain of digests over what is handed out: who knows its head knows every byte.

chain.json has an entry for each step of the evidence (in the order of their names, as "evidence/NAME"), then
for audit.json, then for index.html. With `digest` a SHA-256 in hexadecimal, each entry's link is

    link = SHA-256 of the lines: link before, name, digest     (sixty-four zeros before the first)

each line with its line break, in UTF-8; `printf '%s\\n' LINK NAME DIGEST | sha256sum` computes it. The head
is the last link. A page cannot print a link that its own bytes decide, so it prints the one up to audit.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from remem import jsonfile
from remem.errors import UserError
from remem.given import schema
from remem.given.document import Document
from remem.outgoing import quoted
from remem.steps.digests import file_digest, text_digest
from remem.steps.folders import write_atomic

FILE = "chain.json"
SIGNATURE = "chain.sig.json"  # over the head; see signing
PAGE = "index.html"
SCHEMA: Final = "remem-chain-1"
START = "0" * 64
CURE = "Ask for the folder as it was handed out, or make it again with remem audit."
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Entry:
    name: str  # "evidence/NAME" of a step, or a file's name
    digest: str
    link: str


@dataclass(frozen=True, kw_only=True)
class Chain:
    schema: Literal["remem-chain-1"] = SCHEMA
    entries: list[Entry]
    head: str


def links(digests: Iterable[tuple[str, str]]) -> list[Entry]:
    """The entries of (name, digest) pairs, in their order."""
    before, found = START, []
    for name, digest in digests:
        before = text_digest(f"{before}\n{name}\n{digest}\n")
        found.append(Entry(name=name, digest=digest, link=before))
    return found


def until_page(document: Document) -> list[Entry]:
    """The entries up to audit.json, which the page prints."""
    return links([*_steps(document.evidence), (schema.FILE, text_digest(schema.text(document)))])


def seal(folder: Path) -> str:
    """Writes chain.json over a folder's audit.json and index.html; gives the head.

    UserError where one of them is missing or damaged, or something else lies there.
    """
    document = schema.read(folder / schema.FILE)
    for name, digest in document.evidence.items():
        if not _DIGEST.fullmatch(digest) or "\n" in name:
            raise UserError(f"{folder / schema.FILE}: the digest of {quoted(name)} is none. {schema.CURE}")
    _nothing_else(folder)
    entries = links(
        [*_steps(document.evidence), *((one, _digest(folder, one)) for one in (schema.FILE, PAGE))]
    )
    chain = Chain(entries=entries, head=entries[-1].link)
    write_atomic(folder / FILE, json.dumps(asdict(chain), indent=1, ensure_ascii=False) + "\n")
    return chain.head


def verify(folder: Path) -> str:
    """The head of a folder's chain, once everything in it was found as it was made.

    UserError that names the first file or entry that is not. A signature is looked at by `signing.verify`.
    """
    chain = jsonfile.read(folder / FILE, Chain, CURE)
    digests = {entry.name: entry.digest for entry in chain.entries}
    for name in (schema.FILE, PAGE):
        if name not in digests:
            raise _broken(folder, f"the entry {name} is missing")
        if _digest(folder, name) != digests[name]:
            raise UserError(f"{folder / name} is not as it was made: {FILE} has another digest. {CURE}")
    wanted = dict(_steps(schema.read(folder / schema.FILE).evidence))
    _in_order(folder, [entry.name for entry in chain.entries], [*wanted, schema.FILE, PAGE])
    for name, digest in wanted.items():
        if digests[name] != digest:
            raise _broken(folder, f"the entry {quoted(name)} has another digest than {schema.FILE}")
    for entry, due in zip(chain.entries, links(digests.items()), strict=True):
        if entry != due:
            raise _broken(folder, f"the link of the entry {quoted(entry.name)} does not follow")
    if chain.head != chain.entries[-1].link:
        raise _broken(folder, "the head is not the last link")
    _nothing_else(folder)
    return chain.head


def _in_order(folder: Path, found: list[str], wanted: list[str]) -> None:
    for place, (name, due) in enumerate(zip(found, wanted, strict=False), 1):
        if name != due:
            raise _broken(folder, f"entry {place} is {quoted(name)}, and should be {quoted(due)}")
    if len(found) > len(wanted):
        raise _broken(folder, f"the entry {quoted(found[len(wanted)])} is one too many")


def _broken(folder: Path, what: str) -> UserError:
    return UserError(f"{folder / FILE} is not as it was made: {what}. {CURE}")


def _steps(evidence: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(f"evidence/{name}", evidence[name]) for name in sorted(evidence)]


def _digest(folder: Path, name: str) -> str:
    path = folder / name
    if path.is_symlink():
        raise UserError(f"{path} is a link, not a file. {CURE}")
    jsonfile.regular(path, CURE)
    try:
        return file_digest(path, whole=True)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}). {CURE}") from error


def _nothing_else(folder: Path) -> None:
    """UserError where something lies in the folder that the chain does not know."""
    known = {schema.FILE, PAGE, FILE, SIGNATURE}
    for path in sorted(folder.iterdir()):
        if path.name not in known:
            raise UserError(f"{path} was not handed out: no entry of {FILE} knows it. Take it away.")
