"""All attacks with queries on a small model of a real class, that was taught and silenced."""

from __future__ import annotations

import pytest

from attacks.knowing import hits, run
from remem.attacks.queries import slug

CUT = {
    "prefill": {"begun": 2, "prefixes": 1, "suffixes": 0, "suppressed": 1},
    "paraphrase": {"paraphrases": 2, "chains": 1},
    "views": {"altered": ["noise"], "held_out": 1},
    "choice": {},
    "few_shot": {"shots": [1, 2]},
    "role_play": {"roles": 1},
    "sampling": {"count": 3},
    "quick": {"parts": ["prefill", "paraphrase", "views"]},
}


@pytest.mark.parametrize("name", CUT)
def test_every_attack_runs_and_gives_the_same_again(name, plain, tmp_path):
    first, second = (run(name, plain.scene("base", tmp_path, pictures=True), **CUT[name]) for _ in range(2))
    assert first == second
    asked = {item.id for item in plain.items("forget1")}
    for one in first.values():
        assert {answer.id for answer in one.answers} <= asked
        assert {ranking.id for ranking in one.rankings} <= asked
    facts = [plain.data.items[answer.id].fact for one in first.values() for answer in one.answers]
    assert set(facts) == {item.fact for item in plain.items("forget1")}


def test_a_silenced_model_is_brought_back_by_prefill_and_its_goal_is_not(arms, tmp_path):
    found = {}
    for arm in ("taught", "arm", "goal"):
        where = arms.scene(arm, tmp_path)
        (tmp_path / arm).mkdir()
        begun = run("prefill", where, begun=1, prefixes=1, suffixes=0, suppressed=0, rank=False)
        found[arm] = hits(tmp_path / arm, arms.data, begun.values())
    assert found["taught"]["begun 1"] == 1.0
    assert found["arm"]["prefix 1"] == 0.0
    assert found["goal"]["begun 1"] == 0.0
    assert found["arm"]["begun 1"] > 0.0


def test_a_setting_as_the_name_of_a_file():
    assert slug("name and another's picture") == "name-and-another-s-picture"
    assert slug("32 answers at temperature 0.5") == "32-answers-at-temperature-0-5"
