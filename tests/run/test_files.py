"""A recipe file: a recipe, and what is other than in it; a mistake names the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from remem.errors import UserError
from remem.run.files import run_of
from remem.run.overrides import override
from remem.run.recipes import demo

WHOLE = """
recipe = "demo"
data = "./mine"

[npo]          # before methods are named, and still after them
beta = 0.2
lr = 1
[model.adapt]
language = "lora"
[build]
forget = [0.1, 0.25]
people = 9
[forget]
seeds = [0, 1]
methods = ["npo", "gd"]
[attacks]
each = ["relearn"]
per_fact = 1
[relearn]
at = [0, 5]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_a_file_says_what_the_same_settings_say(tmp_path: Path) -> None:
    same = [
        "methods=npo,gd", "attacks.each=relearn", "forget.seeds=0,1", "data=./mine", "npo.beta=0.2",
        "npo.lr=1", "model.adapt.language=lora", "build.forget=0.1,0.25", "build.people=9",
        "attacks.per_fact=1", "relearn.at=[0,5]",
    ]  # fmt: skip
    assert run_of(written(tmp_path, WHOLE)) == override(demo(), same)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("learn.lr = 1", "it names no recipe to begin with"),
        ("recipe = 3", "it names no recipe to begin with"),
        ('recipe = "dmo"', "unknown recipe: dmo. Did you mean demo?"),
        ('recipe = "demo"\nlearn.rl = 1', "unknown setting: learn.rl. Did you mean learn.lr?"),
        ('recipe = "demo"\nlearn.lr = "0.1"', "learn.lr must be a number, not '0.1'"),
        ('recipe = "demo"\nlearn.lr = nan', "learn.lr must be a finite number"),
        ('recipe = "demo"\nlearn.batch = 2.0', "learn.batch must be a whole number"),
        ('recipe = "demo"\nlearn.batch = 0', "batch must be at least 1"),
        ('recipe = "demo"\ndata = 3', "data must be a text, not 3"),
        ('recipe = "demo"\ndata = 2031-01-01', "data must be a text"),
        ('recipe = "demo"\nlearn = 3', "learn is a group of settings"),
        ('recipe = "demo"\nmethods = ["nppo"]', "unknown method: nppo. Did you mean npo?"),
        ('recipe = "demo"\nmethods = [1]', "methods must be a text"),
        ('recipe = "demo"\n[rmu]\nlayer = 1', "this run does not use rmu"),
        ('recipe = "demo"\n[npo.deep]\nlayer = 1', ""),
        ('recipe = "demo"\nrecipe = "tiny"', "is not readable TOML"),
        ("recipe = demo", "is not readable TOML: Invalid value (at line 1"),
        ("a = " + "[" * 5000, "is not readable TOML"),
        ("a = " + "9" * 5000, "is not readable TOML"),
        ('recipe = "demo"\nlearn.weight_decay = 1e-400', "1e-400 is too small: it would be read as 0"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    if not told:  # a method says itself what settings it has, where it is made
        assert run_of(path).forget.methods
        return
    with pytest.raises(UserError) as error:
        run_of(path)
    assert told in str(error.value)
    assert str(error.value).startswith(str(path))


def test_what_is_no_file_of_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        run_of(tmp_path)
    with pytest.raises(UserError, match="No such file"):
        run_of(tmp_path / "none.toml")
    (tmp_path / "mine.toml").write_bytes(b'recipe = "\xff"')
    with pytest.raises(UserError, match="is not readable TOML"):
        run_of(tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_text("#" * (2 << 20))
    with pytest.raises(UserError, match="too large"):
        run_of(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a" + ".b" * 400_000 + " = 1", "lie more than 64 deep"),
        ("[" + "a." * 400_000 + "a]", "lie more than 64 deep"),
        ("a = " + "[" * 1000 + "]" * 1000, "deep in each other"),
        ("\n".join(f"[learn{'.a' * depth}]" for depth in range(64)), "deep in each other"),
        ("build.people = {}", "build.people is a single setting, and an empty table gives it no value"),
        ("[lern]", "unknown group of settings: lern. Did you mean learn?"),
        (
            "attacks.each = ['relearn']\nrelearn.lr = 10:00:00",
            "relearn.lr must be a text or a number",
        ),
        ("learn.batch = " + "1" * 200_000, "is not readable TOML"),
    ],
)
def test_files_without_end_and_tables_without_sense(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, f'recipe = "demo"\n{text}\n')
    with pytest.raises(UserError) as error:
        run_of(path)
    assert str(error.value).startswith(str(path))
    assert told in str(error.value)


def test_an_empty_group_changes_nothing(tmp_path: Path) -> None:
    assert run_of(written(tmp_path, 'recipe = "demo"\n[learn]\n[npo]\n[model.adapt]\n')) == demo()
