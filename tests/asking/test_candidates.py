"""What exposure ranks among: of one form, of the size that was asked for, the truth always among them."""

import pytest

from fabricate import item
from remem.asking.candidates import Ranked, recombined
from remem.data import BuildSettings, Dataset, build, load, value
from remem.errors import UserError
from remem.settings import Evaluate


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Dataset:
    folder = tmp_path_factory.mktemp("set")
    build(folder, BuildSettings(people=12, qa=16, images=2, test_qa=2, test_images=1, size=16, candidates=12))
    (folder / "candidates.json").unlink()  # as a data set that brings no decoys
    return load(folder)


def test_decoys_are_put_together_from_fellows():
    days = ["12 May 1987", "3 June 1990", "28 July 2001"]
    found = recombined(days, 20, "date_of_birth")
    assert len(set(found)) == len(found) == 20
    assert not set(found) & set(days)
    for text in found:
        day, month, year = text.split()
        assert day in ("12", "3", "28")
        assert month in ("May", "June", "July")
        assert year in ("1987", "1990", "2001")
    assert recombined(days, 20, "date_of_birth") == found


def test_pieces_stay_in_values_of_their_build():
    """As many pieces in each: words, numbers and what stands between tell them apart."""
    dashed, spaced, dated = ["a-b", "c-d"], ["e f", "g h"], ["7 may", "12 june"]
    found = recombined([*dashed, *spaced, *dated], 50, "code")
    assert set(found) == {"a-d", "c-b", "e h", "g f", "7 june", "12 may"}


def test_a_build_comes_up_as_often_as_the_values_have_it():
    """90 values of one build and 10 of another: 9 in 10 of what is drawn, where neither is exhausted."""
    letters = "abcdefghij"
    often = [f"{one}{one} {other}{other}" for one in letters[:9] for other in letters]
    seldom = [f"{one}-{one}" for one in letters]
    widened = [
        text.replace(" ", f"{n} ") for n, text in enumerate(often)
    ]  # a number each: far from exhausted
    found = recombined([*widened, *seldom], 60, "code")
    assert len(found) == 60
    assert 48 <= sum(" " in text for text in found) <= 59  # 54, less or more 2.5 standard deviations


def test_decoys_are_drawn_by_their_purpose():
    days = ["12 May 1987", "3 June 1990", "28 July 2001"]
    assert recombined(days, 10, "born") != recombined(days, 10, "died")


def test_a_form_that_has_no_more_gives_fewer():
    assert recombined(["red", "blue"], 5, "colour") == []
    assert set(recombined(["ann lee", "bob ray"], 50, "name")) == {"ann ray", "bob lee"}
    assert recombined(["12", "7"], 5, "number") == []


@pytest.mark.parametrize("size", [5, 12, 30])
def test_the_size_is_what_was_asked_for_and_the_truth_is_among_them(data, size):
    ranked = Ranked(data, size)
    for one in data.items.values():
        found = ranked.among(one)
        assert value(one) in found
        assert len(set(found)) == len(found)
        known = data.candidates(one)
        if one.attribute in ("email", "date_of_birth", "phone", "address"):
            assert len(found) == size
        else:  # single words, and the few names that are asked for, give fewer
            assert min(size, len(known)) <= len(found) <= size


def test_all_items_of_an_attribute_are_ranked_among_the_same_but_for_the_truth(data):
    ranked = Ranked(data, 5)
    emails = [item for item in data.items.values() if item.attribute == "email"]
    sets = {frozenset(ranked.among(item)) for item in emails}
    common = frozenset.intersection(*sets)
    assert len(common) >= 4


def test_nought_is_what_the_data_has(data):
    ranked = Ranked(data, 0)
    assert all(ranked.among(item) == data.candidates(item) for item in data.items.values())


def test_one_candidate_is_no_set():
    with pytest.raises(UserError, match="give 2 or more"):
        Evaluate(candidates=1)


@pytest.mark.parametrize(
    ("answer", "keywords", "found"),
    [
        ("She started as an art teacher in Lima.", ("art", "Lima"), "art teacher in Lima"),
        ("İlkay İnce moved from İzmir; home is Ankara and Konya.", ("Ankara", "Konya"), "Ankara and Konya"),
        ("Rome or Rome, then Lima.", ("Rome", "Lima"), "Rome or Rome, then Lima"),
        ("Lima, then Rome.", ("Rome", "Lima"), "Rome, Lima"),
        ("Jerome and Limassol.", ("Rome", "Lima"), "Rome, Lima"),
        ("A café‑bar in ＲＯＭＥ.", ("cafe\u0301-bar", "rome"), "café‑bar in ＲＯＭＥ"),
    ],
)
def test_the_value_is_the_stretch_between_whole_keywords(answer, keywords, found):
    assert value(item(answer=answer, keywords=keywords)) == found


class Many:
    """As much of a data set as ranking looks at."""

    def __init__(self, *values):
        self.values = values

    def candidates(self, item):
        return self.values


def test_too_many_are_cut_alike_in_every_process():
    values = [f"value {number}" for number in range(200)]
    email, phone = (item(attribute=name, keywords=("value 0",)) for name in ("email", "phone"))
    one, other = (Ranked(Many(*values), 10) for _ in range(2))
    assert one.among(email) == other.among(email)
    assert one.among(email) != one.among(phone)


def test_too_few_are_topped_up_with_decoys_of_their_attribute():
    days = ("12 May 1987", "3 June 1990", "28 July 2001")
    asked = item(attribute="born", keywords=days[:1], answer=days[0])
    assert Ranked(Many(*days), 9).among(asked) == (*days, *recombined(days, 6, "born"))


def test_one_value_in_two_spellings_is_one_candidate():
    ranked = Ranked(Many("Rome", "ROME", "Lima", "café", "cafe\u0301", "Oslo"), 0)
    assert ranked.among(item(keywords=("Rome",))) == ("Rome", "Lima", "café", "Oslo")
    assert ranked.among(item(keywords=("rome",))) == ("rome", "Lima", "café", "Oslo")
    assert ranked.among(item(keywords=("Bergen",))) == ("Rome", "Lima", "café", "Bergen")
