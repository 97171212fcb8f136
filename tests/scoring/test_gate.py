import json
import math

import pytest

from fabricate import Questions, item, ranking
from remem.errors import UserError
from remem.scoring.exposed import Exposed, read_exposed
from remem.scoring.gate import judge, read_gate
from remem.scoring.score import score
from remem.settings import Floors

ITEMS = [
    item(id=f"{person}-{kind}-{number}", person=person, question_type=kind)
    for person in ("p000", "p001", "p002", "p003")
    for kind in ("1-hop", "multi-hop")
    for number in range(10)
]


def taught(wrong=()):
    """Exact match by item: 1, and 0 for the ids that begin with one of `wrong`."""
    return {one.id: float(not one.id.startswith(tuple(wrong) or "none")) for one in ITEMS}


def test_what_was_learnt_passes():
    gate = judge(ITEMS, taught(), Floors())
    assert gate.passed
    assert [line.value for line in gate.lines] == [1.0, 1.0]
    assert gate.people["p002"] == {"1-hop": 1.0, "multi-hop": 1.0}


def test_each_kind_has_its_own_floor():
    # 38 of 40 is 0.95: enough for either. 37 of 40 is 0.925: enough for multi-hop only.
    for kind, expected in (("1-hop", False), ("multi-hop", True)):
        assert judge(ITEMS, taught([f"p000-{kind}-{n}" for n in (0, 1)]), Floors()).passed
        assert judge(ITEMS, taught([f"p000-{kind}-{n}" for n in (0, 1, 2)]), Floors()).passed is expected


def test_one_kind_that_fails_is_enough():
    gate = judge(ITEMS, taught(["p001-multi", "p003-multi-hop-4"]), Floors())
    assert not gate.passed
    assert [line.passed for line in gate.lines] == [True, False]
    assert gate.lines[1].weakest == (("p001", 0.0),)


def test_fails_closed():
    assert not judge([], {}, Floors()).passed  # nothing was asked
    assert not judge(ITEMS, {}, Floors()).passed
    assert not judge(ITEMS, dict.fromkeys(taught()), Floors()).passed
    half = {id: value for id, value in taught().items() if "multi" not in id}
    assert [line.passed for line in judge(ITEMS, half, Floors()).lines] == [True, False]
    assert not judge(ITEMS, half, Floors(one_hop=0, multi_hop=0)).passed


def test_an_unanswered_item_fails_its_kind():
    some = taught()
    del some["p002-multi-hop-3"]
    gate = judge(ITEMS, some, Floors())
    assert [line.unanswered for line in gate.lines] == [0, 1]
    assert not gate.passed
    assert "unanswered: 1" in gate.text()[1]


def test_items_without_keywords_do_not_count_against_it():
    bare = item(id="bare", keywords=())
    assert judge([*ITEMS, bare], taught(), Floors()).passed
    assert not judge([bare], {"bare": None}, Floors()).passed


def test_the_order_of_items_does_not_matter():
    em = taught(["p001", "p003"])
    assert judge(ITEMS[::-1], em, Floors()) == judge(ITEMS, em, Floors())


def test_one_aligned_line_each_and_the_weakest_named():
    wrong = [f"p003-multi-hop-{n}" for n in range(9)] + [f"p001-multi-hop-{n}" for n in range(8)]
    assert judge(ITEMS, taught(["p000-1-hop-0", *wrong]), Floors()).text() == (
        "pass  finetune · 1-hop · exact match       0.97  (needs 0.95)",
        "FAIL  finetune · multi-hop · exact match   0.57  (needs 0.90)   weakest: p003 0.10, p001 0.20",
    )


def test_a_near_miss_is_not_rounded_into_a_pass():
    text = judge(ITEMS, taught(["p000-1-hop-0"]), Floors(one_hop=0.979)).text()[0]
    assert text.startswith("FAIL  finetune · 1-hop · exact match       0.97")
    near = {one.id: 0.9499 for one in ITEMS}
    assert "0.9499  (needs 0.95)" in judge(ITEMS, near, Floors()).text()[0]


def test_without_values_the_line_says_so():
    text = judge(ITEMS, {}, Floors()).text()[0]
    assert (
        text
        == "FAIL  finetune · 1-hop · exact match       none  (needs 0.95)   no item of this kind has a value"
    )


def test_written_and_read_again(tmp_path):
    gate = judge(ITEMS, taught(["p001"]), Floors(), ignored=True)
    gate.write(tmp_path / "gate.json")
    assert read_gate(tmp_path / "gate.json") == gate
    raw = json.loads((tmp_path / "gate.json").read_text("utf-8"))
    assert raw["passed"] is False
    assert raw["ignored"] is True
    assert raw["lines"][0]["weakest"] == [["p001", 0.0]]
    assert raw["people"]["p001"] == {"1-hop": 0.0, "multi-hop": 0.0}


def test_bad_files_and_floors_are_clear_errors(tmp_path):
    with pytest.raises(UserError, match="remem learn"):
        read_gate(tmp_path / "gate.json")
    (tmp_path / "gate.json").write_text('{"passed": true}')
    with pytest.raises(UserError, match=r"gate\.json"):
        read_gate(tmp_path / "gate.json")
    with pytest.raises(UserError, match="95 %"):
        Floors(one_hop=95)


def test_a_person_to_forget_who_was_not_learnt_fails_the_gate_alone() -> None:
    """Lost in the mean over all people, and the one whose forgetting would measure nothing."""
    forget = [item for item in ITEMS if item.person == "p000"]
    em = taught([item.id for item in forget])
    floors = Floors(one_hop=0.1, multi_hop=0.1)
    assert judge(ITEMS, em, floors).passed
    gate = judge(ITEMS, em, floors, forget={"forget1": forget})
    assert not gate.passed
    assert [line.passed for line in gate.lines if line.split == "forget1"] == [False, False]
    assert judge(ITEMS, taught(), Floors(), forget={"forget1": forget}).passed


def test_what_is_held_out_is_told_and_decides_nothing_without_a_floor():
    apart = [item(id=f"new-{n}", person="p001", question_type="multi-hop") for n in range(4)]
    em = taught() | {one.id: float(one.id == "new-0") for one in apart}
    gate = judge(ITEMS, em, Floors(), held_out=apart)
    assert gate.passed
    assert (gate.lines[-1].split, gate.lines[-1].value, gate.lines[-1].told) == ("test", 0.25, True)
    assert gate.text()[-1] == "told  test · multi-hop · exact match       0.25  (held out, no floor)"
    assert gate.people == judge(ITEMS, em, Floors()).people  # of what was taught alone
    assert not judge(ITEMS, em, Floors(held_out=0.5), held_out=apart).passed
    assert judge(ITEMS, em, Floors(held_out=0.25), held_out=apart).passed


def test_a_verdict_with_held_out_lines_is_read_back(tmp_path):
    apart = [item(id="new", question_type="multi-hop")]
    gate = judge(ITEMS, taught() | {"new": 1.0}, Floors(), held_out=apart)
    gate.write(tmp_path / "gate.json")
    assert read_gate(tmp_path / "gate.json") == gate


def exposure(**values: float | None) -> dict[str, Exposed]:
    return {
        f"{person}-{kind}-0": Exposed(value, 0.26, 0.12)
        for person, value in values.items()
        for kind in ("1-hop", "multi-hop")
    }


FORGET = {"forget1": [one for one in ITEMS if one.person == "p000"]}


def test_exposure_is_told_and_decides_nothing_without_a_floor() -> None:
    gate = judge(ITEMS, taught(), Floors(), forget=FORGET, exposed=exposure(p000=0.4, p001=1.0))
    assert gate.passed
    assert gate.text()[-2:] == (
        "told  finetune · all · exposure            0.70  (told, no floor; chance 0.26)",
        "told  forget1 · all · exposure             0.40  "
        "(told, no floor; chance 0.26; expected of goal 0.12)",
    )
    assert gate.lines[:-2] == judge(ITEMS, taught(), Floors(), forget=FORGET).lines
    nothing = judge(ITEMS, taught(), Floors(), forget=FORGET, exposed={})
    assert nothing == judge(ITEMS, taught(), Floors(), forget=FORGET)


def test_a_floor_of_exposure_holds_on_the_forget_sets_by_themselves() -> None:
    def judged(floor: float, **values: float | None) -> list[bool]:
        found = judge(ITEMS, taught(), Floors(exposure=floor), forget=FORGET, exposed=exposure(**values))
        assert found.passed == all(line.passed for line in found.lines)
        return [line.passed for line in found.lines if line.metric == "exposure_norm"]

    assert judged(0.7, p000=0.7, p001=1.0) == [True, True]
    assert judged(0.7, p000=0.6, p001=1.0) == [True, False]
    # Fails closed: nothing ranked, or nothing that can be told apart.
    assert judged(0.7, p001=1.0) == [True, False]
    assert judged(0.7, p000=None, p001=1.0) == [False, False]
    assert judged(0.0, p000=None) == [True, True]


def test_the_people_under_the_floor_of_exposure_are_named() -> None:
    exposed = exposure(p000=0.9, p001=0.2)
    gate = judge(ITEMS, taught(), Floors(exposure=0.8), exposed=exposed)
    assert gate.lines[-1].weakest == (("p001", 0.2),)
    assert gate.text()[-1].endswith("(needs 0.80; chance 0.26)   weakest: p001 0.20")


def test_a_verdict_from_before_exposure_is_read(tmp_path) -> None:
    gate = judge(ITEMS, taught(), Floors())
    gate.write(tmp_path / "gate.json")
    old = json.loads((tmp_path / "gate.json").read_text())
    for line in old["lines"]:
        del line["chance"], line["expected"]
    (tmp_path / "gate.json").write_text(json.dumps(old))
    assert read_gate(tmp_path / "gate.json") == gate


def test_exposure_is_read_as_it_was_scored(tmp_path) -> None:
    one = item(id="a")
    data = Questions({"a": one}, {"finetune": ("a",)})
    asked = [ranking([-1.0, -0.5, -2.0, -3.0], id="a")]
    score(data, {"finetune": ["a"]}, [], asked, tmp_path, "taught", known={"a": 1})
    # Second of four. Chance: ranks 1 to 4; one known: ranks 2 to 4, in halves of two bits.
    third = 1 - math.log2(3) / 2
    assert read_exposed(tmp_path)["a"] == pytest.approx((0.5, (1 + 0.5 + third) / 4, (0.5 + third) / 3))
