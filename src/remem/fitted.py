"""Settings as their dataclasses have them: of runs, methods and attacks; from a command line or a file."""

from __future__ import annotations

import dataclasses
import os
import sys
import types
import typing
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from remem import jsonfile
from remem.errors import UserError, unknown

T = TypeVar("T")
_LARGEST = 10**18 - 1  # of a whole number
_LETTERS = 10_000  # of a text
WORDS = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}


def fitted(kind: type[T], settings: Mapping[str, Any], name: str, *, whole: bool = False) -> T:
    """A dataclass of settings made from what the user gave; see `fit`.

    UserError that names the nearest setting, or says what a value must be.
    """
    known = hints(kind)
    for key in settings:
        if key not in known:
            raise unknown(f"setting of {name}" if name else "setting", key, known)
    prefix = f"{name}." if name else ""
    for one in dataclasses.fields(kind):  # type: ignore[arg-type]
        needed = one.default is one.default_factory is dataclasses.MISSING
        if needed and one.init and one.name not in settings:
            raise UserError(f"{prefix}{one.name} is missing")
    made = {key: fit(value, known[key], f"{prefix}{key}", whole=whole) for key, value in settings.items()}
    return kind(**made)


def hints(kind: Any) -> Mapping[str, Any]:
    """The types of a dataclass's fields."""
    told = typing.get_type_hints(kind)
    return {field.name: told[field.name] for field in dataclasses.fields(kind)}


def paths(kind: type, settings: Mapping[str, Any]) -> dict[str, Path]:
    """Those of the settings that are files: their content decides a result, and not where they lie."""
    known = hints(kind)
    files = {key for key, hint in known.items() if Path in (hint, *typing.get_args(hint))}
    return {key: Path(value) for key, value in settings.items() if key in files and value}


def fit(value: Any, hint: Any, key: str, *, whole: bool = False) -> Any:
    """One value as its field has it: a number, a text, a flag, a file, several of one of these, or a group.

    `whole`: a whole number stays one where any number may stand, as recipes have it: 6 and 6.0 are one value
    and two texts, and keys are made from the text.
    """
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        found = tuple(fit(one, inside[0], key, whole=whole) for one in _several(value, inside[0], key))
        if not whole and inside[0] in WORDS and len(set(found)) < len(found):
            twice = max(found, key=found.count)
            raise UserError(f"{key}: {jsonfile.shown(twice)} is there twice. Name each once.")
        return found
    if origin is Literal:
        if not any(type(value) is type(one) and value == one for one in inside):
            raise unknown(f"value of {key}", str(value), [str(one) for one in inside])
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in inside:
            return None
        return fit(value, _member(value, inside), key, whole=whole)
    if origin is dict or dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise UserError(f"{key} must be a group of settings, not {value!r:.60}")
        if origin is dict:
            return {name: fit(one, inside[1], f"{key}.{name}", whole=whole) for name, one in value.items()}
        return fitted(hint, value, key, whole=whole)
    return _single(value, hint, key, whole)


def _single(value: Any, hint: Any, key: str, whole: bool) -> Any:
    if hint is Path:
        return _file(value, key)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not abs(value) <= sys.float_info.max:  # NaN, or larger than any float
            raise UserError(f"{key} must be a finite number, not {value!r:.60}")
        return value if whole else float(value) or 0.0  # -0.0 is 0.0, and would be another key
    if hint in WORDS and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise UserError(f"{key} must be {WORDS[hint]}, not {value!r:.60}")
    if hint is int and not -_LARGEST <= value <= _LARGEST:
        raise UserError(f"{key} must be a whole number of at most 18 digits, not {str(value)[:40]}")
    return _text(value, key) if hint is str else value


def _text(value: str, key: str) -> str:
    """A text that can be written down and shown: no control characters, no halves of characters."""
    if len(value) > _LETTERS:
        raise UserError(f"{key} is a text of {len(value):,} letters; {_LETTERS:,} are taken")
    odd = [one for one in value if one not in "\n\t" and unicodedata.category(one) in ("Cc", "Cs")]
    if odd:
        raise UserError(f"{key} holds {odd[0]!a}, which no text of a setting has: leave it out")
    return value


def _member(value: Any, inside: tuple[Any, ...]) -> Any:
    """The one of several types that a value is meant to be: of dataclasses that which has its fields."""
    kinds = [one for one in inside if one is not type(None)]
    if not isinstance(value, Mapping) or not all(map(dataclasses.is_dataclass, kinds)):
        return kinds[0]
    return max(kinds, key=lambda kind: len(hints(kind).keys() & value.keys()))


def _several(value: Any, inside: Any, key: str) -> list[Any]:
    if isinstance(value, str) and inside is not str:
        cure = f"Give numbers with commas, as in {key}=1,4."
        return [jsonfile.literal(one, f"{one[:40]!r}", cure) for one in value.split(",")]
    if isinstance(value, str):
        return [one.strip() for one in value.split(",")]
    return list(value) if isinstance(value, list | tuple) else [value]


def _file(value: Any, key: str) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip():
        raise UserError(f"{key} must be the path of a file, not {value!r:.60}")
    path = Path(_text(str(value), key)).expanduser()
    if not os.path.isfile(path):  # false, too, where a name is too long to be one
        raise UserError(f"{key}={value}: there is no such file")
    return path
