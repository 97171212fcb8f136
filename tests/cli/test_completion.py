"""What the shell completes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from remem.cli import completion
from remem.cli.values import _declared, _default
from remem.run.recipes import RECIPES


def on(recipe: str = "") -> SimpleNamespace:
    return SimpleNamespace(params={"recipe": recipe})


def test_names() -> None:
    assert completion.recipes("peb") == [name for name in RECIPES if name.startswith("peb")] != []
    assert completion.lists("s") == ["sources", "settings"]
    assert completion.attacks("quick,rel") == ["quick,relearn"]
    assert "relearn" not in [one.rpartition(",")[2] for one in completion.attacks("relearn,")]


def test_keys_are_those_of_the_recipe_on_the_line(tmp_path: Path) -> None:
    assert completion.settings(on("drawn"), "learn.e") == ["learn.epochs="]
    assert completion.settings(on("pebench"), "build.ev") == ["build.events="]
    assert completion.settings(on("drawn"), "build.ev") == []
    assert completion.settings(on(str(tmp_path)), "learn.e") == ["learn.epochs="]
    assert completion.settings(on(), "methods=npo,g") == ["methods=npo,ga", "methods=npo,gd"]
    assert completion.settings(on(), "learn.lr=") == []


@pytest.mark.parametrize(("line", "told"), [("remem run pebench-t", "pebench-tiny"), ("remem st", "status")])
def test_a_shell_is_told(line: str, told: str) -> None:
    asked = {"_REMEM_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    script = "import sys; sys.argv = ['remem']; from remem.cli import main; main()"
    said = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told in said.stdout.split()


def test_listed_defaults_are_those_of_the_classes() -> None:
    from remem.attacks import ATTACKS
    from remem.attacks import make as attack
    from remem.methods import METHODS
    from remem.methods import make as method

    for room, names, make in (("methods", METHODS, method), ("attacks", ATTACKS, attack)):
        for name in names:
            made = make(name, {})  # type: ignore[operator]
            for field in _declared(room, name):
                value = getattr(made, field.name)
                listed = list(value) if isinstance(value, tuple) else value
                assert _default(room, name, field) == listed, (name, field)
