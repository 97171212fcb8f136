"""Settings as a user writes them, `key=value`, put into a run or any part of one."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple, TypeVar

from remem import jsonfile
from remem.attacks import ATTACKS, QUICK
from remem.errors import UserError, unknown
from remem.fitted import fit, hints
from remem.methods import METHODS
from remem.run.settings import Run
from remem.settings import Adapt, Attacking, Train, Unlearn

T = TypeVar("T")


class Value(NamedTuple):
    """A value as it was given, and the text that it was given in on a command line."""

    value: Any
    text: str | None = None


def override(run: Run, settings: Sequence[str]) -> Run:
    """The run with `key=value` settings applied; keys are dotted paths into `Run`.

    `methods=ga,npo` chooses the competitors. `npo.beta=0.2` sets a method's own setting, `npo.lr=1e-4` a
    field of `Train` and `npo.language=lora` one of `Adapt` for that method alone, and `bgd.tasks=both` the
    tasks that it runs on.
    `attacks=quick` and `relearn.lr=1e-3` do the same for attacks.
    """
    return put(run, _pairs(settings))


def put(run: Run, values: Iterable[tuple[str, Value]]) -> Run:
    """The run with values by their dotted keys, in this order."""
    for key, given in values:
        run = _put(run, key, given)
    return run


def pair(key: str, value: Any) -> str:
    """A setting as --set takes it."""
    return f"{key}={value if isinstance(value, str) else json.dumps(value)}"


def check_group(run: Run, key: str) -> None:
    """UserError for what is no group of settings, such as an empty table's name."""
    inner: Any = run
    if key in METHODS or key in ATTACKS:
        return
    for name in key.split("."):
        if not is_dataclass(inner) or name not in {one.name for one in fields(inner)}:
            raise unknown("group of settings", key, [one.name for one in fields(run)])
        inner = getattr(inner, name)
    if not is_dataclass(inner):
        raise UserError(f"{key} is a single setting, and an empty table gives it no value: leave it out")


def change(value: T, settings: Sequence[str]) -> T:
    """Any dataclass of settings with `key=value` settings applied."""
    for key, given in _pairs(settings):
        value = _set(value, key.split("."), given, key)
    return value


def _pairs(settings: Sequence[str]) -> Iterator[tuple[str, Value]]:
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key.strip():
            raise UserError(f"--set takes key=value, not {setting!r:.60}: for example --set learn.lr=0.001")
        yield key.strip(), Value(_value(text.strip()), text.strip())


def _put(run: Run, key: str, given: Value) -> Run:
    head, _, rest = key.partition(".")
    if head in ("recipe", "given"):  # these are named, and not set
        raise unknown("setting", key, {one.name for one in fields(run)} - {"recipe", "given"})
    if key in ("methods", "forget.methods"):
        return replace(run, forget=replace(run.forget, methods=_choose(run.forget.methods, given)))
    if key in ("attacks", "attacks.each"):
        return replace(run, attacks=replace(run.attacks, each=_chosen(run.attacks.each, given)))
    if head in ATTACKS:
        return replace(run, attacks=replace(run.attacks, each=_aim(run.attacks.each, head, rest, given)))
    if head in METHODS:
        return replace(run, forget=replace(run.forget, methods=_tune(run.forget.methods, head, rest, given)))
    changed: Run = _set(run, key.split("."), given, key)
    return changed


def _names(given: Value, key: str) -> list[str]:
    """Names with commas between, or a list of them."""
    value = given.value if isinstance(given.value, list) else given.text or given.value
    return [name for name in fit(value, tuple[str, ...], key) if name]


def _chosen(present: tuple[Attacking, ...], given: Value) -> tuple[Attacking, ...]:
    """By name, "all" for every attack one by one, "none" for none. Those present keep their settings."""
    asked = _names(given, "attacks")
    if asked == ["none"]:
        return ()
    if not asked:
        raise UserError("attacks= names no attack: give at least one, as in --set attacks=quick, or none")
    every = [name for name in ATTACKS if name != QUICK]
    names = [one for name in asked for one in (every if name == "all" else [name])]
    for name in names:
        if name == "none":
            raise UserError(f"attacks={','.join(asked)}: none stands alone, beside others it says nothing")
        if name not in ATTACKS:
            raise unknown("attack", name, [*ATTACKS, "all", "none"])
    known: dict[str, list[Attacking]] = {}
    for one in present:
        known.setdefault(one.attack, []).append(one)
    return tuple(one for name in dict.fromkeys(names) for one in known.get(name, [Attacking(attack=name)]))


def _aim(present: tuple[Attacking, ...], attack: str, key: str, given: Value) -> tuple[Attacking, ...]:
    if attack not in {one.attack for one in present}:
        raise UserError(f"this run does not use {attack}: add it with --set attacks=...,{attack}")
    return tuple(
        replace(one, settings=one.settings | {key: given.value}) if one.attack == attack else one
        for one in present
    )


def _choose(present: tuple[Unlearn, ...], given: Value) -> tuple[Unlearn, ...]:
    known = {one.method: one for one in present}
    names = _names(given, "methods")
    for name in names:
        if name not in METHODS:
            raise unknown("method", name, METHODS)
    if not names:
        raise UserError("methods= names no method: give at least one, as in --set methods=npo")
    return tuple(known.get(name, Unlearn(method=name)) for name in dict.fromkeys(names))


def _tune(present: tuple[Unlearn, ...], method: str, key: str, given: Value) -> tuple[Unlearn, ...]:
    if method not in {one.method for one in present}:
        raise UserError(f"this run does not use {method}: add it with --set methods=...,{method}")
    training, adapting, tuned = hints(Train), hints(Adapt), []
    for one in present:
        if one.method == method and key == "tasks":
            one = replace(one, tasks=tuple(_names(given, f"{method}.tasks")))
        elif one.method == method and key in training:
            one = replace(one, train=one.train | {key: _fit(given, training[key], f"{method}.{key}")})
        elif one.method == method and key in adapting:
            one = replace(one, adapt=one.adapt | {key: _fit(given, adapting[key], f"{method}.{key}")})
        elif one.method == method:
            one = replace(one, settings=one.settings | {key: given.value})
        tuned.append(one)
    return tuple(tuned)


def _set(value: Any, path: list[str], new: Value, key: str) -> Any:
    names = [f.name for f in fields(value)]
    if path[0] not in names:
        raise unknown("setting", key, [".".join([*key.split(".")[: -len(path)], name]) for name in names])
    inner = getattr(value, path[0])
    if len(path) > 1:
        if not is_dataclass(inner):
            raise UserError(f"{key}: {path[0]} is a single value and has no parts")
        return replace(value, **{path[0]: _set(inner, path[1:], new, key)})
    if is_dataclass(inner):
        inside = ", ".join(f.name for f in fields(inner))
        raise UserError(f"{key} is a group of settings: choose one of its parts ({inside})")
    return replace(value, **{path[0]: _fit(new, hints(type(value))[path[0]], key)})


def _value(text: str) -> Any:
    return jsonfile.literal(text, f"{text[:40]!r}", "Give a number, a text or a list, as in KEY=VALUE.")


def _fit(given: Value, hint: Any, key: str) -> Any:
    """The value as the field's type has it. Where texts go, a number of a command line is one: `data=7`."""
    value, inside = given.value, typing.get_args(hint)
    none = value is None and type(None) in inside
    if given.text is not None and str in (hint, *inside) and not isinstance(value, str | list) and not none:
        value = given.text
    return fit(value, hint, key)
