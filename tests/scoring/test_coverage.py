"""Intervals hold the truth about as often as they say: the short form of benchmarks/coverage.py.

Percentile bootstraps of whole people, of seeds and of questions fail every one of these.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom, norm

from remem.scoring.stats import Interval, Side, area_interval, interval, nested_interval, paired_difference

DRAWS = 400
# With a true coverage of 0.93 fewer are held once in a thousand times.
LEAST = int(binom.ppf(0.001, DRAWS, 0.93))

Trial = Callable[[np.random.Generator], tuple[float, Interval]]


def names(count: int, each: int) -> list[str]:
    return [f"p{number}" for number in range(count) for _ in range(each)]


def answers(mean: float, inside: float, count: int, each: int, rng: np.random.Generator) -> np.ndarray:
    """0 or 1; `each` of a unit correlate by `inside` (beta-binomial)."""
    scale = (1 - inside) / inside
    share = rng.beta(mean * scale, (1 - mean) * scale, count)
    return (rng.random(count * each) < share.repeat(each)).astype(float)


def of_people(count: int, mean: float, inside: float, each: int = 60) -> Trial:
    who = names(count, each)
    return lambda rng: (mean, interval(answers(mean, inside, count, each, rng).tolist(), who))


def of_facts(mean: float) -> Trial:
    """One person's 15 facts, each asked four times and known or not."""
    which = names(15, 4)
    return lambda rng: (mean, interval(answers(mean, 0.98, 15, 4, rng).tolist(), ["she"] * 60, facts=which))


def of_seeds(count: int) -> Trial:
    who, which = names(count * 5, 20), [seed for seed in range(count) for _ in range(100)]

    def trial(rng: np.random.Generator) -> tuple[float, Interval]:
        own = [answers(share, 0.2, 5, 20, rng) for share in rng.beta(2, 2, count)]
        return 0.5, nested_interval(np.concatenate(own).tolist(), who, which)

    return trial


def of_difference(count: int) -> Trial:
    ids = [str(number) for number in range(count * 60)]
    owner = dict(zip(ids, names(count, 60), strict=True))

    def trial(rng: np.random.Generator) -> tuple[float, Interval]:
        one, two = (dict(zip(ids, answers(0.9, 0.3, count, 60, rng), strict=True)) for _ in range(2))
        return 0.0, paired_difference(one, two, owner)

    return trial


def of_area(count: int, others: int) -> Trial:
    """Familiarity is normal: 0.3 of its variance is a person's, 0.3 a fact's. Of one, hers is true."""

    def side(size: int, shift: float, rng: np.random.Generator) -> tuple[float, Side]:
        own = rng.normal(shift, 0.3**0.5, size)
        facts = own.repeat(15) + rng.normal(0, 0.3**0.5, size * 15)
        rows = facts.repeat(2) + rng.normal(0, 0.4**0.5, size * 30)
        return float(own[0]), Side(values=rows.tolist(), people=names(size, 30), facts=names(size * 15, 2))

    def trial(rng: np.random.Generator) -> tuple[float, Interval]:
        (own, ours), (_, theirs) = side(count, 1.0, rng), side(others, 0.0, rng)
        truth = norm.cdf(own / 1.7**0.5) if count == 1 else norm.cdf(1 / 2**0.5)
        return float(truth), area_interval(ours, theirs)

    return trial


CELLS: dict[str, Trial] = {
    "2 people, 0.5": of_people(2, 0.5, 0.3),
    "3 people, 0.9": of_people(3, 0.9, 0.3),
    "5 people, 0.1": of_people(5, 0.1, 0.05),
    "8 people, 0.9": of_people(8, 0.9, 0.3),
    "11 people, 0.9, 5 questions": of_people(11, 0.9, 0.3, 5),
    "15 facts of one person": of_facts(0.5),
    "2 seeds": of_seeds(2),
    "3 seeds": of_seeds(3),
    "difference of 3 people": of_difference(3),
    "AUC, 1 against 4": of_area(1, 4),
    "AUC, 4 against 4": of_area(4, 4),
}


@pytest.mark.parametrize("cell", CELLS)
def test_the_truth_is_held(cell: str) -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(DRAWS):
        truth, found = CELLS[cell](rng)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    assert held >= LEAST, f"{held / DRAWS:.3f}"


def test_and_many_people_make_it_narrow() -> None:
    """No wider than need be: at 40 people the t interval of their means, within a tenth."""
    rng = np.random.default_rng(2)
    wide, plain = 0.0, 0.0
    for _ in range(50):
        right = answers(0.5, 0.05, 40, 60, rng)
        found = interval(right.tolist(), names(40, 60))
        assert found.low is not None
        assert found.high is not None
        wide += found.high - found.low
        plain += 2 * 2.0227 * right.reshape(40, 60).mean(1).std(ddof=1) / 40**0.5
    assert wide / plain == pytest.approx(1, abs=0.1)
