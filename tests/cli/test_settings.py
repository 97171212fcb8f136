"""`remem list settings`, and a recipe file on the command line."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.test_output import remem
from remem.cli.fields import fields, of_class
from remem.cli.request import wanted
from remem.cli.values import listed, of_run
from remem.errors import UserError
from remem.run.overrides import override
from remem.run.recipes import RECIPES, recipe
from remem.settings import Train, plain

SOURCE = '''
from typing import Literal
How = Literal["a", "b"]

class Mine:
    """Of mine."""

    # Above it,
    # in two lines.
    one: float = 1.0  # and beside it
    how: How = "a"
    maybe: int | None = (
        None  # within
    )
    many: tuple[str, ...] = ("x", "# no comment")
    flag: bool = True

    def __post_init__(self):
        within("mine.one", self.one, 0, above=True)
        self.check_ranges(("maybe", 1, 10_000))
'''


def test_a_field_is_read_with_what_is_said_of_it() -> None:
    tree = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.ClassDef))
    assert [tuple(one) for one in fields(tree, SOURCE)] == [
        ("one", "number above 0", "1.0", "Above it, in two lines. and beside it"),
        ("how", "a or b", "'a'", ""),
        ("maybe", "whole number from 1 to 10000, or null", "None", "within"),
        ("many", "texts, commas between", "('x', '# no comment')", ""),
        ("flag", "true or false", "True", ""),
    ]


@dataclass(frozen=True, kw_only=True)
class More(Train):
    lr: float = 1.0
    clip: float = 2.0  # other words


def test_what_a_class_says_nothing_of_is_as_the_one_below_it_says() -> None:
    found = of_class(More)
    assert found["lr"].text == of_class(Train)["lr"].text != ""
    assert (found["lr"].takes, found["lr"].default) == ("number above 0 and at most 1000", "1.0")
    assert found["clip"].text == "other words"


@pytest.mark.parametrize("name", ["demo", "pebench", "attacks", "methods"])
def test_every_setting_of_a_recipe_is_listed_with_its_meaning_and_can_be_set(name: str) -> None:
    run, rows = recipe(name), list(of_run(recipe(name)))
    assert [row[0] for row in rows if not row[3]] == []
    told = {row[0]: row[1] for row in rows}
    for group in ("build", "learn", "evaluate", "judge", "gate"):
        for key, value in plain(getattr(run, group)).items():
            if not isinstance(value, dict):
                assert told[f"{group}.{key}"] == value
    again = [f"{key}={json.dumps(value)}" for key, value in told.items() if key not in ("methods", "attacks")]
    assert plain(override(run, again)).keys() == plain(run).keys()
    if name in ("demo", "pebench"):
        assert override(run, again).learn == run.learn
        assert override(run, again).build == run.build


def test_a_part_is_asked_for_by_how_it_begins() -> None:
    assert {row[0].partition(".")[0] for row in listed(["demo", "learn", "npo"])} == {"learn", "npo"}
    assert {row[0]: row[1] for row in listed(["demo", "npo"])}["npo.beta"] == 0.5  # the recipe's
    assert {row[0]: row[1] for row in listed(["demo", "rmu"])}["rmu.steering"]  # that it does not use
    assert listed(["learn"]) == listed(["demo", "learn"])
    assert [row[0] for row in listed(["drawn", "build.people"])] == ["build.people"]
    assert len(listed([])) > 80
    for words, told in (
        (["demo", "learn.rl"], "unknown setting: learn.rl. Did you mean learn.lr?"),
        (["demo", "lern"], "unknown setting: lern. Did you mean learn?"),
        (["dmo"], "unknown recipe or setting: dmo. Did you mean demo?"),
    ):
        with pytest.raises(UserError) as error:
            listed(words)
        assert told in str(error.value)


def test_settings_on_a_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text('recipe = "drawn"\nlearn.lr = 0.5')
    _, out, _ = remem(monkeypatch, capsys, "list", "settings", tmp_path / "mine.toml", "learn.lr")
    assert out.splitlines()[1].split()[:4] == ["learn.lr", "0.5", "number", "above"]
    asked = ("drawn", "evaluate.membership", "forget.seeds", "--format=json")
    _, out, _ = remem(monkeypatch, capsys, "list", "settings", *asked)
    assert [one["value"] for one in json.loads(out)] == [[0], None]
    _, out, _ = remem(monkeypatch, capsys, "list", "settings", "drawn", "evaluate.membership")
    assert out.splitlines()[1].split()[1] == "null"  # as --set takes it
    code, _, err = remem(monkeypatch, capsys, "list", "methods", "npo")
    assert (code, "leave out npo" in err) == (1, True)


def test_a_recipe_file_stands_where_a_recipe_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('recipe = "drawn"\nlearn.lr = 0.5\nlearn.epochs = 9')
    asked = wanted(str(path), None, "", "", ["learn.epochs=2"], None, False)
    assert asked.root == Path("runs/mine")
    assert (asked.run.learn.lr, asked.run.learn.epochs) == (0.5, 2.0)  # --set comes after it
    assert asked.run.recipe == "drawn"
    path.write_text('recipe = "drawn"\nlearn.rl = 0.5')
    code, _, err = remem(monkeypatch, capsys, "run", path, "--dry-run")
    assert (code, "mine.toml: unknown setting: learn.rl. Did you mean learn.lr?" in err) == (1, True)


def test_recipes_have_no_dots_in_their_names() -> None:
    assert not [name for name in RECIPES if "." in name]
