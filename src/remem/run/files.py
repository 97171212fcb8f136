"""A recipe of the user's own in a file: a recipe's name, and what is other than in it.

    recipe = "demo"
    methods = ["npo", "gd"]

    [learn]
    lr = 1e-3

    [npo]
    beta = 0.2

It is TOML: values of these types and nothing that is executed. Keys are those of --set, nested or with dots.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from remem import tomlfile
from remem.errors import UserError
from remem.run.overrides import Value, check_group, put
from remem.run.recipes import RECIPES, recipe
from remem.run.settings import Run

ENDING = ".toml"
_FIRST = ("methods", "forget.methods", "attacks", "attacks.each")  # their settings can come after them only
_CURE = 'Give a recipe and settings, as recipe = "demo" and learn.lr = 1e-3.'


def run_of(path: Path) -> Run:
    """The run that a recipe file asks for. UserError that names the file and what in it is wrong."""
    told = tomlfile.read(path, _CURE)
    name = told.pop("recipe", None)
    if not isinstance(name, str):
        known = ", ".join(RECIPES)
        raise UserError(f'{path}: it names no recipe to begin with: recipe = "demo", or another of {known}')
    try:
        pairs = sorted(_flat(told, ""), key=lambda pair: pair[0] not in _FIRST)
        made = put(recipe(name), pairs)
        for group in _empty(told, ""):
            check_group(made, group)
        return made
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def _flat(group: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Value]]:
    for key, value in group.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            _check(f"{prefix}{key}", value)
            yield f"{prefix}{key}", Value(value)


def _check(key: str, value: Any) -> None:
    """UserError for what TOML has and settings have not."""
    if isinstance(value, datetime.date | datetime.time):
        raise UserError(f"{key} must be a text or a number, and no date or time: set it in quotation marks")
    for one in value if isinstance(value, list) else ():
        _check(key, one)


def _empty(group: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """The tables without a setting in them."""
    for key, value in group.items():
        if isinstance(value, Mapping):
            yield from _empty(value, f"{prefix}{key}.") if value else (f"{prefix}{key}",)
