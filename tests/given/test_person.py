"""One person's numbers, from answers that are made up: by hand, beside the floor that is due, and apart."""

import math
from dataclasses import replace

import pytest

from given.fabricated import KNOWS, NEVER, PEOPLE, SMALL, Mind, data_set, fabricate, model
from remem.data.forgetting import find
from remem.given.person import KNOWS as KNOWN_BY
from remem.given.person import SAYS, Person, measured
from remem.scoring.honoured import told
from remem.scoring.metrics.exposure import expected_norm

ANN, BOB = PEOPLE[:2]
HALF = Mind(says=0.4, likely=0.3, rank=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return data_set(tmp_path_factory.mktemp("audited"))


@pytest.fixture(scope="module")
def forgot(folder, tmp_path_factory):
    """A model after that says of them what it says of strangers; an attack finds nothing."""
    place = tmp_path_factory.mktemp("forgot") / "run"
    return fabricate(place, folder, model(NEVER), attacked=lambda _: 0.0)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A data set without strangers."""
    return data_set(tmp_path_factory.mktemp("alone"), replace(SMALL, strangers=0))


def person(made, name=ANN):
    _, run, data = made
    return Person(run, data, find(data, name))


def by_name(measures):
    return {one.name: one for one in measures}


def test_a_model_that_never_saw_them_has_nothing_left(forgot):
    found = measured(person(forgot))
    for one in found["known"]:
        assert (one.word, one.units) == ("known", 5)
    for one in (*found["says"], *found["knows"]):
        assert one.share == pytest.approx(0, abs=1e-9)
        assert one.word == "gone"


def test_a_model_that_knows_all_has_all_left(folder, tmp_path):
    found = measured(person(fabricate(tmp_path, folder, model(KNOWS))))
    for one in (*found["says"], *found["knows"]):
        assert one.share == pytest.approx(1)
        assert one.word == "left"


def test_half_way_by_hand(folder, tmp_path):
    """Two of five facts are said; strangers are never guessed right; one token has probability 0.3, of 0.99
    before and 0.01 of who never knew; the value is third of eight, of first and fifth."""
    found = measured(person(fabricate(tmp_path, folder, model(HALF))))
    says, knows, known = (by_name(found[side]) for side in ("says", "knows", "known"))
    for name in SAYS:
        one = says[name]
        assert (one.before, one.after, one.floor) == (1.0, 0.4, 0.0)
        assert one.share == pytest.approx(0.4)
    likely = knows["probability of the answers"]
    assert (likely.before, likely.after, likely.floor) == pytest.approx((0.99, 0.3, 0.01))
    assert likely.share == pytest.approx((0.3 - 0.01) / (0.99 - 0.01))
    bits = {rank: (3 - math.log2(rank)) / 3 for rank in (1, 3, 5)}
    exposure = knows["exposure"]
    assert (exposure.before, exposure.after, exposure.floor) == pytest.approx((1.0, bits[3], bits[5]))
    assert exposure.share == pytest.approx((bits[3] - bits[5]) / (bits[1] - bits[5]))
    assert known["exposure"].share == pytest.approx(1 - bits[5])  # what teaching added
    assert known["exposure"].floor == pytest.approx(bits[5])
    assert {one.word for one in (*says.values(), *knows.values())} <= {"left", "undecided"}


def test_the_floor_is_a_model_that_was_never_taught(folder, tmp_path):
    """And where one is given, strangers are not: they say a quarter here, and it is not taken off."""
    never = (model(Mind(says=0.2, likely=0.1, rank=4)), model(Mind(says=0.4, likely=0.2, rank=4)))
    made = fabricate(tmp_path, folder, model(NEVER), never=never, strange=Mind(says=1.0, likely=0.9, rank=1))
    found = measured(person(made))
    assert by_name(found["says"])["exact match"].floor == pytest.approx(0.3)
    assert by_name(found["known"])["probability of the answers"].floor == pytest.approx(0.15)
    assert by_name(found["knows"])["exposure"].floor == pytest.approx(1 / 3)
    assert by_name(found["says"])["exact match"].share == pytest.approx(-0.3 / 0.7)


def test_else_the_floor_is_what_the_same_model_says_of_strangers(folder, tmp_path):
    made = fabricate(tmp_path, folder, model(NEVER), strange=Mind(says=0.4, likely=0.2, rank=2))
    found = measured(person(made))
    assert by_name(found["says"])["exact match"].floor == pytest.approx(0.4)
    assert by_name(found["knows"])["probability of the answers"].floor == pytest.approx(0.2)
    assert by_name(found["known"])["exposure"].floor == pytest.approx(2 / 3)


def test_else_it_is_chance_and_what_has_none_is_not_measured(alone, tmp_path):
    one = person(fabricate(tmp_path, alone, model(NEVER)))
    found = measured(one)
    assert by_name(found["says"])["exact match"].floor == 0.0
    assert by_name(found["knows"])["exposure"].floor == pytest.approx(expected_norm(8, 0))
    missing = by_name(found["knows"])["probability of the answers"]
    assert (missing.before, missing.floor, missing.share, missing.word) == (
        pytest.approx(0.99),
        None,
        None,
        "unknown",
    )
    assert one.membership().word == "unknown"


def numbers(made, name):
    one = person(made, name)
    return repr((measured(one), one.membership(), one.attacks()))


def test_people_are_kept_apart(folder, forgot, tmp_path):
    bob = find(forgot[2], BOB)
    minds = model(NEVER, unlike={BOB: KNOWS})
    other = fabricate(tmp_path, folder, minds, attacked=lambda one: float(one.person == bob))
    assert numbers(forgot, ANN) == numbers(other, ANN)
    assert numbers(forgot, BOB) != numbers(other, BOB)
    assert [one.measure.word for one in person(other, BOB).attacks()] == ["left"]
    assert [one.measure.word for one in person(other, ANN).attacks()] == ["gone"]


def test_who_stays_moves_nobodys_numbers(folder, forgot, tmp_path):
    worse = fabricate(tmp_path, folder, model(NEVER, others=NEVER), attacked=lambda _: 0.0)
    assert numbers(forgot, ANN) == numbers(worse, ANN)
    kept, lost = (by_name(person(one).others()) for one in (forgot, worse))
    assert kept["other people"].share == pytest.approx(1)
    assert (lost["other people"].share, lost["other people"].word) == (pytest.approx(0), "lost")
    assert lost["other people"].units > 0


def test_what_an_attack_brings_back(folder, tmp_path):
    made = fabricate(
        tmp_path, folder, model(NEVER), attacked=lambda one: float(one.attribute in ("phone", "email"))
    )
    (one,) = person(made).attacks()
    assert (one.access, one.setting, one.tried) == ("queries", "prefill: begun 1", 1)
    assert (one.measure.after, one.measure.floor, one.measure.before) == (0.4, 0.0, 1.0)
    assert (one.measure.share, one.without) == (pytest.approx(0.4), pytest.approx(0.0))
    assert one.measure.units == 5


def test_membership_is_told_by_the_loss(folder, forgot, tmp_path):
    def member(place, likely, never=()):
        minds = model(Mind(likely=likely))
        return person(fabricate(tmp_path / place, folder, minds, never=never)).membership()

    stays, gone, under = member("stays", 0.9), person(forgot).membership(), member("under", 1e-6)
    assert (stays.before, stays.after, stays.floor) == (1.0, 1.0, 0.5)
    assert (gone.after, gone.word) == (0.5, "not-told")
    assert (under.after, under.high) == (0.0, pytest.approx(1 - stays.low))
    for one in (stays, gone, under):
        assert one.word == told(one.after, (one.low, one.high), one.before, one.floor)
    likely = model(Mind(likely=0.5))  # who was never taught is told, too: as far as that goes it is no trace
    beside = member("beside", 0.5, never=(likely, likely))
    assert (beside.floor, beside.after, beside.before, beside.word) == (1.0, 1.0, 1.0, "unknown")


def test_plain_language_where_no_exam_was_asked(forgot):
    def speaks(perplexity):
        _, run, data = forgot
        after = run.arms["after-s0"]
        seen = replace(after.given, sound=replace(after.given.sound, perplexity=perplexity))
        arms = run.arms | {"after-s0": replace(after, given=seen)}
        return by_name(person((None, replace(run, arms=arms), data)).others())[
            "plain language (1/perplexity)"
        ]

    assert (speaks(22.0).word, speaks(23.0).word) == ("kept", "lost")
    assert speaks(22.0).share == pytest.approx(20 / 22)
    assert speaks(None).word == "unknown"


def test_every_measure_is_there_under_its_name(forgot):
    found = measured(person(forgot))
    assert [one.name for one in found["known"]] == [*SAYS, *KNOWN_BY]
    assert [one.name for one in found["says"]] == list(SAYS)
    assert [one.name for one in found["knows"]] == list(KNOWN_BY)
