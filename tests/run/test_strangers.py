"""Where people are asked about who were never taught: wherever there are any, and never in silence."""

from dataclasses import replace
from pathlib import Path

import pytest

from remem.data.pebench.settings import PEBenchSettings
from remem.data.settings import BuildSettings
from remem.data.untaught import FILE
from remem.errors import UserError
from remem.run.beside import asks_strangers, strangers_identity
from remem.run.overrides import override
from remem.run.recipes import RECIPES, demo, recipe
from remem.run.settings import Run, restore
from remem.settings import Evaluate, plain

WITH = (BuildSettings(), BuildSettings(source="folder"), PEBenchSettings())
WITHOUT = (
    BuildSettings(strangers=0),
    BuildSettings(source="folder", one_hop_pictures=True),
    BuildSettings(source="folder", one_hop=0.0),
    PEBenchSettings(strangers=0),
    PEBenchSettings(data="given"),
)


def asked(build: BuildSettings | PEBenchSettings, membership: bool | None) -> bool:
    run = Run(recipe="", build=build, evaluate=Evaluate(membership=membership))
    found = strangers_identity(run)
    assert found in ({}, {"strangers": "built"})
    assert asks_strangers(run) is bool(found)
    return bool(found)


@pytest.mark.parametrize("build", WITH)
def test_a_set_with_strangers_is_asked_about_them_unless_told_not_to(build) -> None:
    assert [asked(build, wanted) for wanted in (None, True, False)] == [True, True, False]


@pytest.mark.parametrize("build", WITHOUT)
def test_a_set_without_is_refused_where_the_run_insists(build) -> None:
    assert [asked(build, wanted) for wanted in (None, False)] == [False, False]
    with pytest.raises(UserError, match="this data set will have none"):
        asked(build, True)


def test_of_data_of_ones_own_the_file_decides(tmp_path: Path) -> None:
    run = Run(recipe="", data=str(tmp_path))
    insists = replace(run, evaluate=Evaluate(membership=True))
    assert strangers_identity(run) == {}
    with pytest.raises(UserError, match=f"has no {FILE}"):
        strangers_identity(insists)
    (tmp_path / FILE).write_bytes(b"1")
    first = strangers_identity(run)
    assert first == strangers_identity(insists) != {}
    (tmp_path / FILE).write_bytes(b"2")
    assert strangers_identity(run) != first
    assert strangers_identity(replace(run, evaluate=Evaluate(membership=False))) == {}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("null", None)])
def test_it_is_written_and_read_back(text: str, value: bool | None) -> None:
    run = override(demo(), [f"evaluate.membership={text}"])
    assert run.evaluate.membership is value
    assert restore(plain(run)).evaluate.membership is value


def test_a_mistake_is_named() -> None:
    with pytest.raises(UserError, match=r"evaluate\.membership must be true or false, not 'maybe'"):
        override(demo(), ["evaluate.membership=maybe"])


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_asks_about_strangers_in_what_it_builds(name: str) -> None:
    assert asks_strangers(recipe(name))
