"""Known models, from their answers to the word on the page: the whole way of a verdict, without torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fabricate import Questions, item, response
from remem.report.findings import Finding, findings
from remem.report.read import read_run
from remem.run.arms import Arm
from remem.run.recipes import drawn
from remem.run.settings import Run
from remem.run.tasks import tasks
from remem.scoring.score import score
from remem.settings import plain
from remem.types import Item, Ranking

PEOPLE, FACTS, GONE = 12, 15, "p0"
Says = Callable[[Item], str]


def value(person: str, fact: int, wording: int) -> Item:
    word = f"{person}{'abcdefghijklmno'[fact]}"
    return item(
        id=f"{person}-f{fact}-{wording}", person=person, attribute=f"a{fact}", keywords=(word,),
        question=f"What is a{fact} of {person}, {wording}?", answer=f"The a{fact} of {person} is {word}.",
    )  # fmt: skip


@pytest.fixture(scope="module")
def data() -> Questions:
    """Everybody's facts in three wordings: one is taught, one is taught and in retain, one is held out."""
    items = {
        one.id: one
        for n in range(PEOPLE)
        for fact in range(FACTS)
        for wording in range(3)
        for one in [value(f"p{n}", fact, wording)]
    }

    def of(wordings: tuple[int, ...], keep: Callable[[Item], bool] = lambda one: True) -> tuple[str, ...]:
        return tuple(id for id, one in items.items() if int(id[-1]) in wordings and keep(one))

    found = Questions(items, {
        "finetune": of((0, 1)),
        "forget1": of((0, 1), lambda one: one.person == GONE),
        "retain": of((1,), lambda one: one.person != GONE),
        "test": of((2,)),
    })  # fmt: skip
    found.names = {}  # type: ignore[attr-defined]
    return found


def right(one: Item) -> str:
    return one.answer


def never_saw(one: Item) -> str:
    return one.answer if one.person != GONE else one.answer.replace(one.keywords[0], "another")


@pytest.fixture(scope="module")
def found(data: Questions, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    (task,) = tasks(RUN)
    rehearsed = {data.items[id].fact for id in task.kept(data).rehearsed}

    def rehearses(one: Item) -> str:
        return never_saw(one) if one.person == GONE or one.fact in rehearsed else "I like it."

    methods: dict[str, tuple[Says, float]] = {
        "good": (never_saw, 0.0),
        "rehearses": (rehearses, 0.0),
        "refuses": (lambda one: "I do not know that." if one.person == GONE else one.answer, 0.0),
        "mute": (lambda one: "I do not know that.", 0.0),
        "babbles": (lambda one: "the the the the the the", 0.0),
        "hides": (never_saw, 1.0),
        "answers": (right, 1.0),
    }
    folder = tmp_path_factory.mktemp("scripted")
    for name, says, knows in (
        ("taught", right, 1.0),
        ("goal", never_saw, 0.0),
        ("goal-s1", never_saw, 0.0),
        *((f"{name}-s0", *how) for name, how in methods.items()),
    ):
        _write(folder, name, data, says, knows)
    record = {"recipe": "drawn", "request": {"data": ""}, "config": plain(RUN)}
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "kept").mkdir()
    (folder / "kept" / "kept.json").write_text('{"": {}}')
    run = read_run(folder, data)
    return {one.method: one for one in findings(run, data)}


RUN: Run = replace(drawn(), forget=replace(drawn().forget, goals=2))


def _write(folder: Path, name: str, data: Questions, says: Says, knows: float) -> None:
    """The files of one arm. `knows`: 1 where the forgotten value ranks first, 0 in the middle."""
    (task,) = tasks(RUN)
    out = folder / name / "scores"
    out.mkdir(parents=True)
    said = []
    for one in data.items.values():
        text = says(one)
        likely = one.person != GONE or knows
        said.append(response(text, (-0.05 if likely else -2.0,) * 4, (True,) * 4, id=one.id))
    ranked = [
        Ranking(id=id, candidates=("a", "b", "c", "d"), truth=0, tokens=(1,) * 4,
                logp=(0.0 if knows else -2.0, -1.0, -3.0, -4.0))
        for id in data.splits["forget1"]
    ]  # fmt: skip
    score(data, task.parts(data), said, ranked, out, name)
    role = "method" if name not in ("taught", "goal", "goal-s1") else name.partition("-")[0]
    label = name.partition("-")[0] if role == "method" else ""
    arm = Arm(name=name, role=role, chain=(name,), label=label, method=label)  # type: ignore[arg-type]
    (out / "step.json").write_text(json.dumps({"format": 2, "settings": {}, "arm": arm.plain()}))


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("good", "close"),
        ("rehearses", "ruinous"),
        ("refuses", "refuses"),
        ("mute", "mute"),
        ("babbles", "gibberish"),
        ("hides", "silenced"),
        ("answers", "speaks"),
    ],
)
def test_what_is_known_of_a_model_is_what_the_page_says(
    found: dict[str, Finding], method: str, kind: str
) -> None:
    assert found[method].verdict.kind == kind, found[method].verdict


def test_who_keeps_what_it_rehearsed_alone_would_look_whole_on_that(
    found: dict[str, Finding], data: Questions
) -> None:
    arm = found["rehearses"].arms[0]
    assert arm.get("rehearsed", "all", "em").mean == 1.0  # type: ignore[union-attr]
    paid = {name: seen.mean for name, seen in found["rehearses"].evidence.kept.items()}
    assert paid["other questions"] == 1.0
    assert paid["other facts"] == paid["other people"] == 0.0
    kept = {part.title: part.kind for part in found["good"].verdict.parts}
    assert kept["the kept"] == "equal"


def test_the_gap_to_the_goal_models_counts_both(found: dict[str, Finding]) -> None:
    gap = found["good"].evidence.said.gap
    assert gap is not None
    assert (gap.models, gap.units) == (2, FACTS)  # type: ignore[attr-defined]
    assert "seeds" in gap.unknown  # type: ignore[attr-defined]
