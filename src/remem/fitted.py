"""Settings of methods and attacks as the fields of their dataclass have them."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from remem import jsonfile
from remem.errors import UserError, unknown

T = TypeVar("T")
_WORDS = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}


def fitted(kind: type[T], settings: Mapping[str, Any], name: str, *, whole: bool = False) -> T:
    """A dataclass of settings made from what the user gave: numbers, texts, flags, paths, or several of one.

    `whole`: a whole number stays one where any number may stand, as the keys of methods' runs have it.
    UserError that names the nearest setting, or says what a value must be.
    """
    known = hints(kind)
    for key in settings:
        if key not in known:
            raise unknown(f"setting of {name}", key, known)
    made = {key: fit(value, known[key], f"{name}.{key}") for key, value in settings.items()}
    if whole:
        made |= {key: value for key, value in settings.items() if type(value) is int and made[key] == value}
    return kind(**made)


def hints(kind: type) -> dict[str, Any]:
    """The types of a dataclass's fields."""
    told = typing.get_type_hints(kind)
    return {field.name: told[field.name] for field in dataclasses.fields(kind)}


def paths(kind: type, settings: Mapping[str, Any]) -> dict[str, Path]:
    """Those of the settings that are files: their content decides a result, and not where they lie."""
    known = hints(kind)
    files = {key for key, hint in known.items() if Path in (hint, *typing.get_args(hint))}
    return {key: Path(value) for key, value in settings.items() if key in files and value}


def fit(value: Any, hint: Any, key: str) -> Any:
    """One value as its field has it: a number, a text, a flag, a file, or several of one of these."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return tuple(fit(one, inside[0], key) for one in _several(value, inside[0], key))
    if origin is Literal:
        if value not in inside:
            raise unknown(f"value of {key}", str(value), [str(one) for one in inside])
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in inside:
            return None
        return fit(value, next(one for one in inside if one is not type(None)), key)
    if hint is Path:
        return _file(value, key)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise UserError(f"{key} must be a finite number, not {value!r}")
        return float(value)
    if hint in _WORDS and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise UserError(f"{key} must be {_WORDS[hint]}, not {value!r}")
    return value


def _several(value: Any, inside: Any, key: str) -> list[Any]:
    if isinstance(value, str) and inside is not str:
        cure = f"Give numbers with commas, as in {key}=1,4."
        return [jsonfile.literal(one, f"{one[:40]!r}", cure) for one in value.split(",")]
    if isinstance(value, str):
        return [one.strip() for one in value.split(",")]
    return list(value) if isinstance(value, list | tuple) else [value]


def _file(value: Any, key: str) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip():
        raise UserError(f"{key} must be the path of a file, not {value!r}")
    path = Path(value).expanduser()
    if not path.is_file():
        raise UserError(f"{key}={value}: there is no such file")
    return path
