"""Spreads and their quantiles by hand: what the simulations of test_coverage.py would let pass."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from remem.scoring.stats import (
    DIFFERENCE,
    SHARE,
    Spread,
)

OPEN = (None, None)
MANY = 1e9  # degrees of freedom: a normal distribution


def of(values: list[float], units: list, bounds=OPEN, coin: float = 0.0) -> Spread:
    found = Spread.of(values, units, bounds, coin)
    assert found is not None
    return found


def test_two_units_of_unlike_size_have_the_variance_of_their_difference() -> None:
    """Two units tell the variance of one by half their squared difference, with one degree of freedom."""
    found = of([5, 5, 5, 1], list("aaab"))
    assert found.mean == 4
    assert found.units == pytest.approx(1.6)  # 16 / (9 + 1)
    assert found.variance == pytest.approx(16 / 2 / 1.6)
    assert found.freedom == pytest.approx(1)
    assert (found.items, found.bounds) == (4, OPEN)
    wide = of([5, 5, 5, 1, 1], list("aaabb"))
    assert wide.variance == pytest.approx(16 / 2 * (9 + 4) / 25)
    assert wide.freedom == pytest.approx(1)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 2, 5, 12), (1, 1, 9), (3, 4, 5, 6, 40)])
def test_freedom_is_satterthwaite_s_of_the_quadratic_form(sizes: tuple[int, ...]) -> None:
    """Of x'Ax for normal x: tr(A)^2 / tr(A A). A turns the units' means into the sum of squares."""
    weights = np.array(sizes) / sum(sizes)
    centred = np.eye(len(sizes)) - np.outer(np.ones(len(sizes)), weights)
    form = centred.T @ np.diag(weights**2) @ centred
    means = np.array([0.3, -1.0, 2.0, 0.7, -0.4])[: len(sizes)]
    units = np.repeat(np.arange(len(sizes)), sizes)
    found = of(np.repeat(means, sizes).tolist(), units.tolist())
    assert found.freedom == pytest.approx(np.trace(form) ** 2 / np.trace(form @ form))
    assert found.variance == pytest.approx(means @ form @ means / np.trace(form) * (weights**2).sum())


def test_with_two_ends_the_variance_is_at_least_that_of_independent_items() -> None:
    """Four items that half are 1, and half an item more at each end: five items' variance of a coin, 1/4."""
    same = of([0, 1, 0, 1], list("aabb"), SHARE)
    assert same.variance == pytest.approx(0.25 / 4)
    apart = of([0, 0, 1, 1], list("aabb"), SHARE)
    assert apart.variance == pytest.approx(1 / 4)  # of the units' means, 1/2, over two units
    assert of([0, 1, 0, 1], list("aabb"), (0.0, None)).variance == 0
    assert of([0, 1, 0, 1], list("aabb"), (None, 1.0)).variance == 0


def test_a_coin_of_a_unit_is_added() -> None:
    # Of two units, and half a unit at each end: three units' variance of a coin, 1/4.
    assert of([0, 0, 1, 1], list("aabb"), SHARE, 0.2).variance == pytest.approx(1 / 4 + 0.2 * 0.25 / 4)
    # All right: four items and one more have 4.5 of 5, two units and one more 2.5 of 3.
    right = of([1, 1, 1, 1], list("aabb"), SHARE, 0.2)
    assert right.variance == pytest.approx(0.9 * 0.1 / 4 + 0.2 * (2.5 / 3) * (0.5 / 3) / 4)
    twice = of([1, 1, 1, 1], list("aabb"), DIFFERENCE, 0.2)
    assert twice.variance == pytest.approx(4 * right.variance)


def spread(
    mean: float, sd: float, *, freedom: float = MANY, units: float = 50, items: int = 100, bounds=SHARE
):
    return Spread(mean=mean, variance=sd**2, freedom=freedom, units=units, items=items, bounds=bounds)


def test_without_two_ends_quantiles_are_student_s_and_stay_inside() -> None:
    chance = np.array([0.025, 0.5, 0.9])
    quantiles = 2 + 3 * stats.t.ppf(chance, 4)
    assert spread(2, 3, freedom=4, bounds=OPEN).below(chance) == pytest.approx(quantiles)
    low, high = spread(2, 3, freedom=4, bounds=(0.0, None)), spread(2, 3, freedom=4, bounds=(None, 2.5))
    assert low.below(chance) == pytest.approx([0, 2, quantiles[2]])
    assert high.below(chance) == pytest.approx([quantiles[0], 2, 2.5])
    assert spread(2, 3, freedom=4, bounds=OPEN).ends(0.8) == pytest.approx(
        (2 - 3 * stats.t.ppf(0.9, 4), 2 + 3 * stats.t.ppf(0.9, 4))
    )


def test_between_two_ends_quantiles_are_student_s_of_the_logit() -> None:
    chance = np.array([0.1, 0.9])
    # A share of 0.7 of 99 items, and half a one at each end.
    centre = (99 * 0.7 + 0.5) / 100
    deviations = 0.03 * stats.t.ppf(chance, 8) / (centre * (1 - centre))
    found = spread(0.7, 0.03, freedom=8, items=99).below(chance)
    assert found == pytest.approx(expit(logit(centre) + deviations))
    # The same on another scale.
    wide = spread(-3 + 20 * 0.7, 20 * 0.03, freedom=8, items=99, bounds=(-3.0, 17.0))
    assert wide.below(chance) == pytest.approx(-3 + 20 * found)
    assert wide.ends(0.8) == pytest.approx(tuple(-3 + 20 * found))


def test_no_quantile_is_further_out_than_that_of_as_many_coins() -> None:
    chance = np.array([0.025, 0.975])
    exact = stats.binomtest(3, 10).proportion_ci(0.95, "exact")
    found = spread(0.3, 5.0, units=10)
    assert found.below(chance) == pytest.approx([exact.low, exact.high])
    assert found.ends(0.95) == pytest.approx((exact.low, exact.high))
    moved = spread(-4 + 8 * 0.3, 50.0, units=10, bounds=(-4.0, 4.0))
    assert moved.ends(0.95) == pytest.approx((-4 + 8 * exact.low, -4 + 8 * exact.high))
    none, all_ = (stats.binomtest(hits, 10).proportion_ci(0.95, "exact") for hits in (0, 10))
    assert spread(0.0, 5.0, units=10).ends(0.95) == pytest.approx((0, none.high))
    assert spread(1.0, 5.0, units=10).ends(0.95) == pytest.approx((all_.low, 1))


def test_quantiles_below_the_middle_lie_below_the_mean_and_the_others_above() -> None:
    """Half an item at each end draws the logit's centre inwards; the interval holds the mean all the same."""
    chance = np.array([0.3, 0.499, 0.5, 0.7])
    high, low = (spread(mean, 1e-6, items=4, units=4).below(chance) for mean in (0.9, 0.1))
    assert high == pytest.approx([0.82, 0.82, 0.9, 0.9], abs=1e-4)
    assert low == pytest.approx([0.1, 0.1, 0.18, 0.18], abs=1e-4)
    assert (np.diff(spread(0.1, 0.2, units=3).below(np.linspace(0.01, 0.99, 21))) >= 0).all()


def test_a_mean_that_rounding_drove_off_the_scale_is_at_its_end() -> None:
    for mean, end in ((1 + 1e-9, 1.0), (-1e-9, 0.0)):
        low, high = spread(mean, 0.1).ends(0.9)
        assert end in (low, high)
        assert 0 <= low < high <= 1


def test_values_without_a_unit_are_refused() -> None:
    for units in (["a"], ["a", "b", "c"]):
        with pytest.raises(ValueError, match="argument"):
            Spread.of([0.0, 1.0], units, SHARE)


def test_at_the_ends_of_confidence_stand_the_ends_of_the_scale() -> None:
    bounded = Spread(mean=0.4, variance=0.01, freedom=5, units=6, items=60, bounds=(0.0, 1.0))
    low, high = bounded.below(np.array([0.0, 1.0]))
    assert low < 0.01
    assert high > 0.99
    free = Spread(mean=0.4, variance=0.01, freedom=5, units=6, items=60, bounds=(None, None))
    assert list(free.below(np.array([0.0, 1.0]))) == [-np.inf, np.inf]
