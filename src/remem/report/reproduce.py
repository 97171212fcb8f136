"""The command that makes a run again: its recipe, and whatever differs from it as `--set`."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from remem.report.read import RunRecord
from remem.run.overrides import pair
from remem.run.recipes import RECIPES
from remem.run.settings import Run
from remem.settings import ModelSettings, plain


def command(run: RunRecord, given: Callable[[Run], Run] = lambda run: run, *more: str) -> str:
    """For the command line; without a record of what was asked for, the recipe alone.

    `given`: what the options `more` make of the recipe, so that it need not be said again.
    """
    parts = ["remem", "run", run.recipe, *more]
    asked = run.request.get("run")
    taught = _taught(asked) if asked and run.recipe in RECIPES else ""
    if asked and asked.get("given") and not taught:
        return shlex.join(["remem", "assess", *_given(asked)])
    if asked and run.recipe in RECIPES:
        base = plain(given(RECIPES[run.recipe]()))
        if taught:
            parts += ["--data", asked["data"], "--taught", taught]
            base |= {key: asked[key] for key in ("data", "given")}
            base["model"] |= {key: asked["model"][key] for key in ("name", "rehearse")}
        for setting in differences(base, asked):
            parts += ["--set", setting]
    for name in run.plugins:
        parts += ["--plugin", name]
    gate = run.request.get("ignore_gate") and not taught
    return shlex.join(parts + (["--ignore-gate"] if gate else []))


def _taught(asked: dict[str, Any]) -> str:
    """The one model that a recipe took as taught, if it was given one."""
    given = asked.get("given", [])
    return given[0]["source"] if [one["role"] for one in given] == ["taught"] else ""


def _given(asked: dict[str, Any]) -> Iterator[str]:
    """The options of remem assess; a path is the name that its folder had."""
    yield from ("--data", asked["data"])
    for one in asked["given"]:
        name = f"{one['label']}=" if one["label"] else ""
        yield from (f"--{'model' if name else one['role']}", f"{name}{one['source']}")
    usual = plain(replace(Run(recipe="assess"), model=ModelSettings(rehearse=0.0)))
    for setting in _values(usual, asked, ""):
        key = setting.partition("=")[0]
        if key == "attacks.each":
            yield from ("--attacks", ",".join(one["attack"] for one in asked["attacks"]["each"]) or "none")
        elif key not in ("data", "given", "model.name"):
            yield from ("--set", setting)


def differences(base: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """The `key=value` settings that turn `base` into `asked` (`run.overrides.override`), as JSON values."""
    return [*_methods(base, asked), *_values(base, asked, "")]


def _methods(base: dict[str, Any], asked: dict[str, Any]) -> Iterator[str]:
    before = {one["method"]: one for one in base["forget"]["methods"]}
    after = {one["method"]: one for one in asked["forget"]["methods"]}
    if list(before) != list(after):
        yield "methods=" + ",".join(after)
    for method, one in after.items():
        old = before.get(method, {})
        if old.get("tasks", []) != one.get("tasks", []):
            yield f"{method}.tasks={','.join(one['tasks'])}"
        for group in ("settings", "train", "adapt"):
            for key, value in one.get(group, {}).items():
                if old.get(group, {}).get(key) != value:
                    yield pair(f"{method}.{key}", value)


def _values(base: dict[str, Any], asked: dict[str, Any], path: str) -> Iterator[str]:
    for key, value in asked.items():
        where = f"{path}{key}"
        if where in ("recipe", "forget.methods") or base.get(key) == value:
            continue
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            yield from _values(base[key], value, f"{where}.")
        else:
            yield pair(where, value)
