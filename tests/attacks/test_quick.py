from __future__ import annotations

from collections import Counter

import pytest

from attacks.knowing import Knowing, run, scene
from remem.attacks import make
from remem.attacks.quick import PARTS
from remem.attacks.records import read_outcomes, write_tried
from remem.errors import UserError

QUERIES = ["prefill", "paraphrase", "views"]


def test_each_setting_says_whose_it_is_and_what_its_attacker_must_have(built, tmp_path):
    found = run("quick", scene(built, Knowing(built, knows=True)), parts=QUERIES)
    write_tried(tmp_path, built, list(found.values()))
    outcomes = read_outcomes(tmp_path)
    assert {one.attack: one.access for one in outcomes} == dict.fromkeys(QUERIES, "queries")
    assert all(one.setting.startswith(f"{one.attack}: ") for one in outcomes)
    assert [one.setting for one in outcomes] == [
        "prefill: begun 1",
        "paraphrase: paraphrase 1",
        "views: held-out view 1",
    ]
    assert set(outcomes[0].hits.values()) == {1.0}


def test_each_fact_is_asked_once_and_kinds_take_turns(built):
    model = Knowing(built, knows=True)
    where = scene(built, model)
    run("quick", where, parts=["prefill"])
    facts = Counter(built.items[question.id].fact for question in model.asked)
    assert set(facts.values()) == {1}
    assert set(facts) == {item.fact for item in where.secrets}
    kinds = Counter(built.items[question.id].hops for question in model.asked)
    assert min(kinds[1], kinds[2]) >= len(facts) / 4


def test_what_cannot_run_is_left_out_and_said(four):
    said = []
    asked = tuple(item for item in scene(four, None).secrets if item.hops == 1)
    where = scene(
        four,
        Knowing(four, knows=True),
        secrets=asked,
        progress=lambda done, total, note="": said.append(note),
    )
    found = run("quick", where, parts=["views", "prefill"])
    assert list(found) == ["prefill: begun 1"]
    assert said
    assert all("leaves views out: views: no question" in one for one in said)
    with pytest.raises(UserError, match="none of its parts"):
        make("quick", {"parts": ["views"]}).check(where)


def test_all_parts_are_made_with_their_cut_settings():
    assert make("quick", {"lr": 1e-3}).parts == tuple(PARTS)


def test_its_relearning_trains_as_it_is_told():
    relearn = make("quick", {"how": "lora", "lr": 1e-3})._made()["relearn"]
    assert relearn == make("relearn", PARTS["relearn"] | {"how": "lora", "lr": 1e-3})


def test_bad_settings():
    with pytest.raises(UserError, match="unknown part of quick: prefil"):
        make("quick", {"parts": ["prefil"]})
    with pytest.raises(UserError, match=r"relearn\.how: half"):
        make("quick", {"how": "half"})
