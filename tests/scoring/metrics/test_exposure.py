import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabricate import ranking
from remem.scoring.metrics import EXPOSURE
from remem.scoring.metrics.exposure import rank
from remem.types import Ranking

RANKED = ("exposure_bits", "exposure_norm", "outranked")


def values(*args, **kwargs):
    return [EXPOSURE[key](ranking(*args, **kwargs)) for key in RANKED]


def test_the_top_of_sixteen_is_four_bits():
    assert values([0.0] + [-5.0] * 15) == [4.0, 1.0, 1.0]


def test_the_last_of_sixteen_is_nothing():
    assert values([-9.0] + [-5.0] * 15) == [0.0, 0.0, 0.0]


def test_third_of_nine_by_hand():
    logp = [-3.0, -1.0, -2.0, -4.0, -5.0, -6.0, -7.0, -8.0, -9.0]
    assert values(logp) == pytest.approx([math.log2(9 / 3), math.log2(3) / math.log2(9), 1 - 2 / 8])


def test_ties_share_the_middle_rank():
    assert rank(ranking([-1.0, -1.0, -1.0, -1.0])) == 2.5
    assert values([-1.0] * 15) == pytest.approx([math.log2(15 / 8), math.log2(15 / 8) / math.log2(15), 0.5])


@pytest.mark.parametrize("key", RANKED)
def test_nothing_can_be_said_of_one_candidate_or_of_nan(key):
    assert EXPOSURE[key](ranking([-1.0])) is None
    assert EXPOSURE[key](ranking([-1.0, math.nan])) is None


def test_log_probs_by_hand():
    asked = ranking([-3.0, -1.0], tokens=3)
    assert EXPOSURE["logp_sum"](asked) == -3
    assert EXPOSURE["logp_mean"](asked) == -1
    assert EXPOSURE["prob_geomean"](asked) == pytest.approx(math.exp(-1))


logps = st.lists(st.integers(-20, 0).map(float), min_size=2, max_size=12)


def test_a_log_prob_per_token_counts_the_tokens_of_the_true_value() -> None:
    one = Ranking(id="q1", candidates=("a", "b", "c"), truth=1, logp=(-3.0, -8.0, -5.0), tokens=(3, 4, 5))
    assert EXPOSURE["logp_mean"](one) == pytest.approx(-2.0)
    assert EXPOSURE["prob_geomean"](one) == pytest.approx(math.exp(-2.0))


@given(logps, st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(logp, shuffle):
    places = list(range(len(logp)))
    shuffle.shuffle(places)
    moved = ranking([logp[place] for place in places], truth=places.index(0))
    for metric in EXPOSURE.values():
        assert metric(moved) == metric(ranking(logp))


@given(logps)
def test_within_the_scale_and_never_lower_for_a_likelier_value(logp):
    likelier = [logp[0] + 1, *logp[1:]]
    for key in RANKED:
        value = EXPOSURE[key](ranking(logp))
        assert 0 <= value <= (math.log2(len(logp)) if key == "exposure_bits" else 1) + 1e-12
        assert EXPOSURE[key](ranking(likelier)) >= value


@pytest.mark.parametrize("key", RANKED)
@pytest.mark.parametrize("size", [2, 7, 16])
def test_chance_is_the_mean_over_all_ranks(key, size):
    each = [EXPOSURE[key](ranking([-float(n) for n in range(size)], truth=place)) for place in range(size)]
    assert EXPOSURE[key].chance(size) == pytest.approx(sum(each) / size)


@pytest.mark.parametrize("key", RANKED)
@pytest.mark.parametrize("size", [2, 3, 7, 32])
def test_expected_is_the_mean_over_the_ranks_below_what_is_known(key, size):
    for known in range(size):
        # The true value stands first below those known, or second, or ...: each as often.
        each = [
            EXPOSURE[key](ranking([-float(n) for n in range(size)], truth=place))
            for place in range(known, size)
        ]
        assert EXPOSURE[key].expected(size, known) == pytest.approx(sum(each) / len(each), abs=1e-12)
        assert EXPOSURE[key].expected(size, known) <= EXPOSURE[key].chance(size)


def test_expected_of_the_demo_s_goal_model_by_hand():
    # Eleven others' values of 32: ranks 12 to 32 of 32, mean of 1 - log2(rank) / 5.
    by_hand = sum(1 - math.log2(rank) / 5 for rank in range(12, 33)) / 21
    assert EXPOSURE["exposure_norm"].expected(32, 11) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.120, abs=5e-4)


def test_plain_log_probs_have_no_chance_level():
    for key in set(EXPOSURE) - set(RANKED):
        assert EXPOSURE[key].expected is None
        assert EXPOSURE[key].chance(16) is None
