"""Which exam a run asks: the model's own, that of general knowledge, a folder, or none."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from remem.data.general import HERE
from remem.errors import UserError
from remem.models import find
from remem.models.made import MANIFEST
from remem.run.beside import exam_folder, exam_identity
from remem.run.places import portable
from remem.run.settings import Run
from remem.settings import Evaluate, ModelSettings, plain


def asks(world: str, model: str = "tiny", data: str = "") -> Run:
    return Run(
        recipe="own", data=data, model=ModelSettings(name=model), evaluate=replace(Evaluate(), world=world)
    )


@pytest.fixture
def made(tmp_path: Path) -> str:
    """A folder as remem make-base leaves it, as far as names go."""
    place = Path(shutil.copytree(find("tiny"), tmp_path / "made"))
    (place / MANIFEST).write_text("{}", "utf-8")
    return str(place)


def test_auto_is_the_models_own_exam_and_else_none() -> None:
    assert exam_folder(asks("auto", "embedded")) == Path(find("embedded")) / "world"
    assert exam_folder(asks("auto", "tiny")) is None


def test_auto_is_general_knowledge_for_a_model_made_around_somebody_elses(made: str) -> None:
    assert exam_folder(asks("auto", made)) == HERE
    (Path(made) / MANIFEST).unlink()
    assert exam_folder(asks("auto", made)) is None


def test_general_is_asked_of_any_model_that_the_user_asks_it_of() -> None:
    assert exam_folder(asks("general", "tiny")) == HERE
    assert exam_folder(asks("general", "embedded")) == HERE
    assert exam_folder(asks(str(HERE))) == HERE
    assert exam_folder(asks("none")) is None
    with pytest.raises(UserError, match=r"evaluate\.world=generall: there is no such folder"):
        exam_folder(asks("generall"))


def test_the_key_knows_the_questions_and_the_data_set_that_they_stand_beside(tmp_path: Path) -> None:
    own = exam_identity(asks("auto", "embedded", data="set"), "f")
    assert own == exam_identity(asks("auto", "embedded"), "")  # as it was before there was another exam
    general = exam_identity(asks("general"), "")
    assert set(general) == {"world"}
    assert general["world"] != own["world"]
    beside = exam_identity(asks("general", data="set"), "f")
    assert beside == general | {"apart": "f"}


def test_general_is_a_word_and_no_place_of_this_machine() -> None:
    told, places = portable(plain(asks("general")))
    assert told["evaluate"]["world"] == "general"
    assert "evaluate.world" not in places
