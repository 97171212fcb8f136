from dataclasses import replace

import pytest

from remem.scoring.estimate import Estimate
from remem.scoring.verdicts import RULES, Evidence, em_left, exposure_left, judge


def exactly(value: float) -> Estimate:
    return Estimate(mean=value)


CLOSE = Evidence(
    em=exactly(0.05),
    exposure=exactly(0.30),
    retain=exactly(0.95),
    taught_em=1.0,
    taught_exposure=0.9,
    taught_retain=1.0,
    goal_em=0.0,
    goal_exposure=0.3,
    goal_retain=1.0,
    chance=0.25,
)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("close", {}),
        ("diverged", {"diverged": 1}),
        ("unmeasured", {"em": None}),
        ("unmeasured", {"taught_em": None}),
        ("untaught", {"taught_em": 0.09}),
        ("speaks", {"em": exactly(0.8)}),
        ("partial", {"em": exactly(0.5)}),
        ("partial", {"exposure": exactly(0.3 + 0.6 * 0.4)}),
        ("silenced", {"exposure": exactly(0.3 + 0.6 * 0.51)}),
        ("silenced", {"exposure": exactly(0.9), "retain": None}),
        ("unproven", {"exposure": None}),
        ("unproven", {"retain": None}),
        ("unproven", {"taught_exposure": 0.3}),
        ("costly", {"retain": exactly(0.89)}),
        ("overdone", {"exposure": exactly(0.19)}),
        ("forgets", {"em": exactly(0.15)}),
        ("forgets", {"goal_em": None, "goal_exposure": None, "goal_retain": None}),
    ],
)
def test_each_rule(kind: str, changes: dict):
    verdict = judge(replace(CLOSE, **changes))
    assert verdict.kind == kind
    assert verdict.heading == RULES[kind].heading


def test_every_rule_is_reached():
    reached = {parameters[0] for parameters in test_each_rule.pytestmark[0].args[1]}
    assert reached == set(RULES)


def test_a_silent_model_that_knows_is_not_praised():
    refuses = replace(CLOSE, em=exactly(0.0), exposure=exactly(0.87), refused=0.97)
    verdict = judge(refuses)
    assert verdict.heading == "silences, does not erase"
    assert verdict.sentence == (
        "Exact match 0.0 (taught 100.0, goal 0.0), refusing 97 % of the questions; "
        "exposure 87.0, which is 95 % of the way from the goal model up to the taught model; "
        "retained people: keeps 95.0 of 100.0."
    )


def test_left_runs_from_the_floor_to_the_taught_model():
    assert exposure_left(replace(CLOSE, exposure=exactly(0.9))) == pytest.approx(1)
    assert exposure_left(CLOSE) == pytest.approx(0)
    assert exposure_left(replace(CLOSE, goal_exposure=None)) == pytest.approx((0.30 - 0.25) / (0.9 - 0.25))
    assert em_left(replace(CLOSE, goal_em=None, em=exactly(0.5))) == pytest.approx(0.5)


def test_borderline_when_an_end_of_an_interval_decides_otherwise():
    assert judge(CLOSE).firm
    wide = Estimate(mean=0.95, low=0.85, high=1.0)
    assert not judge(replace(CLOSE, retain=wide)).firm
    assert judge(replace(CLOSE, retain=wide)).kind == "close"


def test_a_diverged_seed_is_named():
    why = " at step 40 (loss is not a number)"
    verdict = judge(replace(CLOSE, seeds=3, diverged=1, divergence=why))
    assert verdict.sentence.startswith(
        f"Diverged in 1 of 3 seeds{why}; the last good state gives exact match 5.0"
    )
