"""Rows of the summary and columns of the tables, in full, where data sets are of unlike make."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fabricate import Questions, item, ranking, response
from remem.errors import UserError
from remem.scoring.metrics import EXPOSURE, METRICS, STATES
from remem.scoring.score import Row, Score, WorldAnswers, read_scores, read_summary, score
from remem.scoring.stats import Side, area_interval, interval
from remem.scoring.utility import PARTS, utility, world_marks
from remem.types import Item, Ranking, Response

NAME = {"question_type": "1-hop", "category": "person"}
SCENE = {"question_type": "größe", "category": "event", "event": "a fair", "keywords": ("tent",)}
ASKED: dict[str, Item] = {
    "a": item(id="a", person="Ann", **NAME),
    "b": item(id="b", person="Bo", **NAME),
    "c": item(id="c", person="Ann", **SCENE),
}  # fmt: skip
SAID = [response("Her e-mail is ann@mail.com.", logp=(-1.0,), hit=(True,), id=id) for id in ASKED]
DATA = Questions(items=ASKED, splits={})


def told(
    out: Path, parts: dict, said: list[Response] = SAID, ranked: list[Ranking] = (), **more
) -> list[Row]:
    score(DATA, parts, said, ranked, out, "x", **more)
    return read_summary(out)


def test_people_and_scenes_have_no_mean_in_common(tmp_path: Path) -> None:
    rows = told(tmp_path, {"both": ["c", "a"], "people": ["b", "a", "a"], "scenes": ["c"]})
    kinds = {name: list(dict.fromkeys(r.question_type for r in rows if r.split == name)) for name in
             ("both", "people", "scenes")}  # fmt: skip
    assert kinds == {"both": ["1-hop", "größe"], "people": ["all", "1-hop"], "scenes": ["all", "größe"]}
    em = {(row.split, row.question_type): row for row in rows if row.metric == "em"}
    assert (em["both", "größe"].mean, em["both", "größe"].over, em["both", "größe"].people) == (0, "facts", 1)
    assert (em["people", "all"].mean, em["people", "all"].items, em["people", "all"].people) == (1, 2, 2)
    names = [*METRICS, *(f"state_{name}" for name in STATES)]
    assert [row.metric for row in rows if (row.split, row.question_type) == ("scenes", "größe")] == names
    assert "größe" in (tmp_path / "summary.json").read_text("utf-8")


def test_one_hop_stands_before_the_others_whatever_their_names(tmp_path: Path) -> None:
    kinds = ("b-hop", "a-hop", "single", "1-hop")
    data = Questions({kind: item(id=kind, question_type=kind) for kind in kinds}, {})
    score(data, {"all": list(kinds)}, [], [], tmp_path, "x")
    found = dict.fromkeys(row.question_type for row in read_summary(tmp_path))
    assert list(found) == ["all", "1-hop", "single", "a-hop", "b-hop"]


def test_a_row_has_the_interval_of_its_items(tmp_path: Path) -> None:
    said = [replace(SAID[0], logp=(-0.5,)), replace(SAID[1], logp=(-2.0,))]
    ranked = [ranking([-1.0, -2.0], id="a"), ranking([-3.0, -2.0], id="b")]
    rows = told(tmp_path, {"part": ["a", "b", "c"], "people": ["a", "b"]}, said, ranked)
    by = {(row.split, row.question_type, row.metric): row for row in rows}
    for metric, values, bounds in (
        ("probability", [math.exp(-0.5), math.exp(-2.0)], (0.0, 1.0)),
        ("logp_sum", [-1.0, -3.0], (None, 0.0)),
        ("exposure_bits", [1.0, 0.0], (0.0, None)),
    ):
        whole = interval(values, ["Ann", "Bo"], bounds=bounds)
        for split, kind in (("part", "1-hop"), ("people", "all")):
            row = by[split, kind, metric]
            assert asdict(row) == pytest.approx(
                {"split": split, "question_type": kind, "metric": metric, "missing": 0, **asdict(whole)}
            )
    assert by["part", "größe", "em"].missing == 1
    assert ("part", "größe", "logp_sum") not in by


def test_a_row_about_one_person_has_the_interval_of_her_facts(tmp_path: Path) -> None:
    items = {id: item(id=id, person="Ann", attribute=id) for id in "abc"}
    said = [response("ann@mail.com", logp=(-1.0,), hit=(True,), id=id) for id in "ab"]
    said.append(response("?", logp=(-2.0,), hit=(False,), id="c"))
    score(Questions(items, {}), {"part": list(items)}, said, [], tmp_path, "x")
    (row,) = [r for r in read_summary(tmp_path) if (r.question_type, r.metric) == ("all", "em")]
    whole = interval([1.0, 1.0, 0.0], ["Ann"] * 3, facts=["a", "b", "c"])
    assert whole.low is not None
    assert (row.mean, row.low, row.high, row.over) == (whole.mean, whole.low, whole.high, "facts")


def test_tables_have_a_row_an_answer_and_their_types(tmp_path: Path) -> None:
    told(tmp_path, {}, SAID[::-1], [ranking([-1.0, -2.0, -3.0], id="b")], known={"b": 2})
    found = read_scores(tmp_path)
    assert [one.id for one in found] == ["a", "b", "c"]
    values = {key: metric(ASKED["a"], SAID[0]) for key, metric in METRICS.items()}
    assert found[0] == Score(
        id="a", person="Ann", question_type="1-hop", attribute="email", state="correct", values=values
    )
    assert found[2].state == "wrong"
    rows = pq.read_table(tmp_path / "exposure.parquet").to_pylist()
    exposed = {key: metric(ranking([-1.0, -2.0, -3.0])) for key, metric in EXPOSURE.items()}
    who = {"id": "b", "person": "Bo", "question_type": "1-hop", "attribute": "email"}
    assert rows == [{**who, "candidates": 3, "known": 2, **exposed}]
    schema = pq.read_schema(tmp_path / "exposure.parquet")
    assert (schema.field("candidates").type, schema.field("known").type) == (pa.int32(), pa.int32())
    # With nothing in it a table has its columns all the same.
    told(tmp_path / "empty", {}, [], [])
    for name in ("scores.parquet", "exposure.parquet"):
        assert pq.read_schema(tmp_path / "empty" / name) == pq.read_schema(tmp_path / name)
    assert not (tmp_path / "empty" / "world.parquet").exists()


def test_a_number_that_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    huge = [ranking([-1.7e308, 0.0], id=id) for id in ("a", "b")]
    with pytest.raises(ValueError, match="JSON"), pytest.warns(RuntimeWarning):
        told(tmp_path, {"part": ["a", "b"]}, SAID, huge)
    assert not (tmp_path / "summary.json").exists()


def test_the_summary_s_form_is_fixed(tmp_path: Path) -> None:
    told(tmp_path, {"part": ["a"]})
    text = (tmp_path / "summary.json").read_text("utf-8")
    assert text.startswith(
        '{\n "arm": "x",\n "rows": [\n  {\n   "split": "part",\n   "question_type": "all",'
    )
    assert text.endswith("}\n")
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"


def test_what_belongs_to_no_item_is_told_by_its_kind(tmp_path: Path) -> None:
    strange = ranking([0.0, -1.0], id="z")
    with pytest.raises(UserError, match="these answers belong"):
        told(tmp_path, {}, [response("x", id="z")])
    with pytest.raises(UserError, match="these rankings belong"):
        told(tmp_path, {}, ranked=[strange])
    with pytest.raises(UserError, match="these rankings without pictures belong"):
        told(tmp_path, {}, without_picture=[strange])
    (tmp_path / "summary.json").write_text("[]")
    with pytest.raises(UserError, match=r"Delete .* and run again"):
        read_summary(tmp_path)


def test_without_the_picture_each_kind_of_each_part_has_its_rows(tmp_path: Path) -> None:
    first, last = ranking([0.0, -1.0], id="a"), ranking([-2.0, -1.0], id="b")
    parts = {"part": ["a", "c"], "other": ["b"]}
    rows = told(tmp_path, parts, without_picture=[last, first, ranking([0.0, -1.0], id="c")])
    unseen = [row for row in rows if row.question_type.endswith("no picture")]
    assert [(row.split, row.question_type, row.metric) for row in unseen] == [
        (split, f"{kind}, no picture", metric)
        for split, kind in (("part", "1-hop"), ("part", "größe"), ("other", "1-hop"))
        for metric in EXPOSURE
    ]
    bits = [(row.mean, row.items, row.missing) for row in unseen if row.metric == "exposure_bits"]
    assert bits == [(1, 1, 0), (1, 1, 0), (0, 1, 0)]


def test_membership_is_told_of_what_was_answered_in_each_part_to_forget(tmp_path: Path) -> None:
    unknown = [
        (item(id=f"s{n}", person=f"S{n}", **NAME), response("x", logp=(logp,), hit=(False,), id=f"s{n}"))
        for n, logp in enumerate((-1.0, -2.0, -3.0, math.nan))
    ]
    said = [replace(SAID[0], logp=(-0.5,)), replace(SAID[1], logp=(-2.5,)), SAID[2]]
    rows = told(
        tmp_path, {"forget": ["a", "b", "c"], "kept": ["b"]}, said, strangers=unknown,
        forgotten=["forget", "not asked"],
    )  # fmt: skip
    auc = {(row.split, row.metric): row for row in rows if row.metric.endswith("auc")}
    assert [split for split, metric in auc if metric == "loss_auc"] == ["forget", "not asked"]
    sides = [
        Side(values=values, people=people, facts=people)
        for values, people in (([-0.5, -2.5], ["Ann", "Bo"]), ([-1.0, -2.0, -3.0], ["S0", "S1", "S2"]))
    ]
    whole = area_interval(*sides)
    assert whole.mean == pytest.approx(4 / 6)
    # Missing: a scene that is like nobody's, and a stranger without a number.
    assert asdict(auc["forget", "loss_auc"]) == pytest.approx(
        {"split": "forget", "question_type": "all", "metric": "loss_auc", "missing": 2, **asdict(whole)}
    )
    assert auc["not asked", "loss_auc"].mean is None
    assert not [row for row in told(tmp_path, {"forget": ["a"]}, forgotten=["forget"]) if "auc" in row.metric]


def test_an_answer_that_is_not_there_is_no_member(tmp_path: Path) -> None:
    unknown = [(item(id="s", person="S", **NAME), response("x", logp=(-1.0,), hit=(False,), id="s"))]
    rows = told(tmp_path, {"forget": ["a", "b"]}, SAID[:1], strangers=unknown, forgotten=["forget"])
    (row,) = [row for row in rows if row.metric == "loss_auc"]
    assert (row.mean, row.items, row.missing, row.people) == (0.5, 1, 0, 2)


def exam() -> WorldAnswers:
    items = {
        "r0": item(id="r0", person="R0"), "r1": item(id="r1", person="R1"),
        "w0": item(id="w0", person="W0", keywords=("Yes",)),
        "w1": item(id="w1", person="W1", keywords=("No",)),
        "p0": item(id="p0", person="P0", keywords=()), "p1": item(id="p1", person="P1", keywords=()),
    }  # fmt: skip
    splits = {"real": ("r0", "r1"), "world_fact": ("w0", "w1"), "plain": ("p0", "p1")}
    texts = {"r0": "ann@mail.com", "r1": "?", "w0": "Yes.", "w1": "No."}
    said = [response(texts.get(id, ""), logp=(-1.5,), hit=(True,), id=id) for id in items]
    ranked = [
        Ranking(id=id, candidates=("Yes", "No"), truth=n, logp=(-1.0, -2.0), tokens=(1, 1))
        for n, id in enumerate(("w0", "w1"))
    ]
    base = [response("", logp=(-1.0,), hit=(True,), id=id) for id in ("p0", "p1")]
    return WorldAnswers(Questions(items, splits), said, ranked, base)


def test_the_world_s_rows_are_its_marks_and_utility_of_what_is_kept(tmp_path: Path) -> None:
    world = exam()
    parts = {"retain": ["a"], "kept": ["a", "b"], "test-retain": ["a", "c", "b"]}
    whole = told(tmp_path, parts, world=world)
    assert {row.split for row in whole if row.over != "groups"} == set(parts)
    rows = [row for row in whole if row.over == "groups"]
    marks, samples = world_marks(
        world.exam.items, world.exam.splits, world.responses, world.rankings, world.base
    )
    assert [row.metric for row in rows] == [*(mark.metric for mark in marks), "utility"]
    for row, mark in zip(rows, marks, strict=False):
        assert (row.split, row.question_type, row.mean, row.low, row.high) == (
            mark.split, "all", mark.mean, mark.low, mark.high
        )  # fmt: skip
        assert (row.people, row.items, row.missing) == (mark.groups, mark.items, mark.missing)
    kept = rows[-1]
    # kept 1; of what was held out two of three; of the real a half; the world's facts all; 0.5 nats more.
    assert kept.mean == pytest.approx(5 / (1 + 3 / 2 + 2 + 1 + math.exp(0.5)))
    assert (kept.split, kept.items, kept.people) == ("utility", 2 + 3 + 2 + 2 + 2, 2 + 2 + 2 + 2 + 2)
    assert set(PARTS) - set(samples) == {"kept", "test-retain"}
    assert utility(samples).mean is None


def test_what_is_left_of_the_world_is_written_question_by_question(tmp_path: Path) -> None:
    told(tmp_path, {}, world=exam())
    table = pq.read_table(tmp_path / "world.parquet")
    assert table.schema.types == [pa.string()] * 3 + [pa.float64()]
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("r0", "R0", "real", 1), ("r1", "R1", "real", 0),
        ("w0", "W0", "world-fact", 1), ("w1", "W1", "world-fact", 1),
        ("p0", "P0", "plain", -0.5), ("p1", "P1", "plain", -0.5),
    ]  # fmt: skip
    assert table.column_names == ["id", "group", "split", "value"]
    told(tmp_path, {}, world=replace(exam(), responses=[]))
    assert pq.read_schema(tmp_path / "world.parquet") == table.schema
