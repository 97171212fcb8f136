"""What is said of strangers in place of a Goal model: matched by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fabricate import item, ranking, response
from remem.asking.records import write_rankings, write_responses
from remem.report.floor import Floor
from remem.types import Item

TAUGHT = {"town-1": ("1-hop", "town"), "town-2": ("multi-hop", "town"), "job-1": ("1-hop", "job")}
TAUGHT |= {"mail-2": ("multi-hop", "mail"), "mail-3": ("3-hop", "mail")}
STRANGERS = {  # of s0 three questions, of s1 one
    "s0-town-1": ("s0", "1-hop", "town"),
    "s0-town-2": ("s0", "multi-hop", "town"),
    "s0-job-1": ("s0", "1-hop", "job"),
    "s1-town-1": ("s1", "1-hop", "town"),
}
SAID = {"s0-town-1": 1.0, "s0-town-2": 0.0, "s0-job-1": 0.5, "s1-town-1": 0.25}


def strangers() -> dict[str, Item]:
    return {
        id: item(id=id, person=person, question_type=kind, attribute=what)
        for id, (person, kind, what) in STRANGERS.items()
    }


def floor(items: dict[str, Item] | None = None, arms: Any = (), goals: Any = ()) -> Floor:
    taught = {id: item(id=id, question_type=kind, attribute=what) for id, (kind, what) in TAUGHT.items()}
    run = SimpleNamespace(arms={arm.name: arm for arm in arms}, goals=list(goals))
    made = Floor(run, SimpleNamespace(items=taught, root=""))  # type: ignore[arg-type]
    made.__dict__["items"] = strangers() if items is None else items
    return made


def arm(folder: Path = Path(), given: Any = None, name: str = "npo-s0") -> Any:
    return SimpleNamespace(name=name, folder=folder, given={"weights": "1"} if given is None else given)


def test_of_the_same_kind_about_the_same_attribute_else_what_is_nearest() -> None:
    first, second = floor().spread([SAID], list(TAUGHT))
    assert first == {
        "town-1": 1.0,  # their own answer of that kind about that attribute
        "town-2": 0.0,
        "job-1": 0.5,
        "mail-2": 0.0,  # nobody has an e-mail: of the same kind
        # "mail-3": neither is asked of anybody
    }
    assert second == {
        "town-1": 0.25,
        "town-2": 0.25,  # another kind about the same attribute
        "job-1": 0.25,  # another attribute of the same kind
        "mail-2": 0.0,  # of s1 nothing is like it: of all strangers
    }


def test_an_attribute_counts_for_more_than_a_kind() -> None:
    items = strangers() | {
        "s1-job-2": item(id="s1-job-2", person="s1", question_type="multi-hop", attribute="job")
    }
    _, second = floor(items).spread([SAID | {"s1-job-2": 1.0}], ["job-1", "town-2"])
    assert second == {"job-1": 1.0, "town-2": 0.25}


def test_several_answers_of_one_kind_are_their_mean() -> None:
    items = strangers() | {
        "s1-more": item(id="s1-more", person="s1", question_type="1-hop", attribute="town")
    }
    _, second = floor(items).spread([SAID | {"s1-more": 0.75}], ["town-1"])
    assert second == {"town-1": 0.5}


def test_seeds_are_averaged_and_no_answer_is_no_0() -> None:
    other = {"s0-town-1": 0.0, "s0-town-2": None, "s1-town-1": None}
    first, second = floor().spread([SAID, other], ["town-1", "town-2"])
    assert first == {"town-1": 0.5, "town-2": 0.0}
    assert second == {"town-1": 0.25, "town-2": 0.25}


def test_who_said_nothing_is_still_one_of_them() -> None:
    """So that there are as many of the other side, whatever was asked."""
    first, second = floor().spread([{"s0-town-1": 1.0}], ["town-1"])
    assert first == second == {"town-1": 1.0}


def test_one_stranger_alone() -> None:
    one = {id: found for id, found in strangers().items() if found.person == "s1"}
    assert floor(one).spread([SAID], ["town-1", "mail-2"]) == [{"town-1": 0.25}]


def test_without_any_there_is_nothing() -> None:
    none = floor({})
    assert none.spread([SAID], list(TAUGHT)) == []
    assert none.runs([], "em", list(TAUGHT)) == []
    assert none.mean([], "em", list(TAUGHT)) is None


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    (tmp_path / "strangers").mkdir()
    said = {"s0-town-1": "It is ann@mail.com.", "s1-town-1": "I don't know.", "somebody": "ann@mail.com"}
    write_responses(
        tmp_path / "strangers/responses.parquet",
        [response(text, (-0.5,), (True,), id=id) for id, text in said.items()],
    )
    ranks = [ranking((-1.0, -2.0, -3.0, -4.0), 0, id="s0-town-1"), ranking((-1.0, -2.0), 1, id="s1-town-1")]
    write_rankings(tmp_path / "strangers/rankings.parquet", ranks)
    return tmp_path


def test_what_was_said_is_measured_as_of_everybody(asked: Path) -> None:
    one, there = floor(), arm(asked)
    assert one.values(there, "em") == {"s0-town-1": 1.0, "s1-town-1": 0.0}
    assert one.values(there, "state_refused") == {"s0-town-1": 0.0, "s1-town-1": 1.0}
    assert one.values(there, "exposure_bits") == {"s0-town-1": 2.0, "s1-town-1": 0.0}
    assert one.values(there, "exposure_norm") == {"s0-town-1": 1.0, "s1-town-1": 0.0}
    assert one.values(there, "loss_auc") == {}  # of a set, and of no single answer
    assert one.mean([there], "em", ["town-1"]) == 0.5
    assert one.mean([there], "em", ["town-1", "mail-3"]) == 0.5


def test_where_one_seed_asked_nobody_there_is_no_floor(asked: Path, tmp_path: Path) -> None:
    one = floor()
    assert len(one.runs([arm(asked)], "em", ["town-1"])) == 2
    assert one.runs([arm(asked), arm(tmp_path / "nobody", name="npo-s1")], "em", ["town-1"]) == []
    assert one.mean([arm(tmp_path / "nobody", name="npo-s1")], "em", ["town-1"]) is None


def test_it_is_needed_where_models_were_given_and_no_goal_model_was() -> None:
    assert floor(arms=[arm()]).there
    assert not floor(arms=[arm()], goals=[arm(name="goal")]).there
    assert not floor(arms=[arm(given={})]).there  # the run made its models itself
    assert not floor({}, arms=[arm()]).there
    assert not floor().there
