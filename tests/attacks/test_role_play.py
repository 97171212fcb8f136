import pytest

from attacks.knowing import Knowing, hits, run, scene
from remem.attacks import make
from remem.attacks.role_play import AGREED, ROLES
from remem.errors import UserError


def test_each_role_in_both_forms(four, tmp_path):
    model = Knowing(four, knows=True, hides=False)
    found = run("role_play", scene(four, model), rank=False)
    assert len(found) == 2 * len(ROLES) >= 10
    assert set(hits(tmp_path, four, found.values()).values()) == {1.0}
    for question in model.asked:
        own = four.items[question.id].question
        if question.turns:
            assert question.text == own
            assert [turn.role for turn in question.turns] == ["user", "assistant"]
            assert question.turns[0].text in ROLES
            assert question.turns[1].text == AGREED
        else:
            assert question.text.removesuffix(f" {own}") in ROLES


def test_a_template_without_turns_is_said_beforehand(four):
    model = Knowing(four, knows=True)

    def refuse(question):
        raise UserError("this model's chat template does not take earlier turns")

    model.encoder.encode = refuse
    with pytest.raises(UserError, match=r"earlier turns\. Set agreed=false"):
        make("role_play", {}).check(scene(four, model))
    make("role_play", {"agreed": False}).check(scene(four, model))


def test_bad_settings():
    with pytest.raises(UserError, match=r"role_play\.roles"):
        make("role_play", {"roles": 0})
