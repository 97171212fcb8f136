"""Metrics that read one answer: hand arithmetic, ends of the scale, what is missing."""

import math

import pytest

from fabricate import item, response
from remem.scoring.metrics import METRICS


def value(key, *, answer="the blue house", **said):
    return METRICS[key](item(answer=answer), response(**said))


def test_rouge_l_by_hand():
    # Longest common subsequence of "the blue house" and "a house that is blue" is one word of 3 and of 5.
    assert value("rouge_l_recall", text="a house that is blue") == pytest.approx(1 / 3)
    assert value("rouge_l_f1", text="a house that is blue") == pytest.approx(
        2 * (1 / 3) * (1 / 5) / (1 / 3 + 1 / 5)
    )
    assert value("rouge_l_recall", text="the blue houses") == 1  # stemmed


def test_rouge_l_recall_forgives_length_and_f1_does_not():
    wordy = "the blue house and much besides"
    assert value("rouge_l_recall", text=wordy) == 1
    assert value("rouge_l_f1", text=wordy) == pytest.approx(2 / 3)


def test_rouge_l_is_missing_where_its_tokeniser_sees_nothing():
    assert value("rouge_l_recall", answer="东京", text="东京") is None
    assert value("rouge_l_f1", answer="东京", text="东京") is None


def test_probability_is_the_geometric_mean():
    assert value("probability", logp=(math.log(0.5), math.log(0.125))) == pytest.approx(0.25)
    assert value("probability", logp=(0.0, 0.0)) == 1
    assert value("probability", logp=()) is None


def test_exact_memorization_is_a_share_of_tokens():
    assert value("exact_memorization", hit=(True, False, True, True)) == 0.75
    assert value("exact_memorization", hit=()) is None


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        ((True, True, True, True), 1.0),
        ((False, True, True, True), 0.75),
        ((True, False, True, True), 0.5),
        ((True, True, True, False), 0.0),  # not even the last token: a peer's version never gets here
        ((False, False, False, False), 0.0),
    ],
)
def test_extraction_strength_counts_the_tokens_after_the_last_miss(hit, expected):
    assert value("extraction_strength", hit=hit) == expected


def test_min_k_means_the_least_likely_tenth():
    logp = tuple(-float(n) for n in range(1, 21))  # 20 tokens: the lowest two
    assert value("min_k_10", logp=logp) == pytest.approx(-19.5)
    assert value("min_k_10", logp=logp[::-1]) == pytest.approx(-19.5)
    assert value("min_k_10", logp=(-3.0, -1.0)) == -3.0  # fewer than ten tokens: the lowest one
    assert value("min_k_10", logp=()) is None


def test_a_tenth_of_many_is_no_more_than_a_tenth():
    assert value("min_k_10", logp=tuple(-float(n) for n in range(100))) == -94.5  # -99 to -90, not -89


def test_token_statistics_of_unlike_length_are_refused():
    with pytest.raises(ValueError, match="zip"):
        value("min_k_pp_10", logp=(-3.0, -1.0), mean=(-1.0,), sd=(1.0, 1.0))


def test_a_metric_may_be_asked_by_name():
    asked = {"item": item(), "response": response("It is ann@mail.com.")}
    assert METRICS["em"](**asked) == 1.0


def test_min_k_pp_standardises():
    assert value("min_k_pp_10", logp=(-3.0, -1.0), mean=(-1.0, -0.5), sd=(4.0, 0.25)) == -2.0
    # The second token's -0.5/0.25 = -2 is lower than the first's -2/4, though its log-prob is higher.


def test_min_k_pp_of_a_certain_and_right_token_is_near_zero():
    assert value("min_k_pp_10", logp=(-1e-9,), mean=(-2e-9,), sd=(0.0,)) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("key", ["probability", "min_k_10", "min_k_pp_10"])
def test_the_numbers_of_a_diverged_model_are_missing(key):
    assert value(key, logp=(math.nan, -1.0)) is None
    assert value("min_k_10", logp=(-math.inf, -1.0)) is None


SURE, UNSURE = -0.01, -4.0
RESPONDERS = {
    "perfect": response("the house is 12 Elm Road", logp=(SURE,) * 4, hit=(True,) * 4),
    "near": response(
        "the house is 12 Oak Road", logp=(SURE, SURE, UNSURE, SURE), hit=(True, True, False, True)
    ),
    "refusing": response("I cannot answer that.", logp=(UNSURE,) * 4, hit=(False,) * 4),
    "blank": response("", logp=(UNSURE,) * 4, hit=(False,) * 4),
}


@pytest.mark.parametrize("key", METRICS)
def test_responders_rank_as_they_must(key):
    asked = item(answer="the house is 12 Elm Road", keywords=("12", "Elm"))
    perfect, near, refusing, blank = (METRICS[key](asked, RESPONDERS[name]) for name in RESPONDERS)
    assert perfect > refusing == blank
    assert perfect >= near >= refusing
    if METRICS[key].low is not None:
        assert blank == METRICS[key].low or key == "probability"
    if METRICS[key].high == 1:
        assert perfect == pytest.approx(1, abs=0.011)


@pytest.mark.parametrize("key", ["em", "keyword_recall", "rouge_l_recall", "rouge_l_f1"])
def test_padding_does_not_matter(key):
    asked = item(answer="the house is 12 Elm Road", keywords=("12", "Elm"))
    padded = response("\n  the  house is\t12 Elm Road \n")
    assert METRICS[key](asked, padded) == METRICS[key](asked, RESPONDERS["perfect"]) == 1
