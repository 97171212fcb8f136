"""Plugins: what they add, what is refused, what a run folder says of them."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from remem import attacks, methods
from remem.data.images import SOURCES, source
from remem.errors import UserError
from remem.run import code, plugins
from remem.run.context import Context
from remem.run.recipes import RECIPES, recipe
from remem.scoring import metrics
from remem.settings import Unlearn
from remem.story.plan import plan
from remem.story.resolve import resolve

PLUGGED = Path(__file__).parents[1] / "plugged.py"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What a test loads is gone after it."""
    tables = (
        methods.METHODS,
        methods.SHELF.own,
        attacks.ATTACKS,
        attacks.SHELF.own,
        metrics.METRICS,
        SOURCES,
        RECIPES,
    )
    kept = [dict(table) for table in tables]  # type: ignore[call-overload]
    own, loaded, modules = list(metrics.OWN), dict(plugins.LOADED), set(sys.modules)
    yield
    for table, before in zip(tables, kept, strict=True):
        table.clear()  # type: ignore[attr-defined]
        table.update(before)  # type: ignore[attr-defined]
    metrics.OWN[:] = own
    plugins.LOADED.clear()
    plugins.LOADED.update(loaded)
    for name in set(sys.modules) - modules:
        if name.startswith("remem_plugin_"):
            del sys.modules[name]


def written(folder: Path, text: str, name: str = "own.py") -> str:
    path = folder / name
    path.write_text(textwrap.dedent(text), "utf-8")
    return str(path)


METHOD = """
    from dataclasses import dataclass
    from typing import ClassVar

    @dataclass(frozen=True, kw_only=True)
    class Own:
        uses: ClassVar[frozenset[str]] = frozenset()
        weight: float = 1.0

        def loss(self, policy, reference, batch):
            return -self.weight * policy(batch.forget).nll

    METHODS = {"own": Own}
"""


def test_everything_that_a_plugin_can_add_is_found_by_name() -> None:
    plugins.load([str(PLUGGED)])
    assert methods.kind("ceiling") == "loss"
    assert methods.uses("ceiling") == ("retain", "base")
    assert methods.make("ceiling", {"ceiling": 2}).ceiling == 2  # type: ignore[union-attr]
    assert attacks.make("plainly", {}).access == "queries"
    assert not attacks.changes_weights("plainly")
    assert "brevity" in metrics.METRICS
    assert source("comic").name == "comic"
    assert recipe("mine").recipe == "mine"
    (loaded,) = plugins.LOADED.values()
    assert set(loaded.adds) == {
        "method ceiling", "attack plainly", "metric brevity", "source comic", "recipe mine",
    }  # fmt: skip
    plugins.load([str(PLUGGED)])  # once more is no second one
    assert len(plugins.LOADED) == 1


def test_settings_of_methods_may_be_texts_flags_and_files(tmp_path: Path) -> None:
    plugins.load([str(PLUGGED)])
    file = tmp_path / "words.txt"
    file.write_text("first", "utf-8")
    made = methods.make("ceiling", {"words": "loud", "strict": True, "listed": str(file)})
    assert (made.words, made.strict, made.listed) == ("loud", True, file)  # type: ignore[union-attr]
    for wrong, message in (
        ({"strict": 1}, "strict must be true or false"),
        ({"words": 3}, "words must be a text"),
        ({"ceiling": "high"}, "ceiling must be a number"),
        ({"listed": str(tmp_path / "none")}, "there is no such file"),
        ({"cieling": 1.0}, "ceiling"),
    ):
        with pytest.raises(UserError, match=message):
            methods.make("ceiling", wrong)


def keyed(**settings: object) -> dict[str, str]:
    run = replace(
        recipe("tiny"),
        forget=replace(
            recipe("tiny").forget,
            methods=(Unlearn(method="ceiling", settings=settings),),  # type: ignore[arg-type]
        ),
    )
    steps = {step.name: step for step in plan(resolve(run))}
    model = steps["ceiling-s0/model"]
    return {
        "settings": json.dumps(dict(model.settings), sort_keys=True),
        "code": json.dumps(dict(model.code)),
    }


def test_a_file_counts_by_its_content_and_not_by_its_place(tmp_path: Path) -> None:
    plugins.load([str(PLUGGED)])
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("same", "utf-8")
    other.write_text("same", "utf-8")
    first = keyed(listed=str(one))
    assert keyed(listed=str(other)) == first
    one.write_text("another", "utf-8")
    assert keyed(listed=str(one))["settings"] != first["settings"]


def test_its_code_is_part_of_what_its_steps_are_known_by(tmp_path: Path) -> None:
    text = PLUGGED.read_text("utf-8")
    plugins.load([written(tmp_path, text, "first.py")])
    before = keyed()["code"]
    scored, asked = code.scored(), code.attacked("plainly")
    assert "metric brevity" in scored
    for again, changed in ((text + "\n# a comment\n", False), (text.replace("6.0", "7.0"), True)):
        plugins.LOADED.clear()
        for table in (methods.METHODS, attacks.ATTACKS, metrics.METRICS, SOURCES, RECIPES):
            for name in ("ceiling", "plainly", "brevity", "comic", "mine"):
                table.pop(name, None)  # type: ignore[attr-defined]
        metrics.OWN.clear()
        plugins.load([written(tmp_path, again, f"again{changed}.py")])
        assert (keyed()["code"] != before) is changed
        assert (code.scored() != scored) is changed
        assert (code.attacked("plainly") != asked) is changed


def test_keys_of_what_is_our_own_do_not_change_with_a_plugin() -> None:
    before = {step.name: (dict(step.settings), dict(step.code)) for step in plan(resolve(recipe("tiny")))}
    plugins.load([str(PLUGGED)])
    after = {step.name: (dict(step.settings), dict(step.code)) for step in plan(resolve(recipe("tiny")))}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {name for name in before if name.endswith("/scores")}  # its metric is in them now


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "it adds nothing"),
        ("def broken(:", "SyntaxError"),
        ("import nowhere_at_all", "ModuleNotFoundError"),
        ("raise SystemError('no')", "SystemError"),
        ("METHODS = ['own']", "must be a dictionary"),
        ("METRICS = {'a': 1}", "no AnswerMetric"),
        ("METHODS = {'own': 3}", "must name classes of its own file"),
        ("class A:\n    pass\nMETHODS = {'own': A}", "must be a dataclass"),
        ("class A:\n    pass\nSOURCES = {'../x': A}", "cannot be the name"),
        ("RECIPES = {'mine': 3}", "must be a function"),
        (METHOD.replace('"own"', '"npo"'), "the method npo is there already"),
        ("RECIPES = {'demo': print}", "the recipe demo is there already"),
    ],
)
def test_a_broken_one_is_named_and_adds_nothing(tmp_path: Path, text: str, message: str) -> None:
    before = (dict(methods.METHODS), dict(RECIPES), dict(SOURCES), dict(metrics.METRICS))
    where = written(tmp_path, text)
    with pytest.raises(UserError, match=message) as problem:
        plugins.load([where])
    assert "own.py" in str(problem.value)
    assert (dict(methods.METHODS), dict(RECIPES), dict(SOURCES), dict(metrics.METRICS)) == before
    assert not plugins.LOADED


def test_half_a_plugin_is_not_added(tmp_path: Path) -> None:
    where = written(tmp_path, METHOD + '\n    RECIPES = {"demo": print}\n')
    with pytest.raises(UserError, match="recipe demo"):
        plugins.load([where])
    assert "own" not in methods.METHODS


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    plugins.load([written(tmp_path, METHOD, "first.py")])
    with pytest.raises(UserError, match=r"the method own is there already .*first\.py"):
        plugins.load([written(tmp_path, METHOD, "second.py")])
    (tmp_path / "inside").mkdir()
    with pytest.raises(UserError, match="another plugin has the name first"):
        plugins.load([written(tmp_path / "inside", METHOD.replace('"own"', '"mine"'), "first.py")])


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        plugins.load([str(tmp_path / "none.py")])
    with pytest.raises(UserError, match="plugin"):
        plugins.load(["nobody-has-this"])


def test_an_installed_one_goes_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "ownpackage"
    package.mkdir()
    (package / "__init__.py").write_text("", "utf-8")
    (package / "helper.py").write_text("WEIGHT = 1.0\n", "utf-8")
    text = "from ownpackage.helper import WEIGHT\n" + textwrap.dedent(METHOD)
    (package / "listed.py").write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("ownpackage", "ownpackage.listed", plugins.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] if group == plugins.GROUP else [])
    plugins.load(["ownpackage"])
    assert methods.make("own", {}).weight == 1.0  # type: ignore[union-attr]
    assert code.unlearnt("own")["method own"]
    for name in ("ownpackage", "ownpackage.helper", "ownpackage.listed"):
        sys.modules.pop(name, None)


def test_the_environment_names_some_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.VARIABLE, "one.py, two")
    assert plugins.named(["three.py", "two"]) == ["one.py", "two", "three.py"]


def test_who_gets_a_context_elsewhere_loads_its_plugins(tmp_path: Path) -> None:
    plugins.load([str(PLUGGED)])
    file = tmp_path / "context"
    file.write_bytes(pickle.dumps(Context(tmp_path, recipe("tiny"))))
    script = (
        "import pickle, sys; pickle.loads(open(sys.argv[1], 'rb').read());"
        "from remem.methods import METHODS; print('ceiling' in METHODS)"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True, timeout=120
    )
    assert told.stdout.strip() == "True"


def test_a_folder_that_names_a_plugin_waits_for_the_user_to_name_it() -> None:
    record = {"plugins": [{"name": "plugged", "code": "0", "adds": ["method ceiling"]}]}
    with pytest.raises(UserError, match="name it again"):
        plugins.check_named(record)
    plugins.load([str(PLUGGED)])
    plugins.check_named(record)
    plugins.check_named({})
    assert plugins.told()[0]["adds"][0] == "method ceiling"
