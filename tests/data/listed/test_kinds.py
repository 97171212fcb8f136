"""What kind of value it is, and further values of the kind that nobody has."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remem.data.listed.dates import date_form
from remem.data.listed.decoys import Unowned, further
from remem.data.listed.kinds import kind_of, maker

VALUES = {
    "email": ("contact", ["a.b@gmx.de", "bob@web.co.uk", "c@x.org"]),
    "date": ("born", ["1985-03-01", "1990-11-21"]),
    "phone": ("reach", ["+49 30 1234567", "0171 5556677", "(030) 99-88-77-1"]),
    "address": ("home", ["12 Elm Road, Norvale", "Hauptstrasse 5, Bern", "7 High Street"]),
    "number": ("income", ["48,000 EUR", "51,500 EUR"]),
    "code": ("passport", ["C01X00T47", "L8932KX19"]),
    "woman": ("mother", ["Carla Weber", "Dora Unni"]),
    "name": ("contact", ["Alice Ashdown", "Oscar Norwood"]),
    "town": ("home town", ["Oslo", "New York", "Lima"]),
    "job": ("does", ["nurse", "train driver", "teacher"]),
    "list": ("blood type", ["A", "B", "AB", "A"]),
    "text": ("favourite film", ["Blade Runner", "The Long Goodbye", "Alien"]),
    "bank_account": ("bank_account", ["DE12 3456", "12345678"]),
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_kind_is_told_from_the_values(kind):
    attribute, values = VALUES[kind]
    assert kind_of(attribute.replace(" ", "_"), values) == kind


@pytest.mark.parametrize("kind", [one for one in VALUES if one != "list"])
def test_further_values_are_of_the_kind_and_nobodys(kind):
    attribute, values = VALUES[kind]
    found = further(kind, values, 30, Unowned(values, ["Ann Lee"]), "0")
    assert len(found) == len(set(found)) == 30
    assert not set(found) & set(values)
    assert kind_of(attribute.replace(" ", "_"), found) == kind


def test_a_closed_list_has_no_further_values():
    assert maker("list", ["A", "B"]) is None
    assert further("list", ["A", "B"], 3, Unowned(["A", "B"], []), "0") == []


def test_invented_mail_and_numbers_are_of_reserved_ranges():
    mails = further("email", ["ann@gmx.de"], 200, Unowned([], []), "0")
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+\d\d@example\.(com|org|net)", one) for one in mails)
    numbers = further("phone", ["+49 30 1234567"], 200, Unowned([], []), "0")
    assert all(re.fullmatch(r"\d{3}-555-01\d\d", one) for one in numbers)
    accounts = further("code", ["DE12 3456 7890 1234 5678 90"], 50, Unowned([], []), "0")
    assert all(one.startswith("ZZ") for one in accounts)
    cards = further("code", ["4111 1111 1111 1111"], 50, Unowned([], []), "0")
    assert all(re.fullmatch(r"0\d{3}( \d{4}){3}", one) for one in cards)
    social = further("code", ["123-45-6789"], 50, Unowned([], []), "0")
    assert all(re.fullmatch(r"000-\d\d-\d{4}", one) for one in social)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1985-03-01", r"\d{4}-\d\d-\d\d"),
        ("01.03.1985", r"\d\d\.\d\d\.\d{4}"),
        ("1 March 1985", r"\d{1,2} [A-Z][a-z]+ \d{4}"),
        ("March 1st, 1985", r"[A-Z][a-z]+ \d{1,2}(st|nd|rd|th), \d{4}"),
        ("3 Mar 1985", r"\d{1,2} [A-Z][a-z]{2} \d{4}"),
    ],
)
def test_dates_keep_their_form_and_their_years(text, form):
    draw = date_form([text])
    for number in range(50):
        found = draw(Random(number))
        assert re.fullmatch(form, found), found
        assert 1980 <= int(re.search(r"\d{4}", found)[0]) <= 1990


def test_days_come_where_the_values_have_them():
    american = date_form(["03/25/1985", "01/02/1990"])
    assert all(int(american(Random(n)).split("/")[0]) <= 12 for n in range(50))
    european = date_form(["25/03/1985"])
    assert all(int(european(Random(n)).split("/")[1]) <= 12 for n in range(50))


def test_amounts_keep_unit_and_marks():
    found = further("number", ["48,000 EUR", "51,500 EUR"], 30, Unowned([], []), "0")
    assert all(re.fullmatch(r"\d{2},\d{3} EUR", one) for one in found)
    heights = further("number", ["1.80 m", "1.65 m"], 20, Unowned([], []), "0")
    assert all(re.fullmatch(r"\d+\.\d\d m", one) for one in heights)


def test_what_holds_anothers_value_is_not_free():
    nobody = Unowned(["engineer", "Oslo"], ["Ann Lee"])
    assert not nobody.free("marine engineer")
    assert not nobody.free("ann  LEE")
    assert not nobody.free("\u200b")
    assert nobody.free("marine engineering")


@given(st.lists(st.text(min_size=1, max_size=20).filter(lambda s: any(c.isalnum() for c in s)), min_size=1))
def test_no_list_of_values_is_too_strange(values):
    kind = kind_of("thing", values)
    found = further(kind, values, 3, Unowned(values, ()), "0")
    assert not set(found) & set(values)
    assert found == further(kind, values, 3, Unowned(values, ()), "0")


def test_no_further_value_holds_one_that_somebody_has():
    free = further("job", ["nurse"], 100, Unowned([], []), "0")
    assert any("engineer" in one for one in free)
    found = further("job", ["nurse"], 100, Unowned(["engineer"], []), "0")
    assert found
    assert not any("engineer" in one for one in found)
