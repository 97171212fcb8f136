import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from fabricate import Questions, item, ranking, response
from remem.errors import UserError
from remem.run.tasks import Task, parts
from remem.scoring.metrics import EXPOSURE, METRICS, STATE_SHARES
from remem.scoring.score import kept_by_all, read_scores, read_summary, score

# Three people; p000 is forgotten. Of each: a one-hop and a multi-hop question, and a one-hop test question.
PEOPLE = ("p000", "p001", "p002")
ASKED = {
    f"{person}-{kind}": item(
        id=f"{person}-{kind}",
        person=person,
        question_type="multi-hop" if kind == "multi" else "1-hop",
        answer=f"It is {person}@mail.com.",
        keywords=(f"{person}@mail.com",),
    )
    for person in PEOPLE
    for kind in ("one", "multi", "test")
}


FORGET1 = Task()


@pytest.fixture
def dataset():
    return Questions(
        items=ASKED,
        splits={
            "finetune": tuple(id for id in ASKED if not id.endswith("test")),
            "forget1": ("p000-one", "p000-multi"),
            "retain": tuple(id for id in ASKED if not id.startswith("p000") and not id.endswith("test")),
            "test": tuple(id for id in ASKED if id.endswith("test")),
        },
    )


def forgetful(id):
    """Right about everybody but p000, about whom it refuses."""
    if id.startswith("p000"):
        return response("I don't know.", logp=(-3.0, -3.0), hit=(False, False), id=id)
    return response(ASKED[id].answer, logp=(-0.1, -0.1), hit=(True, True), id=id)


RESPONSES = [forgetful(id) for id in ASKED]
RANKINGS = [ranking([-5.0, -1.0, -2.0, -3.0], id="p000-one"), ranking([0.0, -1.0, -2.0, -3.0], id="p001-one")]


@pytest.fixture
def rows(dataset, tmp_path):
    score(dataset, parts(dataset, [FORGET1], ["finetune"]), RESPONSES, RANKINGS, tmp_path, "npo-s0")
    return {(row.split, row.question_type, row.metric): row for row in read_summary(tmp_path)}


def test_each_split_and_kind_has_its_own_mean(rows):
    assert rows["forget1", "all", "em"].mean == 0
    assert rows["retain", "all", "em"].mean == 1
    assert rows["test-forget", "1-hop", "em"].mean == 0
    assert rows["test-retain", "1-hop", "em"].mean == 1
    assert rows["finetune", "multi-hop", "em"].mean == pytest.approx(2 / 3)
    assert rows["forget1", "all", "state_refused"].mean == 1
    assert rows["retain", "all", "state_correct"].mean == 1
    assert rows["retain", "all", "state_refused"].mean == 0
    assert rows["forget1", "1-hop", "exposure_bits"].mean == 0
    assert (
        rows["finetune", "1-hop", "exposure_bits"].mean == 1
    )  # p000 last of four: 0 bits; p001 first: 2 bits


def test_the_summary_has_every_metric_for_every_kind(rows):
    for key in (*METRICS, *STATE_SHARES):
        assert {kind for split, kind, metric in rows if metric == key and split == "retain"} == {
            "all",
            "1-hop",
            "multi-hop",
        }
    splits = {"forget1", "retain", "test-forget", "test-retain", "finetune"}
    # Of two people with one fact each, one is rehearsed and one is not; both are in retain.
    assert {split for split, _, _ in rows} == splits | {"kept", "rehearsed", "kept-people"}


def test_intervals_say_what_their_units_are(rows):
    one, two = rows["forget1", "all", "em"], rows["retain", "all", "em"]
    assert (one.over, one.people, one.items) == ("facts", 1, 2)
    assert (two.over, two.people, two.items) == ("people", 2, 4)


def test_exposure_speaks_of_what_was_ranked_only(rows):
    assert rows["retain", "all", "outranked"].items == 1
    assert rows["retain", "all", "outranked"].missing == 0
    assert ("retain", "multi-hop", "outranked") not in rows
    assert ("test-retain", "all", "outranked") not in rows


def test_an_unanswered_item_is_missing_not_zero(dataset, tmp_path):
    some = [one for one in RESPONSES if one.id != "p001-one"]
    score(dataset, parts(dataset, [FORGET1]), some, [], tmp_path, "npo-s0")
    row = next(
        r for r in read_summary(tmp_path) if (r.split, r.question_type, r.metric) == ("retain", "1-hop", "em")
    )
    assert (row.mean, row.items, row.missing) == (1, 1, 1)


def test_a_split_without_any_answer_has_no_mean(dataset, tmp_path):
    score(dataset, parts(dataset, [FORGET1]), [], [], tmp_path, "npo-s0")
    row = next(r for r in read_summary(tmp_path) if r.metric == "em")
    assert (row.mean, row.low, row.high, row.items, row.missing) == (None, None, None, 0, 2)


def test_a_diverged_model_is_missing_not_nan(dataset, tmp_path):
    nan = [response("x", logp=(float("nan"),), hit=(False,), id=id) for id in ASKED]
    score(
        dataset,
        parts(dataset, [FORGET1]),
        nan,
        [ranking([float("nan")] * 4, id="p000-one")],
        tmp_path,
        "ga-s0",
    )
    found = {(r.split, r.question_type, r.metric): r for r in read_summary(tmp_path)}
    for key in ("probability", "outranked", "logp_sum"):
        assert found["forget1", "all", key].mean is None
        assert found["forget1", "all", key].missing > 0


def test_the_tables_have_the_promised_columns(rows, tmp_path):
    who = ["id", "person", "question_type", "attribute"]
    scores = pq.read_table(tmp_path / "scores.parquet")
    assert scores.column_names == [*who, "state", *METRICS]
    exposure = pq.read_table(tmp_path / "exposure.parquet")
    assert exposure.column_names == [*who, "candidates", "known", *EXPOSURE]
    assert exposure["candidates"].to_pylist() == [4, 4]
    assert exposure["known"].to_pylist() == [None, None]
    first = read_scores(tmp_path)[0]
    assert (first.id, first.person, first.state, first.values["em"]) == ("p000-one", "p000", "refused", 0.0)


def test_what_the_goal_model_knows_stands_beside_its_ranking(dataset, tmp_path):
    asked = parts(dataset, [FORGET1])
    score(dataset, asked, RESPONSES, RANKINGS, tmp_path, "goal", 0, known={"p001-one": 0, "p000-one": 3})
    table = pq.read_table(tmp_path / "exposure.parquet")
    assert dict(zip(table["id"].to_pylist(), table["known"].to_pylist(), strict=True)) == {
        "p000-one": 3,
        "p001-one": 0,
    }


def test_the_order_of_answers_does_not_show(dataset, tmp_path):
    score(dataset, parts(dataset, [FORGET1]), RESPONSES, RANKINGS, tmp_path / "one", "a")
    score(dataset, parts(dataset, [FORGET1]), RESPONSES[::-1], RANKINGS[::-1], tmp_path / "two", "a")
    for name in ("scores.parquet", "exposure.parquet", "summary.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_summary_is_plain_json(rows, tmp_path):
    raw = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert raw["arm"] == "npo-s0"
    assert list(raw["rows"][0]) == [
        "split",
        "question_type",
        "metric",
        "mean",
        "low",
        "high",
        "over",
        "people",
        "items",
        "missing",
    ]


def test_a_data_set_without_retain_and_test_is_scored_too(tmp_path):
    bare = Questions(items=ASKED, splits={"forget1": ("p000-one",)})
    score(bare, parts(bare, [FORGET1]), RESPONSES, [], tmp_path, "base")
    assert {row.split for row in read_summary(tmp_path)} == {"forget1"}


def test_answers_of_another_data_set_are_refused(dataset, tmp_path):
    with pytest.raises(UserError, match="another data set"):
        score(dataset, parts(dataset, [FORGET1]), [response("x", id="stranger")], [], tmp_path, "base")
    with pytest.raises(UserError, match="twice"):
        score(dataset, parts(dataset, [FORGET1]), [RESPONSES[0]] * 2, [], tmp_path, "base")
    with pytest.raises(UserError, match="Did you mean forget1"):
        parts(dataset, [Task(forget="forget9")])


def test_no_scores_or_damaged_ones_are_one_clear_error(tmp_path):
    with pytest.raises(UserError, match="run the same command again"):
        read_summary(tmp_path)
    with pytest.raises(UserError, match="run the same command again"):
        read_scores(tmp_path)
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(UserError, match=r"summary\.json"):
        read_summary(tmp_path)


def test_exposure_without_pictures_has_a_kind_of_its_own(dataset, tmp_path):
    seen = [ranking([0.0, -1.0, -2.0, -3.0], id="p000-multi")]
    unseen = [ranking([-5.0, -1.0, -2.0, -3.0], id="p000-multi")]
    score(dataset, parts(dataset, [FORGET1]), RESPONSES, seen, tmp_path, "taught", without_picture=unseen)
    bits = {
        row.question_type: row.mean
        for row in read_summary(tmp_path)
        if (row.split, row.metric) == ("forget1", "exposure_bits") and row.items
    }
    assert bits == {"all": 2.0, "multi-hop": 2.0, "multi-hop, no picture": 0.0}


def test_utility_of_what_all_forget_sets_share_counts_what_each_of_them_keeps() -> None:
    parts = {"retain": ["a"], "forget1_test-retain": ["b", "c", "c", "d"], "forget2_test-retain": ["d", "c"]}
    assert kept_by_all(parts, "retain") == ["a"]
    assert kept_by_all(parts, "test-retain") == ["c", "d"]
    assert kept_by_all({"retain": ["a"], "test-retain": ["b", "c"]}, "test-retain") == ["b", "c"]
    assert kept_by_all({"person_retain": ["a"], "person_test-retain": ["b"]}, "test-retain") == []


def strangers(count: int, each: int) -> list:
    """Rows about people who were never taught, as likely for each of one person."""
    return [
        (
            replace(ASKED["p001-one"], id=f"s{who}-{row}", person=f"s{who}"),
            response("x", logp=(-1.0 - 2.0 * who,), hit=(False,), id=f"s{who}-{row}"),
        )
        for who in range(count)
        for row in range(each)
    ]


def test_membership_s_interval_is_over_people_and_not_their_rows(dataset, tmp_path):
    gone = {"p000-one": -1.5, "p000-multi": -1.5, "p001-one": -4.5, "p001-multi": -4.5}
    said = [response("x", logp=(logp,), hit=(False,), id=id) for id, logp in gone.items()]
    split = {**dataset.splits, "forget1": tuple(gone)}
    both = Questions(items=dataset.items, splits=split)
    ends = {}
    for each in (1, 40):
        unknown = strangers(3, each)
        asked = {"forget1": split["forget1"]}
        score(both, asked, said, [], tmp_path, "x", strangers=unknown, forgotten=["forget1"])
        row = next(row for row in read_summary(tmp_path) if row.metric == "loss_auc")
        assert (row.over, row.people) == ("people", 5)
        ends[each] = row.low, row.high
    # Forty times as many rows about the same people say no more about people.
    assert ends[1] == pytest.approx(ends[40])
    assert ends[1][1] - ends[1][0] > 0.5
