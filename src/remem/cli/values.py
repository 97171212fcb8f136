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
    unused, heads = _unused(run), {prefix.partition(".")[0] for prefix in prefixes}
    for name in (name for name in unused if name in heads):
        rows += _settings(unused[name], name, {})
    chosen = [row for row in rows if any(_begins(row[0], prefix) for prefix in prefixes)]
    for prefix in prefixes:
        if not any(_begins(row[0], prefix) for row in rows):
            raise _unknown(prefix, [*(row[0] for row in rows), *unused], () if own else RECIPES)
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
    """As a value. Where it is made from what another file has, the class is imported, which takes torch."""
    from remem import attacks, methods

    file = (methods if room == "methods" else attacks).tree(name)
    try:
        found = _value(ast.parse(field.default, mode="eval").body, file)
    except (ValueError, StopIteration):
        make = methods.make if room == "methods" else attacks.make
        found = getattr(make(name, {}), field.name)
    return list(found) if isinstance(found, tuple) else found


def _value(node: ast.expr, file: ast.Module) -> Any:
    """Of what is written out, of a constant of the file, and of tuple(...) or len(...) of one."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tuple", "len"):
        inside = _value(node.args[0], file)
        return len(inside) if ast.unparse(node.func) == "len" else tuple(inside)
    if isinstance(node, ast.Name):
        lines = (one for one in file.body if isinstance(one, ast.Assign | ast.AnnAssign))
        named = (one.value for one in lines if one.value and node.id in map(ast.unparse, _targets(one)))
        return ast.literal_eval(next(named))
    return ast.literal_eval(node)


def _targets(line: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return line.targets if isinstance(line, ast.Assign) else [line.target]


def _unused(run: Run) -> dict[str, str]:
    """The methods and attacks that the run does not use, and the room of each."""
    from remem.attacks import ATTACKS
    from remem.methods import METHODS

    used = {one.method for one in run.forget.methods} | {one.attack for one in run.attacks.each}
    rooms = dict.fromkeys(METHODS, "methods") | dict.fromkeys(ATTACKS, "attacks")
    return {name: room for name, room in rooms.items() if name not in used}
