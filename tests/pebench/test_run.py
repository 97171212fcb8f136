"""What each arm of a task is given: which model, which questions. And what is refused before any work."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from data.pebench.conftest import SMALL, scenes  # noqa: F401
from remem.asking.records import read_responses
from remem.asking.respond import question_of
from remem.data.pebench.cut import TASKS
from remem.errors import UserError
from remem.run.context import Context
from remem.run.recipes import recipe
from remem.run.settings import Run, restore
from remem.run.tasks import check
from remem.scoring.score import read_summary
from remem.settings import Evaluate, Forget, JudgeSettings, ModelSettings, Train, Unlearn, plain
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.training.standins import stand_ins
from scripted import Scripted
from story.test_pipeline import Lab

METHODS = (Unlearn(method="po"), Unlearn(method="bgd", tasks=("both",)))


def laboratory(root: Path, scenes: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A run on the three tasks whose models are scripted."""
    made = Lab(root, scenes)
    made.run = Run(
        recipe="scripted",
        data=str(scenes),
        learn=Train(lr=1e-3, batch=16),
        forget=Forget(tasks=tuple(TASKS), methods=METHODS, train=Train(epochs=1, batch=4)),
        evaluate=Evaluate(max_new_tokens=400, batch=64, exposure_people=1, world="none", membership=False),
        model=ModelSettings(rehearse=0.0),
    )
    monkeypatch.setattr(Context, "model", lambda context, *arms: made.open(*arms))
    return made


@pytest.fixture
def lab(tmp_path: Path, scenes: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    return laboratory(tmp_path, scenes, monkeypatch)


@pytest.mark.parametrize("task", TASKS)
def test_the_goal_model_of_a_task_is_taught_what_the_task_keeps(lab: Lab, task: str) -> None:
    taught = lab.train(f"{task}/goal")
    assert lab.opened[-1].arms == ()
    assert Counter(id for id, _ in taught) == Counter(lab.data.splits[f"{task}_retain"])


def test_stage_1_is_made_once_and_the_goal_model_once_a_task(lab: Lab) -> None:
    names = [step.name for step in plan(resolve(lab.run), "x")]
    assert len(names) == len(set(names))
    assert [name for name in names if name.endswith(("taught/model", "goal/model"))] == [
        "taught/model", "person/goal/model", "event/goal/model", "both/goal/model",
    ]  # fmt: skip
    assert [name for name in names if "bgd" in name and name.endswith("/model")] == ["both/bgd-s0/model"]
    assert not [name for name in names if name.startswith("person/") and "judged" in name]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("with_scope", [False, True])
def test_a_method_sees_its_task_and_scope_only_when_told_to(lab: Lab, task: str, with_scope: bool) -> None:
    lab.forget(rehearse_scope=with_scope, train=Train(epochs=20, batch=4))
    seen = {id for id, _ in lab.train(f"{task}/po-s0")}
    assert lab.opened[-1].arms == ("taught",)
    forget, retain, scope = (lab.ids(f"{task}_{part}") for part in ("forget_train", "retain", "scope"))
    assert seen >= forget
    assert not seen & lab.ids(f"{task}_forget_test")
    assert seen <= forget | retain
    assert bool(seen & scope) is with_scope


def test_balance_feeds_as_many_people_as_events(lab: Lab) -> None:
    """Of the forget stream and of the retain stream, whatever their sizes."""
    rows = lab.train("both/bgd-s0")
    forget = lab.ids("both_forget_train")
    for inside in (True, False):
        kinds = Counter(lab.data.items[id].category for id, _ in rows if (id in forget) is inside)
        assert kinds["person"] == kinds["event"] > 0


def test_another_scene_stands_in_for_a_scene_and_another_name_for_a_name(lab: Lab) -> None:
    model = Scripted()
    instead = stand_ins(model, lab.data, [], 0)["substitute"]
    scenes = {one.answer for one in lab.data.items.values() if one.category == "event"}
    for id in lab.data.splits["both_forget_train"]:
        item = lab.data.items[id]
        answer = instead(model.encode(question_of(lab.data, item)), 0).question.answer
        assert answer is not None
        assert answer != item.answer
        assert answer in scenes if item.category == "event" else answer.startswith("This person's name is ")


def test_refusals_of_scenes_speak_of_nobody(lab: Lab) -> None:
    lab.forget(train=Train(epochs=40, batch=8))
    told = {answer for id, answer in lab.train("event/po-s0") if id in lab.ids("event_forget_train")}
    assert len(told) > 10
    assert not [answer for answer in told if "person" in answer]


@pytest.mark.parametrize(("arm", "task"), [("taught", ""), ("base", ""), ("event/goal", "event")])
def test_arms_are_asked_what_their_tasks_ask(lab: Lab, arm: str, task: str) -> None:
    folder = lab.make(f"{arm}/responses")
    said = {one.id for one in read_responses(folder / "responses.parquet")}
    assert said == lab.ids("finetune", "test")  # every task asks for all that was taught
    rows = read_summary(lab.make(f"{arm}/scores"))
    parts = ("forget_train", "forget_test", "retain", "scope", "test-forget", "test-retain")
    # Nobody here has two facts, so that none is held out.
    parts += ("kept", "rehearsed", "kept-same", "kept-people", "neighbours")
    wanted = {f"{name}_{part}" for name in ((task,) if task else TASKS) for part in parts}
    assert {row.split for row in rows} == wanted | ({"finetune"} if arm == "taught" else set())
    # Names and scenes are never averaged.
    kinds = {(row.split, row.question_type) for row in rows}
    assert ("event_retain", "all") not in kinds
    assert {("event_retain", "who"), ("event_retain", "scene"), ("event_forget_train", "all")} <= kinds
    assert ("event_kept-people", "all") not in kinds
    # Outside are one person and one event: an interval over one is over their facts.
    alone = {"who": "facts", "scene": "facts"}
    for part, units in (("event_retain", {"who": "people", "scene": "events"}), ("event_kept-people", alone)):
        over = {row.question_type: row.over for row in rows if (row.split, row.metric) == (part, "em")}
        assert over == units


def test_the_gate_reads_what_is_to_be_forgotten_by_task(lab: Lab) -> None:
    lab.says = {id: item.answer for id, item in lab.data.items.items()}
    for step in ("taught/responses", "taught/scores", "gate"):
        folder = lab.make(step)
    from remem.scoring.gate import read_gate

    gate = read_gate(folder / "gate.json")
    assert gate.passed
    exact = [line for line in gate.lines if line.metric == "em"]
    assert {(line.split, line.question_type) for line in exact} == {
        ("finetune", "who"), ("finetune", "scene"), ("person_forget_train", "who"),
        ("event_forget_train", "scene"), ("both_forget_train", "who"), ("both_forget_train", "scene"),
        ("test", "who"), ("test", "scene"),
    }  # fmt: skip
    assert {line.split for line in exact if line.told} == {"test"}


def test_answers_that_would_be_cut_stop_the_run_before_it_trains(lab: Lab) -> None:
    lab.run = replace(lab.run, evaluate=replace(lab.run.evaluate, max_new_tokens=48))
    with pytest.raises(UserError, match=r"max_new_tokens=48, but the longest answer has \d{3} tokens"):
        lab.make("taught/model")
    assert not lab.opened[-1].taught


def test_a_run_is_read_back_with_the_shape_of_its_data() -> None:
    for name in ("pebench-tiny", "tiny"):
        run = recipe(name)
        assert restore(plain(run)) == run


# -- refused before any work ----------------------------------------------------------------------

TINY = recipe("pebench-tiny")


def of(**forget: object) -> Run:
    return replace(TINY, forget=replace(TINY.forget, **forget))


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            of(methods=(Unlearn(method="bgd"),)),
            "bgd balances several kinds .* person forgets one: set bgd.tasks",
        ),
        (of(tasks=("person",), methods=(Unlearn(method="bgd", tasks=("both",)),)), "leave it out of methods"),
        (of(methods=(Unlearn(method="po", tasks=("all",)),)), "unknown task of po: all"),
        (
            replace(TINY, build=replace(TINY.build, tasks=("person",))),
            "the task event forgets at least one event",
        ),
        (replace(TINY, build=replace(TINY.build, data="x/y")), "cut the set first, with remem build pebench"),
        (replace(TINY, judge=JudgeSettings(names=("endpoint",), model="m")), "REMEM_JUDGE_KEY"),
        (replace(TINY, build=recipe("tiny").build), "not in the shape of PEBench"),
        (replace(recipe("tiny"), build=TINY.build), "recipe pebench"),
    ],
)
def test_what_cannot_be_run_is_refused(run: Run, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REMEM_JUDGE_KEY", raising=False)
    with pytest.raises(UserError, match=message):
        resolve(run)


def test_a_data_set_without_the_task_is_refused(lab: Lab) -> None:
    fewer = {name: ids for name, ids in lab.data.splits.items() if not name.startswith(("event", "both"))}
    with pytest.raises(UserError, match="the task event forgets at least one event, but here forgets none"):
        check(lab.run, fewer, "here")
    with pytest.raises(UserError, match=r"unknown task: persons\. Did you mean person"):
        Run(recipe="", forget=Forget(tasks=("persons",)))
    with pytest.raises(UserError, match=r"unknown judge: offlin\. Did you mean offline"):
        Run(recipe="", judge=JudgeSettings(names=("offlin",)))


def test_splits_to_be_built_are_those_that_are_built(lab: Lab) -> None:
    assert set(SMALL.splits()) == set(lab.data.splits)
