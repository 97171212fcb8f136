"""The whole story over models whose knowledge is known, from training to the page."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.pebench.conftest import scenes  # noqa: F401
from pebench.test_axes import goal, task_of
from pebench.test_run import laboratory
from remem.attacks.base import Answer, Tried
from remem.attacks.records import Cost, write_cost, write_tried
from remem.data.pebench.cut import TASKS
from remem.pebench.axes import AxisRow
from remem.pebench.interference import Change
from remem.pebench.steps import read
from remem.report import write
from remem.run.overrides import override
from remem.settings import Train
from remem.story.pipeline import carry_out, survey
from scripted import Scripted
from story.test_pipeline import Lab, Silent


@pytest.fixture(scope="module")
def told(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A run in which PO ends as the Goal model does, and BGD forgets everything."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield _told(laboratory(tmp_path_factory.mktemp("story"), scenes, monkeypatch))


def _told(lab: Lab) -> Lab:
    lab.forget(train=Train(epochs=1, batch=16))

    def open_arm(*arms: str) -> Scripted:
        task, _, arm = (arms[-1] if arms else "base").rpartition("/")
        says = {id: item.answer for id, item in lab.data.items.items()}
        if arm in ("goal", "po-s0"):
            knows = goal(lab.data, task_of(task))
            says = {id: knows(item) for id, item in lab.data.items.items()}
        elif arm != "taught":
            says = {}
        lab.opened.append(Scripted(arms, says))
        return lab.opened[-1]

    lab.open = open_arm  # type: ignore[method-assign]
    carry_out(lab.root, lab.run, Silent(), fingerprint=lab.data.fingerprint)
    return lab


def test_known_arms_have_known_axes_and_the_page_tells_them(told: Lab) -> None:
    whole, pictures = read(told.root / "axes")
    rows: list[AxisRow] = whole["rows"]
    found = {(r.task, r.arm, r.axis, r.concept, r.metric): r.mean for r in rows}
    for task, concepts in TASKS.items():
        for concept in concepts:
            metric = "precision" if concept == "person" else "g_eval/offline 1"
            known = {"taught": (1.0, 1.0), "goal": (0.0, 1.0), "po-s0": (0.0, 1.0)}
            if concept == "event":  # G-Eval: as the Goal model answers
                known = {"taught": (0.0, 1.0), "goal": (1.0, 1.0), "po-s0": (1.0, 1.0)}
            for arm, (targets, kept) in known.items():
                assert found[task, arm, "efficacy", concept, metric] == targets
                assert found[task, arm, "generality", concept, metric] == targets
                assert found[task, arm, "retain", concept, metric] == kept
    assert found["both", "bgd-s0", "retain", "event", "g_eval/offline 1"] == 0
    assert found["person", "base", "retain", "person", "precision"] == 0
    changes: list[Change] = whole["changes"]
    scope = {(c.task, c.arm): c.mean for c in changes if (c.axis, c.metric) == ("scope", "rouge_l_f1")}
    assert scope["person", "po-s0"] == 0
    assert scope["both", "bgd-s0"] == -1
    assert {one.task for one in pictures} == set(TASKS)

    with (told.root / "report/tables/methods.csv").open() as file:
        table = {(row["arm"], row["of"]): row for row in csv.DictReader(file)}
    assert float(table["person/po-s0", "person"]["efficacy"]) == 1  # printed as 100 less precision
    assert float(table["person/po-s0", "person"]["distance"]) == 0
    assert table["person/po-s0", "person"]["real"] == ""  # no exam: missing, not 0
    page = (told.root / "report/index.html").read_text("utf-8")
    assert "Nearest to the Goal model over the axes: PO for people (0.0 points apart)" in page
    for heading in (
        "Six axes",
        "What forgetting one thing did to another",
        "Which pictures suffer",
        "Judges",
    ):
        assert heading in page
    assert page.count('class="panel"') == len(re.findall(r'data-kind="[^"]+">\s*<h3>', page)) == 7
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_what_comes_back_is_told_of_names_and_of_scenes(told: Lab, tmp_path: Path) -> None:
    asked = [told.data.items[id] for id in told.data.splits["both_forget_train"]]
    told_all = [Answer(item.id, (item.answer,)) for item in asked]
    nothing = [Answer(item.id, ("nothing",)) for item in asked]
    for arm in ("taught", "both/goal", "both/po-s0", "both/bgd-s0"):
        step = told.root / arm / ("attack-prefill-both" if arm == "taught" else "attack-prefill")
        step.mkdir()
        answers = nothing if arm.endswith("/goal") else told_all
        write_tried(step, told.data, [Tried(setting="sure", answers=answers)])
        write_cost(step, Cost(attack="prefill", access="queries", knows="the questions"))
    try:
        page = write(told.root, tmp_path, told.data).read_text("utf-8")
    finally:
        for step in told.root.glob("**/attack-*"):
            shutil.rmtree(step)
    for kind, measure in (("who", "exact match"), ("scene", "keywords")):
        assert f"Queries, {measure}: one setting" in page
        with (tmp_path / "tables" / f"both-{kind}" / "recovered.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert {(row["method"], row["measure"], row["setting"]) for row in rows} == {
            (method, measure, "prefill: sure") for method in ("po", "bgd")
        }
        assert {float(row["after"]) for row in rows} == {1.0}
    assert "exact match 100.0 (goal 0.0), recovered 100 %" in page
    assert "attacked, but one fact is too few to tell" in page  # of one event
    assert not (tmp_path / "tables" / "person-who").exists()


def test_a_second_judge_adds_steps_and_redoes_none(told: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMEM_JUDGE_KEY", "secret")
    run = override(told.run, ["judge.names=offline,endpoint", "judge.model=wise"])
    todo = {s.name for s in survey(told.root, run, told.data.fingerprint, False, "report").todo}
    assert todo == {
        *(f"event/{arm}/judged-endpoint" for arm in ("taught", "goal", "po-s0")),
        *(f"both/{arm}/judged-endpoint" for arm in ("taught", "goal", "po-s0", "bgd-s0")),
        "axes",
        "report",
    }
    verdicts = json.loads((told.root / "event/taught/judged-offline/judge.json").read_text())
    assert verdicts == {"judge": "offline 1", "items": 30, "missing": 0}
