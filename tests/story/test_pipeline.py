"""What each step is given: which model, which questions with which answers, which seed, which settings."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab import BUILD, EPOCHS, Lab
from remem.asking.records import read_rankings, read_responses, write_responses
from remem.data import build
from remem.data.rehearsed import SHOWN
from remem.errors import GateFailed
from remem.models import find
from remem.refusals import REFUSALS
from remem.run.context import Context
from remem.run.settings import Run
from remem.run.tasks import KEPT, Task
from remem.scoring.gate import read_gate
from remem.scoring.score import read_summary
from remem.settings import Floors, ModelSettings, Unlearn
from remem.spread import evenly
from remem.story.pipeline import carry_out
from remem.story.plan import plan
from remem.story.resolve import resolve
from remem.world.exam import REHEARSAL, SPLITS, open_exam


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people to forget, two to keep."""
    made = tmp_path_factory.mktemp("dataset")
    build(made, BUILD)
    return made


@pytest.fixture
def lab(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = Lab(tmp_path, folder)
    monkeypatch.setattr(Context, "model", lambda context, *arms: made.open(*arms))
    return made


# -- stage 1 --------------------------------------------------------------------------------------


def test_the_taught_model_sees_everything_and_the_goal_model_nothing_to_forget(lab: Lab) -> None:
    taught, goal = lab.train("taught"), lab.train("goal")
    assert [model.arms for model in lab.opened] == [(), ()]
    assert Counter(id for id, _ in taught) == Counter(lab.data.splits["finetune"])
    assert {id for id, _ in goal} == lab.ids("finetune") - lab.ids("forget1")
    assert len(goal) == len({id for id, _ in goal})
    assert all(answer == lab.data.items[id].answer for id, answer in taught + goal)


@pytest.mark.parametrize("arm", ["taught", "goal"])
def test_stage_1_goes_over_what_the_base_was_taught_when_told_to(lab: Lab, arm: str) -> None:
    without = {id for id, _ in lab.train(arm)}
    lab.run = replace(lab.run, model=ModelSettings(rehearse=1.0))
    world = open_exam(Path(find("embedded")) / "world")
    lessons = {(id, world.items[id].answer) for id in world.splits[REHEARSAL]}
    assert lessons
    shutil.rmtree(lab.root / arm)
    taught = set(lab.train(arm))
    assert {id for id, _ in taught - lessons} == without
    assert lessons <= taught
    asked = {id for split in SPLITS for id in world.splits[split]}
    assert not asked & {id for id, _ in taught}  # the exam stays held out


def test_stage_1_goes_over_a_share_of_every_kind_of_lesson(lab: Lab) -> None:
    world = open_exam(Path(find("embedded")) / "world")
    kinds = Counter(world.items[id].question_type for id in world.splits[REHEARSAL])
    lab.run = replace(lab.run, model=ModelSettings(rehearse=0.2))
    taught = {id for id, _ in lab.train("taught")} - lab.ids("finetune")
    gone_over = Counter(world.items[id].question_type for id in taught)
    assert gone_over.total() == round(0.2 * kinds.total())
    assert all(abs(gone_over[kind] - 0.2 * count) < 1 for kind, count in kinds.items())


@pytest.mark.parametrize("arms", [(), ("taught",), ("taught", "npo-s0")])
def test_every_arm_is_put_to_the_exam(lab: Lab, arms: tuple[str, ...]) -> None:
    lab.run = replace(lab.run, evaluate=replace(lab.run.evaluate, world="auto", world_items=10))
    name = arms[-1] if arms else "base"
    folder = lab.make(f"{name}/world")
    assert lab.opened[-1].arms == arms
    said = read_responses(folder / "responses.parquet")
    assert len(said) == 30
    assert len(read_rankings(folder / "rankings.parquet")) == 10


def test_utility_s_language_is_measured_against_the_base_and_not_against_stage_1(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.run = replace(lab.run, evaluate=replace(lab.run.evaluate, world="auto", world_items=5))
    for arm in ("base", "taught", "npo-s0"):
        lab.says = dict.fromkeys(lab.says, arm)
        lab.make(f"{arm}/world")
        said = lab.root / arm / "world" / "responses.parquet"
        write_responses(said, [replace(one, text=arm) for one in read_responses(said)])
    lab.make("npo-s0/responses")
    seen: list[Any] = []
    monkeypatch.setattr("remem.story.work.score", lambda *asked: seen.append(asked[6]))
    lab.make("npo-s0/scores")
    assert {one.text for one in seen[0].responses} == {"npo-s0"}
    assert {one.text for one in seen[0].base} == {"base"}


def test_stage_1_follows_the_seed_of_the_run(lab: Lab) -> None:
    first = lab.train("taught")
    lab.run = replace(lab.run, seed=1)
    second = lab.train("taught")
    assert first != second
    assert [model.adapted for model in lab.opened] == [[0], [1]]


# -- stage 2 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["npo", "po"])
def test_forgetting_starts_from_the_taught_model(lab: Lab, method: str) -> None:
    lab.train(f"{method}-s0")
    assert [model.arms for model in lab.opened] == [("taught",)]


@pytest.mark.parametrize("method", ["npo", "po"])
def test_forgetting_sees_the_forget_split_and_keeps_what_is_rehearsed(lab: Lab, method: str) -> None:
    rows = lab.train(f"{method}-s0")
    seen = Counter(id for id, _ in rows)
    forget, kept = lab.ids("forget1"), Task().kept(lab.data)
    rehearsed = set(kept.rehearsed)
    assert seen.keys() == forget | rehearsed
    assert rehearsed < lab.ids("finetune") - lab.ids("forget1", "retain", "test")
    assert {seen[id] for id in forget} == {EPOCHS}
    # As many are kept as are forgotten, from a stream that holds each row once a pass.
    assert sum(seen[id] for id in rehearsed) == EPOCHS * len(forget)
    assert max(seen[id] for id in rehearsed) - min(seen[id] for id in rehearsed) <= 1
    assert all(answer == lab.data.items[id].answer for id, answer in rows if id in rehearsed)
    facts = {lab.data.items[id].fact for id in seen}
    assert len(kept.facts) > 0 < len(kept.people)
    assert not facts & {lab.data.items[id].fact for id in (*kept.facts, *kept.people)}
    assert not {who for who, _, _ in facts} & set(kept.outside)


def test_descent_on_refusals_and_ascent_on_the_truth(lab: Lab) -> None:
    forget = lab.ids("forget1")
    for method, right in (("po", REFUSALS), ("npo", None)):
        for id, answer in lab.train(f"{method}-s0"):
            if id in forget:
                assert answer in (right or (lab.data.items[id].answer,))


def refusals(lab: Lab, rows: list[tuple[str, str]]) -> dict[str, list[str]]:
    """By question: the refusal of each epoch."""
    return {id: [answer for other, answer in rows if other == id] for id in lab.data.splits["forget1"]}


def test_refusals_change_from_epoch_to_epoch_and_from_question_to_question(lab: Lab) -> None:
    drawn = refusals(lab, lab.train("po-s0"))
    # By chance one epoch in 52 repeats the refusal of the one before.
    assert sum(len(set(answers)) > 1 for answers in drawn.values()) > 0.8 * len(drawn)
    assert len({answers[0] for answers in drawn.values()}) > 5


def test_a_methods_seed_decides_its_order_its_refusals_and_its_adapter(lab: Lab) -> None:
    lab.forget(seeds=(0, 1))
    first, second, again = (lab.train(f"po-s{seed}") for seed in (0, 1, 0))
    assert first == again
    assert [model.adapted for model in lab.opened] == [[0], [1], [0]]
    for inside in (lab.ids("forget1"), set(Task().kept(lab.data).rehearsed)):
        orders = [[id for id, _ in rows if id in inside] for rows in (first, second)]
        assert orders[0]
        assert orders[0] != orders[1]
    drawn = refusals(lab, first), refusals(lab, second)
    assert sum(drawn[0][id] != drawn[1][id] for id in drawn[0]) > 0.8 * len(drawn[0])


def losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]


def test_a_methods_settings_and_its_own_training_reach_it(lab: Lab) -> None:
    first = {}
    for weight in (0.0, 1.0, 3.0):
        lab.forget(methods=(Unlearn(method="po", settings={"retain_weight": weight}),))
        first[weight] = losses(lab.make("po-s0/model"))[0]
    assert first[1.0] > first[0.0] + 0.1
    assert first[3.0] - first[0.0] == pytest.approx(3 * (first[1.0] - first[0.0]), rel=1e-4)
    lab.forget(methods=(Unlearn(method="po", train={"batch": 10, "epochs": 2}),))
    assert len(losses(lab.make("po-s0/model"))) == 2 * len(lab.ids("forget1")) / 10


# -- the arms -------------------------------------------------------------------------------------


def stays(lab: Lab) -> set[str]:
    """What every arm is asked of what was taught to stay, beside the retain split."""
    kept = Task().kept(lab.data)
    shown = evenly(kept.rehearsed, SHOWN)
    assert 0 < len(shown) <= SHOWN
    return {*kept.same, *kept.facts, *kept.people, *shown}


ARMS = {"base": (), "taught": ("taught",), "goal": ("goal",), "npo-s0": ("taught", "npo-s0")}


@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_is_asked_as_it_was_trained(lab: Lab, arm: str) -> None:
    # An adapter of stage 2 means nothing without the adapter of stage 1 under it.
    folder = lab.make(f"{arm}/responses")
    assert [model.arms for model in lab.opened] == [ARMS[arm]]
    (model,) = lab.opened
    asked = lab.ids("forget1", "retain", "test") | stays(lab)
    asked |= lab.ids("finetune") if arm == "taught" else set()
    assert Counter(model.asked) == Counter(asked)
    assert {one.id for one in read_responses(folder / "responses.parquet")} == asked
    assert model.limits == {5}
    ranked = read_rankings(folder / "rankings.parquet")
    people = {split: {lab.data.items[id].person for id in lab.ids(split)} for split in ("forget1", "retain")}
    exposed = {lab.data.items[one.id].person for one in ranked}
    assert exposed > people["forget1"]
    assert len(exposed & people["retain"]) == 1


@pytest.mark.parametrize("gate", ["finetune", "test"])
def test_the_taught_model_is_asked_what_the_gate_reads(lab: Lab, gate: str) -> None:
    lab.run = replace(lab.run, gate=Floors(split=gate))
    lab.make("taught/responses")
    assert set(lab.opened[0].asked) == lab.ids("forget1", "retain", "test", gate) | stays(lab)
    named = {row.split for row in read_summary(lab.make("taught/scores"))}
    assert named == {"forget1", "retain", "test-forget", "test-retain", gate, *KEPT}


def test_a_model_is_opened_with_the_arms_in_order_its_number_type_and_its_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[Any, ...]] = []

    def record(name: str, chain: Any = (), *, dtype: str = "", device: str = "", **more: Any) -> None:
        opened.append((name, [str(Path(one).relative_to(tmp_path)) for one in chain], dtype, device))

    monkeypatch.setattr("remem.models.open_model", record)
    settings = ModelSettings(name="somewhere", dtype="bfloat16", device="cpu")
    context = Context(tmp_path, Run(recipe="x", model=settings))
    context.model()
    context.model("taught", "npo-s0")
    assert opened == [
        ("somewhere", [], "bfloat16", "cpu"),
        ("somewhere", ["taught/model", "npo-s0/model"], "bfloat16", "cpu"),
    ]


# -- the gate -------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["finetune", "forget1", "retain", "test"])
def test_the_gate_judges_the_split_that_it_names(lab: Lab, split: str) -> None:
    lab.run = replace(lab.run, gate=Floors(one_hop=1.0, multi_hop=1.0, split=split))
    judged = lab.ids(split)
    one_of_it = min(judged)
    for known, passes in ((judged | lab.ids("forget1"), True), (set(lab.data.items) - {one_of_it}, False)):
        lab.says = {id: lab.data.items[id].answer for id in known}
        for step in ("taught/responses", "taught/scores", "gate"):
            folder = lab.make(step)
        gate = read_gate(folder / "gate.json")
        assert gate.passed is passes
        assert {line.split for line in gate.lines} == {split, "forget1", "test"}
        assert {line.split for line in gate.lines if not line.told} == {split, "forget1"}
        assert gate.people.keys() == {lab.data.items[id].person for id in judged}


class Silent:
    def start(self, step: str) -> None: ...
    def update(self, step: str, done: int, total: int, note: str) -> None: ...
    def finish(self, step: str, seconds: float) -> None: ...


def test_nothing_is_forgotten_behind_a_gate_that_failed(lab: Lab) -> None:
    lab.says, print_of = {}, lab.data.fingerprint
    with pytest.raises(GateFailed):
        carry_out(lab.root, lab.run, Silent(), fingerprint=print_of, stage="forget", examined=True)
    assert (lab.root / "gate" / "gate.json").exists()
    assert not (lab.root / "npo-s0").exists()
    assert not any(model.arms == ("taught",) and model.taught for model in lab.opened)
    # A second try does not slip through, now that the gate's folder is there.
    with pytest.raises(GateFailed):
        carry_out(lab.root, lab.run, Silent(), fingerprint=print_of, stage="forget", examined=True)
    assert not (lab.root / "npo-s0").exists()


def test_methods_wait_for_the_gate_in_every_order_of_work(lab: Lab) -> None:
    # Worker processes look at nothing but needs and after.
    steps = plan(resolve(lab.run), "fingerprint")
    waits = {step.name: {*step.needs, *step.after} for step in steps}
    assert "gate" in waits["npo-s0/model"]
    assert "gate" in waits["po-s0/model"]
    assert "taught/scores" in waits["gate"]
    names = [step.name for step in steps]
    assert all(names.index(name) < names.index(step) for step in names for name in waits[step])
