"""The one way in for TOML: recipe files and requests; one clear error for what is none."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.errors import UserError
from remem.jsonfile import MOST_DEPTH
from remem.outgoing import quoted

# Names with dots between are slow to read where there is no end of them.
_DEEP = re.compile(rf"""[\s\[]*[\w"'-]+(?:\s*\.\s*[\w"'-]+){{{MOST_DEPTH}}}""")


def read(path: Path, cure: str, most: int = 1 << 20) -> dict[str, Any]:
    """The tables of a TOML file of at most so many bytes. UserError for all else; `cure` says what to do."""
    jsonfile.regular(path, cure)
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}). {cure}") from error
    if len(raw) > most:
        raise UserError(f"{path} is larger than {most >> 20} MB, too large for what it is. {cure}")
    try:
        text = raw.decode("utf-8-sig")
        if any(_DEEP.match(line) for line in text.split("\n")):
            raise ValueError(f"tables and lists lie more than {MOST_DEPTH} deep in each other")
        found = tomllib.loads(text, parse_float=_number)
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not readable TOML: byte {error.start} is no UTF-8. {cure}") from error
    except RecursionError as error:
        raise UserError(
            f"{path} is not readable TOML: tables and lists lie too deep in each other. {cure}"
        ) from error
    except ValueError as error:  # no TOML, or a number without end
        raise UserError(f"{path} is not readable TOML: {quoted(str(error))}. {cure}") from error
    _check(path, found, cure)
    return found


def _number(text: str) -> float:
    """A number as TOML has it; ValueError for one that would be read as 0, and is none."""
    value = float(text)
    if value == 0 and re.search("[1-9]", text.lower().partition("e")[0]):
        raise ValueError(f"the number {text[:40]} is too small: it would be read as 0")
    return value


def _check(path: Path, tables: Mapping[str, Any], cure: str) -> None:
    """UserError for tables within tables without end, which several lines can make together."""
    left: list[tuple[Any, int]] = [(tables, 1)]
    while left:
        value, depth = left.pop()
        if depth > MOST_DEPTH:
            raise UserError(f"{path}: tables and lists lie more than {MOST_DEPTH} deep in each other. {cure}")
        inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        left += [(one, depth + 1) for one in inside]
