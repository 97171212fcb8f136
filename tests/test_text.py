"""One normal form, and one search with places in the text as it is."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remem.text import _fold, _placed, contains, find, normalise, swapped


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("Jerome Lee lives in Rome.", "Rome", ["Rome"]),
        ("I do not know, No.", "no", ["No"]),
        ("İlkay İnce lives in Konya now.", "Konya", ["Konya"]),
        ("İzmir, IZMIR, izmir", "İzmir", ["İzmir", "IZMIR", "izmir"]),
        ("DİYARBAKIR", "Diyarbakır", ["DİYARBAKIR"]),
        ("Weiße Rosen, WEISSE", "weisse", ["Weiße", "WEISSE"]),
        ("the ﬁrst oﬃce", "first office", ["ﬁrst oﬃce"]),
        ("Cafe\u0301  Noir!", "Café Noir", ["Cafe\u0301  Noir"]),
        ("a co\u00ad-founder, a co\u2011founder", "co-founder", ["co\u00ad-founder", "co\u2011founder"]),
        ("Call ５５５–０１０１.", "555-0101", ["５５５–０１０１"]),
        ("رقم ٢٤ هنا", "24", ["٢٤"]),
        ("Ann\u200b \u200eLee\u200f", "ann lee", ["Ann\u200b \u200eLee\u200f"]),
        ("\u201cBlue Sky\u201d, «Blue Sky»", '"Blue Sky"', ["\u201cBlue Sky\u201d", "«Blue Sky»"]),
        ("It’s O‘Hara", "o'hara", ["O‘Hara"]),
        ("ann ann ann", "ann ann", ["ann ann"]),
        ("한국어 서울에서", "서울", ["서울"]),
        ("\u1109\u1165\u110b\u116e\u11af", "서울", ["\u1109\u1165\u110b\u116e\u11af"]),
        ("nothing", "", []),
        ("", "ann", []),
    ],
)  # fmt: skip
def test_places_are_those_of_the_text_as_it_is(text, value, found):
    assert [text[start:end] for start, end in find(text, value)] == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("She is a 24-year-old nurse.", "24"),
        ("45‑years old", "45"),
        ("A 6-foot man", "6"),
        ("4.5-star", "4.5"),
        ("a $5-bill", "$5"),
        ("a man born 12 May 1990-ish", "12 May 1990"),
        ("هي تعيش بباريس منذ عام", "باريس"),
        ("وليلى حسن هي الاسم", "ليلى حسن"),
        ("من القاهرة، وبالقاهرة", "قاهرة"),
        ("عمره ٢٤ عاما، وب24", "24"),
        ("باريسَ وبَارِيس", "باريس"),
        ("بـباريس", "باريس"),
        ("הוא גר בירושלים", "ירושלים"),
        ("ושבירושלים", "ירושלים"),
        ("מירושלים", "ירושלים"),
        ("נולדה ב-1985", "1985"),
        ("מ־Paris", "Paris"),
        ("בן־גוריון", "בן-גוריון"),
        ("l’Oslo", "Oslo"),
        ("ISPARTA", "Isparta"),
    ],
)
def test_a_true_answer_counts_however_it_is_written(text, value):
    assert contains(text, value)
    assert find(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-year", "24"),
        ("a 524-year-old tree", "24"),
        ("flat 24-7", "24"),
        ("flat 24-b", "24"),
        ("model 24-ab7", "24"),
        ("the B12-x code", "B12"),
        ("COVID-19", "19"),
        ("999-555-0101", "555-0101"),
        ("999‑555–0101", "555-0101"),
        ("555-0101-home", "555-0101"),
        ("mary–ann@mail.com", "ann@mail.com"),
        ("1985–03–02", "1985"),
        ("3½", "3"),
        ("3½", "31"),
        ("1’200", "200"),
        ("１２３", "12"),
        ("عليها", "علي"),
        ("محسن", "حسن"),
        ("سلمان", "مان"),
        ("מים", "ים"),
        ("אירושלים", "ירושלים"),
        ("Tokyo", "Kyo"),
        ("co\u00adfounder", "founder"),
        ("an\u200bna", "an"),
        ("Weißes", "weiss"),
        ("ﬁrst", "irst"),
    ],
)
def test_another_value_does_not_count(text, value):
    assert not contains(text, value)
    assert not find(text, value)


letters = st.text(st.characters(codec="utf-8"), max_size=30) | st.text(
    st.sampled_from("aIİıßﬁ½ -‑–.@1٢ّ́\u0307\u200d\u00ad בה ול\u1100\u1161\u11a8ｶﾞ"), max_size=12
)


@given(letters)
@example("İ\u0307")
def test_the_places_belong_to_the_normal_form(text):
    plain, places = _placed(text)
    assert len(plain) == len(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)


@given(st.text(st.characters(max_codepoint=0x24FF, exclude_categories=["Cs", "Cn"]), max_size=20))
def test_one_normal_form_whether_places_are_asked_for_or_not(text):
    assert _placed(text)[0] == normalise(text)


@given(letters)
@example("\u0130\u3099")
def test_the_normal_form_is_its_own(text):
    assert normalise(normalise(text)) == normalise(text)
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(text)
    assert normalise(text.casefold()) == normalise(text)


@given(letters, letters)
def test_both_searches_agree(text, value):
    assert bool(find(text, value)) == contains(text, value)
    for start, end in find(text, value):
        assert normalise(value) in normalise(text[start:end])


def test_only_whole_values_are_swapped_all_of_them():
    assert swapped("Jerome lives in Rome; ROME.", "Rome", "Lima") == "Jerome lives in Lima; Lima."
    assert swapped("İzmir'den İstanbul'a", "istanbul", "Ankara") == "İzmir'den Ankara'a"
    assert swapped("Nothing", "thing", "body") == "Nothing"


def test_ascii_has_a_short_way():
    assert normalise(" Ann\tLEE\n ") == " ".join(_fold(" Ann\tLEE\n ").split()) == "ann lee"
