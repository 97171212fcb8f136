"""What a verdict says in words, and whether it is firm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gone import GONE, NIL, Between, seen, stays
from remem.scoring.estimate import Estimate
from remem.scoring.evidence import Seen
from remem.scoring.verdicts import Part, judge, left, said_left

LOST = Between(-0.9, -0.01)


def test_what_is_left_is_a_share_of_what_teaching_added() -> None:
    assert left(0.5, 0.9, 0.1) == pytest.approx(0.5)
    assert left(0.1, 0.9, 0.1) == 0
    assert left(0.6, 0.5, 0.25) == pytest.approx(1.4)
    assert left(0.3, 0.5, 0.375) == pytest.approx(-0.6)
    assert left(0.5, 0.5, 0.4) is None or left(0.5, 0.5, 0.4) == pytest.approx(1)
    assert [left(None, 0.9, 0.1), left(0.5, None, 0.1), left(0.5, 0.9, None)] == [None] * 3
    assert said_left(replace(GONE, said=seen(0.5, goal=0.2))) == pytest.approx(0.375)
    assert said_left(replace(GONE, said=seen(0.5, goal=None))) == 0.5
    more = replace(GONE, said=seen(0.2), again=seen(0.5, goal=0.2))
    assert said_left(more) == pytest.approx(0.375)
    assert said_left(replace(more, said=seen(0.5))) == 0.5
    assert said_left(replace(more, said=Seen())) is None
    assert said_left(replace(more, again=seen(0.5, taught=0.05))) == 0.2


def test_the_sentence_names_what_decides() -> None:
    told = replace(
        GONE,
        said=Seen(ours=Estimate(mean=0.9), taught=1.0, goal=0.05),
        again=Seen(ours=Estimate(mean=0.4), taught=0.8),
        refused=seen(0.5),
        rouge=Seen(ours=Estimate(mean=0.7), goal=0.25),
    )
    assert judge(told).sentence == (
        "Says it: exact match 90.0 (taught 100.0, goal 5.0), held out 40.0 (taught 80.0), refusing 50 %, "
        "ROUGE-L 70.0 (goal 25.0)."
    )
    babbles = judge(replace(told, name="hits", degenerate=seen(0.75), again=Seen(), rouge=Seen()))
    assert babbles.sentence == (
        "Says it: hits 90.0 (taught 100.0, goal 5.0), 75 % of the answers empty or repeating."
    )
    half = judge(replace(told, degenerate=seen(0.5), refused=seen(0.9), again=Seen(), rouge=Seen()))
    assert half.sentence.endswith("goal 5.0), 50 % of the answers empty or repeating.")
    knows = replace(
        GONE,
        exposure=Seen(ours=Estimate(mean=0.9), taught=1.0),
        probability=Seen(ours=Estimate(mean=0.3), taught=0.6, goal=0.1),
        expected=0.125,
        chance=0.25,
    )
    assert judge(knows).sentence == (
        "Knows it: exposure 90.0 (taught 100.0) (expected 12.5, chance 25.0), "
        "probability 30.0 (taught 60.0, goal 10.0)."
    )
    alone = replace(knows, probability=Seen(), expected=None, chance=None)
    assert judge(replace(alone, exposure=seen(0.9))).sentence == (
        "Knows it: exposure 90.0 (taught 100.0, goal 0.0)."
    )


def test_the_sentence_of_what_is_well_names_every_part_that_was_measured() -> None:
    assert judge(replace(GONE, membership=Seen(), exposure=Seen())).sentence == (
        "Says it: exact match 0.0 (taught 100.0, goal 0.0), ROUGE-L 50.0 (goal 50.0); "
        "knows it: probability 0.0 (taught 100.0, goal 0.0); the kept: other people 100.0 of 100.0; "
        "the world: things 100.0 of 100.0."
    )
    parts = {part.title: part.said for part in judge(GONE).parts}
    assert parts["membership"] == "AUC 50.0 (goal 50.0)"
    assert parts["comes back"] == "not tested"
    bare = judge(replace(GONE, kept={}, world={"a": Seen()}, exposure=Seen(), probability=Seen()))
    said = {part.title: part.said for part in bare.parts}
    assert said["the kept"] == said["the world"] == said["knows it"] == "not measured"
    several = judge(
        replace(GONE, kept={"a": stays(0.9, goal=0.5), "b": Seen(), "c": stays(0.5, taught=0.01)})
    )
    assert {part.title: part.said for part in several.parts}["the kept"] == "a 90.0 of 90.0"
    two = judge(replace(GONE, kept={"a": stays(0.9), "b": stays(0.8)}, membership=seen(0.55, None)))
    assert {part.title: part.said for part in two.parts}["the kept"] == "a 90.0 of 100.0, b 80.0 of 100.0"
    assert {part.title: part.said for part in two.parts}["membership"] == "AUC 55.0"
    assert judge(replace(GONE, membership=Seen())).parts[2].said == "not measured"


def test_the_sentence_of_a_method_that_diverged_or_had_nothing_to_forget() -> None:
    one = judge(replace(GONE, seeds=1, diverged=1, divergence=" at step 9", said=seen(0.9)))
    assert one.sentence.startswith("Diverged at step 9; the last good state gives says it: exact match 90.0")
    assert "knows it" in one.sentence  # no part has the word of the whole: all are told
    assert judge(replace(GONE, said=seen(0.0, taught=0.05))).sentence == (
        "The taught model reaches only 5.0 exact match on the forget set."
    )
    assert judge(replace(GONE, said=seen(0.0, taught=0.0))).sentence == (
        "The taught model reaches only 0.0 exact match on the forget set."
    )
    assert judge(replace(GONE, said=seen(0.5, goal=0.05, taught=0.1), rouge=Seen())).sentence == (
        "The Goal model says it, too: exact match 50.0 (taught 10.0, goal 5.0)."
    )


def test_a_verdict_is_firm_where_no_end_of_an_interval_gives_another() -> None:
    def firm(low: float, high: float) -> bool:
        ours = Estimate(mean=0.6, low=low, high=high)
        return judge(replace(GONE, exposure=replace(GONE.exposure, ours=ours))).firm

    assert firm(0.5, 0.7)
    assert not firm(0.49, 0.7)
    ruined = stays(0.6, LOST)
    wide = replace(ruined, ours=Estimate(mean=0.6, low=0.5, high=0.75))
    assert judge(replace(GONE, kept={"a": ruined})).firm
    assert not judge(replace(GONE, kept={"a": wide})).firm
    assert not judge(replace(GONE, kept={"a": stays(1.0), "b": wide})).firm


def test_what_is_near_or_decided_before_is_always_firm() -> None:
    wide = Seen(ours=Estimate(mean=0.0, low=-0.9, high=0.9), taught=1.0, goal=0.0, gap=Between(-0.9, 0.9))
    assert (judge(replace(GONE, said=wide)).kind, judge(replace(GONE, said=wide)).firm) == ("near", True)
    for changes in (
        {"diverged": 1},
        {"degenerate": seen(0.0, goal=0.5)},
        {"kept": {"a": stays(0, goal=0.1)}},
    ):
        assert judge(replace(GONE, said=replace(wide, gap=NIL), **changes)).firm
    assert judge(replace(GONE, said=replace(wide, taught=0.05))).firm
    assert judge(replace(GONE, said=replace(wide, taught=None))).firm
    assert judge(replace(GONE, said=replace(wide, gap=NIL))).firm  # close
    apart = Estimate(mean=0.65, low=0.55, high=0.65)
    rouge = Seen(ours=apart, goal=0.5, gap=Between(-0.5, 0.5))
    far = judge(replace(GONE, rouge=rouge))
    assert (far.kind, far.firm) == ("forgets", True)  # an end is near, which is no other verdict


def test_words_and_tones_of_parts() -> None:
    assert Part("the world", "near", "").word == "no loss shown"
    assert Part("the world", "equal", "").word == Part("the kept", "close", "").word == "shown kept"
    assert Part("says it", "near", "").word == "near, not shown"
    assert Part("the kept", "costly", "").word == "pay"
    assert (Part("the kept", "", "").word, Part("the kept", "", "").tone) == ("not measured", "unknown")
    assert Part("the kept", "ruinous", "").tone == "bad"
    verdict = judge(replace(GONE, world={}))
    assert verdict.unmeasured == ["the world", "comes back"]
    assert (verdict.tone, verdict.heading) == ("good", "close in what was measured")
