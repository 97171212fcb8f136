"""Settings that are broken: `--set`, recipe files and settings files of a tuning, up to where a run begins.

Accepted is a setting that has exactly the value that a second, strict reading of its text gives, while all
other settings are as they were.
"""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from fuzz.campaign import ACCEPTED, Case, Silent
from remem.cli.values import of_run
from remem.methods import METHODS
from remem.run import files
from remem.run.overrides import override
from remem.run.recipes import recipe
from remem.run.settings import Run, restore
from remem.settings import plain
from remem.steps.digests import canonical
from remem.story.claim import request_of
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.studies.tuning.chosen import SHIPPED, put, read
from remem.studies.tuning.space import spaces, trials

CASES = 2500
OF = ("tiny", "pebench-tiny", "demo")
_TEXTS = (
    *("[" * 100_000, "{" * 5_000, "1" * 100_000, "9" * 400, "9" * 90, "1e99999", "-1e99999", "1e308"),
    *("1e-400", "1_000", "０１", "٣", "+1", "0x10", "1.", ".5", "-0", "-0.0", "1e2", "1e5", "1" + "0" * 19),
    *("\ud800", '"\\ud800"', "\x00", "a\x00b", "\x1b[2J", "\u202e", "\ufeff", "n" * 100_000, "n/" * 50_000),
    *("", " ", "null", "true", "false", "True", "[]", "{}", "[null]", "[1,2", "[[1]]", '{"a":1}'),
    *('{"a":1,"a":2}', "NaN", "nan", "Infinity", "-1", "0", "1", "2", "3", "7", "0.1", "0.5", "1.5", "20"),
    *("100000000", "2000000000", "auto", "none", "all", ",", "a,b", "a,a", "1,2", "1,1", "1,x", "../../x"),
    *("/dev/zero", "~", "😀", '"a"', "'a'", "forget1", "forget1,forget2", "person", "both", "cosine", "full"),
    *("lora", "2031-01-01", "10:00:00"),
)
_KEYS = (
    *("", "=", ".", "..", "a", "a.b", "." * 100_000, "k" * 100_000, "learn.", ".learn", "learn..lr"),
    *("learn.lr.x", "learn", "npo", "npo.", "npo..", "npo.x", "npo.lr.x", "methods", "attacks"),
    *("attacks.each", "given", "recipe", "\x00", "\ud800.x", "learn.__class__", "build.pipeline"),
    *("LEARN.LR", "ｌearn.lr", "a." * 20_000 + "a"),
)
_ODD: Any = st.sampled_from(
    [None, True, 0, -1, 1.5, 1e18, "", "x", "0.5", [], {}, [None], {"a": 1}, 10**30, "\x00"]
)


def cases() -> st.SearchStrategy[Case]:
    key = st.one_of(*[st.sampled_from(sorted(_settings()))] * 6, st.sampled_from(_KEYS), st.text(max_size=6))
    value = st.one_of(
        st.sampled_from(_TEXTS),
        st.text(max_size=8),
        st.integers(-5, 200).map(str),
        st.floats(-2, 5).map(str),
    )
    common = {"of": st.sampled_from(OF), "key": key, "text": value}
    return st.one_of(
        st.fixed_dictionaries(common | {"form": st.just("set")}),
        st.fixed_dictionaries(common | {"form": st.just("file"), "quoted": st.booleans()}),
        st.fixed_dictionaries({"form": st.just("tuned"), "n": st.integers(0, 10_000), "to": _ODD}),
        st.fixed_dictionaries({"form": st.just("over"), "text": value, "key": key}),
    )


def run(case: Case, folder: Path) -> str:
    match case["form"]:
        case "set":
            before = _base(case["of"])
            after = override(before, [f"{case['key']}={case['text']}"])
            _begins(after)
            _same(before, after, case["key"].strip(), case["text"].strip(), _json(case["text"].strip()))
        case "file":
            before = recipe(case["of"])
            text = json.dumps(case["text"]) if case["quoted"] else case["text"]
            path = folder / "own.toml"
            whole = f'recipe = "{case["of"]}"\n{case["key"]} = {text}\n'
            path.write_bytes(whole.encode("utf-8", "surrogatepass"))
            after = files.run_of(path)
            _begins(after)
            _of_file(before, after, path)
        case "tuned":
            return _tuned(case, folder)
        case _:
            found = spaces(_base("tiny"), [f"{case['key']}={case['text']}"])
            for _, point in trials(_base("tiny"), found, 2).values():
                canonical(dict(point))
            return ACCEPTED
    return ACCEPTED


def _begins(asked: Run) -> None:
    """All that is done with settings before a run does anything."""
    asked.build.check()
    whole = resolve(asked)
    plan(whole, "")
    told = canonical(request_of(whole, False, ""))
    told.encode()
    if plain(restore(json.loads(told)["run"])) != plain(whole):
        raise Silent("run.json would not come back as it was written")


# -- the second reading -----------------------------------------------------------------------------------


def _same(before: Run, after: Run, key: str, text: str, value: Any) -> None:
    """Silent where anything else has changed, or it is not what its text says."""
    ours, theirs = dict(_leaves(plain(before), "")), dict(_leaves(plain(after), ""))
    if key in ("methods", "attacks", "forget.methods", "attacks.each", "forget.people"):
        return  # a choice: settings of others come and go
    changed = {place for place in ours.keys() | theirs.keys() if ours.get(place) != theirs.get(place)}
    last = key.rpartition(".")[2]
    for place in changed:
        if place != key and not place.endswith(f".{last}"):
            raise Silent(f"{key}={text!r:.60} changed {place}")
        if not _means(theirs.get(place), text, value):
            raise Silent(f"{key}={text!r:.60} was read as {theirs.get(place)!r:.60}")


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """By the dotted name; methods and attacks by their own names."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, f"{at}.{key}" if at else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for one in value:
            yield from _leaves(one, f"{at}.{one.get('method') or one.get('attack')}")
    else:
        yield at, value


def _means(found: Any, text: str, value: Any) -> bool:
    """Whether a value is what a text says, to the last digit."""
    if isinstance(found, list):
        parts = value if isinstance(value, list) else [one.strip() for one in text.split(",")]
        told = [one for one in parts if one != ""]
        return len(found) == len(told) and all(_means(a, str(b), b) for a, b in zip(found, told, strict=True))
    if isinstance(found, bool):
        return text.lower() == str(found).lower() and text in ("true", "false", "True", "False")
    if found is None:
        return text in ("null", "None")
    if isinstance(found, str):
        return found in (text, value)
    if not re.fullmatch(r"[-+]?[0-9][0-9_]*(\.[0-9]+)?([eE][-+]?[0-9]+)?|0x[0-9a-f]+", text):
        return False
    exact = Decimal(int(text, 16)) if text.startswith("0x") else Decimal(text)
    return found == float(exact) if isinstance(found, float) else found == exact


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _of_file(before: Run, after: Run, path: Path) -> None:
    told = tomllib.loads(path.read_bytes().decode())
    pairs = [(key, value) for key, value in _leaves(told, "") if key != "recipe" and value != {}]
    for key, value in pairs:
        if len(pairs) == 1:
            text = json.dumps(value) if isinstance(value, list) else str(value)
            _same(before, after, key, text, value)


# -- settings of a tuning ---------------------------------------------------------------------------------


def _tuned(case: Case, folder: Path) -> str:
    raw = json.loads((SHIPPED / "tiny" / "settings.json").read_text())
    places = list(_places(raw, ()))
    place = places[case["n"] % len(places)]
    inside = raw
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = case["to"]
    path = folder / "settings.json"
    path.write_text(json.dumps(raw))
    made, _ = put(_base("tiny"), read(path))
    resolve(made)
    for one in made.forget.methods:
        if one.method not in raw["methods"]:
            continue
        wanted = raw["methods"][one.method]["settings"]
        if json.dumps(one.settings, sort_keys=True) != json.dumps(wanted, sort_keys=True):
            raise Silent(f"{one.method} has {one.settings} of {wanted}")
    return ACCEPTED


def _places(value: Any, at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield from _places(one, (*at, key))


@functools.cache
def _base(name: str) -> Run:
    """A recipe with as many methods and attacks as it can have, so that their settings can be set."""
    made = recipe(name)
    if name == "tiny":
        chosen = [one for one in METHODS if one not in ("l1", "rmu")]  # which need another model
        made = override(made, ["attacks=all", f"methods={','.join(chosen)}"])
    return made


@functools.cache
def _settings() -> frozenset[str]:
    return frozenset(row[0] for name in OF for row in of_run(_base(name)))
