import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remem.scoring.stats import interval, nested_interval, paired_difference


def test_the_mean_is_over_items_not_over_people():
    found = interval([1, 1, 1, 0], ["a", "a", "a", "b"], seed=0)
    assert found.mean == 0.75
    assert (found.over, found.people, found.items) == ("people", 2, 4)
    assert (found.low, found.high) == (0, 1)  # two people: some resamples draw one of them only


def test_covers_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(7)
    people = [f"p{number}" for number in range(40) for _ in range(5)]
    hits = 0
    for trial in range(200):
        own = generator.normal(0, 1, size=40).repeat(5)
        found = interval((own + generator.normal(0, 0.3, size=200)).tolist(), people, seed=trial, draws=400)
        hits += found.low <= 0 <= found.high
    assert 0.89 <= hits / 200 <= 0.985
    # Resampling rows instead of people would cover the truth in about 63 % of trials.


def test_people_who_differ_make_it_wider_than_rows_do():
    values = [float(number % 2) for number in range(10) for _ in range(20)]
    clustered = interval(values, [f"p{number}" for number in range(10) for _ in range(20)], seed=0)
    separate = interval(values, [f"p{number}" for number in range(200)], seed=0)
    assert clustered.high - clustered.low > 3 * (separate.high - separate.low)


def test_one_person_means_questions_and_says_so():
    found = interval([1, 0, 1, 1], ["a"] * 4, seed=0)
    assert found.over == "questions"
    assert found.low < 0.75 < found.high


def test_too_little_gives_no_interval():
    one = interval([0.5], ["a"], seed=0)
    assert (one.mean, one.low, one.high, one.items) == (0.5, None, None, 1)
    none = interval([], [], seed=0)
    assert (none.mean, none.low, none.high, none.items, none.people) == (None, None, None, 0, 0)


def test_equal_values_have_no_width():
    found = interval([0.3] * 6, list("aabbcc"), seed=0)
    assert found.low == pytest.approx(0.3)
    assert found.high == pytest.approx(0.3)


def test_missing_values_are_refused():
    with pytest.raises(ValueError, match="missing"):
        interval([0.5, float("nan")], ["a", "b"], seed=0)
    with pytest.raises(ValueError, match="people"):
        interval([0.5], ["a", "b"], seed=0)


rows = st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abcd")), min_size=2, max_size=20)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter_and_the_seed_settles_it(found, shuffle):
    def of(pairs):
        return interval([value for value, _ in pairs], [person for _, person in pairs], seed=3, draws=50)

    moved = shuffle.sample(found, len(found))
    assert of(moved) == of(found)  # to the last bit


def test_the_level_is_that_of_the_interval():
    values, people = list(np.random.default_rng(1).normal(size=100)), [f"p{n}" for n in range(100)]
    error = np.std(values) / 10
    for level, deviations in ((0.95, 1.96), (0.80, 1.28)):
        found = interval(values, people, seed=0, level=level, draws=4000)
        assert found.low == pytest.approx(found.mean - deviations * error, abs=0.2 * error)
        assert found.high == pytest.approx(found.mean + deviations * error, abs=0.2 * error)


def test_another_seed_is_another_resample():
    values, people = list(np.linspace(0, 1, 50)), [f"p{n}" for n in range(50)]
    assert interval(values, people, seed=0).low != interval(values, people, seed=1).low


def test_pairing_takes_out_what_the_questions_share():
    people = {str(number): f"p{number % 10}" for number in range(100)}
    hard = {str(number): (number % 10) / 10 for number in range(100)}
    better = {id: value + 0.05 for id, value in hard.items()}
    found = paired_difference(better, hard, people, seed=0)
    assert found.mean == pytest.approx(0.05)
    assert found.low > 0.04  # each arm's own interval is ten times as wide
    alone = interval(list(hard.values()), list(people.values()), seed=0)
    assert alone.high - alone.low > 0.3


def test_pairs_with_a_missing_half_are_left_out():
    found = paired_difference(
        {"a": 1.0, "b": None, "c": 0.5}, {"a": 0.0, "b": 1.0, "c": 0.5}, dict.fromkeys("abc", "p"), seed=0
    )
    assert (found.mean, found.items) == (0.5, 2)


def test_arms_that_were_asked_different_items_are_not_compared():
    with pytest.raises(ValueError, match="1 items"):
        paired_difference({"a": 1.0}, {"a": 1.0, "b": 1.0}, {"a": "p", "b": "p"}, seed=0)


def test_nested_interval_with_one_seed_is_the_plain_one():
    values, people = [0.0, 1.0, 1.0, 0.0], ["a", "a", "b", "c"]
    assert nested_interval(values, people, [5] * 4, seed=1) == interval(values, people, seed=1)


def test_nested_interval_of_seeds_that_agree_within_is_over_the_seeds():
    """Every person of a seed alike: means of a resample are 0, 1/2 or 1 with chances 1/4, 1/2, 1/4."""
    found = nested_interval([0.0] * 3 + [1.0] * 3, list("abcabc"), [0, 0, 0, 1, 1, 1], seed=3)
    assert (found.mean, found.low, found.high) == (0.5, 0.0, 1.0)
    assert (found.over, found.people, found.items) == ("seeds and people", 6, 6)


def test_nested_interval_of_seeds_that_are_alike_is_over_people():
    """Two seeds of eight people, half of them 0 and half 1: sixteen draws of variance 1/4, none of seeds."""
    values, people, seeds = [0.0, 1.0] * 8, list("abcdefgh") * 2, [0] * 8 + [1] * 8
    found = nested_interval(values, people, seeds, seed=3, level=0.68)
    assert found.high - found.low == pytest.approx(2 * (0.25 / 16) ** 0.5, rel=0.1)


def test_nested_interval_does_not_depend_on_the_order_of_items():
    values, people, seeds = [0.1, 0.7, 0.3, 0.9], list("abab"), [0, 0, 1, 1]
    turned = nested_interval(values[::-1], people[::-1], seeds[::-1], seed=1)
    assert turned == nested_interval(values, people, seeds, seed=1)
