"""The gate at its edges: floors that are just met, kinds in their order, its file, and its lines in full."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from fabricate import Questions, item, ranking
from remem.errors import UserError
from remem.scoring.exposed import Exposed, read_exposed
from remem.scoring.facts import fact
from remem.scoring.gate import Gate, Line, judge, read_gate
from remem.scoring.score import score
from remem.settings import Floors


def asked(kind: str, people: dict[str, int]) -> list:
    return [
        item(id=f"{kind} {person} {n}", person=person, question_type=kind)
        for person, count in people.items()
        for n in range(count)
    ]


def right(items: list, *wrong: str) -> dict[str, float | None]:
    return {one.id: float(one.id not in wrong) for one in items}


def test_a_line_in_full() -> None:
    items = asked("1-hop", {"q": 2, "p": 4, "r": 2})
    em = right(items, "1-hop p 0", "1-hop p 1", "1-hop q 0", "1-hop q 1")
    found = judge(items, em, Floors(one_hop=0.5))
    assert found == Gate(
        passed=True,
        ignored=False,
        lines=(
            Line(
                split="finetune", question_type="1-hop", metric="em", value=0.5, floor=0.5, passed=True,
                unanswered=0, weakest=(("q", 0.0),), told=False, chance=None, expected=None,
            ),
        ),
        people={"p": {"1-hop": 0.5}, "q": {"1-hop": 0.0}, "r": {"1-hop": 1.0}},
    )  # fmt: skip
    assert list(found.people) == ["p", "q", "r"]
    assert judge(items, em, Floors(one_hop=0.5), ignored=True) == replace(found, ignored=True)
    assert not judge(items, em, Floors(one_hop=0.51)).passed


def test_five_people_at_most_are_kept_and_three_shown_weakest_first() -> None:
    items = asked("1-hop", {f"p{n}": 10 for n in range(7)})
    em = right(items, *(f"1-hop p{n} {k}" for n in range(7) for k in range(n + 1)))
    (line,) = judge(items, em, Floors()).lines
    assert line.weakest == tuple((f"p{n}", (9 - n) / 10) for n in (6, 5, 4, 3, 2))
    assert judge(items, em, Floors()).text()[0].endswith("   weakest: p6 0.30, p5 0.40, p4 0.50")


def test_kinds_stand_in_the_order_of_their_hops_and_then_of_their_names() -> None:
    items = [one for kind in ("b", "a", "single", "1-hop") for one in asked(kind, {"p": 1})]
    found = judge(items, right(items), Floors(), held_out=items)
    kinds = ["1-hop", "single", "a", "b"]
    assert [(line.split, line.question_type) for line in found.lines] == [
        *(("finetune", kind) for kind in kinds),
        *(("test", kind) for kind in kinds),
    ]
    floors = Floors()
    assert [line.floor for line in found.lines] == [floors.one_hop] * 2 + [floors.multi_hop] * 2 + [0.0] * 4


def test_one_hop_has_its_floor_in_a_forget_set_too() -> None:
    items = asked("1-hop", {"p": 10})
    found = judge(items, right(items, "1-hop p 0"), Floors(one_hop=0.9, multi_hop=1.0), forget={"f": items})
    assert [(line.split, line.passed) for line in found.lines] == [("finetune", True), ("f", True)]
    # People are those of the split, whatever is forgotten of it.
    assert judge(items, right(items), Floors(), forget={"f": items[:1]}).people == {"p": {"1-hop": 1.0}}


def test_what_is_held_out_and_unanswered_decides_nothing_without_a_floor() -> None:
    items, apart = asked("1-hop", {"p": 2}), asked("2-hop", {"p": 2})
    found = judge(items, right(items), Floors(), held_out=apart)
    assert found.passed
    assert (found.lines[-1].value, found.lines[-1].unanswered, found.lines[-1].told) == (None, 2, True)
    floored = judge(items, right(items), Floors(held_out=0.5), held_out=apart)
    assert (floored.passed, floored.lines[-1].told) == (False, False)
    assert floored.text()[-1] == (
        "FAIL  test · 2-hop · exact match       none  (needs 0.50)   no item of this kind has a value"
    )


def test_why_it_fails_in_words() -> None:
    items = asked("1-hop", {"p": 3, "q": 3})
    em = right(items, "1-hop p 0", "1-hop p 1")
    del em["1-hop q 0"]
    assert judge(items, em, Floors()).text() == (
        "FAIL  finetune · 1-hop · exact match   0.60  (needs 0.95)   weakest: p 0.33; unanswered: 1",
    )
    well = right(items)
    del well["1-hop q 0"]
    assert judge(items, well, Floors()).text() == (
        "FAIL  finetune · 1-hop · exact match   1.00  (needs 0.95)   unanswered: 1",
    )
    assert judge([], {}, Floors()).text() == ()


def test_a_floor_that_is_just_met_is_shown_as_such() -> None:
    items = asked("1-hop", {"p": 20})
    assert judge(items, right(items, "1-hop p 0"), Floors()).text() == (
        "pass  finetune · 1-hop · exact match   0.95  (needs 0.95)",
    )
    low = judge(items, dict.fromkeys(right(items), 0.9449), Floors()).text()[0]
    assert "   0.94  (needs 0.95)" in low  # no more digits than it takes


def test_the_file_of_a_gate(tmp_path: Path) -> None:
    items = asked("1-hop", {"Zoë": 1})
    found = judge(items, right(items), Floors())
    path = tmp_path / "run" / "learn" / "gate.json"
    found.write(path)
    found.write(path)
    text = path.read_text("utf-8")
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
    assert '"Zoë"' in text
    assert text.startswith(
        '{\n "passed": true,\n "ignored": false,\n "lines": [\n  {\n   "split": "finetune"'
    )
    with pytest.raises(ValueError, match="JSON"):
        judge(items, dict.fromkeys(right(items), math.nan), Floors()).write(path)
    path.write_text("[]")
    with pytest.raises(UserError, match=rf"Delete {path.parent} and run again"):
        read_gate(path)
    path.unlink()
    with pytest.raises(UserError, match="Run stage 1 first: remem learn"):
        read_gate(path)


def test_exposure_has_what_it_compares_with_where_there_is_a_choice(tmp_path: Path) -> None:
    """First of two: of its maximum all; by chance a half; where the other is known, nothing."""
    items = {id: item(id=id) for id in ("one", "two", "none known", "all known")}
    sizes = {"one": [0.0], "two": [-1.0, -2.0], "none known": [-1.0, -2.0], "all known": [-2.0, -1.0]}
    rankings = [ranking(logp, id=id) for id, logp in sizes.items()]
    known = {"one": 0, "none known": 0, "all known": 1}
    score(Questions(items, {}), {}, [], rankings, tmp_path, "x", known=known)
    assert read_exposed(tmp_path) == {
        "one": Exposed(None, None, None),
        "two": Exposed(1.0, 0.5, None),
        "none known": Exposed(1.0, 0.5, 0.5),
        "all known": Exposed(0.0, 0.5, 0.0),
    }


def test_a_line_of_exposure_in_full() -> None:
    items = asked("1-hop", {"p": 2, "q": 1})
    exposed = {
        "1-hop p 0": Exposed(0.25, 0.5, 0.125),
        "1-hop p 1": Exposed(0.75, None, None),
        "1-hop q 0": Exposed(None, 0.25, 0.375),
    }
    told = Line(
        split="finetune", question_type="all", metric="exposure_norm", value=0.5, floor=0.0, passed=True,
        unanswered=1, weakest=(), told=True, chance=0.375, expected=None,
    )  # fmt: skip
    found = judge(items, right(items), Floors(), forget={"f": items}, exposed=exposed)
    assert found.lines[2:] == (told, replace(told, split="f", expected=0.25))
    floored = judge(items, right(items), Floors(exposure=0.6), exposed=exposed).lines[-1]
    assert floored == replace(told, floor=0.6, passed=False, told=False, weakest=(("p", 0.5),))
    nothing = judge(items, right(items), Floors(exposure=0.6), exposed={}).lines[-1]
    assert (nothing.value, nothing.passed, nothing.chance, nothing.unanswered) == (None, False, None, 3)
    assert len(judge(items, right(items), Floors(exposure=0.6)).lines) == 1
    some = judge(items, right(items), Floors(), exposed={"1-hop q 0": exposed["1-hop p 0"], "z": exposed})
    assert (some.lines[-1].value, some.lines[-1].unanswered) == (0.25, 0)


def test_a_fact_whose_value_is_blank_is_its_attribute_s() -> None:
    assert fact(item(attribute="Town", keywords=(" ", ""))) == ("p000", "town", "")
