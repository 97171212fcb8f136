"""Methods, attacks, metrics, picture sources and recipes of the user's own: from a file or a package.

A plugin is a Python module with one or more of these tables, name -> class, metric or function:

    METHODS = {"ceiling": Ceiling}     ATTACKS = {"mine": Mine}     METRICS = [AnswerMetric(...)]
    SOURCES = {"comic": Comic}         RECIPES = {"mine": recipe}

It is a file (`--plugin FILE.py`), or a module that an installed package names under the entry point
`remem.plugins` (`--plugin NAME`). REMEM_PLUGINS names some for good, with commas. Its code is part of what a
step is known by. Whoever goes on with a folder that was made with a plugin names it again: what came with a
folder is never executed.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from remem.errors import UserError, unknown
from remem.steps.code import file_syntax, syntax_digest

GROUP, VARIABLE = "remem.plugins", "REMEM_PLUGINS"
TABLES = ("METHODS", "ATTACKS", "METRICS", "SOURCES", "RECIPES")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DASHED = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Plugin:
    """One that is loaded."""

    name: str  # the file's stem, or the entry point's name
    where: str  # what --plugin said
    module: str
    code: str  # digest of its syntax
    adds: tuple[str, ...]  # "method ceiling", "metric brevity", ...


LOADED: dict[str, Plugin] = {}  # by what --plugin said


def load(wanted: Sequence[str]) -> None:
    """Loads plugins, each once. UserError for one that is not there, is broken, adds nothing, or takes a name
    that is taken."""
    for where in wanted:
        where = str(Path(where).expanduser().absolute()) if where.endswith(".py") else where
        if where not in LOADED:
            LOADED[where] = _load(where)


def named(options: Sequence[str]) -> list[str]:
    """What the user names, in options and in REMEM_PLUGINS."""
    always = [one.strip() for one in os.environ.get(VARIABLE, "").split(",")]
    return list(dict.fromkeys(filter(None, (*always, *options))))


def installed() -> dict[str, EntryPoint]:
    """What installed packages offer, by name; nothing of it is imported."""
    return {one.name: one for one in entry_points(group=GROUP)}


def code_of(kind: str, name: str) -> str:
    """Digest of the plugin that adds this ("method", "ceiling"); "" where it is remem's own."""
    return next((one.code for one in LOADED.values() if f"{kind} {name}" in one.adds), "")


def check_named(record: Mapping[str, Any]) -> None:
    """UserError where a run folder was made with a plugin that nobody named now."""
    for one in record.get("plugins") or ():
        adds = set(one.get("adds") or ())
        if not any(adds <= set(there.adds) for there in LOADED.values()):
            raise UserError(
                f"this run was made with the plugin {one.get('name')} ({', '.join(sorted(adds))}), and what "
                "comes with a folder is never executed: name it again, with --plugin FILE.py or --plugin NAME"
            )


def told() -> list[dict[str, Any]]:
    """What run.json says of the plugins that are loaded."""
    return [
        {"name": one.name, "file": one.where.endswith(".py"), "code": one.code, "adds": list(one.adds)}
        for one in sorted(LOADED.values(), key=lambda one: one.name)
    ]


def _load(where: str) -> Plugin:
    if where.endswith(".py"):
        path = Path(where)
        if not path.is_file():
            raise UserError(f"--plugin {where}: there is no such file")
        module, name_of = _from_file(path), path.stem
        code = file_syntax(path)
    else:
        known = installed()
        if where not in known and not known:
            raise UserError(f"--plugin {where}: no package offers a plugin here, and a file ends in .py")
        if where not in known:
            raise unknown("plugin (a file ends in .py)", where, known)
        module, name_of = _imported(where, lambda: importlib.import_module(known[where].module)), where
        code = syntax_digest(known[where].module)
    found = [(table, name, one) for table in TABLES for name, one in _listed(table, module, where).items()]
    if not found:
        raise UserError(f"--plugin {where}: it adds nothing. Give it one of the tables {', '.join(TABLES)}")
    for table, name, one in found:
        _check(table, name, one, module, where)
    for table, name, one in found:  # all of it, or nothing
        _register(table, name, one, module)
    return Plugin(name_of, where, module.__name__, code, tuple(f"{_kind(t)} {n}" for t, n, _ in found))


def _from_file(path: Path) -> ModuleType:
    name = f"remem_plugin_{re.sub(r'[^0-9A-Za-z_]', '_', path.stem)}"
    if name in sys.modules and sys.modules[name].__file__ != str(path):
        raise UserError(f"--plugin {path}: another plugin has the name {path.stem}: rename the file")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        return _imported(str(path), lambda: _run(spec.loader, module))
    except UserError:
        del sys.modules[name]
        raise


def _run(loader: Any, module: ModuleType) -> ModuleType:
    loader.exec_module(module)
    return module


def _imported(where: str, work: Callable[[], ModuleType]) -> ModuleType:
    try:
        return work()
    except UserError:
        raise
    except Exception as problem:  # whatever is wrong with the user's own code
        raise UserError(
            f"--plugin {where} cannot be loaded: {type(problem).__name__}: {problem}"
        ) from problem


def _kind(table: str) -> str:
    return table[:-1].lower()


def _listed(table: str, module: ModuleType, where: str) -> dict[str, Any]:
    """What a table of a plugin names."""
    given = getattr(module, table, {})
    if table == "METRICS" and isinstance(given, list | tuple):
        given = {getattr(one, "key", ""): one for one in given}
    if not isinstance(given, dict):
        form = "a list of AnswerMetric" if table == "METRICS" else "a dictionary, name to what it names"
        raise UserError(f"--plugin {where}: {table} must be {form}")
    return given


def _check(table: str, name: Any, one: Any, module: ModuleType, where: str) -> None:
    kind, form = _kind(table), _DASHED if table == "RECIPES" else _NAME
    if not isinstance(name, str) or not form.fullmatch(name):
        raise UserError(f"--plugin {where}: {name!r} cannot be the name of a {kind}: take small letters")
    if name in _registry(table):
        owner = next((it.where for it in LOADED.values() if f"{kind} {name}" in it.adds), "remem itself")
        raise UserError(f"--plugin {where}: the {kind} {name} is there already ({owner}): rename it")
    if table == "METRICS":
        from remem.scoring.metrics import Metric

        if not isinstance(one, Metric):
            raise UserError(f"--plugin {where}: METRICS holds {one!r:.60}, which is no AnswerMetric")
    elif table == "RECIPES":
        if not callable(one):
            raise UserError(f"--plugin {where}: the recipe {name} must be a function that returns a Run")
    elif not isinstance(one, type) or one.__module__ != module.__name__:
        raise UserError(f"--plugin {where}: {table} must name classes of its own file, and {name} is no such")
    elif table in ("METHODS", "ATTACKS") and not is_dataclass(one):
        raise UserError(
            f"--plugin {where}: the {kind} {name} must be a dataclass: its fields are its settings"
        )


def _registry(table: str) -> Any:
    from remem import attacks, methods
    from remem.data.images import SOURCES
    from remem.run.recipes import RECIPES
    from remem.scoring.metrics import all_metrics

    every = {one.key: one for one in all_metrics()}
    rooms = (methods.METHODS, attacks.ATTACKS, every, SOURCES, RECIPES)
    return dict(zip(TABLES, rooms, strict=True))[table]


def _register(table: str, name: str, one: Any, module: ModuleType) -> None:
    from remem import attacks, methods
    from remem.data.images import SOURCES
    from remem.run.recipes import RECIPES
    from remem.scoring import metrics

    if table == "METRICS":
        metrics.register(one)
    elif table in ("SOURCES", "RECIPES"):
        (SOURCES if table == "SOURCES" else RECIPES)[name] = one
    else:
        (methods if table == "METHODS" else attacks).register(name, one, module.__name__)
