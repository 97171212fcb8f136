"""Utility and the world's marks: values known in advance."""

import math
from pathlib import Path

import pytest

from fabricate import Questions
from remem.scoring.score import WorldAnswers, read_summary, score
from remem.scoring.utility import PARTS, sample, utility, world_marks
from remem.types import Item, Ranking, Response


def item(id: str, split: str, keywords: tuple[str, ...], answer: str) -> Item:
    return Item(
        id=id, person=f"of {id}", question_type=split, category=split, attribute=split, question="?",
        answer=answer, keywords=keywords, cloze="", image_path="",
    )  # fmt: skip


def said(id: str, text: str, logp: tuple[float, ...] = (-0.5, -1.5)) -> Response:
    still = tuple(0.0 for _ in logp)
    return Response(
        id=id, text=text, finished=True, logp=logp, hit=tuple(True for _ in logp), mean=still, sd=still
    )


ITEMS = {
    "r1": item("r1", "real", ("Ann Lee",), "This person's name is Ann Lee."),
    "r2": item("r2", "real", ("Bo Ray",), "This person's name is Bo Ray."),
    "y": item("y", "world_fact", ("Yes",), "Yes, there is a dog."),
    "n": item("n", "world_fact", ("No",), "No, there is no cat."),
    "p": item("p", "plain", (), "beans at home."),
}
SPLITS = {"real": ("r1", "r2"), "world_fact": ("y", "n"), "plain": ("p",)}
PERFECT = [
    said("r1", "This person's name is Ann Lee."),
    said("r2", "This person's name is Bo Ray."),
    said("y", "Yes, there is a dog."),
    said("n", "No, there is no cat."),
    said("p", "anything"),
]


def yes_no(id: str, yes: float, no: float, truth: int) -> Ranking:
    return Ranking(id=id, candidates=("Yes", "No"), truth=truth, logp=(yes, no), tokens=(1, 1))


RIGHT = [yes_no("y", -0.1, -2.0, 0), yes_no("n", -3.0, -0.1, 1)]


def marks(responses: list[Response], rankings: list[Ranking] = RIGHT) -> dict[str, float | None]:
    found, _ = world_marks(ITEMS, SPLITS, responses, rankings, PERFECT)
    return {f"{one.split} {one.metric}": one.mean for one in found}


def of(responses: list[Response], kept: float = 1.0) -> float | None:
    _, parts = world_marks(ITEMS, SPLITS, responses, RIGHT, PERFECT)
    for name in ("kept", "test-retain"):
        parts[name] = sample({"r1": kept, "r2": kept}, ITEMS, ["r1", "r2"])
    return utility(parts).mean


def test_a_perfect_model_has_every_mark() -> None:
    found = marks(PERFECT)
    assert found["real em"] == 1
    assert found["world-fact accuracy"] == found["world-fact accuracy_logits"] == found["world-fact f1"] == 1
    assert found["world-fact yes_rate"] == found["world-fact yes_rate_logits"] == 0.5
    assert found["plain perplexity"] == pytest.approx(math.e)  # mean of 0.5 and 1.5 nats
    assert of(PERFECT) == pytest.approx(1.0)


def test_always_yes_is_right_half_of_the_time_and_worth_nothing() -> None:
    always = [*PERFECT[:3], said("n", "Yes, there is a cat."), PERFECT[4]]
    found = marks(always)
    assert found["world-fact accuracy"] == 0.5
    assert found["world-fact yes_rate"] == 1.0
    assert found["world-fact f1"] == pytest.approx(2 / 3)  # one hit; two said, one true
    assert of(always) == 0.0


def test_the_likelihood_of_yes_is_a_figure_of_its_own() -> None:
    found = marks(PERFECT, [RIGHT[0], yes_no("n", -0.1, -3.0, 1)])
    assert found["world-fact accuracy"] == 1
    assert found["world-fact accuracy_logits"] == 0.5
    assert found["world-fact yes_rate_logits"] == 1


def test_utility_is_the_harmonic_mean() -> None:
    half = [PERFECT[0], said("r2", "I don't know."), *PERFECT[2:]]
    assert of(half) == pytest.approx(5 / (1 + 1 + 1 / 0.5 + 1 + 1))
    assert of(half, kept=0.25) == pytest.approx(5 / (4 + 4 + 2 + 1 + 1))


def test_worse_language_costs_the_ratio_of_perplexities_and_better_earns_nothing() -> None:
    worse = [*PERFECT[:4], said("p", "x", (-1.5, -2.5))]  # one nat a token more
    assert of(worse) == pytest.approx(5 / (4 + math.e))
    better = [*PERFECT[:4], said("p", "x", (-0.1, -0.1))]
    assert of(better) == pytest.approx(1.0)


def test_without_a_part_there_is_no_utility() -> None:
    _, parts = world_marks(ITEMS, SPLITS, PERFECT, RIGHT, PERFECT)
    assert set(PARTS) - set(parts) == {"kept", "test-retain"}
    assert utility(parts).mean is None


def test_unanswered_questions_are_missing_and_not_wrong() -> None:
    found, _ = world_marks(ITEMS, SPLITS, PERFECT[1:], RIGHT, PERFECT)
    real = next(one for one in found if (one.split, one.metric) == ("real", "em"))
    assert real.mean == 1
    assert real.items == 1


def test_utility_counts_the_questions_of_all_its_parts() -> None:
    _, parts = world_marks(ITEMS, SPLITS, PERFECT, RIGHT, PERFECT)
    for name in ("kept", "test-retain"):
        parts[name] = sample({"r1": 1.0, "r2": 1.0}, ITEMS, ["r1", "r2"])
    whole = utility(parts)
    assert whole.items == sum(len(parts[name].values) for name in PARTS)


def test_f1_of_nothing_is_still_f1() -> None:
    found, _ = world_marks(ITEMS, {**SPLITS, "world_fact": ()}, PERFECT, RIGHT, PERFECT)
    assert [one.mean for one in found if (one.split, one.metric) == ("world-fact", "f1")] == [None]


def test_the_summary_tells_the_exam_with_both_ends(tmp_path: Path) -> None:
    world = WorldAnswers(Questions(ITEMS, SPLITS), PERFECT, RIGHT, PERFECT)
    score(Questions({}, {}), {}, [], [], tmp_path, "base", world)
    told = {(row.split, row.metric): (row.mean, row.low, row.high) for row in read_summary(tmp_path)}
    found, _ = world_marks(ITEMS, SPLITS, PERFECT, RIGHT, PERFECT)
    for one in found:
        assert told[one.split, one.metric] == (one.mean, one.low, one.high)
    assert any(high is not None for _, _, high in told.values())
