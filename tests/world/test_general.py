"""The general exam: whole, answerable, and read from three texts; what a data set asks about is no world."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from remem.data import Dataset
from remem.data.general import FACTS, HERE, SENTENCES, WORDINGS
from remem.data.general.listing import listed
from remem.data.listed.build import build
from remem.data.listed.settings import ListSettings
from remem.data.load import load
from remem.errors import UserError
from remem.text import contains, normalise
from remem.world.exam import apart, chosen, open_exam, ranked


@pytest.fixture(scope="module")
def exam() -> Dataset:
    return open_exam(HERE)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HERE, tmp_path / "own"))


def test_it_holds_200_questions_and_100_sentences_each_once(exam: Dataset) -> None:
    assert {name: len(ids) for name, ids in exam.splits.items()} == {"general": 200, "plain": 100}
    assert len({normalise(item.question) for item in exam.items.values()}) == 300


def test_every_answer_holds_its_value_and_no_question_gives_it_away(exam: Dataset) -> None:
    for item in (exam.items[id] for id in exam.splits["general"]):
        (value,) = item.keywords
        assert item.answer == f"{item.cloze} {value}."
        assert contains(item.answer, value)
        # One question names all classes of animals.
        assert item.attribute == "group" or not contains(item.question, value), item.question
        assert contains(item.question, item.person)


def test_every_value_is_ranked_among_several_of_its_kind(exam: Dataset) -> None:
    asked = Counter(exam.items[id].attribute for id in exam.splits["general"])
    assert len(asked) == 13
    assert min(asked.values()) >= 8
    for item in (exam.items[id] for id in exam.splits["general"]):
        candidates = exam.candidates(item)
        assert len(candidates) >= 7
        assert len(set(map(normalise, candidates))) == len(candidates)
        assert item.keywords[0] in candidates


def test_a_sentence_is_half_given(exam: Dataset) -> None:
    item = exam.items[exam.splits["plain"][0]]
    assert item.question == "Go on: The old bridge was closed last winter because"[: len(item.question)]
    first = (HERE / SENTENCES).read_text("utf-8").splitlines()[0]
    assert f"{item.question.removeprefix('Go on: ')} {item.answer}" == first


def test_a_part_of_it_is_asked_and_every_question_of_knowledge_is_ranked(exam: Dataset) -> None:
    ids = chosen(exam, 20)
    assert Counter(exam.items[id].category for id in ids) == {"general": 20, "plain": 20}
    assert {item.category for item in ranked(exam, ids)} == {"general"}
    assert len(ranked(exam, ids)) == 20


def test_what_the_data_set_asks_about_is_not_asked_as_the_rest_of_the_world(
    exam: Dataset, tmp_path: Path
) -> None:
    source, templates = listed(tmp_path, ("symbol", "sport"))
    build(source, tmp_path / "set", ListSettings(templates=templates, wordings=4, held_out=2))
    rest = apart(exam, load(str(tmp_path / "set")))
    left = [exam.items[id] for id in rest.splits["general"]]
    assert {item.attribute for item in left}.isdisjoint({"symbol", "sport"})
    assert len(left) == 200 - 18 - 12
    assert rest.splits["plain"] == exam.splits["plain"]
    assert len(ranked(rest, chosen(rest, 20))) == 20
    assert len(exam.splits["general"]) == 200


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (FACTS, "France,capital,Paris", "France,capital,", "line 2, column value"),
        (FACTS, "France,capital,Paris", "France,capital,Paris\nFrance,capital,Lyon", "two values of capital"),
        (WORDINGS, '"strangers"', '"stranger"', "Did you mean strangers?"),
        (WORDINGS, "What is the capital of {who}?", "What is the capital?", "It must have it once"),
        (
            SENTENCES,
            "The old bridge was closed last winter",
            "Short\nThe old bridge",
            "no sentence of 6 words",
        ),
    ],
)
def test_what_is_wrong_in_a_folder_is_one_error(own: Path, file: str, old: str, new: str, said: str) -> None:
    text = (own / file).read_text("utf-8")
    assert old in text
    (own / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(UserError, match=said):
        open_exam(own)


def test_a_value_in_two_spellings_is_ranked_once(own: Path) -> None:
    text = (own / WORDINGS).read_text("utf-8")
    (own / WORDINGS).write_text(text.replace('"Copenhagen"', '"PARIS"', 1), "utf-8")
    exam = open_exam(own)
    candidates = exam.candidates(exam.items[exam.splits["general"][0]])
    assert "Paris" in candidates
    assert len(set(map(normalise, candidates))) == len(candidates) == 45


def test_sentences_that_are_not_there_are_one_error(own: Path) -> None:
    (own / SENTENCES).unlink()
    with pytest.raises(UserError, match="put sentences into it"):
        open_exam(own)
    (own / SENTENCES).write_text("", "utf-8")
    with pytest.raises(UserError, match="or none"):
        open_exam(own)
