"""Rules by known cases: what each part earns, that the worst decides, and that close must be shown."""

from dataclasses import replace

import pytest

from remem.scoring.differences import MARGIN, difference
from remem.scoring.estimate import Estimate
from remem.scoring.evidence import Evidence, Returned, Seen
from remem.scoring.rules import PART_WORDS, RULES
from remem.scoring.verdicts import exposure_left, judge, left, said_left

SURE, UNSURE = 0.01, 0.2


class Apart:
    """A difference with a known half-width of its 90 % interval."""

    def __init__(self, mean: float, reach: float):
        self.mean, self.reach = mean, reach

    def ends(self, level: float = 0.95) -> tuple[float, float]:
        return self.mean - self.reach, self.mean + self.reach

    def within(self, margin: float, alpha: float = 0.05) -> bool:
        low, high = self.ends()
        return -margin < low and high < margin


def seen(ours: float, goal: float | None, taught: float | None = None, reach: float = SURE) -> Seen:
    gap = None if goal is None else Apart(ours - goal, reach)
    return Seen(ours=Estimate(mean=ours), goal=goal, taught=taught, gap=gap)


def stays(ours: float, taught: float = 1.0, goal: float | None = 1.0, reach: float = SURE) -> Seen:
    return Seen(ours=Estimate(mean=ours), goal=goal, taught=taught, gap=Apart(ours - taught, reach))


def attack(
    share: float | None,
    back: float | None = None,
    reach: float = SURE,
    access: str = "weights",
    goal: float = 0.05,
) -> dict[str, Returned]:
    """What an access's worst attack recovers; of it brought back, where nothing else is said, all."""
    back = share if back is None else back
    ours = goal + 0.9 * (share or 0.0)
    return {
        access: Returned(
            access=access, measure="exact match", setting="relearn: step 10", ours=ours, goal=goal,
            gap=Apart(ours - goal, reach), share=None if share is None else Apart(share, reach),
            back=None if back is None else Apart(back, reach),
        )
    }  # fmt: skip


CLOSE = Evidence(
    said=seen(0.02, 0.0, 1.0),
    again=seen(0.0, 0.0, 0.9),
    rouge=seen(0.52, 0.5, 1.0),
    refused=seen(0.1, 0.1),
    degenerate=seen(0.0, 0.0),
    exposure=seen(0.14, 0.12, 0.95),
    probability=seen(0.22, 0.2, 0.9),
    membership=seen(0.55, 0.57, 1.0),
    kept={"other questions": stays(0.98), "other facts": stays(0.97), "other people": stays(0.96)},
    kept_refused=0.0,
    world={"plain language": stays(0.98)},
    chance=0.25,
    expected=0.12,
    goals=3,
)
RETURNS = "comes back"


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("close", {}),
        ("close", {"goals": 1}),
        ("diverged", {"diverged": 1}),
        ("unmeasured", {"said": Seen(taught=1.0)}),
        ("unknown-before", {"said": Seen(ours=Estimate(mean=0.0)), "again": Seen()}),
        ("broken", {"broken": "some weights are no numbers"}),
        ("untaught", {"broken": "it has no language", "said": seen(0.0, None, 0.0)}),
        # What is said is said, whatever was known: at least that share of it.
        ("speaks", {"said": Seen(ours=Estimate(mean=0.85)), "again": Seen()}),
        ("partial", {"said": Seen(ours=Estimate(mean=0.85), strangers=0.5), "again": Seen()}),
        ("unknown-before", {"said": Seen(ours=Estimate(mean=0.85), strangers=0.85), "again": Seen()}),
        ("untaught", {"said": seen(0.0, 0.0, 0.09)}),
        ("speaks", {"said": seen(0.8, 0.0, 1.0)}),
        ("speaks", {"again": seen(0.8, 0.0, 0.9)}),  # as unlearnt it is gone
        ("partial", {"said": seen(0.5, 0.0, 1.0)}),
        ("partial", {"exposure": seen(0.4, 0.12, 0.95)}),
        ("partial", {"probability": seen(0.5, 0.2, 0.9)}),
        ("silenced", {"exposure": seen(0.6, 0.12, 0.95)}),
        ("silenced", {"probability": seen(0.6, 0.2, 0.9)}),
        ("silenced", {"exposure": seen(0.9, 0.12, 0.95), "kept": {}}),
        ("gibberish", {"degenerate": seen(0.6, 0.0)}),
        ("mute", {"refused": seen(1.0, 0.1), "kept_refused": 1.0}),
        ("refuses", {"refused": seen(0.94, 0.07)}),
        ("close", {"refused": seen(0.94, 0.95)}),  # the Goal model refuses, too
        ("unlike", {"rouge": seen(0.1, 0.5, 1.0)}),
        ("overdone", {"exposure": seen(0.01, 0.12, 0.95)}),
        ("overdone", {"probability": seen(0.05, 0.2, 0.9)}),
        ("told", {"membership": seen(0.72, 0.57, 1.0)}),
        ("told", {"membership": seen(0.3, 0.57, 1.0)}),  # too unlikely is a trace
        ("told", {"membership": seen(0.7, None)}),
        ("costly", {"kept": CLOSE.kept | {"other people": stays(0.8)}}),
        ("ruinous", {"kept": CLOSE.kept | {"other people": stays(0.6)}}),
        ("close", {"kept": CLOSE.kept | {"held out": stays(0.7, 0.9, goal=0.7, reach=0.0)}}),
        ("costs-world", {"world": {"plain language": stays(0.8)}}),
        ("ruins-world", {"world": {"plain language": stays(0.3)}}),
        ("unproven", {"exposure": Seen(), "probability": Seen()}),
        ("close", {"exposure": Seen()}),  # the probability tells
        ("silenced", {"exposure": Seen(), "probability": seen(0.9, 0.2, 0.9)}),
        ("unsound", {"kept": {"other facts": stays(0.02, 1.0, goal=0.02)}}),
        ("unsound", {"degenerate": seen(0.9, 0.9)}),
        ("ruins-world", {"world": {"things": stays(0.0, 0.8, goal=0.0)}}),  # no excuse
        ("close", {"world": {"things": stays(0.0, 0.02, goal=0.02)}}),  # a share of nothing is noise
        ("near", {"kept": CLOSE.kept | {"other people": replace(stays(0.95), gap=None)}}),
        ("near", {"kept": CLOSE.kept | {"neighbours": stays(0.8, reach=0.5)}}),  # six rows show nothing
        ("returns", {"back": attack(0.6)}),
        ("returns", {"back": attack(0.0, access="queries") | attack(0.9, reach=0.6)}),
        ("returns-part", {"back": attack(0.9, reach=0.75)}),  # not shown to be more than gone
        ("returns-part", {"back": attack(0.45)}),
        ("returns-part", {"back": attack(0.95, 0.4)}),  # more than half is there without it
        ("forgets", {"back": attack(0.45, reach=0.5)}),  # further away, and nothing is shown to come back
        ("partial", {"back": attack(0.3, 0.1)}),
        ("forgets", {"back": attack(0.15)}),
        ("near", {"back": attack(0.05, reach=UNSURE)}),
        ("close", {"back": attack(0.05)}),
        ("close", {"back": attack(-0.4)}),  # it works less well than on the Goal models
        ("close", {"back": attack(0.0, 0.6)}),  # up to what the Goal models say, and no further
        ("close", {"back": attack(None)}),  # nothing to recover
        ("close", {"back": attack(0.05), "seeds": 2, "untried": ("gradients",)}),
        ("close", {"back": attack(0.05), "seeds": 1}),
        ("equal", {"back": attack(0.05), "seeds": 2}),
        ("forgets", {"rouge": seen(0.3, 0.5, 1.0, reach=0.5)}),
        ("forgets", {"again": seen(0.15, 0.0, 0.9)}),
        ("unproven", {"kept": {}}),
        ("forgets", {"said": seen(0.15, 0.0, 1.0)}),
        ("forgets", {"rouge": replace(CLOSE.rouge, goal=None)}),
        ("near", {"exposure": seen(0.14, 0.12, 0.95, reach=UNSURE)}),
        ("near", {"kept": CLOSE.kept | {"other people": stays(0.96, reach=UNSURE)}}),
    ],
)  # fmt: skip
def test_each_rule(kind: str, changes: dict) -> None:
    if "held out" in changes.get("kept", {}):  # shown against the taught model, charged against the Goal's
        changes["kept"]["held out"] = replace(changes["kept"]["held out"], gap=Apart(0.0, SURE))
    verdict = judge(replace(CLOSE, **changes))
    assert verdict.kind == kind
    assert verdict.heading == RULES[kind].heading


def test_every_rule_is_reached_and_the_best_needs_every_part() -> None:
    reached = {parameters[0] for parameters in test_each_rule.pytestmark[0].args[1]}
    assert set(RULES) == reached
    assert RETURNS in judge(CLOSE).unmeasured
    assert judge(replace(CLOSE, seeds=2)).kind == "close"
    assert set(PART_WORDS) == {"", *RULES}


@pytest.mark.parametrize("kept", [0.0, 1.0])
def test_who_refuses_everything_or_babbles_is_never_close(kept: float) -> None:
    for broken in ({"refused": seen(1.0, 0.0)}, {"degenerate": seen(1.0, 0.0)}):
        silent = replace(
            CLOSE, said=seen(0.0, 0.0, 1.0), rouge=seen(0.0, 0.5, 1.0), kept_refused=1 - kept,
            kept={"other people": stays(kept)}, **broken,
        )  # fmt: skip
        verdict = judge(silent)
        assert verdict.kind in ("mute", "refuses", "gibberish")
        assert verdict.tone != "good"


def test_the_word_for_the_whole_is_that_of_the_worst_part() -> None:
    worst = replace(CLOSE, membership=seen(0.9, 0.57), kept={"other people": stays(0.2)})
    verdict = judge(worst)
    assert verdict.kind == "ruinous"
    kinds = {part.title: part.kind for part in verdict.parts}
    assert kinds == {
        "says it": "equal", "knows it": "equal", "membership": "told", "the kept": "ruinous",
        "the world": "equal", RETURNS: "",
    }  # fmt: skip
    assert verdict.sentence == "The kept: other people 20.0 of 100.0."


def test_what_was_not_rehearsed_decides_though_what_was_rehearsed_is_whole() -> None:
    rehearsed = replace(CLOSE, kept={"other questions": stays(1.0)})
    assert judge(rehearsed).kind == "close"
    lost = replace(CLOSE, kept={"other questions": stays(1.0), "other people": stays(0.6)})
    assert judge(lost).kind == "ruinous"


def test_a_part_has_a_word_of_its_own() -> None:
    worded = {part.title: part.word for part in judge(CLOSE).parts}
    assert (worded["says it"], worded["the kept"], worded[RETURNS]) == (
        "shown close", "shown kept", "not measured"
    )  # fmt: skip


def test_the_goal_models_own_loss_is_not_charged() -> None:
    found = judge(replace(CLOSE, kept={"held out": stays(0.9, taught=1.0, goal=0.9)}))
    assert {part.title: part.kind for part in found.parts}["the kept"] in ("near", "equal")


def test_a_goal_model_that_says_it_is_named() -> None:
    verdict = judge(replace(CLOSE, said=seen(1.0, 0.95, 1.0)))
    assert verdict.kind == "untaught"
    assert verdict.sentence.startswith(
        "The Goal model says it, too: exact match 100.0 (taught 100.0, goal 95.0)"
    )


def test_expected_exposure_is_the_floor_without_a_goal_model_and_chance_without_either() -> None:
    alone = replace(CLOSE, exposure=seen(0.4, None, 0.9))
    assert exposure_left(alone) == pytest.approx((0.4 - 0.12) / (0.9 - 0.12))
    assert exposure_left(replace(alone, expected=None)) == pytest.approx((0.4 - 0.25) / (0.9 - 0.25))
    assert left(0.5, 0.55, 0.5) is None  # teaching added too little to tell
    assert said_left(CLOSE) == pytest.approx(0.02)


def test_borderline_when_an_end_of_an_interval_decides_otherwise() -> None:
    low = replace(CLOSE.exposure, ours=Estimate(mean=0.6, low=0.3, high=0.8))
    verdict = judge(replace(CLOSE, exposure=low))
    assert (verdict.kind, verdict.firm) == ("silenced", False)
    narrow = replace(CLOSE.exposure, ours=Estimate(mean=0.6, low=0.58, high=0.62))
    assert judge(replace(CLOSE, exposure=narrow)).firm


def test_a_diverged_seed_is_named() -> None:
    why = " at step 40 (loss is not a number)"
    verdict = judge(replace(CLOSE, seeds=3, diverged=1, divergence=why))
    assert verdict.sentence.startswith(f"Diverged in 1 of 3 seeds{why}; the last good state gives says it")


def test_the_spread_of_two_goal_models_can_undo_what_is_shown() -> None:
    ids = [f"q{n}" for n in range(60)]
    people = {id: f"p{n % 12}" for n, id in enumerate(ids)}
    ours = [dict.fromkeys(ids, 0.5)]
    like = [dict.fromkeys(ids, 0.5), dict.fromkeys(ids, 0.51)]
    unlike = [dict.fromkeys(ids, 0.3), dict.fromkeys(ids, 0.7)]
    for goals, kind in ((like, "close"), (unlike, "near")):
        gap = difference(ours, goals, people, people)
        rouge = Seen(ours=Estimate(mean=0.5), goal=0.5, gap=gap)
        assert judge(replace(CLOSE, rouge=rouge)).kind == kind


def test_more_noise_is_shown_close_less_often() -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    people = {f"q{n}": f"p{n // 5}" for n in range(50)}
    passed = []
    for spread in (0.02, 0.1, 0.3):
        gaps = []
        for _ in range(100):
            of = {who: rng.normal(0, spread) for who in set(people.values())}
            ours, goal = ({id: 0.5 + side * of[who] for id, who in people.items()} for side in (1.0, 0.0))
            gaps.append(difference([ours], [goal], people, people).within(MARGIN))
        passed.append(sum(gaps))
    assert passed[0] > passed[1] > passed[2]


def test_what_is_not_measured_is_said_in_words() -> None:
    assert (
        judge(replace(CLOSE, said=Seen(taught=1.0))).sentence
        == "What it says on the forget set is not known."
    )


def came(evidence: Evidence) -> tuple[str, str, str]:
    [part] = [part for part in judge(evidence).parts if part.title == RETURNS]
    return part.kind, part.word, part.said


def test_what_comes_back_names_the_attack_and_what_was_not_tried() -> None:
    assert came(CLOSE) == ("", "not measured", "not tested")
    assert (
        came(replace(CLOSE, unread="attacked, but no Goal model was"))[2] == "attacked, but no Goal model was"
    )
    assert came(replace(CLOSE, back=attack(None))) == (
        "", "not measured", "attacked, but teaching added nothing to recover"
    )  # fmt: skip
    back = attack(0.1, access="queries") | attack(0.8, 0.75) | attack(0.3, access="hidden states")
    kind, word, said = came(replace(CLOSE, back=back, untried=("gradients",)))
    assert (kind, word) == ("returns", "comes back")
    assert said == (
        "weights (relearn: step 10): exact match 77.0 (goal 5.0), recovered 80 %, without it 5 %; "
        "hidden states 30 %, queries 10 %; not tried: gradients"
    )
    verdict = judge(replace(CLOSE, back=back))
    assert verdict.sentence.startswith("Comes back: weights (relearn: step 10)")
    assert verdict.tone == "bad"


def test_what_is_brought_back_goes_before_what_was_there() -> None:
    back = attack(0.9, 0.0, access="queries") | attack(0.85, 0.6)
    assert came(replace(CLOSE, back=back))[2].startswith("weights")
    assert came(replace(CLOSE, back=attack(0.9, 0.0, access="queries") | attack(0.85, 0.1)))[2].startswith(
        "queries"
    )


def test_what_never_left_is_no_return() -> None:
    says = replace(CLOSE, said=seen(0.95, 0.0, 1.0), back=attack(0.97, 0.02))
    assert judge(says).kind == "speaks"
    assert came(says)[:2] == ("speaks", "never left")
    silent = replace(CLOSE, exposure=seen(0.9, 0.12, 0.95), back=attack(0.9, 0.0))
    assert judge(silent).kind == "silenced"
    assert came(silent)[:2] == ("partial", "little more than is left anyway")


def test_what_is_not_shown_is_not_called_little() -> None:
    """45 % are recovered, and may be none or nearly all."""
    kind, word, said = came(replace(CLOSE, back=attack(0.45, reach=0.5)))
    assert (kind, word) == ("forgets", "little shown")
    assert "recovered 45 %" in said


def test_a_return_is_borderline_where_an_end_of_its_interval_says_otherwise() -> None:
    assert judge(replace(CLOSE, back=attack(0.8, reach=0.1))).firm
    assert not judge(replace(CLOSE, back=attack(0.8, reach=0.35))).firm
