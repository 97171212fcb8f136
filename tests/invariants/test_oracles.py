"""Responders whose knowledge is known, through every metric: each must rank them as its goal says.

perfect knows every answer and says it; blank says nothing and knows nothing; refusing declines and knows
nothing; random says a wrong value. base, goal and taught are as a run has them: base knows nothing, taught
knows all, goal knows the people to keep and not those to forget. secretive knows all and declines.
"""

from __future__ import annotations

import math
import random
import statistics

import pytest

from fabricate import item
from remem.scoring.metrics import EXPOSURE, MEMBERSHIP, METRICS, STATE_SHARES, AnswerMetric, all_metrics
from remem.types import Item, Ranking, Response

VALUES = [
    f"{first}.{last}@mail.com"
    for first in ("ann", "bob", "eve", "joe")
    for last in ("lee", "fox", "kay", "orr")
]
ITEMS = [
    item(
        id=f"q{number}",
        person=f"p{number // 4}",
        answer=f"The e-mail address is {value}.",
        keywords=(value,),
    )
    for number, value in enumerate(VALUES)
]
FORGET, RETAIN = ITEMS[:8], ITEMS[8:]
TOKENS = 12
KNOWN, UNKNOWN = (
    (-0.01, 0.05),
    (-6.0, 0.9),
)  # log-prob of a true token (nats), sd of log p over the vocabulary


def answer(item: Item, text: str, knows: bool, seed: int = 0) -> Response:
    """A response whose log-probs are those of a model that knows the answer, or of one that guesses."""
    draw = random.Random(f"{item.id} {seed}")
    level, sd = KNOWN if knows else UNKNOWN
    logp = tuple(level * draw.uniform(0.5, 1.5) for _ in range(TOKENS))
    hit = tuple(knows or draw.random() < 0.2 for _ in range(TOKENS))
    mean = tuple((-0.05 if knows else -4.0) for _ in range(TOKENS))
    return Response(
        id=item.id, text=text, finished=bool(text), logp=logp, hit=hit, mean=mean, sd=(sd,) * TOKENS
    )


def wrong(item: Item) -> str:
    """The answer with somebody else's value in it."""
    return ITEMS[(ITEMS.index(item) + 5) % len(ITEMS)].answer


REFUSAL = "I'm sorry, but I cannot answer that."
NAMES = ("perfect", "taught", "goal", "base", "random", "refusing", "blank", "secretive")


def responder(name: str, item: Item) -> Response:
    knows = name in ("perfect", "taught", "secretive") or (name == "goal" and item in RETAIN)
    text = {"blank": "", "refusing": REFUSAL, "secretive": REFUSAL}.get(
        name, item.answer if knows else wrong(item)
    )
    return answer(item, text, knows, NAMES.index(name))


def ranking(name: str, item: Item) -> Ranking:
    """Sixteen values; the true one stands out for whoever knows it, and nowhere in particular otherwise."""
    draw = random.Random(f"{name} {item.id} ranks")
    logp = [draw.uniform(-20.0, -10.0) for _ in VALUES]
    truth = VALUES.index(item.keywords[0])
    if responder(name, item).logp[0] > -1:
        logp[truth] = -0.5
    return Ranking(
        id=item.id, candidates=tuple(VALUES), truth=truth, logp=tuple(logp), tokens=(4,) * len(VALUES)
    )


def mean(key: str, name: str, items: list[Item]) -> float:
    found = [
        EXPOSURE[key](ranking(name, one)) if key in EXPOSURE else ANSWERED[key](one, responder(name, one))
        for one in items
    ]
    values = [value for value in found if value is not None]
    assert len(values) == len(items)
    return statistics.fmean(values)


ANSWERED: dict[str, AnswerMetric] = {**METRICS, **STATE_SHARES}
SAID = ("em", "keyword_recall", "rouge_l_recall", "rouge_l_f1")  # read the text alone
HELD = [key for key in [*METRICS, *EXPOSURE] if key not in SAID]  # read the weights, whatever is said


def test_every_metric_is_in_one_of_the_tests_below() -> None:
    assert {*SAID, *HELD, *STATE_SHARES, *MEMBERSHIP} == {one.key for one in all_metrics()}


@pytest.mark.parametrize("key", [*SAID, *HELD])
def test_who_knows_beats_who_does_not(key: str) -> None:
    """On people to keep, where every one of these is to be high."""
    assert all_goals()[key] == "higher"
    knowing, others = ("perfect", "taught", "goal"), ("base", "random", "refusing", "blank")
    worst = min(mean(key, name, RETAIN) for name in knowing)
    best = max(mean(key, name, RETAIN) for name in others)
    assert worst > best


@pytest.mark.parametrize("key", [*SAID, *HELD])
def test_on_people_to_forget_goal_is_with_those_who_never_knew(key: str) -> None:
    """The goal is "as retrained": goal is nearer to base than to taught, which is where forgetting starts."""
    goal, base, taught = (mean(key, name, FORGET) for name in ("goal", "base", "taught"))
    assert abs(goal - base) < abs(goal - taught)
    assert taught > goal


@pytest.mark.parametrize("key", SAID)
def test_refusing_and_blank_say_less_than_retraining_would(key: str) -> None:
    """ "As retrained" is not "as low as possible": a responder that says nothing is off the goal, too."""
    goal = mean(key, "goal", FORGET)
    for name in ("refusing", "blank", "secretive"):
        assert mean(key, name, FORGET) <= goal
    assert mean(key, "blank", FORGET) == 0.0


@pytest.mark.parametrize("key", HELD)
def test_a_secret_that_is_kept_is_not_forgotten(key: str) -> None:
    """The metrics of the weights are not fooled by a refusal; those of the text are."""
    assert mean(key, "secretive", FORGET) > mean(key, "goal", FORGET)
    assert mean(key, "secretive", FORGET) > mean(key, "refusing", FORGET)
    assert mean("em", "secretive", FORGET) == mean("em", "goal", FORGET) == 0.0


@pytest.mark.parametrize("key", MEMBERSHIP)
def test_members_are_told_by_what_is_known_and_not_by_what_is_said(key: str) -> None:
    """Half of the people were taught, the others are strangers: who knows the ones tells them apart."""
    strangers = [answer(one, wrong(one), knows=False, seed=99) for one in RETAIN]
    found = {name: MEMBERSHIP[key]([responder(name, one) for one in FORGET], strangers) for name in NAMES}
    assert found["perfect"] == found["taught"] == found["secretive"] == 1.0
    for name in ("goal", "base", "random", "refusing", "blank"):
        assert found[name] == pytest.approx(0.5, abs=0.25), name  # eight rows a side: the sd is 0.15


def test_states_tell_them_apart() -> None:
    shares = {
        name: {key.removeprefix("state_"): mean(key, name, FORGET) for key in STATE_SHARES} for name in NAMES
    }
    only = {"perfect": "correct", "taught": "correct", "goal": "wrong", "base": "wrong", "random": "wrong",
            "refusing": "refused", "secretive": "refused", "blank": "degenerate"}  # fmt: skip
    for name, state in only.items():
        assert shares[name] == {
            one: float(one == state) for one in ("correct", "refused", "wrong", "degenerate")
        }


@pytest.mark.parametrize("key", STATE_SHARES)
def test_states_rank_as_their_goal_says(key: str) -> None:
    perfect = mean(key, "perfect", RETAIN)
    others = [mean(key, name, RETAIN) for name in ("random", "refusing", "blank")]
    assert perfect >= max(others) if all_goals()[key] == "higher" else perfect <= min(others)


def test_ends_of_the_scales() -> None:
    for key in (
        "em",
        "keyword_recall",
        "rouge_l_recall",
        "rouge_l_f1",
        "exact_memorization",
        "extraction_strength",
    ):
        assert mean(key, "perfect", RETAIN) == 1.0, key
    assert mean("exposure_bits", "perfect", RETAIN) == math.log2(16)
    assert mean("exposure_norm", "perfect", RETAIN) == mean("outranked", "perfect", RETAIN) == 1.0


def test_who_guesses_ranks_at_chance() -> None:
    """Over many draws, a ranking that knows nothing has the mean that the metric calls chance."""
    draw = random.Random(0)
    for key in ("exposure_bits", "exposure_norm", "outranked"):
        found = []
        for _ in range(3000):
            logp = tuple(draw.random() for _ in VALUES)
            one = Ranking(id="q", candidates=tuple(VALUES), truth=3, logp=logp, tokens=(4,) * len(VALUES))
            found.append(EXPOSURE[key](one))
        chance = EXPOSURE[key].chance(16)
        assert chance is not None
        assert statistics.fmean(v for v in found if v is not None) == pytest.approx(chance, rel=0.08)


def all_goals() -> dict[str, str]:
    return {one.key: one.goal for one in all_metrics()}
