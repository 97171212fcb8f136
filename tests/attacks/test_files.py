"""What an attack is made of: its key names every file that its results hang on, its page every setting."""

from dataclasses import fields
from importlib import import_module

import pytest

from remem.attacks import ATTACKS
from remem.cli.catalogue import attacks_page
from remem.run.code import attacked, files, told


def test_files_are_the_own_and_all_that_is_imported() -> None:
    assert files("quantise")[0] == "quantise"
    assert {"rounding", "base", "scene", "guard"} <= set(files("quantise"))
    assert {"curve", "guard", "scene"} <= set(files("relearn"))
    assert "curve" not in files("quantise")


def test_a_key_names_each_of_them() -> None:
    assert {"attack relearn", "attack file curve", "attack file guard"} <= attacked("relearn").keys()
    assert {"attack file rounding", "file facts"} <= attacked("quantise").keys()
    assert "room world" in attacked("unrelated")  # its plain sentences


@pytest.mark.parametrize("name", ATTACKS)
def test_the_page_tells_every_setting(name: str) -> None:
    cls = getattr(import_module(f"remem.attacks.{name}"), ATTACKS[name])
    part = attacks_page().split(f"\n## {name}\n")[1].split("\n## ")[0]
    listed = {line.split("`")[1] for line in part.splitlines() if line.startswith("| `")}
    assert listed == {field.name for field in fields(cls)}


def test_a_report_is_known_by_what_it_counts_attacks_with() -> None:
    """A change of these moves every number about what comes back, and no file of the report."""
    assert {"recovered", "worst"} <= told().keys()
