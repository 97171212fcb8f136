"""Where things lie on this machine: kept beside run.json, and no part of it: a run can be passed on."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from remem import jsonfile
from remem.data.general import GENERAL
from remem.models import NAMED
from remem.steps.folders import write_atomic

FILE = "places.json"  # in the run folder
# Settings that may hold a path, and the option that says where it lies now.
PLACES = {
    "data": "--data",
    "model.name": "--model",
    "build.picture_folder": "--set build.picture_folder=",
    "build.pipeline.name": "--set build.pipeline.name=",
    "build.data": "--set build.data=",
    "evaluate.world": "--set evaluate.world=",
    "given.*.source": "--base, --taught, --goal or --model NAME= of remem assess, into the same --out",
    "forget.methods.*.settings.?": "--set METHOD.SETTING=",  # those that are files
}
_WORDS = {"", "auto", "none", GENERAL, *NAMED}


def local(value: str) -> bool:
    """Whether a setting names a place on this machine, and not a hub id or a word."""
    if value in _WORDS:
        return False
    return Path(value).exists() or value.startswith((".", "/", "~")) or value.count("/") != 1


def portable(config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """A run as JSON values with names in place of paths; and the paths, absolute, by setting."""
    found: dict[str, str] = {}
    told = copy.deepcopy(dict(config))
    for group, name, key in _places(told):
        if local(group[name]):
            found[key] = str(Path(group[name]).expanduser().absolute())
            group[name] = Path(found[key]).name
    return told, found


def located(config: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """The run of `portable` with its paths again."""
    told = copy.deepcopy(dict(config))
    for group, name, key in _places(told, places):
        if key in places:
            group[name] = places[key]
    return told


def _places(config: dict[str, Any], known: Collection[str] = ()) -> Iterator[tuple[dict[str, Any], str, str]]:
    """(group, name, key) of each setting that may hold a path; in a list, its place in it for the star."""
    for key in PLACES:
        *above, last = key.split(".")
        for path, group in _groups(config, above):
            for name in (list(group) if last == "?" else [last]) if isinstance(group, dict) else ():
                found = ".".join((*path, name))
                if isinstance(group.get(name), str) and (last != "?" or found in known or _file(group[name])):
                    yield group, name, found


def _file(value: str) -> bool:
    """Whether a method's setting is a path, and no text that happens to hold a slash."""
    return "/" in value and Path(value).expanduser().exists()


def _groups(group: Any, above: list[str]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not above:
        yield (), group
    elif above[0] == "*":
        for number, one in enumerate(group if isinstance(group, list) else ()):
            yield from (((str(number), *path), found) for path, found in _groups(one, above[1:]))
    elif isinstance(group, dict):
        yield from (((above[0], *path), found) for path, found in _groups(group.get(above[0]), above[1:]))


def _option(key: str) -> str:
    plain = re.sub(r"\.\d+\.", ".*.", key)
    return PLACES.get(plain) or PLACES[f"{plain.rpartition('.')[0]}.?"]


def write(root: Path, places: Mapping[str, str]) -> None:
    """places.json, for this machine alone."""
    write_atomic(root / FILE, json.dumps(dict(places), indent=2, sort_keys=True) + "\n")


def read(root: Path) -> dict[str, str]:
    """What places.json says; empty where there is none, as in a run that came from elsewhere."""
    if not (root / FILE).exists():
        return {}
    cure = "Delete it, and say with --data and --model where they lie."
    return jsonfile.read(root / FILE, dict[str, str], cure)


def missing(config: Mapping[str, Any], places: Mapping[str, str]) -> list[str]:
    """Which settings name a place that is not there now, with the option to say where it is."""
    told = located(config, places)
    return [
        f"{key} ({group[name]}): {_option(key)}"
        for group, name, key in _places(told, places)
        # Of given models it is that of the first of them, and nobody says it.
        if not (key == "model.name" and told.get("given"))
        and (key in places or group[name] not in _WORDS)
        and local(group[name])
        and not Path(group[name]).exists()
    ]
