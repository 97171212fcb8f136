"""What a difference says of given terms: intervals, alike or not, and p, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from remem.scoring.differences import (
    Difference,
    Term,
    common,
    difference,
    length,
    of_runs,
    of_units,
    reach,
    table,
    together,
    units_of,
)

MANY = 1e9  # degrees of freedom: a normal distribution
NORMAL = (Term("people", 0.0, MANY), Term("seeds", 0.01, MANY))
MADE = Difference(
    mean=0.3, se=0.1, df=MANY, terms=NORMAL, unknown=(), units=30, seeds=3, models=2, items=100, missing=0,
    scale=None,
)  # fmt: skip


def test_an_interval_has_95_in_100_and_ends_where_differences_end() -> None:
    assert MADE.ends() == pytest.approx((0.3 - 0.196, 0.3 + 0.196), abs=1e-4)
    assert MADE.ends(0.9) == pytest.approx((0.3 - 0.16449, 0.3 + 0.16449), abs=1e-4)
    assert replace(MADE, scale=0.4).ends() == pytest.approx((0.3 - 0.196, 0.4), abs=1e-4)
    assert replace(MADE, mean=-0.3, scale=0.4).ends() == pytest.approx((-0.4, -0.3 + 0.196), abs=1e-4)
    assert replace(MADE, mean=None).ends() is None
    assert replace(MADE, se=None).ends() is None


def test_alike_is_what_lies_inside_of_the_margin_and_not_on_it() -> None:
    flat = replace(MADE, mean=0.0, se=0.0, terms=())
    assert flat.within(1e-9)
    assert not replace(flat, mean=0.25).within(0.25)
    assert not replace(flat, mean=-0.25).within(0.25)
    assert replace(flat, mean=0.0999).within()
    assert not replace(flat, mean=0.1).within()
    near = replace(MADE, mean=0.0)
    assert near.within(0.1645)  # a twentieth on either side
    assert not near.within(0.1644)
    assert near.within(0.1282, 0.1)
    assert not near.within(0.1281, 0.1)
    assert not replace(near, mean=0.1).within(0.2)
    assert not replace(near, mean=-0.1).within(0.2)
    assert not replace(near, se=None).within(9)


def test_a_twentieth_of_the_items_may_be_missing() -> None:
    flat = replace(MADE, mean=0.0, se=0.0, terms=())
    assert replace(flat, items=95, missing=5).within()
    assert not replace(flat, items=94, missing=6).within()
    assert not replace(flat, items=95, missing=6).within()
    assert replace(flat, items=1900, missing=100).within()


def test_p_of_a_normal_distribution() -> None:
    for mean in (0.3, -0.3):
        assert replace(MADE, mean=mean).p() == pytest.approx(2 * stats.norm.sf(3), rel=1e-4)
    assert replace(MADE, mean=0.0).p() == pytest.approx(1)
    assert replace(MADE, mean=0.05).p() == pytest.approx(2 * stats.norm.sf(0.5), rel=1e-4)
    assert replace(MADE, mean=9.0).p() == pytest.approx(1e-12)  # no less is told
    assert replace(MADE, mean=9.0, units=3).p() == 2 / 64
    assert replace(MADE, mean=0.05, units=3).p() == pytest.approx(2 * stats.norm.sf(0.5), rel=1e-4)


def test_there_is_no_p_without_seeds_or_an_interval() -> None:
    assert replace(MADE, mean=None).p() is None
    assert replace(MADE, se=None).p() is None
    assert replace(MADE, terms=NORMAL[:1]).p() is None
    assert replace(MADE, mean=None, se=None).p() is None


def test_each_term_brings_its_own_quantile() -> None:
    terms = [Term("people", 0.04, 3), Term("seeds", 0.09, 2)]
    far = math.sqrt(0.04 * stats.t.ppf(0.975, 3) ** 2 + 0.09 * stats.t.ppf(0.975, 2) ** 2)
    assert reach(terms, 0.05) == pytest.approx(far)
    se, df = together(terms)
    assert se == pytest.approx(math.sqrt(0.13))
    assert df == pytest.approx(0.13**2 / (0.04**2 / 3 + 0.09**2 / 2))
    assert together([Term("people", 0.0, 3)]) == (None, None)
    assert together([Term("people", 1e-24, 3)]) == (None, None)
    assert together([Term("people", 4e-24, 3)])[0] == pytest.approx(2e-12)


def test_the_variance_of_runs_is_of_their_means() -> None:
    term = of_runs(np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 6.0]]), "seeds")  # means 0.5, 1.5, 4
    assert term is not None
    assert (term.name, term.df) == ("seeds", 2)
    assert term.variance == pytest.approx(np.var([0.5, 1.5, 4], ddof=1) / 3)
    two = of_runs(np.array([[0.0], [1.0]]), "seeds")
    assert two is not None
    assert (two.variance, two.df) == (pytest.approx(0.25), 1)
    assert of_runs(np.array([[0.0, 1.0]]), "seeds") is None


def test_the_variance_of_units_of_unlike_size() -> None:
    values, owner = np.array([1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 0, 1])
    # Sums of what is above the mean, 0.75: three quarters each; twice their squares, over the items squared.
    plain = of_units(values, owner, "people", None)
    assert plain is not None
    assert (plain.name, plain.df) == ("people", 1)
    assert plain.variance == pytest.approx(2 * 2 * 0.75**2 / 16)
    # An item's unit has (9 + 1) / 4 items.
    scaled = of_units(values, owner, "people", 3.0)
    assert scaled is not None
    assert scaled.variance == pytest.approx(2 * 2 * 0.75**2 / 16 + 9 * 2.5 / 16)
    many = of_units(np.zeros(12), np.arange(12) // 2, "facts", 1.0)
    assert many is not None
    assert (many.variance, many.df) == (pytest.approx(2 / 144), 5)
    uneven = of_units(np.zeros(20), np.repeat([0, 1, 2], [2, 8, 10]), "facts", 1.0)
    assert uneven is not None
    assert uneven.df == pytest.approx(400 / (4 + 64 + 100) - 1)
    assert of_units(np.zeros(3), np.zeros(3, dtype=int), "people", 1.0) is None


def test_units_are_people_or_the_facts_of_the_one() -> None:
    facts = {"a": "x", "b": "y", "c": "x"}
    number, owner, name = units_of(["a", "b", "c"], {"a": "p", "b": "q", "c": "p"}, facts)
    assert (number, owner.tolist(), name) == (2, [0, 1, 0], "people")
    number, owner, name = units_of(["a", "b", "c"], dict.fromkeys("abc", "p"), facts)
    assert (number, owner.tolist(), name) == (2, [0, 1, 0], "facts")
    assert units_of([], {}, {})[0] == 0


def test_items_are_those_of_which_every_run_has_a_value() -> None:
    runs = [{"b": 1.0, "a": 0.0, "c": None}, {"a": 1.0, "b": 0.5, "c": 1.0, "d": None}]
    assert common(runs) == (["a", "b"], 1)
    assert common(runs[:1]) == (["a", "b"], 0)
    assert table(runs, ["a", "b"]).tolist() == [[0, 1], [1, 0.5]]
    assert table(runs, []).shape == (2, 0)
    with pytest.raises(ValueError, match="missing"):
        table([{"a": math.inf}], ["a"])


def test_a_scale_has_a_length_where_it_has_two_ends() -> None:
    assert length((-1.0, 3.0)) == 4
    assert [length(bounds) for bounds in ((None, 1.0), (0.0, None), (None, None))] == [None] * 3


def test_a_difference_on_a_wider_scale_and_of_paired_seeds() -> None:
    people = {"a": "p", "b": "q"}
    ours, theirs = [{"a": 1.0, "b": 4.0}, {"a": 3.0, "b": 2.0}], [{"a": 0.0, "b": 1.0}, {"a": 1.0, "b": 1.0}]
    found = difference(ours, theirs, people, people, bounds=(0.0, 5.0), paired_seeds=True)
    # Of people 2 - 0.5 and 3 - 1, of seeds 2.5 - 0.5 and 2.5 - 1; the scale of 5 is one pair's.
    assert found.mean == pytest.approx(1.75)
    assert [(term.name, term.df) for term in found.terms] == [("people", 1), ("seeds", 1)]
    assert [term.variance for term in found.terms] == pytest.approx([0.125 / 2 + 25 / 4, 0.125 / 2])
    assert (found.units, found.seeds, found.models, found.items, found.scale) == (2, 2, 2, 2, 5)
    assert (found.unknown, found.missing) == ((), 0)
    with pytest.raises(ValueError, match="no run"):
        difference(ours, [], people, people)
    one = difference(ours[:1], theirs[:1], people, people, paired_seeds=True)
    assert one.unknown == ("seeds",)
    default = difference(ours, theirs, people, people)
    assert (default.scale, default.over) == (1, ("people", "seeds", "goal models"))


def test_nothing_in_common_tells_nothing() -> None:
    found = difference([{"a": 1.0}], [{"a": None}], {"a": "p"}, {"a": "f"})
    assert found == Difference(
        mean=None, se=None, df=None, terms=(), unknown=(), units=0, seeds=1, models=1, items=0, missing=1,
        scale=1.0,
    )  # fmt: skip
    # One fact of one person: seeds are seen to vary, and who else would is not known.
    alone = difference([{"a": 1.0}, {"a": 0.5}], [{"a": 0.0}], {"a": "p"}, {"a": "f"})
    assert (alone.mean, alone.se, alone.df, alone.over) == (0.75, None, None, ("seeds",))
    assert alone.unknown == ("facts", "goal models")
