import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from remem.scoring.stats import (
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


def people(count: int, each: int) -> list[str]:
    return [f"p{number}" for number in range(count) for _ in range(each)]


def test_the_mean_is_over_items_not_over_people():
    found = interval([1, 1, 1, 0], ["a", "a", "a", "b"])
    assert found.mean == 0.75
    assert (found.over, found.people, found.items) == ("people", 2, 4)
    assert found.low < 0.1  # two people tell next to nothing
    assert found.high > 0.99


def test_without_ends_it_is_student_s_of_the_means_of_people():
    draws = np.random.default_rng(3).normal(size=(6, 4))
    found = interval(draws.ravel().tolist(), people(6, 4), bounds=OPEN, level=0.9)
    means = draws.mean(1)
    low, high = stats.t.interval(0.9, 5, means.mean(), stats.sem(means))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_people_who_were_asked_unequally_much_weigh_unequally():
    """Simulated: the linearised variance and its degrees of freedom are those of the mean over items."""
    sizes = [1, 2, 5, 12]
    who = [f"p{number}" for number, size in enumerate(sizes) for _ in range(size)]
    generator = np.random.default_rng(1)
    spreads, means = [], []
    for _ in range(4000):
        values = np.repeat(generator.normal(size=4), sizes)
        means.append(values.mean())
        spreads.append(Spread.of(values.tolist(), who, OPEN))
    variances = np.array([one.variance for one in spreads])
    assert variances.mean() == pytest.approx(np.var(means), rel=0.06)
    freedom = 2 * variances.mean() ** 2 / variances.var()
    assert spreads[0].freedom == pytest.approx(freedom, rel=0.1)
    assert spreads[0].units == pytest.approx(20**2 / (1 + 4 + 25 + 144))


def test_one_person_means_facts_and_says_so():
    found = interval([1, 1, 0, 1, 1, 0], ["a"] * 6, facts=["e", "e", "t", "j", "j", "t"])
    assert (found.over, found.people, found.items) == ("facts", 1, 6)
    assert found.low < 2 / 3 < found.high
    # A fact that is asked again is no second fact.
    more = interval([1, 1, 0, 1, 1, 0] * 50, ["a"] * 300, facts=["e", "e", "t", "j", "j", "t"] * 50)
    assert more.high - more.low == pytest.approx(found.high - found.low, abs=0.02)


def test_too_little_gives_no_interval():
    one = interval([0.5], ["a"])
    assert (one.mean, one.low, one.high, one.items) == (0.5, None, None, 1)
    fact = interval([0.5, 1.0], ["a", "a"], facts=["e", "e"])
    assert (fact.mean, fact.low, fact.high, fact.over) == (0.75, None, None, "facts")
    assert interval([0.5, 1.0], ["a", "a"]).low is None  # which facts they ask for, nobody said
    none = interval([], [])
    assert (none.mean, none.low, none.high, none.items, none.people) == (None, None, None, 0, 0)


@pytest.mark.parametrize("count", [2, 3, 5, 10, 20, 100])
@pytest.mark.parametrize("each", [1, 5, 60])
def test_units_that_agree_leave_a_width(count, each):
    """All right: no more than independent questions tell, no less than a coin a person (Clopper, Pearson)."""
    found = interval([1.0] * count * each, people(count, each))
    assert found.high == 1
    assert 0.025 ** (1 / count) <= found.low < 0.025 ** (1 / (count * each)) + 1e-3
    wrong = interval([0.0] * count * each, people(count, each))
    assert (wrong.low, wrong.high) == pytest.approx((0, 1 - found.low))
    same = paired_difference(*[dict.fromkeys("abcd", 1.0)] * 2, dict(zip("abcd", "ppqq", strict=True)))
    assert same.low < 0 < same.high
    log_probs = interval([-3.0, -3.0], ["a", "b"], bounds=(None, 0.0))
    assert (log_probs.low, log_probs.high) == (-3, -3)  # no scale, no smoothing


def test_ends_stay_on_the_scale():
    found = interval([-0.1, -0.1, -5.0], list("abc"), bounds=(None, 0.0))
    assert found.low < -5
    assert found.high == 0
    assert interval([0.1, 4.0], list("ab"), bounds=(0.0, None)).low == 0


def test_missing_values_are_refused():
    with pytest.raises(ValueError, match="missing"):
        interval([0.5, float("nan")], ["a", "b"])
    with pytest.raises(ValueError, match="people"):
        interval([0.5], ["a", "b"])


rows = st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abcd")), min_size=2, max_size=20)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(found, shuffle):
    def of(pairs):
        values, who = [value for value, _ in pairs], [person for _, person in pairs]
        return (
            interval(values, who, facts=who),
            nested_interval(values, who, [ord(one) % 3 for one in who]),
            area_interval(
                Side(values=values, people=who, facts=who), Side(values=values, people=who, facts=who)
            ),
        )

    moved = shuffle.sample(found, len(found))
    assert of(moved) == of(found)  # to the last bit


@given(rows)
def test_it_holds_the_mean_and_the_scale_holds_it(found):
    one = interval([value for value, _ in found], [person for _, person in found])
    if one.low is not None:
        assert 0 <= one.low <= one.mean + 1e-12
        assert one.mean - 1e-12 <= one.high <= 1
        assert one.low < one.high


def test_pairing_takes_out_what_the_questions_share():
    who = {str(number): f"p{number % 20}" for number in range(200)}
    hard = {str(number): (number % 20) / 20 for number in range(200)}
    better = {id: value + 0.05 for id, value in hard.items()}
    found = paired_difference(better, hard, who)
    assert found.mean == pytest.approx(0.05)
    assert found.low > 0.02
    alone = interval(list(hard.values()), list(who.values()))
    assert alone.high - alone.low > 0.25


def test_pairs_with_a_missing_half_are_left_out():
    found = paired_difference(
        {"a": 1.0, "b": None, "c": 0.5}, {"a": 0.0, "b": 1.0, "c": 0.5}, dict.fromkeys("abc", "p")
    )
    assert (found.mean, found.items) == (0.5, 2)


def test_arms_that_were_asked_different_items_are_not_compared():
    with pytest.raises(ValueError, match="1 items"):
        paired_difference({"a": 1.0}, {"a": 1.0, "b": 1.0}, {"a": "p", "b": "p"})


def test_nested_interval_with_one_seed_is_the_plain_one():
    values, who = [0.0, 1.0, 1.0, 0.0], ["a", "a", "b", "c"]
    assert nested_interval(values, who, [5] * 4) == interval(values, who)


def test_nested_interval_has_seeds_for_units():
    values, who, seeds = [0.1, 0.3, 0.2, 0.6, 0.4, 0.5], list("ababab"), [0, 0, 1, 1, 2, 2]
    found = nested_interval(values, who, seeds)
    assert (found.over, found.people, found.items) == ("seeds", 6, 6)
    # Means of seeds: 0.2, 0.4, 0.45. How people inside a seed differ is in them already.
    alike = nested_interval([0.2, 0.2, 0.4, 0.4, 0.45, 0.45], who, seeds)
    assert found.high - found.low == pytest.approx(alike.high - alike.low, rel=0.1)
    assert found.high - found.low > 0.4


def test_placements_are_those_of_all_pairs():
    generator = np.random.default_rng(0)
    ours, theirs = generator.integers(0, 9, 50).astype(float), generator.integers(0, 9, 30).astype(float)
    pairs = np.greater.outer(ours, theirs) + np.equal.outer(ours, theirs) / 2
    one, other = (Side(values=side, people=(), facts=()) for side in (ours, theirs))
    assert placements(one, other) == pytest.approx(pairs.mean(1))
    assert 1 - placements(other, one) == pytest.approx(pairs.mean(0))


def test_with_a_row_a_person_the_area_s_variance_is_delong_s():
    """But for the smoothing, which is a fifth of at most 1/4 over the squared number of people a side."""
    generator = np.random.default_rng(2)
    ours, theirs = generator.normal(0.5, 1, 400), generator.normal(0, 1, 300)
    found = area_interval(
        Side(values=ours, people=people(400, 1), facts=people(400, 1)),
        Side(values=theirs, people=people(300, 1), facts=people(300, 1)),
    )
    pairs = np.greater.outer(ours, theirs)
    assert found.mean == pytest.approx(pairs.mean())
    error = (pairs.mean(1).var(ddof=1) / 400 + pairs.mean(0).var(ddof=1) / 300) ** 0.5
    assert found.high - found.low == pytest.approx(2 * 1.964 * error, rel=0.02)


def test_a_side_with_one_person_is_her_facts_and_with_one_fact_there_is_no_interval():
    values = [1.0, 2.0, 0.0, 3.0]
    alone = Side(values=values, people=["a"] * 4, facts=list("eeff"))
    others = Side(values=values, people=list("ssut"), facts=list("eeff"))
    found = area_interval(alone, others)
    assert (found.mean, found.over, found.people, found.items) == (0.5, "facts", 4, 4)
    assert found.low < 0.5 < found.high
    assert area_interval(Side(values=values, people=["a"] * 4, facts=["e"] * 4), others).low is None
    assert area_interval(Side(values=[], people=[], facts=[]), others).mean is None
    assert area_interval(others, others).over == "people"


def test_an_area_has_as_many_units_as_its_smaller_side() -> None:
    few, many = [0.2, 0.4, 0.9, 0.7], [0.1, 0.3, 0.5, 0.6, 0.8, 0.2, 0.9, 0.4]
    for ours, theirs in ((few, many), (many, few)):
        spread = area_spread(ours, theirs, list(range(len(ours))), list(range(len(theirs))))
        assert spread is not None
        assert spread.units == pytest.approx(4)
    assert area_spread(few, many, [0] * 4, list(range(8))) is None


def test_nested_interval_of_one_seed_and_one_person_is_over_her_facts() -> None:
    found = nested_interval([0.0, 1.0, 1.0, 1.0], ["a"] * 4, [7] * 4, facts=[0, 0, 1, 2])
    assert (found.over, found.people) == ("facts", 1)
    assert found.low is not None
