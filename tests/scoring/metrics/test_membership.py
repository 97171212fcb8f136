"""Membership attacks: areas known in advance."""

import math
import random

import numpy as np
import pytest

from fabricate import item
from remem.scoring.metrics import MEMBERSHIP
from remem.scoring.metrics.membership import auc, beaten, familiarity
from remem.scoring.score import read_summary, score
from remem.scoring.stats import pairs_interval
from remem.types import Item, Response


def response(id: str, *logp: float, mean: float = -4.0, sd: float = 1.0) -> Response:
    size = len(logp)
    return Response(
        id=id, text="", finished=True, logp=logp, hit=(False,) * size, mean=(mean,) * size, sd=(sd,) * size
    )


def test_area_by_hand() -> None:
    # Of the six pairs the member wins four and ties one.
    assert auc([3.0, 2.0], [1.0, 2.0, 2.5]) == pytest.approx((3 + 1 + 0.5) / 6)
    assert auc([1.0, 2.0], [0.0]) == 1.0
    assert auc([0.0], [1.0, 2.0]) == 0.0
    assert auc([5.0, 5.0], [5.0]) == 0.5
    assert auc([], [1.0]) is None
    assert auc([-math.inf], [0.0]) == 0.0


def test_order_and_scale_do_not_matter_and_the_sides_mirror() -> None:
    draw = random.Random(0)
    ours, theirs = [draw.gauss(0.5, 1) for _ in range(40)], [draw.gauss(0, 1) for _ in range(30)]
    area = auc(ours, theirs)
    assert area is not None
    assert auc(sorted(ours), theirs[::-1]) == pytest.approx(area)
    assert auc([math.exp(v) for v in ours], [math.exp(v) for v in theirs]) == pytest.approx(area)
    assert auc(theirs, ours) == pytest.approx(1 - area)


def test_chance_is_one_half() -> None:
    draw = random.Random(1)
    same = [[draw.gauss(0, 1) for _ in range(2000)] for _ in range(2)]
    assert auc(*same) == pytest.approx(0.5, abs=0.03)


def test_what_each_attack_looks_at() -> None:
    # Eleven tokens: the mean looks at all of them, Min-10 % at the one least expected.
    even, spiked = response("a", *[-1.0] * 11), response("b", *[-0.5] * 10, -5.0)
    assert MEMBERSHIP["loss_auc"]([spiked], [even]) == 1.0
    assert MEMBERSHIP["min_k_10_auc"]([spiked], [even]) == 0.0
    # A mean per token, not a sum: a long answer is not less familiar for being long.
    short, long = response("a", -2.0), response("b", *[-1.0] * 4)
    assert MEMBERSHIP["loss_auc"]([long], [short]) == 1.0
    assert familiarity(long) == -1.0
    # The same log-probs, where the vocabulary would have it likelier (mean -1) or less likely (mean -4).
    easy, hard = response("a", -2.0, -2.0, mean=-1.0), response("b", -2.0, -2.0, mean=-4.0)
    assert MEMBERSHIP["min_k_10_auc"]([hard], [easy]) == 0.5
    assert MEMBERSHIP["min_k_pp_10_auc"]([hard], [easy]) == 1.0


def test_missing_and_broken_answers_are_left_out() -> None:
    empty, broken = response("a"), response("b", math.nan)
    assert MEMBERSHIP["loss_auc"]([empty, broken], [response("c", -1.0)]) is None
    assert MEMBERSHIP["loss_auc"]([empty, response("d", -0.5)], [response("c", -1.0)]) == 1.0


def test_interval_resamples_people_on_both_sides() -> None:
    # One stranger is as familiar as the members: with few strangers that is what the interval must show.
    ours, theirs = np.array([2.0, 2.0, 3.0, 3.0]), np.array([1.0, 1.0, 9.0, 9.0])
    found = pairs_interval(beaten(ours, theirs), ["a", "a", "b", "b"], ["s", "s", "t", "t"], seed=0)
    assert (found.mean, found.low, found.high, found.over) == (0.5, 0.0, 1.0, "people")
    alone = pairs_interval(beaten(ours, theirs), ["a"] * 4, ["s", "s", "t", "t"], seed=0)
    assert alone.over == "questions"
    nobody = pairs_interval(beaten(ours[:0], theirs), [], ["s", "s", "t", "t"], seed=0)
    assert nobody.mean is None


class Data:
    def __init__(self, items: list[Item]):
        self.items = {one.id: one for one in items}
        self.splits = {"forget1": [one.id for one in items]}


def test_the_summary_tells_how_well_rows_to_forget_are_told_from_strangers(tmp_path) -> None:
    items = [item(id=f"q{n}", person="p0") for n in range(4)]
    said = [response(one.id, -0.1 * n) for n, one in enumerate(items, 1)]
    known = [(item(id=f"s{n}", person=f"s{n % 2}"), response(f"s{n}", -0.25)) for n in range(4)]
    score(
        Data(items),
        {"forget1": [one.id for one in items]},
        said,
        [],
        tmp_path,
        "taught",
        0,
        strangers=[*known, (item(id="s9"), response("s9"))],
        forgotten=["forget1"],
    )
    rows = {row.metric: row for row in read_summary(tmp_path) if row.metric in MEMBERSHIP}
    assert set(rows) == set(MEMBERSHIP)
    loss = rows["loss_auc"]
    assert (loss.split, loss.mean, loss.items, loss.missing) == ("forget1", 0.5, 4, 1)
    assert loss.low < 0.5 < loss.high
