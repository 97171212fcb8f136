"""What a comparison takes by the number of arms, and how often a family without a difference finds one.

python benchmarks/compare.py              seconds and peak MiB for 10, 25 and 50 arms
python benchmarks/compare.py family 400   so many families of 24 methods, three seeds, 1, 4 and 12 people
"""

from __future__ import annotations

import sys
import time
import tracemalloc

import numpy as np
from numpy.typing import NDArray

from remem.scoring.differences import Difference, Values, difference
from remem.studies.comparing.apart import results
from remem.studies.comparing.levels import level
from remem.studies.comparing.pairs import comparable

METHODS, SEEDS, QUESTIONS, MEASURES = 24, 3, 12, 3
# Sd of the seeds' shifts (logit), their correlation between methods, and whether a person is known or not as
# a whole, by a coin of each arm.
CASES = ((0.0, 0.0, False), (0.5, 0.0, False), (1.5, 0.0, False), (0.5, 0.8, False), (0.5, 0.0, True))


def ids(people: int, questions: int = QUESTIONS) -> tuple[dict[str, str], dict[str, str]]:
    """Whom each question is about, and its fact, of which every one has four questions."""
    found = [(p, q) for p in range(people) for q in range(questions)]
    return {f"p{p}q{q}": f"p{p}" for p, q in found}, {f"p{p}q{q}": f"p{p}f{q // 4}" for p, q in found}


def answers(
    rng: np.random.Generator, chance: NDArray[np.float64], shifts: NDArray[np.float64]
) -> list[Values]:
    """A run for each shift, on the logit scale, of each question's chance."""
    logit = np.log(chance / (1 - chance))
    made: list[Values] = []
    for shift in shifts:
        hit = rng.random(chance.shape) < 1 / (1 + np.exp(-logit - shift))
        made.append({f"p{p}q{q}": float(hit[p, q]) for p, q in np.ndindex(hit.shape)})
    return made


def chances(rng: np.random.Generator, people: int, questions: int, whole: bool) -> NDArray[np.float64]:
    """(people, questions): of facts, whose questions go together; or of people, all or nothing."""
    facts = np.repeat(rng.beta(0.7, 0.7, size=(people, questions // 4)), 4, axis=1)
    found = np.where(rng.random((people, 1)) < 0.5, 0.02, 0.98) + np.zeros_like(facts) if whole else facts
    return np.clip(found, 0.02, 0.98)


def families(trials: int) -> None:
    """The share of families in which anything is found, and of single tests below 0.05."""
    for people, questions in ((1, 60), (4, QUESTIONS), (12, QUESTIONS)):
        for sd, shared, whole in CASES:
            if (
                whole and people == 1
            ):  # then the one person is another in each arm: a difference that is there
                continue
            rng = np.random.default_rng(people)
            found = [results(family(rng, people, questions, sd, shared, whole)) for _ in range(trials)]
            wrong = sum(any(one.differs for one in one_family.values()) for one_family in found)
            tests = [one.found.p() or 1.0 for one_family in found for one in one_family.values()]
            single = sum(p < 0.05 for p in tests) / len(tests)
            print(
                f"people {people:2}  sd of seeds {sd:.1f}, shared {shared:.1f}{', people whole' * whole:14}  "
                f"families {wrong / trials:.3f}  single tests {single:.3f}  n = {trials}",
                flush=True,
            )


def family(
    rng: np.random.Generator, people: int, questions: int, sd: float, shared: float, whole: bool
) -> dict[int, Difference]:
    """All methods against one Goal model, without a true difference."""
    whom, facts = ids(people, questions)
    same = chances(rng, people, questions, False)

    def arm(shifts: NDArray[np.float64]) -> list[Values]:
        return answers(rng, chances(rng, people, questions, True) if whole else same, shifts)

    goal, common = arm(np.zeros(1)), rng.normal(size=SEEDS)
    found = {}
    for n in range(METHODS):
        own = rng.normal(size=SEEDS)
        runs = arm(sd * (shared * common + (1 - shared**2) ** 0.5 * own))
        found[n] = difference(runs, goal, whom, facts)
    return found


def scale() -> None:
    """Tables, tests and picture of three measures, 200 people, three seeds."""
    rng = np.random.default_rng(0)
    whom, facts = ids(200)
    everything = {
        f"m{n}": answers(rng, np.clip(rng.random((200, QUESTIONS)), 0.02, 0.98), np.zeros(SEEDS))
        for n in range(50)
    }
    for count in (10, 25, 50):
        arms = dict(list(everything.items())[:count])
        goal = next(iter(arms.values()))[:1]
        start = time.process_time()
        compared(arms, goal, whom, facts)
        seconds = time.process_time() - start
        tracemalloc.start()
        compared(arms, goal, whom, facts)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(f"{count:3} arms  {seconds:6.2f} s  {peak:6.1f} MiB", flush=True)


def compared(
    arms: dict[str, list[Values]], goal: list[Values], whom: dict[str, str], facts: dict[str, str]
) -> None:
    results(
        {
            (name, m): difference(runs, goal, whom, facts)
            for m in range(MEASURES)
            for name, runs in arms.items()
        }
    )
    for _ in range(MEASURES):
        comparable(arms, whom, facts)
        for runs in arms.values():
            level(runs, whom, facts)


if __name__ == "__main__":
    if sys.argv[1:2] == ["family"]:
        families(int(sys.argv[2]) if len(sys.argv) > 2 else 400)
    else:
        scale()
