"""Whatever gives an answer away is stopped, wherever it stands."""

from dataclasses import replace

import pytest

from attacks.knowing import Knowing, scene
from remem.attacks.base import Asked
from remem.attacks.guard import Leaked
from remem.attacks.offers import NO, YES, Offer, turned, written
from remem.models.base import Turn


@pytest.fixture
def where(four):
    return scene(four, Knowing(four, knows=True))


PLACES = {
    "the question": lambda q: replace(q, text="Is it Oslo?"),
    "an earlier turn": lambda q: replace(q, turns=(Turn("user", "?"), Turn("assistant", "It is Oslo."))),
    "a system turn": lambda q: replace(q, turns=(Turn("system", "Ann Lee lives in OSLO."),)),
    "the beginning of the answer": lambda q: replace(q, begun="Ann Lee lives in Oslo"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", ["ask", "rank", "sample"])
def test_a_leak_is_stopped_wherever_it_stands(where, place, way):
    item = next(one for one in where.secrets if one.keywords == ("Oslo",))
    asked = [Asked(item, PLACES[place](where.question(item)))]
    ways = {"ask": where.ask, "rank": where.rank, "sample": lambda rows: where.sample(rows, 2, 1.0)}
    with pytest.raises(Leaked, match=r"Oslo|OSLO"):
        ways[way](asked)
    assert not where.model.asked


VALUES = ("Lima", "Oslo", "Kyiv")


def offers(where, orders, **changed):
    item = next(one for one in where.secrets if one.keywords == ("Oslo",))
    question = replace(where.question(item), **changed)
    return [Offer(item, question, order, tuple("ABC"[: len(order)])) for order in orders]


def test_values_shown_alike_may_be_chosen_from(where):
    assert len(where.offer(offers(where, turned(VALUES)))) == 3
    assert len(where.offer(offers(where, [(one,) for one in VALUES]))) == 3


@pytest.mark.parametrize(
    "orders",
    [
        [VALUES],  # the truth always in the middle
        [VALUES, VALUES, VALUES],
        turned(VALUES)[:2],
        [("Oslo",), ("Oslo",), ("Lima",)],  # the truth more often than others
        [("Lima", "Kyiv"), ("Kyiv", "Lima")],  # no truth
        [("Oslo",)],  # nothing but the truth
        [("Oslo", "oslo"), ("oslo", "Oslo")],  # the same in two spellings
    ],
)
def test_values_that_stand_out_are_stopped(where, orders):
    with pytest.raises(Leaked, match=r"shown equally often|offered"):
        where.offer(offers(where, orders))
    assert not where.model.offered


@pytest.mark.parametrize("value", ["Oslo", "Lima"])
@pytest.mark.parametrize("place", ["text", "begun", "turns"])
def test_no_value_stands_anywhere_else(where, value, place):
    said = f"Not {value}."
    changed = {place: (Turn("user", said),) if place == "turns" else said}
    with pytest.raises(Leaked, match=f"{value}. stands in the question as well"):
        where.offer(offers(where, turned(VALUES), **changed))


def test_how_values_are_written(where):
    item = where.secrets[0]
    question = replace(where.question(item), text="Where?")
    assert written(Offer(item, question, ("Lima", "Oslo"), ("A", "B"))).text == "Where?\nA. Lima\nB. Oslo"
    single = written(Offer(item, question, ("Lima",), (YES, NO)))
    assert single.text == "Where? Is it Lima? Answer yes or no."
