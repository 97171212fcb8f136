"""Intervals of each kind of mean: which units, which scale, which level; by hand or from a known spread."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from remem.scoring.stats import (
    DIFFERENCE,
    SHARE,
    Interval,
    Side,
    Spread,
    area_interval,
    area_spread,
    interval,
    nested_interval,
    paired_difference,
    placements,
)

OPEN = (None, None)


def ends(
    values: list[float], units: list, bounds=SHARE, coin: float = 0.2, level: float = 0.95
) -> tuple[float, float]:
    found = Spread.of(values, units, bounds, coin)
    assert found is not None
    return found.ends(level)


def test_of_two_people_it_is_cauchy_s() -> None:
    """Student's t with one degree of freedom: a half of it lies between -1 and 1."""
    half = interval([0.0, 1.0], ["a", "b"], bounds=OPEN, level=0.5)
    assert (half.low, half.high) == pytest.approx((0, 1))
    whole = interval([0.0, 1.0], ["a", "b"], bounds=OPEN)
    far = 0.5 * stats.t.ppf(0.975, 1)
    assert (whole.low, whole.high) == pytest.approx((0.5 - far, 0.5 + far))


VALUES, WHO = [0.0, 0.25, 1.0, 0.5, 1.0], list("aabbc")


def test_a_mean_over_people_has_a_fifth_of_a_coin() -> None:
    low, high = ends(VALUES, WHO)
    whole = Interval(mean=0.55, low=low, high=high, over="people", people=3, items=5)
    assert interval(VALUES, WHO) == whole
    assert interval(VALUES, WHO, facts=list("vwxyz"), unit="people", level=0.95, bounds=SHARE) == whole
    events = interval(VALUES, WHO, unit="events", bounds=(0.0, 2.0), level=0.8)
    assert (events.low, events.high) == ends(VALUES, WHO, (0.0, 2.0), level=0.8)
    assert events.over == "events"


def test_a_mean_over_the_facts_of_one_person() -> None:
    facts = list("vvwxx")
    found = interval(VALUES, ["a"] * 5, facts=facts, unit="events", bounds=(-1.0, 1.0), level=0.9)
    low, high = ends(VALUES, facts, (-1.0, 1.0), level=0.9)
    assert found == Interval(mean=0.55, low=low, high=high, over="facts", people=1, items=5)
    untold = Interval(mean=0.55, low=None, high=None, over="facts", people=1, items=5)
    assert interval(VALUES, ["a"] * 5) == interval(VALUES, ["a"] * 5, facts=["v"] * 5) == untold


def test_a_mean_of_nothing_says_what_it_would_be_over() -> None:
    for unit in ("people", "events"):
        nothing = Interval(mean=None, low=None, high=None, over=unit, people=0, items=0)
        assert interval([], [], unit=unit) == nothing
    for facts in (["v"], ["v"] * 3):
        with pytest.raises(ValueError, match="not as many facts"):
            interval([0.0, 1.0], ["a", "b"], facts=facts)


def test_a_mean_over_seeds_has_a_fiftieth_of_a_coin() -> None:
    values, who, seeds = [0.0, 0.5, 0.75, 1.0], list("abab"), [7, 7, 8, 8]
    low, high = ends(values, seeds, coin=0.02)
    assert nested_interval(values, who, seeds) == Interval(
        mean=0.5625, low=low, high=high, over="seeds", people=4, items=4
    )
    other = nested_interval(values, who, seeds, bounds=(0.0, 3.0), level=0.8)
    assert (other.low, other.high) == ends(values, seeds, (0.0, 3.0), 0.02, 0.8)
    with pytest.raises(ValueError, match="missing"):
        nested_interval([0.0, math.nan], ["a", "b"], [1, 2])
    for who, seeds in ((["a"], [1, 2]), (["a", "b"], [1]), (["a"], [1])):
        with pytest.raises(ValueError, match="2 values"):
            nested_interval([0.0, 1.0], who, seeds)


def test_of_one_seed_it_is_over_people_or_facts_on_the_same_scale() -> None:
    one = nested_interval(VALUES, WHO, [7] * 5, bounds=(0.0, 4.0), level=0.8)
    assert one == interval(VALUES, WHO, bounds=(0.0, 4.0), level=0.8)
    assert nested_interval(VALUES, WHO, [7] * 5) == interval(VALUES, WHO)
    facts = list("vvwxx")
    alone = nested_interval(VALUES, ["a"] * 5, [7] * 5, facts=facts)
    assert alone == interval(VALUES, ["a"] * 5, facts=facts)
    assert alone.low is not None


OURS = {"1": 1.0, "2": 0.5, "3": 0.5, "4": None, "5": 0.0}
THEIRS = {"1": 0.0, "2": 0.5, "3": 0.75, "4": 1.0, "5": None}
OF = {"1": "a", "2": "b", "3": "b", "4": "a", "5": "a"}


def test_a_difference_of_pairs_has_a_fiftieth_of_a_coin() -> None:
    gaps, who = [1.0, 0.0, -0.25], ["a", "b", "b"]
    low, high = ends(gaps, who, DIFFERENCE, 0.02)
    whole = Interval(mean=0.25, low=low, high=high, over="people", people=2, items=3)
    assert paired_difference(OURS, THEIRS, OF) == whole
    other = paired_difference(OURS, THEIRS, OF, bounds=(-3.0, 3.0), level=0.8, unit="events")
    assert (other.low, other.high) == ends(gaps, who, (-3.0, 3.0), 0.02, 0.8)
    assert other.over == "events"
    facts = {"1": "v", "2": "w", "3": "v", "4": "x", "5": "y"}
    alone = paired_difference(OURS, THEIRS, dict.fromkeys(OF, "a"), facts=facts)
    low, high = ends(gaps, ["v", "w", "v"], DIFFERENCE, 0.02)
    assert alone == Interval(mean=0.25, low=low, high=high, over="facts", people=1, items=3)
    assert paired_difference(OURS, THEIRS, dict.fromkeys(OF, "a")).low is None


def side(values: list[float], people: str, facts: str = "", kinds: str = "") -> Side:
    return Side(values=values, people=list(people), facts=list(facts or people), kinds=list(kinds))


def test_an_area_by_hand() -> None:
    """Of ours 3 beats both and 1 beats one; of theirs 0 loses to both and 2 to one."""
    ours, theirs = side([1.0, 3.0], "ab"), side([0.0, 2.0], "cd")
    one = Spread.of([0.5, 1.0], ["a", "b"], SHARE, 0.02)
    both = area_spread([0.5, 1.0], [1.0, 0.5], ["a", "b"], ["c", "d"])
    assert one is not None
    assert both is not None
    assert (both.mean, both.items, both.bounds) == (0.75, 2, SHARE)
    assert (both.variance, both.freedom) == pytest.approx((2 * one.variance, 2))  # one of each side
    for level in (0.95, 0.8):
        low, high = both.ends(level)
        assert area_interval(ours, theirs, level=level) == Interval(
            mean=0.75, low=low, high=high, over="people", people=4, items=2
        )
    assert area_interval(ours, theirs) == area_interval(ours, theirs, level=0.95)


def test_the_sides_of_an_area_add_up_by_their_own_freedom() -> None:
    ours, theirs = [0.1, 0.9, 0.5], [0.3, 0.8]
    one, two = (Spread.of(of, list(range(len(of))), SHARE, 0.02) for of in (ours, theirs))
    assert one is not None
    assert two is not None
    both = area_spread(ours, theirs, [0, 1, 2], [0, 1])
    assert both is not None
    whole = one.variance + two.variance
    assert both.variance == pytest.approx(whole)
    assert both.freedom == pytest.approx(whole**2 / (one.variance**2 / 2 + two.variance**2 / 1))
    assert both.units == pytest.approx(2)
    assert area_spread(ours, theirs, [0, 1, 2], [0, 0]) is None
    assert area_spread(ours, theirs, [0, 0, 0], [0, 1]) is None


def test_a_side_of_an_area_with_one_person_is_her_facts() -> None:
    ours, theirs = side([1.0, 3.0, 2.5], "aaa", "vwv"), side([0.0, 2.0], "cd", "vv")
    places, others = [0.5, 1.0, 1.0], [1.0, 2 / 3]
    both = area_spread(places, others, list("vwv"), list("cd"))
    assert both is not None
    low, high = both.ends(0.95)
    found = area_interval(ours, theirs)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.mean, found.over, found.people, found.items) == (pytest.approx(5 / 6), "facts", 3, 3)
    back = area_interval(theirs, ours)
    assert (back.mean, back.over, back.people, back.items) == (pytest.approx(1 / 6), "facts", 3, 2)
    assert area_interval(ours, ours).people == 2


def test_an_area_without_a_side_is_none_and_counts_who_is_there() -> None:
    there, nobody = side([1.0, 2.0, 3.0], "abb"), side([], "")
    assert area_interval(there, nobody) == Interval(
        mean=None, low=None, high=None, over="people", people=2, items=3
    )
    assert area_interval(nobody, side([1.0], "a")) == Interval(
        mean=None, low=None, high=None, over="facts", people=1, items=0
    )
    # One fact a side: a mean of what is there, and no interval.
    assert area_interval(side([2.0, 0.0], "aa", "vv"), side([1.0], "b")) == Interval(
        mean=0.5, low=None, high=None, over="facts", people=2, items=2
    )


def test_rows_are_placed_among_those_of_their_kind() -> None:
    ours = side([1.0, 5.0, 2.0, 9.0], "abcd", kinds="xyxy")
    theirs = side([0.0, 2.0, 3.0, 7.0, 8.0], "efghi", kinds="xxxyy")
    assert placements(ours, theirs).tolist() == pytest.approx([1 / 3, 0, 1 / 2, 1])
    assert placements(theirs, ours).tolist() == pytest.approx([0, 3 / 4, 1, 1 / 2, 1 / 2])
    with pytest.raises(ValueError, match="nothing of its kind"):
        placements(side([1.0], "a", kinds="z"), theirs)
    assert placements(side([1, 2], "ab"), side([1, 3], "cd")).tolist() == [0.25, 0.5]
