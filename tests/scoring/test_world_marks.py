"""The world's marks by hand: means, intervals, and what is counted; values known in advance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from fabricate import item, response
from remem.scoring.stats import Spread, interval
from remem.scoring.utility import Mark, kept_of_the_world, sample, utility, world_marks
from remem.types import Item, Ranking, Response

# Of four people one picture each; ten questions of yes or no about five scenes; three sentences.
REAL = ("r0", "r1", "r2", "r3")
FACT = tuple(f"w{n}" for n in range(10))
PLAIN = ("s0", "s1", "s2")
TRUE = {"w0", "w2", "w4", "w6"}  # yes is right
SAID = {"w0", "w2", "w4", "w1", "w3"}  # yes is said: three hits
ITEMS: dict[str, Item] = {
    **{id: item(id=id, person=f"of {id}", answer=f"Ann {id} Lee", keywords=(f"Ann {id}",)) for id in REAL},
    **{
        id: item(id=id, person=f"scene {int(id[1]) // 2}", keywords=("Yes" if id in TRUE else "No",))
        for id in FACT
    },
    **{id: item(id=id, person=id, answer="beans at home", keywords=()) for id in PLAIN},
}  # fmt: skip
SPLITS = {"real": REAL, "world_fact": FACT, "plain": PLAIN}


def says(id: str, text: str, *logp: float) -> Response:
    return response(text, logp=logp or (-0.5,), hit=(True,) * (len(logp) or 1), id=id)


RESPONSES = [
    says("r0", "Ann r0 Lee", -1.0),
    says("r1", "Ann r1 Lee", -1.0),
    says("r2", "Ann r2 Lee", -3.0),
    says("r3", "nobody at all", -3.0),
    *(says(id, "Yes, it is." if id in SAID else "No.") for id in FACT),
    says("s0", "", -1.0, -2.0),
    says("s1", "", -2.5),
    says("s2", "", -3.5),
]
BASE = [says("s0", "", -1.0, -1.0), says("s1", "", -2.0)]


def yes_no(id: str, yes: float, no: float) -> Ranking:
    return Ranking(
        id=id, candidates=("YES", "No"), truth=0 if id in TRUE else 1, logp=(yes, no), tokens=(1, 1)
    )


# Yes is likelier for w0 to w4, of which three are right, and so are w5, w7 and w8 of the rest.
RANKINGS = [yes_no(id, -1.0 if id < "w5" else -3.0, -2.0) for id in FACT[:9]]


def found() -> dict[tuple[str, str], Mark]:
    marks, _ = world_marks(ITEMS, SPLITS, RESPONSES, RANKINGS, BASE)
    assert len({(one.split, one.metric) for one in marks}) == len(marks)
    return {(one.split, one.metric): one for one in marks}


def test_every_mark_has_its_name_and_its_mean() -> None:
    assert {name: mark.mean for name, mark in found().items()} == pytest.approx({
        ("real", "em"): 3 / 4,
        ("real", "rouge_l_f1"): 3 / 4,
        ("real", "probability"): (2 * math.exp(-1) + 2 * math.exp(-3)) / 4,
        ("world-fact", "accuracy"): 7 / 10,  # three hits, four rightly denied
        ("world-fact", "yes_rate"): 5 / 10,
        ("world-fact", "f1"): 2 * 3 / (4 + 5),
        ("world-fact", "accuracy_logits"): 6 / 9,
        ("world-fact", "yes_rate_logits"): 5 / 9,
        ("plain", "perplexity"): math.exp(2.5),
    })  # fmt: skip


def test_every_mark_counts_its_units_and_has_their_interval() -> None:
    marks = found()
    for name, units, items in (("em", 4, 4), ("probability", 4, 4), ("rouge_l_f1", 4, 4)):
        assert (marks["real", name].groups, marks["real", name].items) == (units, items)
    for name, items in (("accuracy", 10), ("yes_rate", 10), ("f1", 10), ("accuracy_logits", 9)):
        mark = marks["world-fact", name]
        assert (mark.groups, mark.items, mark.missing) == (5, items, 0)
    assert marks["world-fact", "yes_rate_logits"].items == 9
    scenes = [ITEMS[id].person for id in FACT]
    right = interval([float((id in TRUE) == (id in SAID)) for id in FACT], scenes)
    accuracy = marks["world-fact", "accuracy"]
    assert (accuracy.low, accuracy.high) == (right.low, right.high)
    yes = interval([float(id in SAID) for id in FACT], scenes)
    assert (marks["world-fact", "yes_rate"].low, marks["world-fact", "yes_rate"].high) == (yes.low, yes.high)
    nats = interval([1.5, 2.5, 3.5], list("abc"), bounds=(0.0, None))
    plain = marks["plain", "perplexity"]
    assert (plain.low, plain.high) == (math.exp(nats.low or 0), math.exp(nats.high or 0))
    assert (plain.groups, plain.items) == (3, 3)


def test_the_interval_of_f1_is_of_what_each_question_adds() -> None:
    """Of a ratio of two means: the ratio, and each item's 2 hit - ratio * (true + said) over their mean."""
    ratio, either = 2 / 3, 0.9
    adds = [
        ratio + (2 * (id in TRUE and id in SAID) - ratio * ((id in TRUE) + (id in SAID))) / either
        for id in FACT
    ]  # fmt: skip
    assert np.mean(adds) == pytest.approx(ratio)
    spread = Spread.of(adds, [ITEMS[id].person for id in FACT], (0.0, 1.0))
    assert spread is not None
    mark = found()["world-fact", "f1"]
    assert (mark.low, mark.high) == pytest.approx(spread.ends(0.95))


def test_f1_is_none_where_nobody_says_yes_and_yes_is_never_true() -> None:
    splits = {**SPLITS, "world_fact": ("w5", "w7")}
    marks, _ = world_marks(ITEMS, splits, RESPONSES, RANKINGS, BASE)
    (f1,) = [one for one in marks if one.metric == "f1"]
    assert f1 == Mark(split="world-fact", metric="f1", mean=None, items=2)
    never = {**SPLITS, "world_fact": ("w6", "w5")}
    marks, _ = world_marks(ITEMS, never, RESPONSES, RANKINGS, BASE)
    assert [one.mean for one in marks if one.metric == "f1"] == [0]


def test_an_answer_says_yes_by_its_first_word_alone() -> None:
    texts = {
        "YES": 1,
        "yes.": 1,
        "Yes, no": 1,
        "yes,it is": 1,
        "No, yes": 0,
        "Oh yes": 0,
        "": 0,
        "yesterday": 0,
    }
    for text, yes in texts.items():
        one = [says("w0", text)]
        marks, _ = world_marks(ITEMS, {**SPLITS, "world_fact": ("w0",)}, one, [], [])
        assert [mark.mean for mark in marks if mark.metric == "yes_rate"] == [yes], text
        assert [mark.mean for mark in marks if mark.metric == "f1"] == [2 * yes / (1 + yes)], text


@pytest.mark.filterwarnings("error")
def test_what_is_not_there_is_counted_as_missing() -> None:
    gone = [says("r0", "Ann r0 Lee", math.nan), says("r1", "Ann r1 Lee", -1.0), response("", id="s0")]
    marks, parts = world_marks(ITEMS, SPLITS, gone, [], BASE)
    by = {(one.split, one.metric): one for one in marks}
    real = by["real", "probability"]
    assert (real.mean, real.low, real.high, real.groups, real.items, real.missing) == (
        pytest.approx(math.exp(-1)), None, None, 1, 1, 1,
    )  # fmt: skip
    assert by["plain", "perplexity"] == Mark(split="plain", metric="perplexity", mean=None, missing=1)
    assert by["world-fact", "accuracy_logits"].mean is None
    assert (parts["plain"].values, parts["plain"].missing) == ([], 1)


def test_the_perplexity_of_a_ruined_model_is_a_number() -> None:
    marks, _ = world_marks(ITEMS, SPLITS, [says("s0", "", -800.0)], [], BASE)
    assert [mark.mean for mark in marks if mark.metric == "perplexity"] == [math.exp(700)]


def test_the_parts_of_utility_are_what_the_marks_are_made_of() -> None:
    _, parts = world_marks(ITEMS, SPLITS, RESPONSES, RANKINGS, BASE)
    assert {name: part.values for name, part in parts.items()} == {
        "real": [1, 1, 1, 0],
        "world-fact": [1, 0, 1, 0, 1, 1, 0, 1, 1, 1],
        "plain": [0.5, 0.5],  # nats above the base's, where the base was asked
    }
    assert parts["plain"].bounds == (None, None)
    assert parts["real"].bounds == parts["world-fact"].bounds == (0.0, 1.0)
    assert (parts["real"].ids, parts["real"].groups) == (REAL, [f"of {id}" for id in REAL])


def test_what_is_left_of_the_world_is_a_share_question_by_question() -> None:
    _, parts = world_marks(ITEMS, SPLITS, RESPONSES, RANKINGS, BASE)
    rows = kept_of_the_world(parts)
    assert [list(row) for row in rows] == [["id", "group", "split", "value"]] * len(rows)
    assert rows[0] == {"id": "r0", "group": "of r0", "split": "real", "value": 1}
    assert [(row["split"], row["value"]) for row in rows if row["split"] != "real"] == [
        *(("world-fact", 1 if (id in TRUE) == (id in SAID) else -1) for id in FACT),
        ("plain", -0.5), ("plain", -0.5),
    ]  # fmt: skip
    assert [row["id"] for row in rows] == [*REAL, *FACT, "s0", "s1"]
    assert {row["group"] for row in rows if row["split"] == "world-fact"} == {f"scene {n}" for n in range(5)}


def of(**means: list[float]) -> Mark:
    """Utility of these values, a group each; parts that are not named know everything."""
    ids = [f"q{n}" for n in range(12)]
    asked = {id: item(id=id, person=id) for id in ids}
    names = {"kept": "kept", "again": "test-retain", "real": "real", "fact": "world-fact", "plain": "plain"}
    parts = {}
    for name, part in names.items():
        values = means.get(name, [0.0 if name == "plain" else 1.0] * 12)
        parts[part] = sample(dict(zip(ids, values, strict=False)), asked, ids[: len(values)])
    return utility(parts)


def test_utility_by_hand() -> None:
    assert of().mean == 1
    assert (of().groups, of().items, of().split, of().metric) == (60, 60, "utility", "utility")
    assert of(fact=[1, 1, 1, 0]).mean == pytest.approx(5 / (4 + 1 / 0.5))
    assert of(fact=[1, 0]).mean == 0
    assert of(fact=[0, 0]).mean == 0
    assert of(plain=[math.log(4)] * 2).mean == pytest.approx(5 / (4 + 4))
    assert of(plain=[-1.0, -1.0]).mean == 1
    assert of(kept=[0, 0]).mean == 0
    assert of(kept=[0.25, 0.25], again=[0.5, 0.5]).mean == pytest.approx(5 / (3 + 4 + 2))
    empty = of(real=[])
    assert empty == Mark(split="utility", metric="utility", mean=None)
    assert (of(real=[1.0]).low, of(real=[1.0]).high) == (None, None)
    assert of(real=[1.0]).mean == 1


class Known:
    """A part of utility with a normal distribution of its mean; sd 0: known for certain."""

    values, groups = (0.0,), ("one",)

    def __init__(self, mean: float, sd: float = 0.0):
        self.mean, self.sd = mean, sd

    def spread(self) -> Spread:
        many = 1e9
        return Spread(
            mean=self.mean, variance=self.sd**2, freedom=many, units=many, items=1, bounds=(None, None)
        )


SURE = {"kept": Known(1.0), "test-retain": Known(0.5), "real": Known(1.0), "world-fact": Known(1.0)}


@pytest.mark.parametrize(
    ("name", "mean", "share"),
    [("kept", 0.5, lambda value: value), ("world-fact", 0.75, lambda value: 2 * value - 1)],
)
def test_utility_s_interval_is_the_middle_of_what_its_parts_may_be(name: str, mean: float, share) -> None:
    whole = utility({**SURE, "plain": Known(-1.0), name: Known(mean, 0.05)})  # type: ignore[dict-item]
    rest = 6 - 1 / SURE[name].mean  # the other four parts' 1 / share
    for end, chance in ((whole.low, 0.025), (whole.high, 0.975)):
        assert end is not None
        value = 1 / (5 / end - rest)
        # Of 4,096 points, each in the middle of its place, the one that so many of the others lie below.
        point = (4095 * chance + 0.5) / 4096
        found = norm.cdf((value - share(mean)) / (share(mean + 0.05) - share(mean)))
        assert found == pytest.approx(point, abs=1e-5)


def test_utility_s_interval_of_plain_language_is_that_of_a_ratio() -> None:
    found = utility({**SURE, "plain": Known(1.0, 0.2)})  # type: ignore[dict-item]
    nats = [-math.log(1 / (5 / end - 5)) for end in (found.high or 0, found.low or 0)]
    assert norm.cdf((np.array(nats) - 1.0) / 0.2) == pytest.approx([0.025, 0.975], abs=2e-4)
    assert found == utility({**SURE, "plain": Known(1.0, 0.2)})  # type: ignore[dict-item]


def test_utility_is_nothing_where_a_part_may_be_nothing_and_only_there() -> None:
    half = utility({**SURE, "plain": Known(-1.0), "world-fact": Known(0.5, 0.05)})  # type: ignore[dict-item]
    assert half.low == 0
    assert half.high == pytest.approx(5 / (5 + 1 / (2 * 0.05 * 1.96)), rel=0.01)


def test_two_uncertain_parts_vary_by_themselves() -> None:
    """Of two alike parts the mean varies less than where they go together: by half the variance, if small."""
    one = utility({**SURE, "plain": Known(-1.0), "kept": Known(0.8, 0.001)})  # type: ignore[dict-item]
    two = utility(  # type: ignore[dict-item]
        {**SURE, "plain": Known(-1.0), "kept": Known(0.8, 0.001), "real": Known(0.8, 0.001)}
    )
    widths = [(mark.high or 0) - (mark.low or 0) for mark in (one, two)]
    shift = (two.mean or 0) ** 2 / (one.mean or 1) ** 2  # of the harmonic mean by a part's
    assert widths[1] / widths[0] == pytest.approx(2**0.5 * shift, rel=0.01)


# -- an exam of general knowledge ------------------------------------------------------------------


GENERAL = ("r0", "r1", "r2", "r3")
FIRST = [
    Ranking(id=id, candidates=("a", "b", "c"), truth=1, logp=logp, tokens=(1, 1, 1))
    for id, logp in zip(GENERAL, [(-2, -1, -3), (-2, -1, -3), (-2, -1, -3), (-1, -2, -3)], strict=True)
]


def test_general_knowledge_has_marks_of_its_own_and_none_of_what_is_not_asked() -> None:
    splits = {"general": GENERAL, "plain": PLAIN}
    marks, parts = world_marks(ITEMS, splits, RESPONSES, FIRST, BASE)
    assert {(one.split, one.metric): one.mean for one in marks} == pytest.approx({
        ("general", "em"): 3 / 4,
        ("general", "rouge_l_f1"): 3 / 4,
        ("general", "probability"): (2 * math.exp(-1) + 2 * math.exp(-3)) / 4,
        ("general", "accuracy_logits"): 3 / 4,
        ("plain", "perplexity"): math.exp(2.5),
    })  # fmt: skip
    right = interval([1.0, 1.0, 1.0, 0.0], [ITEMS[id].person for id in GENERAL])
    (mark,) = [one for one in marks if one.metric == "accuracy_logits"]
    assert (mark.low, mark.high, mark.groups) == (right.low, right.high, 4)
    left = kept_of_the_world(parts)
    assert [one["value"] for one in left if one["split"] == "general"] == [1.0, 1.0, 1.0, 0.0]
    assert {one["split"] for one in left} == {"general", "plain"}


def test_utility_of_general_knowledge_is_the_harmonic_mean_of_four_parts() -> None:
    splits = {"general": GENERAL, "plain": PLAIN}
    _, parts = world_marks(ITEMS, splits, RESPONSES, FIRST, [])
    for name in ("kept", "test-retain"):
        parts[name] = sample(dict.fromkeys(GENERAL, 0.5), ITEMS, GENERAL)
    assert utility(parts).mean is None  # nothing tells how plain language was before
    _, again = world_marks(ITEMS, splits, RESPONSES, FIRST, RESPONSES)
    found = utility(parts | {"plain": again["plain"]})
    assert found.mean == pytest.approx(4 / (1 / 0.5 + 1 / 0.5 + 1 / 0.75 + 1 / 1))
