"""Every setting of a recipe: by its dotted name its value, what it takes and what it means."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from remem.cli.fields import Field, of_class
from remem.cli.fields import fields as read
from remem.errors import UserError, unknown

if TYPE_CHECKING:
    from remem.run.settings import Run

HEADINGS = ("setting", "value", "takes", "meaning")
Row = tuple[str, Any, str, str]
LISTED = {"forget.methods": "methods", "attacks.each": "attacks"}  # those that have names of their own


def listed(words: Sequence[str]) -> list[Row]:
    """The rows of `remem list settings [RECIPE] [PREFIX ...]`; without a recipe the demo's.

    UserError where a prefix begins no setting.
    """
    from remem.cli.request import base_of
    from remem.run.recipes import RECIPES

    own = bool(words) and (words[0] in RECIPES or words[0].endswith(".toml"))
    run, prefixes = base_of(words[0] if own else "demo"), words[own:]
    rows = list(of_run(run))
    if not prefixes:
        return rows
    every = [*rows, *_others(run)]
    chosen = [row for row in every if any(_begins(row[0], prefix) for prefix in prefixes)]
    for prefix in prefixes:
        if not any(_begins(row[0], prefix) for row in every):
            raise _unknown(prefix, [row[0] for row in every], () if own else RECIPES)
    return chosen


def _unknown(prefix: str, names: Sequence[str], recipes: Iterable[str]) -> UserError:
    """Names those of its group where there is such a group, else the groups."""
    head, dot, _ = prefix.partition(".")
    group = [name for name in names if dot and _begins(name, head)]
    if group:
        return unknown("setting", prefix, group)
    kind = "recipe or setting" if recipes else "setting"
    return unknown(kind, prefix, {*(name.partition(".")[0] for name in names), *recipes})


def _begins(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix.rstrip('.')}.")


def of_run(run: Run) -> Iterator[Row]:
    """The settings of a run, then those of its methods and attacks."""
    yield from _of(run, "")
    for one in run.forget.methods:
        own = {"train": one.train, "adapt": one.adapt}
        yield from _settings("methods", one.method, one.settings)
        for group, kind in (("train", type(run.forget.train)), ("adapt", type(run.model.adapt))):
            said = of_class(kind)
            for key, value in own[group].items():
                meaning = f"{said[key].text}; for {one.method} alone"
                yield f"{one.method}.{key}", value, said[key].takes, meaning
    for attacking in run.attacks.each:
        yield from _settings("attacks", attacking.attack, attacking.settings)


def _of(value: Any, prefix: str) -> Iterator[Row]:
    said = of_class(type(value))
    for field in fields(value):
        name, inner = f"{prefix}{field.name}", getattr(value, field.name)
        if name in ("recipe", "given"):  # no settings: a recipe is named, models are given
            continue
        if is_dataclass(inner):
            yield from _of(inner, f"{name}.")
        elif name in LISTED:
            names = [getattr(one, "method", "") or one.attack for one in inner]
            yield LISTED[name], list(dict.fromkeys(names)), "names, commas between", said[field.name].text
        else:
            shown = list(inner) if isinstance(inner, tuple) else inner
            yield name, shown, said[field.name].takes, said[field.name].text


def _settings(room: str, name: str, changed: dict[str, Any]) -> Iterator[Row]:
    for one in _declared(room, name):
        value = changed[one.name] if one.name in changed else _default(room, name, one)
        yield f"{name}.{one.name}", value, one.takes, one.text


def _declared(room: str, name: str) -> list[Field]:
    from remem import attacks, methods

    if room == "methods":
        return read(methods.body(name), methods.source(name))
    return [one for body, source in attacks.classes(name) for one in read(body, source)]


def _default(room: str, name: str, field: Field) -> Any:
    """As a value. Where it is written as a name its class is imported, which takes torch."""
    try:
        found = ast.literal_eval(field.default)
    except (ValueError, SyntaxError):
        from remem.attacks import make as attack
        from remem.methods import make as method

        found = getattr((method if room == "methods" else attack)(name, {}), field.name)
    return list(found) if isinstance(found, tuple) else found


def _others(run: Run) -> Iterator[Row]:
    """The settings of methods and attacks that the run does not use."""
    from remem.attacks import ATTACKS
    from remem.methods import METHODS

    used = {one.method for one in run.forget.methods} | {one.attack for one in run.attacks.each}
    for room, names in (("methods", METHODS), ("attacks", ATTACKS)):
        for name in names:
            if name not in used:
                yield from _settings(room, name, {})
