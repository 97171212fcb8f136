"""The settings file: what it holds for, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from remem.errors import UserError
from remem.methods import METHODS, make, searched
from remem.models import identity
from remem.run.overrides import override
from remem.run.recipes import demo, drawn, methods, methods_embedded
from remem.run.settings import Run
from remem.run.smollm2 import smollm2_quick
from remem.settings import plain
from remem.story.resolve import resolve
from remem.studies.tuning.chosen import SHIPPED, Chosen, Tuned, departs, given, people_of, put, read, trained


def chosen(**changes: object) -> Chosen:
    npo = Tuned(
        settings={"beta": 0.5, "retain_weight": 1.0}, train={"lr": 3e-4, "epochs": 4.0}, adapt={},
        trial="npo-t03", kept=True, why="lowest",
    )  # fmt: skip
    made = Chosen(
        rule="the lowest", trials=8, seeds=[0], split="forget1", people={"build.seed": 1},
        model=identity("tiny"), adapt=plain(drawn().model.adapt), methods={"npo": npo},
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def run(*settings: str) -> Run:
    return override(drawn(), ["methods=npo,prompt", *settings])


def test_written_and_read_it_is_the_same(tmp_path: Path) -> None:
    made = chosen()
    (tmp_path / "tuned").mkdir()
    made.write(tmp_path / "tuned")
    assert read(tmp_path / "tuned" / "settings.json") == read(tmp_path / "tuned") == read(tmp_path) == made


def test_a_run_gets_what_was_found_and_keeps_the_rest() -> None:
    put_in, notes = put(run(), chosen())
    npo, prompt = put_in.forget.methods
    assert npo.settings == {"beta": 0.5, "retain_weight": 1.0}
    assert npo.train == {"lr": 3e-4, "epochs": 4.0}
    assert prompt == run().forget.methods[1]
    assert notes == []  # prompt has nothing to tune


def test_settings_tuned_on_the_very_people_of_the_run_are_refused() -> None:
    with pytest.raises(UserError, match="the very people"):
        put(run("build.seed=1"), chosen())
    own = override(run(), ["data=people"])
    with pytest.raises(UserError, match="the very people"):
        put(own, chosen(people={"data": "abc"}), "abc")
    put(own, chosen(people={"data": "abc"}), "xyz")


@pytest.mark.parametrize(
    ("changes", "settings", "note"),
    [
        ({"model": {"name": "large", "content": "x"}}, (), "tuned on another model (large)"),
        ({}, ("model.adapt.language=lora",), "other parts of the model training"),
        ({}, ("forget.split=forget2",), "tuned to forget forget1, not forget2"),
        ({}, ("methods=npo,ga",), "ga is not in the settings file"),
    ],
)
def test_what_they_do_not_hold_for_is_said(changes: dict, settings: tuple[str, ...], note: str) -> None:
    _, notes = put(run(*settings), chosen(**changes))
    assert any(note in one for one in notes)


def test_a_setting_that_keeps_too_little_is_said() -> None:
    weak = replace(chosen().methods["npo"], kept=False, why="none keeps retain:em at 0.85")
    _, notes = put(run(), chosen(methods={"npo": weak}))
    assert notes == ["npo: none keeps retain:em at 0.85"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["methods"].update(npoo=raw["methods"].pop("npo")), "Did you mean npo"),
        (lambda raw: raw["methods"]["npo"]["settings"].update(betta=1), "Did you mean beta"),
        (lambda raw: raw["methods"]["npo"]["settings"].update(beta=0), "npo.beta must be above 0"),
        (lambda raw: raw.pop("rule"), r"at \$: the field rule is missing. A settings file of remem tune"),
        (lambda raw: raw.update(methods=3), r"at \$.methods: expected an object, found a whole number \(3\)"),
        (
            lambda raw: raw["methods"]["npo"].update(kept="yes"),
            r"npo.kept: expected true or false",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, change, message: str) -> None:
    chosen().write(tmp_path)
    raw = json.loads((tmp_path / "settings.json").read_text())
    change(raw)
    (tmp_path / "settings.json").write_text(json.dumps(raw))
    with pytest.raises(UserError, match=message):
        read(tmp_path / "settings.json")


def test_the_shipped_settings_are_for_every_method_of_the_model_they_name() -> None:
    runs = {"tiny": methods, "embedded": methods_embedded}
    assert {place.name for place in SHIPPED.iterdir()} == {*runs, "smollm2"}
    for name, run in runs.items():
        found = read(Path(name))
        assert found.model["content"] == identity(name)["content"]
        assert set(found.methods) == {name for name in METHODS if searched(name)}
        given, notes = put(run(), found)
        assert (
            notes == []
        )  # other people than theirs, the same model, parts and split, and nothing kept too little
        for one in given.forget.methods:
            if one.method in found.methods:
                assert trained(given, one)["lr"] == found.methods[one.method].train["lr"]
                assert one.settings == found.methods[one.method].settings


def test_the_recipe_of_smollm2_has_the_settings_that_were_tuned_for_it_on_other_people() -> None:
    run, found = smollm2_quick(), read(Path("smollm2"))
    assert found.model["name"] == run.model.name
    assert found.people != people_of(run, "")
    assert found.split == run.forget.split
    assert found.adapt == plain(run.model.adapt)
    assert set(found.methods) == {one.method for one in run.forget.methods}
    assert all(one.kept for one in found.methods.values())
    for own, tuned in zip(run.forget.methods, given(run, found).forget.methods, strict=True):
        assert trained(run, own) == trained(run, tuned)
        assert make(own.method, own.settings) == make(own.method, tuned.settings)


def test_a_file_of_ones_own_comes_before_a_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny").mkdir()
    chosen(rule="my own").write(Path("tiny"))
    assert read(Path("tiny")).rule == "my own"


def test_no_file_and_no_json(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Make one with remem tune"):
        read(tmp_path / "nowhere.json")
    (tmp_path / "notes.json").write_text("these are my notes")
    with pytest.raises(UserError, match=r"notes.json is not readable JSON.* A settings file of remem tune"):
        read(tmp_path / "notes.json")


def test_the_demo_runs_with_what_was_tuned_for_its_model() -> None:
    tuned = read(SHIPPED / "embedded")
    run = resolve(demo())
    assert resolve(given(demo(), tuned)).forget == run.forget
    assert departs(run, tuned) == []
    assert put(run, tuned)[1] == []


@pytest.mark.parametrize(
    ("place", "to", "message"),
    [
        (("methods", "npo", "train", "lr"), None, r"npo\.lr must be a number"),
        (("methods", "npo", "train", "epochs"), "4", r"npo\.epochs must be a number"),
        (("methods", "npo", "train"), {"a": 1}, "unknown setting of .*npo: a"),
        (("methods", "npo", "adapt"), {"rank": "8"}, r"npo\.rank must be a whole number"),
        (("methods", "npo", "settings"), {"beta": []}, "npo.beta must be a number"),
        (("methods", "npo", "kept"), 1, r"at \$\.methods\.npo\.kept: expected true or false"),
        (("adapt", "dropout"), {}, r"adapt\.dropout must be a number"),
        (("model",), {"name": "tiny"}, r"at \$\.model: the field content is missing"),
        (("trials",), -1, r"at \$\.trials"),
    ],
)
def test_a_value_that_cannot_be_is_named(
    tmp_path: Path, place: tuple[str, ...], to: object, message: str
) -> None:
    chosen().write(tmp_path)
    raw = json.loads((tmp_path / "settings.json").read_text())
    inside = raw
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = to
    (tmp_path / "settings.json").write_text(json.dumps(raw))
    with pytest.raises(UserError, match=message):
        read(tmp_path)
