"""What is said of a difference: families without any true one, and cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from remem.scoring.differences import Difference, difference
from remem.studies.comparing.apart import holm, results
from remem.studies.comparing.saying import differences

Runs = list[dict[str, float | None]]
METHODS, SEEDS, QUESTIONS = 24, 3, 12


def ids(people: int) -> tuple[dict[str, str], dict[str, str]]:
    """Whom each question is about, and its fact: four questions a fact."""
    names = {f"p{p}q{q}": f"p{p}" for p in range(people) for q in range(QUESTIONS)}
    return names, {id: f"{id.partition('q')[0]}f{int(id.partition('q')[2]) // 4}" for id in names}


def answered(rng: np.random.Generator, chance: np.ndarray, shifts: np.ndarray) -> Runs:
    """A run for each shift (logit scale) of the people's chances."""
    logit = np.log(chance / (1 - chance))
    made: Runs = []
    for shift in shifts:
        hit = rng.random((len(chance), QUESTIONS)) < (1 / (1 + np.exp(-logit - shift)))[:, None]
        made.append({f"p{p}q{q}": float(hit[p, q]) for p, q in np.ndindex(hit.shape)})
    return made


def family(rng: np.random.Generator, people: int, shared: float, sd: float = 0.5) -> dict[int, Difference]:
    """All methods against one Goal model, no true difference; seeds shift all methods alike by `shared`."""
    whom, facts = ids(people)
    chance = np.clip(rng.beta(1, 1, size=people), 0.05, 0.95)
    common = rng.normal(size=SEEDS)
    goal = answered(rng, chance, np.zeros(1))
    found = {}
    for n in range(METHODS):
        own = rng.normal(size=SEEDS)
        shifts = sd * (shared * common + (1 - shared**2) ** 0.5 * own)
        found[n] = difference(answered(rng, chance, shifts), goal, whom, facts)
    return found


@pytest.mark.parametrize("people", [1, 4, 12])
@pytest.mark.parametrize("shared", [0.0, 0.8])
def test_a_family_without_a_difference_hardly_ever_finds_one(people: int, shared: float) -> None:
    rng = np.random.default_rng(1)
    wrong = sum(any(one.differs for one in results(family(rng, people, shared)).values()) for _ in range(40))
    assert wrong <= 2


def test_a_difference_that_is_there_is_found() -> None:
    rng = np.random.default_rng(2)
    whom, facts = ids(12)
    ours = answered(rng, np.full(12, 0.95), np.zeros(3))
    goal = answered(rng, np.full(12, 0.05), np.zeros(1))
    found = results({"ga": difference(ours, goal, whom, facts), "goal": difference(goal, goal, whom, facts)})
    assert found["ga"].differs
    assert not found["ga"].alike
    assert found["goal"].p is None


def test_neither_different_nor_alike_is_left_open() -> None:
    rng = np.random.default_rng(2)
    few, many = (ids(people) for people in (2, 80))
    for (whom, facts), alike in ((few, False), (many, True)):
        chance = np.full(len(set(whom.values())), 0.02)
        one = results({0: difference(answered(rng, chance, np.zeros(3)), answered(rng, chance, np.zeros(1)),
                                    whom, facts)})[0]  # fmt: skip
        assert (one.differs, one.alike) == (False, alike)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_one_seed_has_no_p_and_the_page_says_why() -> None:
    rng = np.random.default_rng(0)
    whom, facts = ids(6)
    goal = answered(rng, np.full(6, 0.1), np.zeros(1))
    ours = answered(rng, np.full(6, 0.9), np.zeros(1))
    found = results({("ga", "goal", "em"): difference(ours, goal, whom, facts)})
    text = differences(found, {0})
    assert "no p-values: with one seed nothing says what another seed would give" in text
    assert ", p " not in text
    assert "Not counted, as there is only one: seeds and goal models." in text
