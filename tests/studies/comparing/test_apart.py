"""Who can be told from whom: cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from remem.studies.comparing.apart import ALPHA, apart, holm, measured, p_value, resampled

SEEDS, ITEMS, PEOPLE = 3, 40, 8
OWNER = {f"q{n}": f"p{n % PEOPLE}" for n in range(ITEMS)}
ONE = dict.fromkeys(OWNER, "p0")
Runs = list[dict[str, float | None]]


def noisy(level: float, seed: int, noise: float = 0.2) -> Runs:
    rng = np.random.default_rng(seed)
    return [{id: level + noise * rng.normal() for id in OWNER} for _ in range(SEEDS)]


def told(arms: dict[str, Runs], people: dict[str, str] = OWNER) -> dict[tuple[str, str], tuple[str, ...]]:
    return dict(apart({"em": measured(arms, people)}, 0).told)


def test_the_same_answers_are_not_told_apart_and_others_are() -> None:
    low, high = noisy(0.1, 0), noisy(0.9, 1)
    found = told({"a": low, "b": low, "c": high})
    assert found == {("a", "b"): (), ("a", "c"): ("em",), ("b", "c"): ("em",)}
    assert told({"a": low, "c": high}, ONE) == {("a", "c"): ("em",)}  # questions, where there is one person


def test_a_difference_within_the_noise_is_none() -> None:
    assert told({"a": noisy(0.50, 0, 0.4), "b": noisy(0.52, 1, 0.4)}) == {("a", "b"): ()}


def test_pairing_finds_what_two_intervals_that_overlap_would_hide() -> None:
    # Every person answers alike under both arms, up to a small, steady difference.
    person = {id: int(who[1:]) / PEOPLE for id, who in OWNER.items()}
    a: Runs = [dict(person) for _ in range(SEEDS)]
    b: Runs = [{id: value + 0.05 for id, value in person.items()} for _ in range(SEEDS)]
    found = measured({"a": a, "b": b}, OWNER)
    means = resampled(found, 0, 2000)
    assert np.quantile(means[:, 0], 0.975) > np.quantile(means[:, 1], 0.025)
    assert told({"a": a, "b": b}) == {("a", "b"): ("em",)}


def test_what_one_seed_of_three_does_not_show_is_not_found() -> None:
    low, high = noisy(0.1, 0, 0.01), noisy(0.9, 1, 0.01)
    odd = [high[0], high[1], low[2]]
    assert told({"a": low, "b": odd}) == {("a", "b"): ()}
    means = resampled(measured({"a": low, "b": odd}, OWNER), 0, 20_000)
    assert p_value(means[:, 1] - means[:, 0]) == pytest.approx(2 / 27, rel=0.5)


def test_a_reference_with_one_run_stands_for_every_seed() -> None:
    high = noisy(0.9, 1)
    found = measured({"a": high, "goal": [high[0]]}, OWNER)
    assert found.means == pytest.approx(
        [np.mean([list(run.values()) for run in high]), np.mean(list(high[0].values()))]
    )
    with pytest.raises(ValueError, match="2 seeds where others have 3"):
        measured({"a": high, "b": high[:2]}, OWNER)


def test_missing_values_are_left_out_and_never_0() -> None:
    full: Runs = [dict.fromkeys(OWNER, 0.8)]
    part: Runs = [{id: None if n % 2 else 0.8 for n, id in enumerate(OWNER)}]
    found = measured({"a": full, "b": part}, OWNER)
    assert found.means == pytest.approx([0.8, 0.8])
    assert told({"a": full, "b": part}) == {("a", "b"): ()}
    nothing: Runs = [dict.fromkeys(OWNER)]
    assert np.isnan(measured({"a": full, "b": nothing}, OWNER).means[1])
    assert told({"a": full, "b": nothing}) == {("a", "b"): ()}


def test_resamples_are_spread_as_theory_says() -> None:
    # One seed, independent units: the sd of the mean is that of the units over the root of their number.
    rng = np.random.default_rng(3)
    run = {f"q{n}": float(rng.normal()) for n in range(400)}
    people = {id: id for id in run}
    draws = resampled(measured({"a": [run]}, people), 0, 4000)[:, 0]
    assert draws.std() == pytest.approx(np.std(list(run.values())) / 20, rel=0.1)


def test_chance_differences_are_found_no_oftener_than_promised() -> None:
    # Twelve arms that differ by nothing but noise: 66 pairs, and hardly ever one that is told apart.
    wrong = 0
    for trial in range(10):
        arms = {f"m{n}": noisy(0.5, 100 * trial + n) for n in range(12)}
        wrong += any(told(arms).values())
    assert wrong <= 2


def test_p_values() -> None:
    assert p_value(np.zeros(99)) == 1.0
    assert p_value(np.ones(99)) == 2 / 100
    assert p_value(np.array([1.0, np.nan])) == 1.0
    half = np.array([1.0, -1.0] * 50)
    assert p_value(half) == 1.0


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_correction_leaves_room() -> None:
    """However many arms there are, a difference that every resample shows is found."""
    arms: dict[str, Runs] = {f"m{n}": [dict.fromkeys(OWNER, n / 30) for _ in range(2)] for n in range(26)}
    found = apart({"em": measured(arms, OWNER)}, 0)
    assert found.family == 325
    assert all(found.told.values())
    assert found.draws >= 4 * found.family / ALPHA
