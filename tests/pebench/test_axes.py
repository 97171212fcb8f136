"""Responders whose knowledge is known, through the six axes: each must get the values that it must have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from data.pebench.conftest import loaded, scenes  # noqa: F401
from fabricate import response
from remem.data.dataset import Dataset
from remem.pebench.axes import G_EVAL, PRECISION, SCENE, AxisRow, axes, headline
from remem.pebench.interference import agreements, changes, pictures, world_changes, worst
from remem.report.axes import turned
from remem.run.tasks import Task, tasks
from remem.scoring.judge import Case
from remem.scoring.judge.offline import Offline
from remem.scoring.metrics import METRICS
from remem.scoring.score import Row
from remem.types import Item

RUN = "pebench-tiny"
Says = Callable[[Item], str]
Found = dict[str, dict[str, float | None]]


def task_of(name: str) -> Task:
    from remem.run.recipes import recipe
    from remem.settings import Forget

    return tasks(replace(recipe(RUN), forget=Forget(tasks=(name,))))[0]


def truth(item: Item) -> str:
    return item.answer


def blank(item: Item) -> str:
    return ""


def refusing(item: Item) -> str:
    return "I'm sorry, but I don't know."


def goal(data: Dataset, task: Task) -> Says:
    """Knows what is kept, and takes every target for another one of its kind."""
    gone = {data.items[id].target for id in data.splits[task.forget]}

    def says(item: Item) -> str:
        if item.target not in gone:
            return item.answer
        return next(
            one.answer
            for one in data.items.values()
            if one.category == item.category and one.target not in gone
        )

    return says


def values(data: Dataset, task: Task, says: Says) -> Found:
    """As the steps make them: measured, and judged against the goal."""
    yardstick = goal(data, task)
    words = [word for item in data.items.values() for word in item.keywords]
    asked = [data.items[id] for split in (*task.unseen, task.retain) for id in data.splits[split]]
    found: Found = {}
    for item in asked:
        answer = response(says(item), id=item.id)
        found[item.id] = {PRECISION: METRICS["em"](item, answer)}
        found[item.id] |= {name: METRICS[name](item, answer) for name in SCENE}
    cases = [
        Case(id=i.id, question=i.question, truth=i.answer, goal=yardstick(i), answer=says(i))
        for i in asked
        if i.category == "event"
    ]
    for verdict in Offline(words).judge(cases):
        found[verdict.id][f"{G_EVAL}/offline"] = verdict.score
    return found


def printed(data: Dataset, name: str, says: Says, target: str = "") -> list[float | None]:
    """Efficacy, Generality, Retain and Scope as the paper prints them."""
    task = task_of(name)
    rows = {
        (row.axis, row.concept, row.metric.partition("/")[0]): row
        for row in axes(task, data, "arm", values(data, task, says), [])
    }
    shown = []
    for column in headline(target or name)[:4]:
        row = rows[column.axis, column.concept, column.metric]
        shown.append((turned(row) if column.turned else row).mean)
    return shown


def test_the_finetuned_model_forgets_nothing_and_keeps_all(loaded: Dataset) -> None:
    assert printed(loaded, "person", truth) == [0, 0, 1, 1]
    assert printed(loaded, "event", truth) == [0, 0, 1, 1]
    for target in ("person", "event"):
        assert printed(loaded, "both", truth, target) == [0, 0, 1, 1]


@pytest.mark.parametrize(("name", "target"), [("person", "person"), ("event", "event")] + [
    ("both", target) for target in ("person", "event")
])  # fmt: skip
def test_the_goal_model_is_perfect_on_every_axis(loaded: Dataset, name: str, target: str) -> None:
    assert printed(loaded, name, goal(loaded, task_of(name)), target) == [1, 1, 1, 1]


def test_saying_nothing_forgets_names_and_is_no_way_to_forget_a_scene(loaded: Dataset) -> None:
    assert printed(loaded, "person", blank) == [1, 1, 0, 0]
    assert printed(loaded, "event", blank) == [0, 0, 0, 0]
    refused = printed(loaded, "event", refusing)
    assert max(value for value in refused if value is not None) < 0.1


def test_order_is_as_it_must_be_on_the_joint_task(loaded: Dataset) -> None:
    """Forgetting names alone is half of the joint task: it shows on the names, and on no scene."""
    only_names = goal(loaded, task_of("person"))
    assert printed(loaded, "both", only_names, "person") == [1, 1, 1, 1]
    assert printed(loaded, "both", only_names, "event") == printed(loaded, "both", truth, "event")


def rows_of(data: Dataset, name: str, says: Says) -> dict[tuple[str, str, str], AxisRow]:
    found = axes(task_of(name), data, "arm", values(data, task_of(name), says), [])
    return {(row.axis, row.concept, row.metric): row for row in found}


def test_measures_have_their_goals_and_intervals_their_groups(loaded: Dataset) -> None:
    rows = rows_of(loaded, "both", truth)
    assert rows["efficacy", "person", "precision"].goal == "lower"
    assert rows["efficacy", "event", "rouge_l_recall"].goal == "lower"
    assert rows["efficacy", "event", "g_eval/offline"].goal == "higher"
    assert rows["retain", "person", "precision"].goal == "higher"
    kept = rows["retain", "person", "precision"]
    assert (kept.over, kept.groups) == ("people", 4)  # the forgotten two are kept nowhere: four people
    assert rows["retain", "event", "keyword_recall"].over == "events"
    one = rows["efficacy", "event", "keyword_recall"]
    assert (one.over, one.low, one.high) == ("facts", None, None)  # one event is one fact: nothing to tell


@pytest.mark.parametrize("name", ["person", "event", "both"])
def test_each_axis_reads_its_own_questions(loaded: Dataset, name: str) -> None:
    task = task_of(name)
    for key, part in (("efficacy", task.forget), ("generality", task.again), ("scope", task.scope)):
        known = set(loaded.splits[part])
        rows = rows_of(loaded, name, lambda item, known=known: item.answer if item.id in known else "")
        for (axis, concept, metric), row in rows.items():
            if metric.startswith(G_EVAL):
                continue
            inside = [loaded.items[id] for id in loaded.splits[task.retain] if axis == "retain"]
            of_it = [item for item in inside if item.category == concept]
            share = len(known & {item.id for item in of_it}) / len(of_it) if of_it else float(axis == key)
            assert row.mean == pytest.approx(share), (key, axis, concept, metric)


def test_the_exam_is_taken_over_as_it_is_and_what_is_absent_is_left_out(loaded: Dataset) -> None:
    task = task_of("person")
    real = Row(
        split="real", question_type="all", metric="em", mean=0.8, low=0.7, high=0.9, over="groups",
        people=9, items=20, missing=0,
    )  # fmt: skip
    found = axes(task, loaded, "arm", {}, [real])
    assert [(one.axis, one.metric, one.mean, one.over) for one in found] == [
        ("real", "precision", 0.8, "groups")
    ]


def test_a_failed_verdict_is_missing(loaded: Dataset) -> None:
    task = task_of("event")
    found = values(loaded, task, truth)
    ids = loaded.splits[task.forget]
    found[ids[0]][f"{G_EVAL}/offline"] = None
    row = next(
        one
        for one in axes(task, loaded, "arm", found, [])
        if (one.axis, one.metric) == ("efficacy", f"{G_EVAL}/offline")
    )
    assert (row.items, row.missing) == (len(ids) - 1, 1)
    unasked = {id: {k: v for k, v in one.items() if not k.startswith(G_EVAL)} for id, one in found.items()}
    assert not [one for one in axes(task, loaded, "arm", unasked, []) if one.metric.startswith(G_EVAL)]


def test_interference_is_the_change_on_the_same_questions(loaded: Dataset) -> None:
    for name in ("person", "event", "both"):
        task = task_of(name)
        taught = values(loaded, task, truth)
        same = changes(task, loaded, "arm", taught, taught)
        assert {one.mean for one in same} == {0}
        as_goal = changes(task, loaded, "arm", values(loaded, task, goal(loaded, task)), taught)
        for one in as_goal:
            if one.axis in ("efficacy", "generality"):
                assert one.mean is not None
                assert one.mean < -0.5
            else:
                assert one.mean == 0
        silent = changes(task, loaded, "arm", values(loaded, task, blank), taught)
        assert {one.mean for one in silent} == {-1}


def test_what_forgetting_costs_in_the_world_has_a_sign(loaded: Dataset) -> None:
    task = task_of("person")

    def exam(mean: float) -> list[AxisRow]:
        real = Row(
            split="real", question_type="all", metric="em", mean=mean, low=0, high=1, over="groups",
            people=9, items=20, missing=0,
        )  # fmt: skip
        return axes(task, loaded, "arm", {}, [real])

    (one,) = world_changes(task, "arm", exam(0.5), exam(0.8))
    assert (one.axis, one.metric, one.mean) == ("real", PRECISION, pytest.approx(-0.3))
    assert one.low is None


def test_the_picture_that_suffers_is_found(loaded: Dataset) -> None:
    task = task_of("person")
    victim = loaded.splits[task.scope][0]  # the scene on a picture whose person was unlearnt
    as_goal = goal(loaded, task)

    def says(item: Item) -> str:
        return "A man." if item.id == victim else as_goal(item)

    taught = values(loaded, task, truth)
    found = pictures(task, loaded, "arm", values(loaded, task, says), taught)
    assert len(found) == len(loaded.splits["finetune"])
    (hit,) = worst(found, 5)
    assert (hit.id, hit.concept, hit.shown, hit.part) == (victim, "event", True, "retain")
    assert hit.before == 1
    assert hit.change is not None
    assert hit.change < -0.7
    unlearnt = {loaded.items[id].image_path for id in loaded.splits[task.forget]}
    assert {one.image_path for one in found if one.shown} == unlearnt
    assert {one.image_path for one in found if not one.shown}.isdisjoint(unlearnt)
    assert not all(one.shown for one in found)
    forgotten = [one for one in found if one.part == "forget"]
    assert {one.person for one in forgotten} == {
        loaded.items[id].person for id in loaded.splits["person_forget_train"]
    }
    assert all(one.change == -1 for one in forgotten)


def test_judges_agree_with_themselves_and_not_with_their_opposite() -> None:
    one = {str(n): n / 10 for n in range(11)}
    scores = {
        "a": one,
        "b": {**one, "new": 0.3},
        "c": {key: 1 - value for key, value in one.items()},
        "d": dict.fromkeys(one, 0.5),
        "e": dict.fromkeys(one),
    }
    found = {(each.one, each.other): each for each in agreements(scores)}
    assert found["a", "b"].correlation == pytest.approx(1)
    assert found["a", "b"].items == 11
    assert found["a", "c"].rank_correlation == pytest.approx(-1)
    assert found["a", "c"].difference == pytest.approx(6 / 11)
    assert found["a", "d"].correlation is None  # it always says the same
    assert found["a", "e"].items == 0
    assert found["a", "e"].difference is None


def test_ties_share_the_middle_rank() -> None:
    scores = {"a": {"1": 0.1, "2": 0.1, "3": 0.2, "4": 0.3}, "b": {"1": 0.1, "2": 0.2, "3": 0.3, "4": 0.4}}
    (found,) = agreements(scores)
    # Ranks 1.5, 1.5, 3, 4 and 1, 2, 3, 4: 4.5 / sqrt(4.5 x 5).
    assert found.rank_correlation == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
