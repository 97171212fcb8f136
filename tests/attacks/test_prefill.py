from dataclasses import replace

import pytest

from attacks.knowing import Knowing, hits, run, scene
from remem.attacks import make
from remem.attacks.guard import Leaked
from remem.attacks.prefill import BEGUN, PREFIXES, SUFFIXES, SUPPRESSED
from remem.errors import UserError


def test_who_hides_is_brought_back_and_who_never_knew_is_not(four, tmp_path):
    for knows in (True, False):
        found = run("prefill", scene(four, Knowing(four, knows)))
        shares = hits(tmp_path, four, found.values())
        assert len(shares) == len(BEGUN) + len(PREFIXES) + len(SUFFIXES) + len(SUPPRESSED)
        for setting, share in shares.items():
            assert share == (knows and setting.startswith("begun")), setting


def test_at_least_five_texts_of_each_and_none_twice():
    kinds = ([text for text in BEGUN if "{cloze}" not in text], PREFIXES, SUFFIXES, SUPPRESSED)
    assert all(len(kind) >= 5 for kind in kinds)
    texts = [text for kind in kinds for text in kind]
    assert len(set(texts)) == len(texts)


def test_the_cloze_prompt_begins_the_answer_without_its_value(four):
    model = Knowing(four, knows=True)
    found = run("prefill", scene(four, model), begun=1, prefixes=0, suffixes=0, suppressed=0)
    assert [question.begun for question in model.asked] == [four.items[q.id].cloze for q in model.asked]
    assert all(ranking.logp[ranking.truth] == max(ranking.logp) for ranking in found["begun 1"].rankings)
    assert len(found["begun 1"].rankings) == len(found["begun 1"].answers) == 4


def test_values_are_ranked_behind_the_same_question(four):
    model = Knowing(four, knows=True)
    run("prefill", scene(four, model), begun=0, prefixes=0, suffixes=0, suppressed=1)
    ranked = {question.id: question for question, _ in model.offered}
    for question in model.asked:
        item = four.items[question.id]
        assert question.text == f"{item.question} {SUPPRESSED[0]}"
        assert (ranked[item.id].text, ranked[item.id].begun) == (question.text, item.cloze)


def test_a_question_that_holds_its_answer_is_left_out_and_noted(four):
    where = scene(four, Knowing(four, knows=True))
    told = where.secrets[0]
    leaky = replace(told, question=f"Is it {told.keywords[0]}?", cloze="")
    where = scene(four, Knowing(four, knows=True), secrets=(leaky, *where.secrets[1:]))
    found = run("prefill", where, begun=0, prefixes=1, suffixes=0, suppressed=0)["prefix 1"]
    assert leaky.id not in {answer.id for answer in found.answers}
    assert list(found.notes.values()) == [1.0]
    with pytest.raises(Leaked):
        where.ask([where.cloze(leaky)])


@pytest.mark.parametrize(
    "settings", [{"begun": -1}, dict.fromkeys(("begun", "prefixes", "suffixes", "suppressed"), 0)]
)
def test_bad_settings(settings):
    with pytest.raises(UserError, match="prefill"):
        make("prefill", settings)


def test_nothing_to_ask_is_said_beforehand(four):
    with pytest.raises(UserError, match="no fact to forget"):
        make("prefill", {}).check(scene(four, None, secrets=()))
