"""Other answers to questions to forget: never the true one, drawn with a seed, anew each epoch."""

from dataclasses import dataclass, replace

import pytest

from fabricate import item
from models.conftest import folders, questions  # noqa: F401
from remem.models.base import Encoded, Question
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.refusals import REFUSALS
from remem.text import contains
from remem.training.standins import stand_ins
from remem.types import Item


@dataclass
class Data:
    items: dict[str, Item]
    values: tuple[str, ...]

    def candidates(self, item: Item) -> tuple[str, ...]:
        return self.values


@pytest.fixture(scope="module")
def model(folders) -> Model:
    return load(folders["llava"])


ASKED = item(answer="Jane Doe's e-mail is jane.doe@example.com.", keywords=("jane.doe@example.com",))


def row_of(model: Model, asked: Item) -> Encoded:
    return model.encode(Question(asked.id, asked.question, asked.answer))


def test_a_substitute_swaps_the_value_and_marks_it(model: Model) -> None:
    others = ("ann@x.com", "bob@x.com", "JANE.DOE@example.com", "jane.doe@example.com")
    make = stand_ins(model, Data({ASKED.id: ASKED}, others), [], seed=0)["substitute"]  # type: ignore[arg-type]
    drawn = set()
    for epoch in range(12):
        row = make(row_of(model, ASKED), epoch)
        answer = row.question.answer or ""
        value = next(one for one in others[:2] if one in answer)
        assert answer == f"Jane Doe's e-mail is {value}."
        spelt = model.encoder.tokenizer.decode(
            [token for token, mark in zip(row.answer, row.marked, strict=True) if mark]
        )
        assert value in spelt
        assert "mail is" not in spelt
        drawn.add(value)
    assert drawn == {"ann@x.com", "bob@x.com"}
    assert make(row_of(model, ASKED), 3) == make(row_of(model, ASKED), 3)


def test_without_another_value_the_true_one_is_refused_and_not_taught(model: Model) -> None:
    data = Data({ASKED.id: ASKED}, ("jane.doe@example.com",))
    row = stand_ins(model, data, [], seed=0)["substitute"](row_of(model, ASKED), 0)  # type: ignore[arg-type]
    assert row.question.answer in REFUSALS
    assert not any(row.marked)


def test_mismatches_are_answers_of_the_retain_set(model: Model) -> None:
    kept = [model.encode(replace(question, image=None)) for question in questions()]
    make = stand_ins(model, Data({ASKED.id: ASKED}, ()), kept, seed=0)  # type: ignore[arg-type]
    drawn = {make["mismatch"](row_of(model, ASKED), epoch).question.answer for epoch in range(30)}
    assert drawn == {question.answer for question in questions()}
    assert make["refusal"](row_of(model, ASKED), 0).question.answer in REFUSALS


def put_in_place(model: Model, asked: Item, *others: str, epochs: int = 6) -> set[str]:
    make = stand_ins(model, Data({asked.id: asked}, others), [], seed=0)["substitute"]  # type: ignore[arg-type]
    rows = [make(row_of(model, asked), epoch) for epoch in range(epochs)]
    return {row.question.answer or "" for row in rows}


def test_a_piece_of_a_word_is_not_swapped_and_the_value_is_wherever_it_stands(model: Model) -> None:
    asked = item(answer="Jerome Lee lives in Rome; ROME is old.", keywords=("Rome",))
    assert put_in_place(model, asked, "Lima") == {"Jerome Lee lives in Lima; Lima is old."}
    dotted = item(answer="İlkay İnce lives in Konya now.", keywords=("Konya",))
    assert put_in_place(model, dotted, "Ankara") == {"İlkay İnce lives in Ankara now."}


def test_another_spelling_of_the_value_or_one_that_holds_it_takes_no_place(model: Model) -> None:
    asked = item(answer="Ann lives in Rome.", keywords=("Rome",))
    drawn = put_in_place(model, asked, "ＲＯＭＥ", "Rome, Georgia", "Jerome", "Lima", epochs=20)
    assert drawn == {"Ann lives in Jerome.", "Ann lives in Lima."}


@pytest.mark.parametrize("value", ["No", "A", "Yes", "B", "idea"])
def test_refusals_hold_no_short_value(value: str) -> None:
    assert not any(contains(one, value) for one in REFUSALS)


def test_a_refusal_that_is_the_true_answer_is_not_drawn(model: Model) -> None:
    asked = item(answer="The word is sorry.", keywords=("sorry",))
    make = stand_ins(model, Data({asked.id: asked}, ()), [], seed=0)["refusal"]  # type: ignore[arg-type]
    drawn = {make(row_of(model, asked), epoch).question.answer for epoch in range(60)}
    assert drawn <= {one for one in REFUSALS if not contains(one, "sorry")}
    assert len(drawn) > 10


def test_marked_are_the_tokens_of_whole_values_all_of_them(model: Model) -> None:
    def marked(answer: str, *values: str) -> str:
        row = model.mark(model.encode(Question("i", "q", answer)), values)
        spelt = [token for token, mark in zip(row.answer, row.marked, strict=True) if mark]
        return model.encoder.tokenizer.decode(spelt)

    assert marked("She started as an art teacher.", "art").strip() == "art"
    assert marked("İlkay İnce lives in Konya now.", "konya").strip() == "Konya"
    assert marked("Rome is Rome.", "Rome").replace(" ", "") == "RomeRome"
    assert marked("Jerome is here.", "Rome") == ""
