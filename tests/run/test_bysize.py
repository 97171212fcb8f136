"""What a model without a recipe of its own is trained with, by its size."""

from __future__ import annotations

from pathlib import Path

import pytest

from remem.cli.request import chosen_run, wanted
from remem.models import find
from remem.models.families import make_tiny
from remem.models.names import weights_of
from remem.run import bysize
from remem.run.bysize import of_its_size
from remem.run.recipes import drawn, recipe, usual
from remem.settings import Train


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llava")
    make_tiny("llava", folder, ["What is Jane Doe's e-mail? jane.doe@example.com"] * 10)
    return folder


def test_weights_are_counted_from_the_heads_of_the_files() -> None:
    assert weights_of(find("tiny")) == pytest.approx(1.8e6, rel=0.1)
    assert weights_of("/nowhere") == 0


@pytest.mark.parametrize(
    ("weights", "rate"), [(60e6, 1e-3), (256e6, 1e-3), (2e9, 5e-4), (7e9, 2e-4), (34e9, 1e-4)]
)
def test_the_larger_a_model_the_smaller_its_rate(weights: float, rate: float) -> None:
    run, said = of_its_size(drawn(), int(weights))
    assert (run.learn.lr, run.forget.train.lr) == (rate, rate / 2)
    assert (run.model.adapt.language, run.model.adapt.rank) == ("lora", 16)
    assert all(one.train == {} for one in run.forget.methods)  # tuned for two million weights
    assert "These settings are ours" in said


def test_a_small_model_keeps_what_was_tuned_for_small_ones() -> None:
    assert of_its_size(drawn(), 2_400_000) == (drawn(), "")


def test_a_model_that_is_known_by_name_takes_its_own_recipe() -> None:
    assert (usual(""), usual("smollm2"), usual("a/folder")) == ("demo", "smollm2-quick", "drawn")
    chosen, _, _ = chosen_run("smollm2-quick", ["model.name=smollm2"], None, usual=True)
    assert chosen == recipe("smollm2-quick")  # though it is large: nothing is looked up, either


def test_a_recipe_that_is_named_and_set_come_before_it(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bysize, "LARGE", 1000)
    path = str(model)
    usual = wanted("", None, "", path, ["learn.epochs=2", "methods=npo"], None, False).run
    assert (usual.learn.lr, usual.learn.epochs, usual.model.adapt.language) == (1e-3, 2, "lora")
    assert [one.method for one in usual.forget.methods] == ["npo"]
    assert "no recipe of its own" in capsys.readouterr().err
    assert wanted("", None, "", path, ["learn.lr=0.002"], None, False).run.learn.lr == 0.002
    named = wanted("drawn", None, "", path, [], None, False).run
    assert named.learn == drawn().learn
    assert named.learn != Train()
