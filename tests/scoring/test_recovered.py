"""What attacks recover: by hand, in limits, and in a simulation whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from remem.scoring.differences import difference, reach
from remem.scoring.recovered import Recovered, Sides, recovered

IDS = [f"p{p}q{q}" for p in range(4) for q in range(3)]
PEOPLE = {id: id[:2] for id in IDS}
Run = dict[str, float | None]


def flat(level: float) -> Run:
    return dict.fromkeys(IDS, level)


def by_person(*levels: float) -> Run:
    return {id: levels[int(id[1])] for id in IDS}


def told(after: Sides, before: Sides, taught: Run, people: dict[str, str] = PEOPLE) -> Recovered:
    found = recovered(after, before, taught, people, {id: id for id in IDS})
    assert found is not None
    return found


NEVER = Sides([flat(0.0), flat(0.0)], [flat(0.0), flat(0.0)])


def test_by_hand() -> None:
    after = Sides([by_person(0.4, 0.5, 0.6, 0.7), by_person(0.6, 0.7, 0.8, 0.9)], [flat(0.2), flat(0.3)])
    before = Sides([flat(0.1), flat(0.3)], [flat(0.0), flat(0.1)])
    taught = by_person(1.0, 0.9, 1.0, 0.9)
    found = told(after, before, taught)
    assert (found.ours, found.goal, found.added) == pytest.approx((0.65, 0.25, 0.9))
    assert found.excess.mean == pytest.approx(0.4)
    assert found.share is not None
    assert found.share.mean == pytest.approx(0.4 / 0.9)
    # After less before: 0.45 of the arm, 0.2 of the Goals.
    assert found.back is not None
    assert found.back.mean == pytest.approx(0.25 / 0.9)
    share = 0.4 / 0.9
    units = [0.5 - share * 1.0, 0.6 - share * 0.9, 0.7 - share * 1.0, 0.8 - share * 0.9]
    goals = [0.2 - share * 0.0, 0.3 - share * 0.1]
    terms = {term.name: term.variance for term in found.share.rest.terms}
    assert terms["people"] == pytest.approx(np.var(units, ddof=1) / 4 + 3 / 144)
    assert terms["seeds"] == pytest.approx(np.var([0.55, 0.75], ddof=1) / 2)
    assert terms["goal models"] == pytest.approx(np.var(goals, ddof=1) / 2)
    assert found.share.rest.mean == pytest.approx(0)
    far = reach(found.share.rest.terms, 0.1) / 0.9
    assert found.share.ends(0.9) == pytest.approx((share - far, share + far))
    assert found.share.unknown == ()


def test_one_seed_and_one_goal_model_are_named_as_unknown() -> None:
    found = told(Sides([flat(0.5)], [flat(0.1)]), Sides([flat(0.0)], [flat(0.0)]), flat(1.0))
    assert found.share is not None
    assert found.share.unknown == ("seeds", "goal models")


def test_the_ends_are_the_taught_and_the_goal_models_and_nothing_is_cut_off() -> None:
    everything = told(Sides([flat(1.0)] * 2, NEVER.goals), NEVER, flat(1.0))
    assert everything.share is not None
    assert everything.share.mean == everything.back.mean == 1  # type: ignore[union-attr]
    # An attack that works as well on models that never saw it recovers nothing, however much it brings out.
    both = told(Sides([flat(0.9)] * 2, [flat(0.9)] * 2), NEVER, flat(1.0))
    assert both.share is not None
    assert both.share.mean == pytest.approx(0)
    less = told(Sides([flat(0.1)] * 2, [flat(0.4)] * 2), NEVER, flat(1.0))
    assert less.share is not None
    assert less.share.mean == pytest.approx(-0.3)
    more = told(Sides([flat(1.0)] * 2, NEVER.goals), NEVER, flat(0.5))
    assert more.share is not None
    assert more.share.mean == pytest.approx(2)


def test_what_never_left_is_recovered_and_not_brought_back() -> None:
    found = told(Sides([flat(0.9)] * 2, NEVER.goals), Sides([flat(0.9)] * 2, NEVER.goals), flat(1.0))
    assert found.share is not None
    assert found.back is not None
    assert (found.share.mean, found.back.mean) == pytest.approx((0.9, 0))


def test_there_is_nothing_to_recover_where_teaching_added_next_to_nothing() -> None:
    found = told(Sides([flat(0.5)] * 2, NEVER.goals), NEVER, flat(0.09))
    assert found.added == pytest.approx(0.09)
    assert found.share is None
    assert found.back is None
    assert found.excess.mean == pytest.approx(0.5)


def test_a_share_of_what_is_not_shown_has_no_interval() -> None:
    found = told(Sides([flat(0.125)] * 2, NEVER.goals), NEVER, by_person(1.0, 0.0, 0.0, 0.0))
    assert found.share is not None
    assert found.share.mean == pytest.approx(0.5)
    assert found.share.ends() is None
    shown = told(Sides([flat(0.125)] * 2, NEVER.goals), NEVER, flat(0.5))
    assert shown.share is not None
    assert shown.share.ends() is not None


def test_only_what_all_were_asked_counts() -> None:
    some: Run = {id: 1.0 for id in IDS if not id.endswith("q2")}
    found = told(Sides([some, some], NEVER.goals), NEVER, flat(1.0))
    assert found.ours == 1
    assert (found.excess.items, found.excess.missing) == (8, 4)
    assert found.share is not None
    assert found.share.rest.items == 8
    unasked = told(Sides([flat(0.5)], [flat(0.0)]), Sides([], [flat(0.0)]), flat(1.0))
    assert unasked.share is not None
    assert unasked.back is None
    assert told(Sides([flat(0.5)], [flat(0.0)]), Sides([flat(0.5)], []), flat(1.0)).share is None
    one, other = {IDS[0]: 1.0}, {IDS[1]: 1.0}
    assert recovered(Sides([one], [other]), NEVER, flat(1.0), PEOPLE, PEOPLE) is None
    with pytest.raises(ValueError, match="argument"):
        told(Sides([flat(0.5)], [flat(0.0)]), NEVER, flat(1.0))


def test_a_person_alone_has_an_interval_over_her_facts() -> None:
    alone = dict.fromkeys(IDS, "she")
    found = told(Sides([flat(0.5)], [flat(0.1)]), Sides([flat(0.0)], [flat(0.0)]), flat(1.0), alone)
    assert found.share is not None
    assert found.share.rest.over == ("facts",)
    assert found.share.ends() is not None


@pytest.mark.parametrize(("people", "each", "true"), [(15, 4, 0.5), (8, 12, 0.1), (12, 6, 0.0)])
def test_the_truth_is_held(people: int, each: int, true: float) -> None:
    """People differ in how well they were taught, and in what comes back of them."""
    rng = np.random.default_rng(5)
    ids = [f"p{p:02}q{q}" for p in range(people) for q in range(each)]
    whose = {id: id[:3] for id in ids}
    held = 0
    draws = 200
    for _ in range(draws):
        known = np.clip(rng.normal(0.9, 0.08, people), 0, 1).repeat(each)
        level = np.clip(rng.normal(true, 0.15 if true else 0.0, people), 0, 1).repeat(each) * 0.9
        drawn = [
            dict(zip(ids, (rng.random(len(ids)) < chance).astype(float).tolist(), strict=True))
            for chance in (level + 0.1, 0.1 + 0 * known, 0.1 * known, known + 0.1 * (1 - known))
        ]
        after, goal, goal_before, taught = drawn
        added = 0.9 + 0.1 * 0.1 - 0.1 * 0.9
        found = recovered(Sides([after], [goal]), Sides([], [goal_before]), taught, whose, whose)
        assert found is not None
        assert found.share is not None
        ends = found.share.ends()
        assert ends is not None
        held += ends[0] <= true * 0.9 / added <= ends[1]
    assert held / draws > 0.93
    assert math.isclose(difference([after], [goal], whose, whose).mean or 0, found.excess.mean or 0)
