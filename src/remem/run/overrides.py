"""Settings as a user writes them, `key=value`, put into a run or any part of one."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

from remem import jsonfile
from remem.attacks import ATTACKS, QUICK
from remem.errors import UserError, unknown
from remem.methods import METHODS
from remem.run.settings import Run
from remem.settings import Adapt, Attacking, Train, Unlearn

T = TypeVar("T")


def override(run: Run, settings: Sequence[str]) -> Run:
    """The run with `key=value` settings applied; keys are dotted paths into `Run`.

    `methods=ga,npo` chooses the competitors. `npo.beta=0.2` sets a method's own setting, `npo.lr=1e-4` a
    field of `Train` and `npo.language=lora` one of `Adapt` for that method alone, and `bgd.tasks=both` the
    tasks that it runs on.
    `attacks=quick` and `relearn.lr=1e-3` do the same for attacks.
    """
    for key, text in _pairs(settings):
        run = _override(run, key, text)
    return run


def change(value: T, settings: Sequence[str]) -> T:
    """Any dataclass of settings with `key=value` settings applied."""
    for key, text in _pairs(settings):
        value = _set(value, key.split("."), _value(text), key)
    return value


def _pairs(settings: Sequence[str]) -> Iterator[tuple[str, str]]:
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise UserError(f"--set takes key=value, not {setting!r}: for example --set learn.lr=0.001")
        yield key.strip(), text.strip()


def _override(run: Run, key: str, text: str) -> Run:
    head, _, rest = key.partition(".")
    if key in ("methods", "forget.methods"):
        return replace(run, forget=replace(run.forget, methods=_choose(run.forget.methods, text)))
    if key in ("attacks", "attacks.each"):
        return replace(run, attacks=replace(run.attacks, each=_chosen(run.attacks.each, text)))
    if head in ATTACKS:
        return replace(run, attacks=replace(run.attacks, each=_aim(run.attacks.each, head, rest, text)))
    if head in METHODS:
        return replace(run, forget=replace(run.forget, methods=_tune(run.forget.methods, head, rest, text)))
    changed: Run = _set(run, key.split("."), _value(text), key)
    return changed


def _chosen(present: tuple[Attacking, ...], text: str) -> tuple[Attacking, ...]:
    """By name, "all" for every attack one by one, "none" for none. Those present keep their settings."""
    asked = [name.strip() for name in text.split(",") if name.strip()]
    if asked == ["none"]:
        return ()
    if not asked:
        raise UserError("attacks= names no attack: give at least one, as in --set attacks=quick, or none")
    every = [name for name in ATTACKS if name != QUICK]
    names = [one for name in asked for one in (every if name == "all" else [name])]
    for name in names:
        if name == "none":
            raise UserError(f"attacks={text}: none stands alone, beside others it says nothing")
        if name not in ATTACKS:
            raise unknown("attack", name, [*ATTACKS, "all", "none"])
    known: dict[str, list[Attacking]] = {}
    for one in present:
        known.setdefault(one.attack, []).append(one)
    return tuple(one for name in dict.fromkeys(names) for one in known.get(name, [Attacking(attack=name)]))


def _aim(present: tuple[Attacking, ...], attack: str, key: str, text: str) -> tuple[Attacking, ...]:
    if attack not in {one.attack for one in present}:
        raise UserError(f"this run does not use {attack}: add it with --set attacks=...,{attack}")
    value = _value(text)
    return tuple(
        replace(one, settings=one.settings | {key: value}) if one.attack == attack else one for one in present
    )


def _choose(present: tuple[Unlearn, ...], text: str) -> tuple[Unlearn, ...]:
    known = {one.method: one for one in present}
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in METHODS:
            raise unknown("method", name, METHODS)
    if not names:
        raise UserError("methods= names no method: give at least one, as in --set methods=npo")
    return tuple(known.get(name, Unlearn(method=name)) for name in dict.fromkeys(names))


def _tune(present: tuple[Unlearn, ...], method: str, key: str, text: str) -> tuple[Unlearn, ...]:
    if method not in {one.method for one in present}:
        raise UserError(f"this run does not use {method}: add it with --set methods=...,{method}")
    value, tuned = _value(text), []
    training, adapting = typing.get_type_hints(Train), typing.get_type_hints(Adapt)
    for one in present:
        if one.method == method and key == "tasks":
            one = replace(one, tasks=tuple(filter(None, map(str.strip, text.split(",")))))
        elif one.method == method and key in training:
            one = replace(one, train=one.train | {key: _fit(value, training[key], f"{method}.{key}")})
        elif one.method == method and key in adapting:
            one = replace(one, adapt=one.adapt | {key: _fit(value, adapting[key], f"{method}.{key}")})
        elif one.method == method:
            one = replace(one, settings=one.settings | {key: value})
        tuned.append(one)
    return tuple(tuned)


def _set(value: Any, path: list[str], new: Any, key: str) -> Any:
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
    return replace(value, **{path[0]: _fit(new, typing.get_type_hints(type(value))[path[0]], key)})


def _value(text: str) -> Any:
    return jsonfile.literal(text, f"{text[:40]!r}", "Give a number, a text or a list, as in KEY=VALUE.")


def _fit(value: Any, hint: Any, key: str) -> Any:
    """The value as the field's type has it; one clear error if it does not fit."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        if value not in inside:
            raise unknown(f"value of {key}", str(value), [str(one) for one in inside])
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in inside:
            return None
        return _fit(value, next(one for one in inside if one is not type(None)), key)
    if origin is tuple:
        values = value if isinstance(value, list) else [_value(v) for v in str(value).split(",")]
        return tuple(_fit(one, inside[0], key) for one in values)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is str and not isinstance(value, str):
        return json.dumps(value)
    if isinstance(hint, type) and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise UserError(f"{key} takes a {hint.__name__}, not {value!r}")
    return value
