"""The worst of many attacks: by hand, and where none works it finds nothing."""

from __future__ import annotations

import numpy as np
import pytest

from remem.scoring.differences import difference
from remem.scoring.recovered import Sides
from remem.scoring.worst import FOLDS, choose, folds_of, worst

IDS = [f"p{p}q{q}" for p in range(6) for q in range(2)]
PEOPLE = {id: id[:2] for id in IDS}
Run = dict[str, float | None]


def by_person(*levels: float) -> Run:
    return {id: levels[int(id[1])] for id in IDS}


def flat(level: float) -> Run:
    return dict.fromkeys(IDS, level)


def test_by_hand() -> None:
    # Three folds: people 0 and 3, 1 and 4, 2 and 5. "a" does well on the first, "b" on the others.
    a = by_person(1.0, 0.2, 0.2, 1.0, 0.2, 0.2)
    b = by_person(0.0, 0.4, 0.6, 0.0, 0.4, 0.6)
    goals = [flat(0.1), flat(0.3)]
    found = worst({"a": Sides([a, a], goals), "b": Sides([b, b], goals)}, PEOPLE, PEOPLE, 3)
    assert found is not None
    # On the other two: first fold b (.5 against .2), second a (.6 against .3), third a (.6 against .2).
    expected = {id: b[id] if id[1] in "03" else a[id] for id in IDS}
    assert found.sides.ours == [expected, expected]
    assert found.sides.goals == goals
    assert (found.setting, found.looked) == ("a", 2)
    assert found.chosen == pytest.approx({"a": 2 / 3, "b": 1 / 3})
    assert list(found.chosen) == ["a", "b"]


def test_what_works_on_the_goal_models_too_is_not_the_worst() -> None:
    easy = Sides([flat(0.9)], [flat(0.9)])
    hard = Sides([flat(0.3)], [flat(0.0)])
    found = worst({"easy": easy, "hard": hard}, PEOPLE, PEOPLE)
    assert found is not None
    assert found.chosen == {"hard": 1.0}
    assert found.sides == hard


def test_the_first_of_equals_is_chosen_whatever_rounding_says() -> None:
    one, other = Sides([flat(0.1 + 0.2)], [flat(0.0)]), Sides([flat(0.3)], [flat(0.0)])
    for settings in ({"a": one, "b": other}, {"b": other, "a": one}):
        found = worst(settings, PEOPLE, PEOPLE)
        assert found is not None
        assert found.setting == next(iter(settings))


def test_who_relearns_some_facts_is_asked_about_the_others_and_counted_there() -> None:
    rest: Run = {id: 1.0 for id in IDS if id[1] in "345" and id.endswith("q0")}
    relearn = Sides([rest], [dict.fromkeys(rest, 0.0)])
    ask = Sides([flat(0.2)], [flat(0.0)])
    found = worst({"ask": ask, "relearn": relearn}, PEOPLE, PEOPLE)
    assert found is not None
    assert found.setting == "relearn"
    assert found.sides.ours[0] == rest  # the other setting has lost on both halves
    none = worst({"ask": Sides([{IDS[0]: 1.0}], [{IDS[1]: 1.0}])}, PEOPLE, PEOPLE)
    assert none is None
    # Where a setting asks nothing of a half, another is chosen for it.
    narrow: Run = {id: 1.0 for id in IDS if id[1] in "02"}
    found = worst({"ask": ask, "narrow": Sides([narrow], [dict.fromkeys(narrow, 0.0)])}, PEOPLE, PEOPLE)
    assert found is not None
    assert found.chosen == {"ask": 1.0}


def test_nothing_can_be_chosen_on_one_person_with_one_fact() -> None:
    one = Sides([flat(1.0)], [flat(0.0)])
    assert worst({"a": one}, dict.fromkeys(IDS, "she"), dict.fromkeys(IDS, "mail")) is None
    with pytest.raises(ValueError, match="numbers of runs"):
        worst({"a": one, "b": Sides([flat(1.0)] * 2, [flat(0.0)])}, PEOPLE, PEOPLE)


def test_folds_hold_whole_people_or_facts_and_do_not_depend_on_the_order() -> None:
    fold = folds_of(IDS, PEOPLE, PEOPLE)
    assert fold is not None
    assert fold.tolist() == [p % FOLDS for p in range(6) for _ in range(2)]
    turned = folds_of(IDS[::-1], PEOPLE, PEOPLE)
    assert turned is not None
    assert turned.tolist() == fold.tolist()[::-1]
    facts = {id: id[-2:] for id in IDS}
    alone = folds_of(IDS, dict.fromkeys(IDS, "she"), facts)
    assert alone is not None
    assert alone.tolist() == [0, 1] * 6


def test_a_setting_without_questions_elsewhere_cannot_be_judged() -> None:
    nan = np.nan
    fold = np.array([0, 0, 1, 1])
    assert choose(np.array([[1.0, 1.0, nan, nan]]), fold).tolist() == [-1, -1, -1, -1]
    assert choose(np.array([[1.0, 1.0, nan, 0.0]]), fold).tolist() == [0, 0, 0, 0]


def test_where_no_attack_works_the_worst_is_none() -> None:
    """The short form of benchmarks/worst_case.py: 15 facts of one person, 40 settings, one seed."""
    rng = np.random.default_rng(3)
    ids = [f"f{f:02}q{q}" for f in range(15) for q in range(2)]
    she, facts = dict.fromkeys(ids, "she"), {id: id[:3] for id in ids}
    draws = 150
    naive = honest = 0
    means = []
    for _ in range(draws):
        fact = rng.normal(size=(2, 40, 15)).repeat(2, -1) + rng.normal(size=(2, 1, 15)).repeat(2, -1)
        right = (fact + rng.normal(size=fact.shape) > 1.2).astype(float)
        runs = [[dict(zip(ids, row, strict=True)) for row in model.tolist()] for model in right]
        settings = {f"s{n:02}": Sides([runs[0][n]], [runs[1][n]]) for n in range(40)}
        gaps = [difference(*one, she, facts) for one in settings.values()]
        best = max(gaps, key=lambda gap: gap.mean or 0.0).ends()
        found = worst(settings, she, facts)
        assert found is not None
        gap = difference(*found.sides, she, facts)
        ends = gap.ends()
        assert best is not None
        assert ends is not None
        naive += best[0] > 0
        honest += not ends[0] <= 0 <= ends[1]
        means.append(gap.mean or 0.0)
    assert naive / draws > 0.15
    assert honest / draws <= 0.08
    assert abs(np.mean(means)) < 0.03
