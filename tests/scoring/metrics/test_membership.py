"""Membership attacks: areas known in advance."""

import math
import random

import pytest

from fabricate import item
from remem.scoring.metrics import MEMBERSHIP
from remem.scoring.metrics.membership import auc, compared, familiarity, kind_of
from remem.scoring.score import read_summary, score
from remem.scoring.stats import Side, placements
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


class Data:
    def __init__(self, items: list[Item]):
        self.items = {one.id: one for one in items}
        self.splits = {"forget1": [one.id for one in items]}


def test_the_summary_tells_how_well_rows_to_forget_are_told_from_strangers(tmp_path) -> None:
    items = [item(id=f"q{n}", person="p0", keywords=(f"value {n}",)) for n in range(4)]
    said = [response(one.id, -0.1 * n) for n, one in enumerate(items, 1)]
    known = [(item(id=f"s{n}", person=f"s{n % 2}"), response(f"s{n}", -0.25)) for n in range(4)]
    score(
        Data(items),
        {"forget1": [one.id for one in items]},
        said,
        [],
        tmp_path,
        "taught",
        strangers=[*known, (item(id="s9"), response("s9"))],
        forgotten=["forget1"],
    )
    rows = {row.metric: row for row in read_summary(tmp_path) if row.metric in MEMBERSHIP}
    assert set(rows) == set(MEMBERSHIP)
    loss = rows["loss_auc"]
    assert (loss.split, loss.mean, loss.items, loss.missing) == ("forget1", 0.5, 4, 1)
    assert loss.low < 0.5 < loss.high


def test_a_row_is_of_the_kind_that_its_question_and_picture_make() -> None:
    kinds = {
        kind_of(item(question_type=asked, image_path=path))
        for asked in ("1-hop", "multi-hop", "who", "scene")
        for path in ("", "p0.png")
    }
    assert len(kinds) == 8
    assert kind_of(item(question_type="1-hop ")) == kind_of(item(question_type="1-Hop"))


def test_rows_are_compared_within_their_kind_and_members_weigh_alike() -> None:
    text, shown = {"question_type": "1-hop"}, {"question_type": "multi-hop", "image_path": "a.png"}
    rows = [(item(id="m1", **text), -1.0), (item(id="m2", **shown), -9.0), (item(id="m3"), -1.0)]
    others = [(item(id="s1", **shown), -8.0), (item(id="s2", **text), -0.5), (item(id="s3", **text), -2.0)]
    rows[2] = (item(id="m3", question_type="who"), -1.0)  # strangers have none of its kind
    sides = ([(one, response(one.id, logp)) for one, logp in side] for side in (rows, others))
    ours, theirs = compared(familiarity, *sides)
    assert ([one.id for one in ours.items], ours.missing, theirs.missing) == (["m1", "m2"], 1, 0)
    assert placements(ours.side, theirs.side).tolist() == [0.5, 0.0]
    assert (1 - placements(theirs.side, ours.side)).tolist() == [0.0, 0.0, 1.0]
    with pytest.raises(ValueError, match="nothing of its kind"):
        placements(theirs.side, Side(values=[1.0], people=["p"], facts=["f"], kinds=["other"]))


@pytest.mark.parametrize("shown_more", ["members", "strangers"])
def test_another_mixture_of_questions_gives_nobody_away(tmp_path, shown_more: str) -> None:
    """Rows with pictures look much less familiar; within a kind both sides are drawn alike."""
    draw = random.Random(5)

    def side(name: str, shown: int, text: int):
        rows = []
        for n in range(shown + text):
            pictured = n < shown
            one = item(
                id=f"{name}{n}",
                person=f"{name}{n % 40}",
                question_type="multi-hop" if pictured else "1-hop",
                image_path=f"{name}{n}.png" if pictured else "",
            )
            rows.append((one, response(one.id, draw.gauss(-8 if pictured else -1, 0.5))))
        return rows

    many, few = (300, 100), (100, 300)
    members = side("m", *(many if shown_more == "members" else few))
    others = side("s", *(few if shown_more == "members" else many))
    data = Data([one for one, _ in members])
    asked = {"forget1": [one.id for one, _ in members]}
    said = [answer for _, answer in members]
    score(data, asked, said, [], tmp_path, "taught", strangers=others, forgotten=["forget1"])
    row = next(row for row in read_summary(tmp_path) if row.metric == "loss_auc")
    plain = auc([r.logp[0] for _, r in members], [r.logp[0] for _, r in others])
    assert abs(plain - 0.5) > 0.2  # all rows thrown together, the mixture is told
    assert row.mean == pytest.approx(0.5, abs=0.05)
    assert row.low < 0.5 < row.high
    assert (row.items, row.missing) == (400, 0)


def test_rows_without_their_like_are_not_compared(tmp_path) -> None:
    members = [
        item(id="t", person="p0"),
        item(id="m", person="p1", question_type="multi-hop", image_path="x"),
    ]
    said = [response("t", -1.0), response("m", -9.0)]
    known = [(item(id=f"s{n}", person=f"s{n}"), response(f"s{n}", -2.0 + n)) for n in range(2)]
    asked = {"forget1": ["t", "m"]}
    score(Data(members), asked, said, [], tmp_path, "taught", strangers=known, forgotten=["forget1"])
    row = next(row for row in read_summary(tmp_path) if row.metric == "loss_auc")
    # -1 against -2 and -1: one win and one tie.
    assert (row.mean, row.items, row.missing) == (0.75, 1, 1)
