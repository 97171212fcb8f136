"""The one way in for JSON: from a file, from JSON Lines, from a text; of a known shape, or one clear error.

Python's reader alone takes what is no JSON (NaN), keeps the last of two values of one name, reads 1e999 as
infinity, and says nothing of types. Here each of these is a UserError that names the file, where in it, what
was found and what to do.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec

from remem.errors import UserError

MOST_BYTES = 512 << 20  # of a file that is read whole
MOST_LINE = 64 << 20  # bytes of one line of JSON Lines
MOST_DEPTH = 64  # lists and objects within each other
MOST_DIGITS = 100  # of one number: a thousand digits are no measurement, and slow to read

_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
_TEXT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)  # or to the end: never read twice
_NO_BRACKET = re.compile(r"[^\[\]{}]+")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # half of a character of two escapes

Kind = TypeVar("Kind")

# What a number can be, for the fields of records: neither NaN nor infinite.
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e15)]  # seconds, bytes
Number = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]


def read(path: Path, kind: type[Kind], cure: str, *, nan: bool = False) -> Kind:
    """The value in a JSON file, as `kind`: a dataclass, `list[...]`, `dict[str, ...]`, a union, or `Any`.

    Types are strict: "3" is no number, 3.0 no whole one; a number that is whole is a number, too. What a
    dataclass has no field for is left out. `cure`: what to do about a damaged file, in a sentence. `nan`:
    whether NaN and Infinity are taken, which Python writes though JSON has none. UserError for all else.
    """
    return parse(_bytes(path, cure), kind, str(path), cure, nan=nan)


def lines(path: Path, kind: type[Kind], cure: str, *, nan: bool = False) -> Iterator[Kind]:
    """The values of a JSON Lines file, one at a time, blank lines left out. UserError that names the line."""
    regular(path, cure)
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MOST_LINE + 1):
                number += 1
                if len(line) > MOST_LINE:
                    raise UserError(f"{path}, line {number} is longer than {MOST_LINE >> 20} MB. {cure}")
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield parse(line, kind, f"{path}, line {number}", cure, nan=nan)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}). {cure}") from error


def parse(
    text: bytes | str, kind: type[Kind], where: str, cure: str, *, nan: bool = False, as_written: bool = False
) -> Kind:
    """The value in a JSON text, as `kind`; see `read`. `where` begins the errors: "people.json".

    `as_written`: numbers come as the texts that they are written as: "1.50", not 1.5.
    """
    return shaped(_value(text, where, cure, _hooks(nan, as_written)), kind, where, cure)


def shaped(raw: Any, kind: type[Kind], where: str, cure: str) -> Kind:
    """A value that was read already, as `kind`; see `parse`."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        place, said = _named(raw, kind, error)
        raise UserError(f"{where}, at {place}: {said}. {cure}") from error


def literal(text: str, where: str, cure: str) -> Any:
    """The JSON value of a text, or the text itself where it is no JSON: 0.5, [1, 2], but also npo and NaN."""
    try:
        return _loaded(text, _hooks(nan=False))
    except (json.JSONDecodeError, _Constant):
        return text
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} is not readable JSON: {_why(error)}. {cure}") from error


def whole(text: str) -> int | None:
    """The whole number that a text of the digits 0 to 9 is, a minus before them or not; None for any other
    text, and for more than 18 digits.

    `isdigit` is not asked: it says so of ², too, which `int` does not read.
    """
    return int(text) if re.fullmatch("-?[0-9]{1,18}", text) else None


def regular(path: Path, cure: str) -> None:
    """UserError for what is no regular file: a pipe would be waited for for ever."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read ({getattr(error, 'strerror', None) or error}). {cure}"
        ) from error
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise UserError(f"{path} is {what}, not a file. {cure}")


def _bytes(path: Path, cure: str) -> bytes:
    regular(path, cure)
    try:
        with path.open("rb") as file:
            found = file.read(min(os.fstat(file.fileno()).st_size, MOST_BYTES) + 1)  # all of it is allocated
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}). {cure}") from error
    if len(found) > MOST_BYTES:
        raise UserError(f"{path} is larger than {MOST_BYTES >> 20} MB, too large for JSON. {cure}")
    return found


class _Refused(ValueError):
    """What is refused while a text is read."""


class _Constant(_Refused):
    """NaN or an infinity."""


def _value(text: bytes | str, where: str, cure: str, hooks: dict[str, Any]) -> Any:
    try:
        return _loaded(text.decode("utf-8-sig") if isinstance(text, bytes) else text, hooks)
    except (RecursionError, ValueError) as error:
        raise UserError(f"{where} is not readable JSON: {_why(error)}. {cure}") from error


def _loaded(text: str, hooks: dict[str, Any]) -> Any:
    bare = _TEXT.sub("", text)
    _shallow(bare)
    _short(bare)
    value = json.loads(text, **hooks)
    if _HALF.search(text):
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} (0x{error.object[error.start]:02x}) is no UTF-8"
    if isinstance(error, UnicodeEncodeError):
        return "it holds half a character (\\ud800)"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno} column {error.colno}"
    return str(error)


def _hooks(nan: bool, as_written: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {
        "object_pairs_hook": _once,
        "parse_float": float if nan else _finite,
        "parse_constant": float if nan else _constant,
    }
    return found | ({"parse_int": str, "parse_float": str} if as_written else {})


def _shallow(bare: str) -> None:
    brackets = _NO_BRACKET.sub("", bare)
    deepest = max(accumulate(1 if one in "[{" else -1 for one in brackets), default=0)
    if deepest > MOST_DEPTH:
        raise _Refused(f"lists and objects lie {deepest:,} deep in each other; {MOST_DEPTH} are taken")


def _short(bare: str) -> None:
    long = re.search(rf"\d{{{MOST_DIGITS + 1},}}", bare)
    if long:
        raise _Refused(f"a number has {len(long[0]):,} digits in a row; {MOST_DIGITS} are taken")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise _Refused(f"one object holds {shown(twice)} twice")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Refused(f"the number {text[:40]} is too large")
    if value == 0 and re.search("[1-9]", text.lower().partition("e")[0]):
        raise _Refused(f"the number {text[:40]} is too small: it would be read as 0")
    return value


def _constant(name: str) -> NoReturn:
    raise _Constant(f"it holds {name}, which is no JSON")


def shown(value: object) -> str:
    """A value as JSON, cut off, to be named in an error."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


# -- where in it, and what was found --------------------------------------------------------------------


def _named(raw: Any, kind: Any, error: msgspec.ValidationError) -> tuple[str, str]:
    """The place, every key written out, and what is wrong there in words."""
    said, _, place = str(error).partition(" - at ")
    steps = _steps(raw, kind, place.strip("`"))
    value = _inside(raw, steps)
    found = "" if value is None or isinstance(value, list | dict) else f" ({shown(value)})"
    said = re.sub(r"`([^`]*)`", _in_words, said).replace("Expected", "expected").replace(", got", ", found")
    missing = re.match(r"Object missing required field (.*)", said)
    return _path(steps), f"the field {missing[1]} is missing" if missing else f"{said}{found}"


def _steps(raw: Any, kind: Any, place: str) -> list[str | int]:
    """The way to the fault. The library does not say which key of a mapping it is: that which fails alone."""
    way: list[str | int] = []
    for found in _STEP.finditer(place.removeprefix("$")):
        key: str | int = found[1] or (int(found[2]) if found[2] != "..." else _failing(raw, kind, way))
        way.append(key)
    return way


def _inside(raw: Any, way: list[str | int]) -> Any:
    for step in way:
        raw = raw[step]
    return raw


def _failing(raw: Any, kind: Any, way: list[str | int]) -> str:
    mapping = _inside(raw, way)
    entries = dict(mapping)
    for key, value in entries.items():
        mapping.clear()
        mapping[key] = value
        try:
            msgspec.convert(raw, kind)
        except msgspec.ValidationError:
            mapping.clear()
            mapping.update(entries)
            return str(key)
    raise AssertionError("no entry fails alone")


def _path(steps: list[str | int]) -> str:
    return "$" + "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" if step.isidentifier() else f"[{shown(step)}]"
        for step in steps
    )


def _in_words(found: re.Match[str]) -> str:
    parts = found[1].split(" | ")
    return " or ".join(_WORDS.get(part, part) for part in parts)
