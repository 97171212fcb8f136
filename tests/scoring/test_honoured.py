"""The rule on one person's numbers: every word at its threshold and beside it, and how often it errs."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from remem.scoring.differences import difference
from remem.scoring.evidence import TAUGHT
from remem.scoring.honoured import (
    LEVEL,
    NEEDED,
    SAME,
    SOUND,
    THRESHOLDS,
    Part,
    honoured,
    known,
    left,
    told,
)
from remem.scoring.recovered import Sides, recovered
from remem.scoring.rules import GONE, KNOWS, PAYS


def above(number):
    return math.nextafter(number, math.inf)


def below(number):
    return math.nextafter(number, -math.inf)


def test_the_thresholds_are_those_that_were_written_down():
    assert (LEVEL, TAUGHT, GONE, KNOWS, PAYS) == (0.9, 0.1, 0.2, 0.5, 0.1)
    assert sorted(THRESHOLDS.values()) == [0.1, 0.1, 0.2, 0.2, 0.5, 0.9]


@pytest.mark.parametrize(
    ("share", "ends", "word"),
    [
        (0.6, (above(GONE), 0.9), "left"),
        (0.6, (GONE, 0.9), "undecided"),  # shown to be above means above
        (1.4, (0.9, 2.0), "left"),
        (GONE, (0.0, below(KNOWS)), "gone"),
        (above(GONE), (0.0, below(KNOWS)), "undecided"),
        (GONE, (0.0, KNOWS), "undecided"),  # shown to be below means below
        (-0.4, (-0.9, 0.1), "gone"),
        (0.0, None, "undecided"),  # one fact has no interval
        (1.0, None, "undecided"),
        (None, None, "unknown"),
        (None, (0.5, 0.6), "unknown"),
    ],
)
def test_left_gone_or_neither(share, ends, word):
    assert left(share, ends) == word


# Of an area of 0.9 before and 0.5 of no trace, a share of GONE lies at 0.58, of KNOWS at 0.7.
@pytest.mark.parametrize(
    ("area", "ends", "word"),
    [
        (0.8, (0.581, 0.95), "told"),
        (0.8, (0.579, 0.95), "undecided"),
        (0.2, (0.05, 0.419), "told"),  # suspiciously unlikely
        (0.2, (0.05, 0.421), "undecided"),
        (0.579, (0.45, 0.699), "not-told"),
        (0.581, (0.45, 0.699), "undecided"),
        (0.579, (0.45, 0.701), "undecided"),
        (0.421, (0.301, 0.55), "not-told"),
        (0.421, (0.299, 0.55), "undecided"),
        (0.5, None, "undecided"),
        (None, None, "unknown"),
    ],
)
def test_membership_is_told_from_above_and_from_below(area, ends, word):
    assert told(area, ends, 0.9) == word


def test_membership_that_the_model_before_did_not_give_away_shows_nothing():
    assert told(0.5, (0.4, 0.6), below(0.6)) == "unknown"
    assert told(0.5, (0.45, 0.55), 0.75) == "not-told"
    assert told(0.9, (0.8, 1.0), 0.9, floor=0.85) == "unknown"
    assert told(0.9, (0.86, 1.0), 1.0, floor=0.8) == "told"
    assert told(0.9, (0.81, 1.0)) == "told"  # a model before that is not known counts as one that knew all


@pytest.mark.parametrize(
    ("added", "ends", "word"),
    [
        (0.5, (above(TAUGHT), 0.9), "known"),
        (0.5, (TAUGHT, 0.9), "not-shown"),
        (0.09, (-0.2, below(KNOWS)), "unknown-to-it"),
        (0.09, (-0.2, KNOWS), "not-shown"),
        (TAUGHT, (-0.2, 0.3), "not-shown"),
        (1.0, None, "not-shown"),
        (0.0, None, "not-shown"),
        (None, None, "unknown"),
    ],
)
def test_known_before_or_not(added, ends, word):
    assert known(added, ends) == word


KNEW = [Part("known before", "exact match", "known"), Part("known before", "exposure", "not-shown")]


def parts(**words):
    """One measure of each side, all gone but for what is given."""
    said = {side: "not-told" if side == "membership" else "gone" for side in NEEDED}
    return [Part(side, "m", words.get(side.replace(" ", "_"), word)) for side, word in said.items()]


def test_all_gone_is_no_trace_and_everything_measured_is_the_reason():
    found = honoured(KNEW, parts())
    assert (found.outcome, found.untested) == ("no-trace", [])
    assert [one.side for one in found.because] == list(NEEDED)


@pytest.mark.parametrize("side", ["says", "knows", "comes_back", "membership"])
def test_one_measure_that_is_left_decides(side):
    others = {one: "undecided" for one in ("says", "knows", "comes_back") if one != side}
    found = honoured(KNEW, [*parts(**{side: "left"} | others), Part("says", "other words", "gone")])
    assert found.outcome == "not-honoured"
    assert [one.side for one in found.because] == [side.replace("_", " ")]


@pytest.mark.parametrize("side", ["says", "knows", "comes_back", "membership"])
@pytest.mark.parametrize("word", ["undecided", "unknown"])
def test_one_doubt_or_one_gap_leaves_it_open(side, word):
    found = honoured(KNEW, parts(**{side: word}))
    name = side.replace("_", " ")
    assert found.outcome == "undecided"
    assert [one.side for one in found.because] == [name]
    assert found.untested == ([name] if word == "unknown" else [])


def test_membership_alone_tells_nothing_but_forbids_no_trace():
    assert honoured(KNEW, parts(membership="told")).outcome == "undecided"


def test_an_unknown_measure_beside_a_known_one_leaves_no_gap():
    assert honoured(KNEW, [*parts(), Part("knows", "other", "unknown")]).outcome == "no-trace"


def test_what_was_not_known_cannot_be_forgotten():
    never = [Part("known before", name, "unknown-to-it") for name in "ab"]
    for more in ({"same": True}, {"sound": False}, {}):
        assert honoured(never, parts(says="left"), **more).outcome == "nothing-to-forget"
    assert honoured([*never, Part("known before", "c", "unknown")], parts()).outcome == "nothing-to-forget"


@pytest.mark.parametrize("before", [[], [Part("known before", "a", "unknown")]])
def test_nobody_knows_whether_it_was_known(before):
    found = honoured(before, parts(), same=True)
    assert (found.outcome, found.because) == ("undecided", [])


def test_not_shown_to_be_known_is_not_that_it_was_unknown():
    before = [Part("known before", "a", "unknown-to-it"), Part("known before", "b", "not-shown")]
    assert honoured(before, parts()).outcome == "undecided"


def test_what_decides_before_what():
    """Unknown before, then the same model, then what is left, then a broken model, then doubts."""
    broken = honoured(KNEW, parts(says="left"), same=True, sound=False)
    assert broken.because == [Part(SAME, "", "left")]
    assert honoured(KNEW, parts(says="left"), sound=False).outcome == "not-honoured"
    for doubtful in (parts(), parts(says="undecided"), parts(says="unknown")):
        found = honoured(KNEW, doubtful, sound=False)
        assert (found.outcome, found.because) == ("unsound", [Part(SOUND, "", "unknown")])


# How often it errs: a person of some facts in QUESTIONS wordings, and strangers, as in assess/person.py.
KNEW_ALL, QUESTIONS = 0.97, 3
FLOOR = {"binary": 0.02, "graded": 0.25}
FACTS, STRANGERS = (1, 2, 5, 15), (1, 4, 12)


def drawn(rng, kind, mean, facts):
    """What a model says of each question: wordings of one fact go together."""
    mean = min(max(mean, 0.01), 0.99)
    values = rng.random(facts) < mean if kind == "binary" else rng.beta(6 * mean, 6 * (1 - mean), facts)
    return {f"{n}-{q}": float(value) for n, value in enumerate(values) for q in range(QUESTIONS)}


def found(rng, kind, facts, strangers, share):
    floor = FLOOR[kind]
    taught = drawn(rng, kind, KNEW_ALL, facts)
    after = drawn(rng, kind, floor + share * (KNEW_ALL - floor), facts)
    now, then = ([drawn(rng, kind, floor, facts) for _ in range(strangers)] for _ in range(2))
    whose = dict.fromkeys(taught, "p"), {id: id.partition("-")[0] for id in taught}
    one = recovered(Sides([after], now), Sides([], then), taught, *whose)
    return None if one is None else one.share


def words(kind, facts, strangers, share, times, rng=None):
    """How often each word falls."""
    rng = rng or np.random.default_rng((facts, strangers, round(10 * share), len(kind)))
    shares = [found(rng, kind, facts, strangers, share) for _ in range(times)]
    return Counter(left(one.mean, one.ends(LEVEL)) if one else left(None, None) for one in shares)


def errs(times, share, word):
    """Cell -> how often a word falls that is an error there."""
    return {
        (kind, *cell): words(kind, *cell, share, times)[word] / times
        for kind in FLOOR
        for cell in itertools.product(FACTS, STRANGERS)
    }


def allowed(times, spread=3.0):
    return 0.05 + spread * math.sqrt(0.05 * 0.95 / times)


@pytest.mark.parametrize(("share", "word"), [(0.0, "left"), (GONE, "left"), (KNOWS, "gone")])
def test_it_seldom_says_what_is_not_so(share, word):
    rates = errs(40, share, word)
    assert max(rates.values()) <= allowed(40)
    assert sum(rates.values()) / len(rates) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("share", "word"), [(0.0, "left"), (GONE, "left"), (KNOWS, "gone")])
def test_it_seldom_says_what_is_not_so_over_many_draws(share, word):
    rates = errs(1000, share, word)
    assert max(rates.values()) <= allowed(1000)


@pytest.mark.parametrize("kind", FLOOR)
def test_a_model_that_still_knows_is_found_and_one_that_does_not_is_cleared(kind):
    for strangers in STRANGERS:
        assert words(kind, 15, strangers, 1.0, 40)["left"] >= 38
        assert words(kind, 15, strangers, 0.0, 40)["gone"] >= 38


@pytest.mark.parametrize("kind", FLOOR)
def test_one_fact_decides_nothing(kind):
    for share in (0.0, 1.0):
        assert not words(kind, 1, 12, share, 40).keys() & {"left", "gone"}


@pytest.mark.parametrize("kind", FLOOR)
@pytest.mark.parametrize("facts", FACTS)
def test_it_seldom_says_that_a_model_knew_who_did_not(kind, facts):
    rng, said = np.random.default_rng((facts, len(kind))), Counter()
    for _ in range(40):
        never = [drawn(rng, kind, FLOOR[kind], facts) for _ in range(5)]
        whose = dict.fromkeys(never[0], "p"), {id: id.partition("-")[0] for id in never[0]}
        apart = difference(never[:1], never[1:], *whose)
        said[known(apart.mean, apart.ends(LEVEL))] += 1
    assert said["known"] <= 40 * allowed(40)
    assert facts > 1 or said["not-shown"] == 40
