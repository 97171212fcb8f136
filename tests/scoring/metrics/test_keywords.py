import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabricate import item, response
from remem.scoring.metrics import METRICS
from remem.text import contains


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Her name is Ann.", "ann"),
        ("ANN  LEE\nlives here", "Ann Lee"),
        ("It is ann@mail.com.", "ann@mail.com"),
        ("(ann@mail.com)", "ann@mail.com"),
        ("mailto:ann@mail.com", "ann@mail.com"),
        ("She is Ann's sister", "Ann"),
        ("a Paris-based painter", "Paris"),
        ("a Paris/Rome painter", "Paris"),
        ("call +1555-0101, please", "1555-0101"),
        ("call 555-0101.", "555-0101"),
        ("born 12 May 1990, in Rome", "12 May 1990"),
        ("costs $5 (five)", "$5"),
        ("annanna and ann", "ann"),  # the first two occurrences are no whole values, the third is
        ("我住在东京都。", "东京"),
        ("이메일은 ann@mail.com입니다", "ann@mail.com"),
        ("안나는 서울에서", "안나"),
        ("ＡＮＮ Ｌｅｅ", "ann lee"),  # full-width letters
        ("It’s at Ann’s", "ann's"),  # a typographer's apostrophe
        ("Cafe\u0301 Noir", "Café Noir"),
        ("Weißstraße 4", "weissstrasse 4"),
    ],
)
def test_whole_values_are_found(text, value):
    assert contains(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Her name is Anna.", "ann"),
        ("Joann", "ann"),
        ("555-01012", "555-0101"),
        ("1555-0101", "555-0101"),
        ("999-555-0101", "555-0101"),
        ("joann@mail.com", "ann@mail.com"),
        ("mary.ann@mail.com", "ann@mail.com"),
        ("mary-ann@mail.com", "ann@mail.com"),
        ("ann@mail.com.au", "ann@mail.com"),
        ("ann@mail.community", "ann@mail.com"),
        ("write to ann@mail.com", "ann"),
        ("write to ann.lee@mail.com", "ann"),
        ("snake ann_lee", "ann"),
        ("1.5 metres", "1"),
        ("1.5 metres", "5"),
        ("1,200 euros", "200"),
        ("at 10:30:15", "10:30"),
        ("born 12/05/1990", "05/1990"),
        ("राम", "रा"),  # a combining vowel sign belongs to its letter
        ("12月", "2"),
        ("anything", ""),
        ("", "ann"),
    ],
)
def test_pieces_of_longer_values_are_not(text, value):
    assert not contains(text, value)


words = st.text(st.sampled_from("ab1.-@ ,"), min_size=1, max_size=8).filter(lambda text: text.strip() == text)


@given(words, words)
def test_a_value_is_found_between_spaces_and_in_itself(value, around):
    assert contains(value, value)
    assert contains(f"{around} {value} {around}", value)


@given(words, words)
def test_stricter_than_plain_search_never_looser(text, value):
    if contains(text, value):
        assert " ".join(value.split()) in " ".join(text.split())


def test_em_needs_every_keyword_and_recall_counts_them():
    two = item(keywords=("Ann", "Rome"))
    half = response("Ann is from Paris. Or is it?")
    assert METRICS["em"](two, half) == 0
    assert METRICS["keyword_recall"](two, half) == 0.5
    assert METRICS["em"](two, response("From Rome. Her name is Ann.")) == 1


def test_the_prediction_is_not_cut_at_its_first_full_stop():
    assert METRICS["em"](item(), response("Well. Dr. Lee said it. It is ann@mail.com")) == 1


def test_no_keywords_is_missing_not_zero():
    bare = item(keywords=())
    assert METRICS["em"](bare, response("anything")) is None
    assert METRICS["keyword_recall"](bare, response("anything")) is None
