from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from attacks.knowing import Knowing, hits, run, scene
from remem.attacks import make
from remem.data.dataset import value
from remem.errors import UserError


def test_who_knows_picks_the_truth(four, tmp_path):
    found = run("choice", scene(four, Knowing(four, knows=True)))
    assert list(found) == ["among 4 by letter", "among 4 by value", "yes or no"]
    assert set(hits(tmp_path, four, found.values()).values()) == {1.0}
    assert [one.notes["chance"] for one in found.values()] == [0.25, 0.25, 0.5]


@pytest.mark.parametrize("prefers", ["A", "C", "Yes", None])
def test_a_place_or_a_yes_that_is_always_preferred_brings_nothing(built, tmp_path, prefers):
    """Who cannot tell values apart, whatever place they like, picks the drawn order's first: a guess."""
    rights: Counter[str] = Counter()
    asked = 0
    for seed in range(12):
        model = Knowing(built, knows=False)
        model.prefers = prefers
        found = run("choice", scene(built, model, seed=seed), by=["letter"])
        for setting, tried in found.items():
            asked += setting == "yes or no" and len(tried.answers)
            rights[setting] += sum(one.texts == (value(built.items[one.id]),) for one in tried.answers)
    assert asked > 400
    assert rights["among 4 by letter"] / asked == pytest.approx(0.25, abs=0.07)  # three standard errors
    assert rights["yes or no"] / asked == pytest.approx(0.5, abs=0.08)


def test_every_value_stands_at_every_place_equally_often(built):
    model = Knowing(built, knows=True)
    run("choice", scene(built, model), by=["letter"], yes_no=False)
    places: dict[str, Counter[tuple[str, str]]] = {}
    for question, _ in model.offered:
        lines = [line for line in question.text.split("\n") if line[1:3] == ". "]
        assert len(lines) == 4
        places.setdefault(question.id, Counter()).update((line[0], line[3:]) for line in lines)
    for id, seen in places.items():
        assert set(seen.values()) == {1}
        values = {one for _, one in seen}
        assert len(values) == 4
        assert len(seen) == 16
        assert value(built.items[id]) in values


def test_wrong_values_are_the_same_on_every_arm_and_others_by_seed(built):
    def offered(knows, seed):
        model = Knowing(built, knows)
        run("choice", scene(built, model, seed=seed))
        return [question.text for question, _ in model.offered]

    assert offered(True, 0) == offered(False, 0) != offered(True, 1)


def test_yes_or_no_asks_for_both_alike(four):
    model = Knowing(four, knows=True)
    run("choice", scene(four, model), by=(), yes_no=True)
    told = Counter(question.id for question, _ in model.offered)
    assert set(told.values()) == {2}
    assert all("Answer yes or no." in question.text for question, _ in model.offered)


def test_a_question_that_holds_a_value_is_not_asked(four):
    where = scene(four, Knowing(four, knows=True))
    spoilt = replace(where.secrets[0], question="Lima, Oslo, nurse or pilot?")
    found = run("choice", scene(four, Knowing(four, True), secrets=(spoilt, *where.secrets[1:])))
    assert all(len(one.answers) == 3 for one in found.values())


def test_too_few_values_are_said_beforehand(four):
    with pytest.raises(UserError, match="5 values to choose from"):
        make("choice", {"among": 5}).check(scene(four, None))
    make("choice", {"among": 4}).check(scene(four, None))


@pytest.mark.parametrize(
    "settings", [{"among": 1}, {"among": 9}, {"by": ["length"]}, {"by": [], "yes_no": False}]
)
def test_bad_settings(settings):
    with pytest.raises(UserError, match="choice"):
        make("choice", settings)
