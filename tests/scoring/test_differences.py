"""Differences of arms: by hand, in limits, and in simulations whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from remem.scoring.differences import Difference, difference

Runs = list[dict[str, float | None]]


def ids(people: int, questions: int) -> dict[str, str]:
    return {f"p{p}q{q}": f"p{p}" for p in range(people) for q in range(questions)}


def runs(levels: list[list[float]], questions: int = 2) -> Runs:
    """One run per row; one level per person."""
    return [{f"p{p}q{q}": v for p, v in enumerate(row) for q in range(questions)} for row in levels]


def told(ours: Runs, theirs: Runs, people: dict[str, str], **more: object) -> Difference:
    return difference(ours, theirs, people, {id: id for id in people}, **more)  # type: ignore[arg-type]


def test_by_hand() -> None:
    people = ids(4, 2)
    ours = runs([[0.5, 0.6, 0.7, 0.8], [0.7, 0.8, 0.9, 1.0]])
    theirs = runs([[0.4, 0.4, 0.4, 0.4], [0.5, 0.5, 0.5, 0.5], [0.6, 0.6, 0.6, 0.6]])
    found = told(ours, theirs, people)
    # Of people: .1 .2 .3 .4, and the pair of questions that disagrees, in units of two: 1 * 2 / 8^2.
    units = np.var([0.1, 0.2, 0.3, 0.4], ddof=1) / 4 + 2 / 64
    seeds = np.var([0.65, 0.85], ddof=1) / 2
    models = np.var([0.4, 0.5, 0.6], ddof=1) / 3
    assert found.mean == pytest.approx(0.25)
    assert found.over == ("people", "seeds", "goal models")
    assert [term.variance for term in found.terms] == pytest.approx([units, seeds, models])
    assert [term.df for term in found.terms] == pytest.approx([3, 1, 2])
    whole = units + seeds + models
    assert found.se == pytest.approx(math.sqrt(whole))
    assert found.df == pytest.approx(whole**2 / (units**2 / 3 + seeds**2 / 1 + models**2 / 2))
    assert (found.units, found.seeds, found.models, found.items, found.missing) == (4, 2, 3, 8, 0)
    reach = math.sqrt(sum(stats.t.ppf(0.75, df) ** 2 * v for v, df in ((units, 3), (seeds, 1), (models, 2))))
    assert found.ends(0.5) == pytest.approx((0.25 - reach, 0.25 + reach))
    assert told(theirs, ours, people).mean == pytest.approx(-0.25)


def test_alike_means_two_one_sided_tests() -> None:
    people = ids(40, 1)
    value: dict[str, float | None] = {id: 0.5 + 0.1 * (-1) ** n for n, id in enumerate(people)}
    flat: Runs = [dict.fromkeys(people, 0.48)]
    found = told([value], flat, people, bounds=(None, None))
    se = math.sqrt(0.01 * 40 / 39 / 40)
    assert found.se == pytest.approx(se)
    edge = 0.02 + stats.t.ppf(0.95, 39) * se
    assert found.within(edge + 1e-9)
    assert not found.within(edge - 1e-9)
    assert found.within(edge * 1.2, 0.05)
    assert not found.within(edge * 1.2, 0.005)


def test_the_spread_of_both_sides_enters_and_a_single_run_is_told_of() -> None:
    people = ids(20, 4)
    flat = [0.5] * 20
    ours = runs([flat, flat, flat], 4)
    one = told(ours, runs([flat], 4), people)
    same = told(ours, runs([flat, flat], 4), people)
    apart = told(ours, runs([[0.45] * 20, [0.55] * 20], 4), people)
    assert one.unknown == ("goal models",)
    assert one.over == ("people", "seeds")
    assert (same.unknown, apart.unknown) == ((), ())
    assert same.within()
    assert not apart.within()
    assert (same.mean, apart.mean) == pytest.approx((0, 0))
    assert told(ours[:1], runs([flat], 4), people).unknown == ("seeds", "goal models")
    assert told(ours, ours, people, others="their seeds").over == ("people", "seeds", "their seeds")


def test_another_seed_gives_another_result() -> None:
    people = ids(10, 4)
    ours, goal = runs([[0.5] * 10, [0.52] * 10], 4), runs([[0.5] * 10], 4)
    third = [*ours, *runs([[0.9] * 10], 4)]
    assert told(ours, goal, people).ends() != told(third, goal, people).ends()
    assert told(third, goal, people).se > told(ours, goal, people).se  # type: ignore[operator]


def test_paired_seeds_cancel_what_both_sides_share() -> None:
    people = ids(10, 4)
    ours, theirs = (runs([[level + seed] * 10 for seed in (0.0, 0.2, 0.4)], 4) for level in (0.5, 0.4))
    paired = told(ours, theirs, people, paired_seeds=True)
    assert paired.over == ("people", "seeds")
    assert paired.se < told(ours, theirs, people).se  # type: ignore[operator]
    with pytest.raises(ValueError, match="3 seeds cannot be paired with 2"):
        told(ours, theirs[:2], people, paired_seeds=True)


def test_one_person_is_seen_by_facts_and_one_fact_has_no_spread() -> None:
    people = dict.fromkeys(ids(15, 4), "p0")
    facts = {id: id[:-2] for id in people}
    ours: Runs = [{id: float(n % 3 == 0) for n, id in enumerate(people)}]
    theirs: Runs = [dict.fromkeys(people, 0.5)]
    found = difference(ours, theirs, people, facts)
    assert (found.units, found.over) == (15, ("facts",))
    alone = difference(ours, theirs, people, dict.fromkeys(people, "the same"))
    assert alone.mean == found.mean
    assert alone.unknown == ("facts", "seeds", "goal models")
    assert alone.ends() is None
    assert not alone.within(0.9)


def test_agreement_everywhere_is_not_certainty() -> None:
    def right(people: int, level: float = 1.0) -> Difference:
        three = runs([[level] * people] * 3, 4)
        return told(three, three, ids(people, 4))

    for level in (0.0, 1.0):
        found = right(8, level)
        assert found.mean == 0
        assert found.se == pytest.approx(math.sqrt(4) / 32)
    assert not right(3).within()
    assert right(40).within()
    assert right(3).p() == 1.0
    # Without ends there is no scale to say how much a disagreement would be.
    logs = runs([[-3.0] * 8] * 2)
    found = told(logs, logs, ids(8, 2), bounds=(None, None))
    assert (found.mean, found.se, found.ends(), found.within(1)) == (0, None, None, False)


def test_people_with_many_questions_weigh_more_and_leave_fewer_degrees_of_freedom() -> None:
    people = ids(4, 1) | {f"p0r{n}": "p0" for n in range(20)}
    run: dict[str, float | None] = {id: float(who == "p0") for id, who in people.items()}
    nothing: Runs = [dict.fromkeys(people, 0.0)]
    found = told([run], nothing, people)
    assert found.mean == pytest.approx(21 / 24)
    assert found.terms[0].df == 1


def test_missing_values_leave_the_item_out() -> None:
    people = ids(4, 2)
    ours, theirs = runs([[0.9] * 4] * 2), runs([[0.5] * 4])
    ours[1]["p0q0"] = None
    theirs[0]["p0q1"] = None
    found = told(ours, theirs, people)
    assert (found.items, found.missing, found.units) == (6, 2, 3)
    assert found.mean == pytest.approx(0.4)
    nothing = told(ours, [dict.fromkeys(people)], people)
    assert (nothing.mean, nothing.se, nothing.ends(), nothing.items) == (None, None, None, 0)
    assert not nothing.within(1)
    with pytest.raises(ValueError, match="has no run"):
        told([], theirs, people)
    with pytest.raises(ValueError, match="missing"):
        told(runs([[math.nan] * 4]), theirs, people)


def test_p_is_where_the_interval_reaches_0() -> None:
    people = ids(12, 3)
    rng = np.random.default_rng(0)
    ours = runs([list(rng.uniform(0.5, 0.9, 12)) for _ in range(3)], 3)
    found = told(ours, runs([list(rng.uniform(0.2, 0.6, 12))], 3), people)
    p = found.p()
    assert p is not None
    low, _ = found.ends(1 - p) or (None, None)
    assert low == pytest.approx(0, abs=1e-9)
    assert told(ours[:1], runs([[0.2] * 12], 3), people).p() is None  # one seed says nothing about the next


def test_few_units_that_go_one_way_can_be_chance() -> None:
    """Each of four people is wholly known to one arm and not to the other: by coins in one of 128 cases."""
    ours = runs([[1.0] * 4] * 3, 12)
    assert told(ours, runs([[0.0] * 4], 12), ids(4, 12)).p() == 2 / 4**4
    ours = runs([[1.0] * 20] * 3, 12)
    assert (told(ours, runs([[0.0] * 20], 12), ids(20, 12)).p() or 1) < 1e-6


# A person answers with a chance of their own (beta, correlation rho between questions); seeds and models
# shift it on the logit scale. The two arms' chances of a person go together.


def answers(rng: np.random.Generator, chance: np.ndarray, questions: int, shifts: int, sd: float) -> Runs:
    logit = np.log(chance / (1 - chance))
    made: Runs = []
    for _ in range(shifts):
        p = 1 / (1 + np.exp(-(logit + sd * rng.normal())))
        hit = rng.random((len(p), questions)) < p[:, None]
        made.append({f"p{i}q{q}": float(hit[i, q]) for i, q in np.ndindex(hit.shape)})
    return made


def simulated(
    mean: float, rho: float, people: int, questions: int, trials: int = 200, sd: float = 0.3
) -> tuple[float, float]:
    """Share of intervals that hold the truth, 0, and mean half width."""
    rng = np.random.default_rng(7)
    whom = ids(people, questions)
    facts = dict(whom)
    if people == 15:  # facts of one person
        whom = dict.fromkeys(whom, "p0")
    a, b = mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)
    held, width = 0, 0.0
    for _ in range(trials):
        chances = np.clip(rng.beta(a, b, size=(2, people)), 1e-6, 1 - 1e-6)
        chances[1] = np.where(rng.random(people) < 0.5, chances[0], chances[1])
        sides = [answers(rng, chance, questions, 3, sd) for chance in chances]
        low, high = difference(sides[0], sides[1], whom, facts).ends() or (9.0, 9.0)
        held += low <= 0 <= high
        width += (high - low) / 2 / trials
    return held / trials, width


@pytest.mark.parametrize("mean", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(("rho", "people", "questions"), [(0.05, 8, 12), (0.3, 8, 12), (0.3, 15, 4)])
def test_intervals_hold_the_truth(mean: float, rho: float, people: int, questions: int) -> None:
    held, width = simulated(mean, rho, people, questions)
    assert held >= 0.93
    assert width < 0.5  # and say something


def test_noise_never_makes_arms_alike() -> None:
    """Of two arms that differ by the margin, noisier and noisier: never more than five in a hundred."""
    rng = np.random.default_rng(3)
    whom = ids(30, 4)
    for noise in (0.02, 0.1, 0.3, 1.0):
        alike = 0
        for _ in range(200):
            rows = [list(0.1 + noise * rng.normal(size=30)) for _ in range(3)]
            alike += told(runs(rows, 4), runs([[0.0] * 30], 4), whom).within(0.1)
        assert alike / 200 <= 0.07
        assert noise < 1 or alike == 0
