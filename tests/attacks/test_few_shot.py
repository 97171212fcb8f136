from __future__ import annotations

from dataclasses import replace

import pytest

from attacks.knowing import Knowing, run, scene
from remem.attacks import make
from remem.attacks.few_shot import TOO_LONG
from remem.attacks.guard import gives_away
from remem.errors import UserError


def test_turns_are_other_people_s_answers_to_questions_of_the_same_kind(built):
    model = Knowing(built, knows=True)
    where = scene(built, model)
    found = run("few_shot", where, rank=False)
    assert list(found) == ["1 shot", "2 shots", "4 shots", "8 shots"]
    rows = {one.question: one for one in where.others}
    forgotten = {one.person for one in where.secrets}
    assert len(model.asked) == 4 * len(where.secrets)
    for question in model.asked:
        item, users, said = built.items[question.id], question.turns[::2], question.turns[1::2]
        assert len(users) == len(said) in (1, 2, 4, 8)
        assert len({turn.text for turn in users}) == len(users)
        for turn, answer in zip(users, said, strict=True):
            row = rows[turn.text]
            assert (turn.role, answer.role) == ("user", "assistant")
            assert row.question_type == item.question_type
            assert row.person not in forgotten
            assert not gives_away(answer.text, item)
            assert (turn.image is not None) == bool(row.image_path)
            assert turn.image_key == (built.image_key(row.id) if row.image_path else "")


def test_the_same_attribute_of_somebody_else_comes_first(four):
    model = Knowing(four, knows=True)
    run("few_shot", scene(four, model), shots=[2], rank=False)
    rows = {one.question: one for one in four.items.values() if one.hops == 1}
    for question in model.asked:
        if four.items[question.id].hops == 1:
            shown = [rows[turn.text] for turn in question.turns[::2]]
            assert {one.attribute for one in shown} == {four.items[question.id].attribute}
            assert len({one.person for one in shown}) == 2


def test_what_does_not_fit_is_dropped_and_said_beforehand(four):
    model = Knowing(four, knows=True)
    model.longest = 190  # of characters: two answered questions and their own, of some
    said = []
    where = scene(four, model, progress=lambda done, total, note="": said.append(note))
    found = run("few_shot", where, shots=[1, 2, 4])
    assert said == ["few_shot: 4 shots do not fit and are left out"]
    assert len(found["1 shot"].answers) == 4
    assert not found["4 shots"].answers
    assert not found["4 shots"].rankings
    assert found["4 shots"].notes[TOO_LONG] == 4
    assert all(len(model.encode(question).prompt) <= 190 - 16 for question in model.asked)


def test_where_none_fits_it_is_an_error(four):
    model = Knowing(four, knows=True)
    model.longest = 60
    with pytest.raises(UserError, match="60 tokens"):
        make("few_shot", {}).check(scene(four, model))
    with pytest.raises(UserError, match="nobody stays"):
        make("few_shot", {}).check(scene(four, model, others=()))


@pytest.mark.parametrize("shots", [[], [0], [2, -1]])
def test_bad_settings(shots):
    with pytest.raises(UserError, match="few_shot"):
        make("few_shot", {"shots": shots})


def test_who_shares_the_value_is_not_shown(four):
    model = Knowing(four, knows=True)
    where = scene(four, model)
    oslo = tuple(
        replace(one, answer=f"{one.answer} It is near Oslo.") for one in where.others if one.person != "p3"
    )
    rest = tuple(one for one in where.others if one.person == "p3")
    found = run("few_shot", scene(four, model, others=(*oslo, *rest)), shots=[1], rank=False)
    assert len(found["1 shot"].answers) == 4
    for question in model.asked:
        if four.items[question.id].keywords == ("Oslo",):
            assert "Oslo" not in question.turns[1].text


def test_room_is_left_for_an_answer(four):
    model = Knowing(four, knows=True)
    where = scene(four, model)
    asked = where.cloze(where.secrets[0])
    model.longest = len(model.encode(asked.question).prompt) + where.settings.max_new_tokens
    assert where.fits(asked)
    model.longest -= 1
    assert not where.fits(asked)
