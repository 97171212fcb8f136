"""Does a text hold something of the person, plainly or in disguise? Looked for before anything is handed out.

Values and names are found in other letter case, Unicode form, spacing and punctuation, as parts of addresses
(%C3%A9), as HTML (&#233;), in base64 and in hexadecimal, also one in the other. What is short or one plain
word counts as a whole word alone: "7" is in every number, and "paris" in "comparison". In base64 and
hexadecimal, where words have no edges, it must have four letters or digits or more. A value written otherwise
than it was given (a date in words) is not found.
"""

from __future__ import annotations

import base64
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from urllib.parse import unquote_plus

from remem import text as texts
from remem.errors import UserError
from remem.given.document import Stated

ROUNDS = 3  # of disguises within each other
WHOLE = 6  # letters or digits from which a value of several words, or with digits, is found within others
HIDDEN = 4  # letters or digits that a value has at least to be looked for where words have no edges
_BASE64 = re.compile(r"[A-Za-z0-9+/]{6,}")
_HEX = re.compile(r"[0-9a-fA-F]{8,}")
_PARTED = re.compile(r"[/\\]")
_BETWEEN = re.compile(r"\\x|0x|[\s:,;-]")  # bytes in hexadecimal are parted so


@dataclass(frozen=True)
class Secrets:
    """What must not leave: values of facts, names and ids, and paths of this machine."""

    values: Sequence[str] = ()
    names: Sequence[str] = ()
    paths: Sequence[str] = ()  # of several parts; "data" alone is a word like any other

    def found_in(self, text: str) -> str | None:
        """What a text holds, but not its words: "a value", "a name, in base64"; None where it is nothing."""
        for disguise, plain in _readings(text):
            for needle in self._needles:
                if needle.stands_in(plain):
                    return f"{needle.kind}, {disguise}" if disguise else needle.kind
        for disguise, read in _bytes(text):
            squeezed = _squeezed(read)
            for needle in self._needles:
                if len(needle.squeezed) >= HIDDEN and needle.squeezed in squeezed:
                    return f"{needle.kind}, {disguise}"
        return None

    @cached_property
    def _needles(self) -> list[_Value | _Path]:
        found: list[_Value | _Path] = [_Value("a value", one) for one in self.values if one.strip()]
        found += [_Value("a name", one) for one in self.names if one.strip()]
        return found + [_Path("a path", one) for one in self.paths if _squeezed(one) and _PARTED.search(one)]


class _Value:
    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.squeezed = _squeezed(text)
        self.text = texts.normalise(text.replace("_", " "))
        coded = not self.text.isalpha()  # several words, digits, an address
        self.within = coded and len(self.squeezed) >= WHOLE

    def stands_in(self, plain: _Plain) -> bool:
        return (self.within and self.squeezed in plain.squeezed) or texts.contains(plain.words, self.text)


class _Path:
    """A path of several parts; a single one is a word like any other, such as "data"."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.squeezed = _squeezed(text)
        self.whole = re.compile(rf"(?<!\w){re.escape(_slashed(text).rstrip('/'))}(?!\w)")

    def stands_in(self, plain: _Plain) -> bool:
        return bool(self.whole.search(plain.slashed))


class _Plain:
    """A text in its normal form, in the three ways in which it is searched."""

    def __init__(self, text: str) -> None:
        self.words = texts.normalise(text.replace("_", " "))
        self.squeezed = _squeezed(text)
        self.slashed = _slashed(text)


def _slashed(text: str) -> str:
    return texts.normalise(text).replace("\\", "/")


def _squeezed(text: str) -> str:
    """The letters and digits of a text, without their marks: é and e count as one."""
    apart = unicodedata.normalize("NFKD", texts.normalise(text))
    return "".join(char for char in apart if char.isalnum())


def _readings(text: str) -> Iterator[tuple[str, _Plain]]:
    """(disguise, the text read out of it): as it is, then out of addresses and HTML."""
    yield "", _Plain(text)
    for read in _undone(text):
        yield "in HTML or an address", _Plain(read)


def _undone(text: str) -> list[str]:
    """The text with both disguises taken away, over and over; empty where that changes nothing."""
    found: list[str] = []
    for _ in range(ROUNDS):
        read = html.unescape(unquote_plus(text))
        if read == text:
            break
        found.append(read)
        text = read
    return found


def _bytes(text: str) -> Iterator[tuple[str, str]]:
    """(disguise, what stands in runs of base64 and hexadecimal) at each place where these may begin."""
    for read in dict.fromkeys((text, *_undone(text))):
        alphabet = read.replace("-", "+").replace("_", "/")
        for whole in dict.fromkeys((alphabet, "".join(alphabet.split()))):
            for run in _BASE64.findall(whole):
                for start in range(4):
                    yield "in base64", _decoded(run[start:])
        for whole in dict.fromkeys((read, _BETWEEN.sub("", read))):
            for run in _HEX.findall(whole):
                for start in range(2):
                    part = run[start:]
                    yield "in hexadecimal", _letters(bytes.fromhex(part[: len(part) // 2 * 2]))


def _decoded(run: str) -> str:
    run = run[: len(run) - 1] if len(run) % 4 == 1 else run
    return _letters(base64.b64decode(run + "=" * (-len(run) % 4)))


def _letters(raw: bytes) -> str:
    return raw.decode("utf-8", "ignore")


def guard(stated: Stated, secrets: Secrets) -> None:
    """UserError that names the field of the request file that holds something of the person, and not what."""
    for one in fields(stated):
        said = getattr(stated, one.name)
        found = secrets.found_in(said) if said else None
        if found:
            raise UserError(
                f"the request file, {one.name}: it holds {found} of whom this is about, and the document is "
                "handed out. Say it without, or pass --show-values to have such things in the clear."
            )
