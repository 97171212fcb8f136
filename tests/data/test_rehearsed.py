"""What stage 2 may go over, and what is held out from it: by hand, and whatever the set."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.four import person as pictured
from data.four import row as asked
from data.four import sets, write
from data.invented import data, of, published, row, rows
from data.pebench.conftest import loaded, scenes  # noqa: F401
from fabricate import Questions
from remem.data import Dataset, load
from remem.data.pebench.cut import TASKS
from remem.data.rehearsed import Division, divide
from remem.run.settings import Run
from remem.run.tasks import Task, tasks
from remem.settings import Forget
from remem.types import Item

PARTS = ("rehearsed", "same", "facts", "people")


def told(run: Forget, found: Questions | Dataset) -> dict[str, Division]:
    return {task.forget: task.kept(found) for task in tasks(Run(recipe="x", forget=run))}


def items(found: Questions | Dataset, ids: tuple[str, ...]) -> list[Item]:
    return [found.items[id] for id in ids]


def facts(found: Questions | Dataset, ids: tuple[str, ...]) -> set[tuple[str, str, str]]:
    return {one.fact for one in items(found, ids)}


def sizes(kept: Division) -> tuple[int, ...]:
    return tuple(len(getattr(kept, part)) for part in PARTS)


# -- people, facts, wordings --------------------------------------------------------------------------


def test_the_published_counts() -> None:
    found = published()
    assert [len(found.splits[name]) for name in ("finetune", "forget4", "retain")] == [2000, 400, 560]
    kept = told(Forget(split="forget1"), found)["forget1"]
    # Three people whom this run does not forget are rehearsed by no run: no other has to be.
    assert kept.outside == ("p001", "p002", "p003")
    assert {one.person for one in items(found, kept.people)} == set(kept.outside)
    whom = {one.person for one in items(found, kept.rehearsed)}
    assert len(whom) == 16
    free = 1600 - 560
    held = {fact for fact in facts(found, kept.facts) if fact not in facts(found, kept.rehearsed)}
    assert len(held) == 16 * 4  # a fifth of twenty facts
    assert all(sum(who == fact[0] for fact in held) == 4 for who in whom)
    free_of_held = [
        id
        for id in found.splits["finetune"]
        if found.items[id].fact in held and id not in found.splits["retain"]
    ]
    assert len(kept.rehearsed) == free - len(free_of_held)
    assert kept.spare
    assert not set(kept.rehearsed) & set(found.splits["retain"])
    assert len(kept.people) == 300
    # All that these sixteen are asked is in one of the parts.
    assert sum(sizes(kept)) == 1600 + 300
    assert kept.told_by == "never rehearsed"
    assert kept.kept == (*kept.facts, *kept.people)


def test_with_all_who_are_ever_forgotten_one_of_the_others_is_left_out() -> None:
    kept = told(Forget(split="forget4"), published())["forget4"]
    [one] = kept.outside
    assert one > "p003"
    assert len({id.partition("-")[0] for id in kept.rehearsed}) == 15
    assert len(kept.people) == 100


@pytest.mark.parametrize(("wanted", "got"), [(0, 0), (1, 1), (5, 5), (8, 8), (9, 8), (99, 8)])
def test_as_many_as_asked_for_are_left_out_up_to_half(wanted: int, got: int) -> None:
    kept = told(Forget(split="forget4", outside=wanted), published())["forget4"]
    assert len(kept.outside) == got


def test_more_left_out_hold_those_of_fewer() -> None:
    found = [set(told(Forget(split="forget4", outside=n), published())["forget4"].outside) for n in range(6)]
    assert all(one < other for one, other in pairwise(found))


def test_sizes_of_one_run_rehearse_the_same() -> None:
    kept = told(Forget(split="forget1,forget2,forget3,forget4"), published())
    assert len(kept) == 4
    assert len({one.digest for one in kept.values()}) == 1
    [other] = told(Forget(split="forget1"), published()).values()
    assert other.digest not in {one.digest for one in kept.values()}
    # Those whom a run does not forget are outside: the others are rehearsed the more.
    assert len(other.rehearsed) > len(kept["forget1"].rehearsed)


def test_a_small_set_by_hand() -> None:
    """Four people, five facts in three wordings; the second wording is for asking."""
    every = rows(["a", "b", "c", "d"], 5, 3)
    found = data(every, forget1=of(every, ["a"]), retain=[one for one in every if one.id.endswith("-1")][5:])
    kept = Task().kept(found)
    [left_out] = kept.outside
    assert sizes(kept) == (2 * 4 * 2, 2 * 4 * 1, 2 * 1 * 3, 15)
    assert {one.person for one in items(found, kept.people)} == {left_out} <= {"b", "c", "d"}
    assert facts(found, kept.same) == facts(found, kept.rehearsed)
    assert not facts(found, kept.facts) & facts(found, kept.rehearsed)
    assert all(id.endswith("-1") for id in kept.same)


def test_who_is_only_in_retain_is_outside_and_nobody_else_is() -> None:
    every = rows(["a", "b", "c", "d", "e"], 3, 2)
    found = data(every, forget1=of(every, ["a"]), retain=of(every, ["d"]))
    kept = Task().kept(found)
    assert kept.outside == ("d",)
    assert {one.person for one in items(found, kept.rehearsed)} == {"b", "c", "e"}
    assert len(kept.people) == 6


def test_of_one_fact_each_none_is_held_out_and_of_two_one() -> None:
    for count, held in ((1, 0), (2, 1), (3, 1), (8, 2), (10, 2)):
        every = rows(["a", "b", "c"], count, 2)
        kept = Task(outside=0).kept(data(every, forget1=of(every, ["a"]), retain=[]))
        assert len(kept.facts) == 2 * held * 2, count
        assert len(kept.rehearsed) == 2 * (count - held) * 2, count
        assert (kept.outside, kept.people) == ((), ())


def test_nothing_to_spare_goes_over_retain_less_what_is_held_out() -> None:
    every = rows(["a", "b", "c", "d"], 5, 2)
    gone = of(every, ["a"])
    kept = Task().kept(data(every, forget1=gone, retain=every[len(gone) :]))
    assert not kept.spare
    assert sizes(kept) == (2 * 4 * 2, 0, 2 * 1 * 2, 10)


def test_one_kept_person_alone_is_rehearsed() -> None:
    every = rows(["a", "b"], 1, 3)
    kept = Task().kept(data(every, forget1=of(every, ["a"]), retain=of(every, ["b"])))
    assert (sizes(kept), kept.outside) == ((3, 0, 0, 0), ())
    assert kept.kept == kept.rehearsed
    assert kept.told_by == "rehearsed"
    some = data(every, forget1=of(every, ["a"]), retain=of(every, ["b"])[:1])
    assert sizes(Task().kept(some)) == (2, 1, 0, 0)
    assert Task().kept(some).told_by == "other questions about what is rehearsed"


def test_where_everybody_is_in_some_forget_set_what_else_is_known_of_them_is_rehearsed() -> None:
    every = rows(["a", "b", "c"], 4, 2)
    gone = [one for one in every if one.attribute == "f0"]
    found = data(every, forget1=of(gone, ["a"]), forget2=gone, retain=every[6:8])
    for kept in told(Forget(split="forget1,forget2", outside=0), found).values():
        assert kept.rehearsed
        assert not facts(found, kept.rehearsed) & {one.fact for one in gone}
        assert len(kept.facts) == 3 * 2 + 2  # one each, and the one that only retain asks for
    whole = data(every, forget1=of(every, ["a"]), forget2=every, retain=of(every, ["b", "c"]))
    kept = Task().kept(whole)
    assert {one.person for one in items(whole, kept.rehearsed)} < {"b", "c"}
    assert kept.rehearsed


def test_rows_whose_fact_cannot_be_told_hold_none_that_is_held_out() -> None:
    every = rows(["a", "b"], 5, 2)
    untold = [
        replace(row("b", "", n), id=f"b-all-{n}", answer=f"b: the f{n} of b, in short.") for n in range(5)
    ]
    found = data([*every, *untold], forget1=of(every, ["a"]), retain=[])
    kept = Task(outside=0).kept(found)
    [held] = facts(found, kept.facts)
    assert held[1]
    lost = f"b-all-{held[1][1:]}"
    assert {id for id in kept.rehearsed if "all" in id} == {one.id for one in untold} - {lost}
    # It asks for what is held out, and who knows for what else: it tells of neither.
    assert lost not in {*kept.same, *kept.facts, *kept.people}


def test_an_untold_row_gives_away_no_fact_that_only_retain_asks_for() -> None:
    every = rows(["a", "b"], 3, 1)
    untold = replace(row("b", "", 0), answer="b has the car of b.")
    car = row("b", "car")
    found = data([*every, untold, car], forget1=of(every, ["a"]), retain=[car])
    kept = Task(outside=0).kept(found)
    assert car.id in kept.facts
    assert untold.id not in kept.rehearsed


def test_an_untold_row_of_retain_tells_of_no_fact_that_is_held_out() -> None:
    every = rows(["a", "b"], 4, 1)
    untold = row("b", "", 7)
    kept = Task(outside=0).kept(data([*every, untold], forget1=of(every, ["a"]), retain=[untold]))
    assert len(kept.facts) == 1
    assert untold.id not in {*kept.same, *kept.facts, *kept.people}


def test_who_is_left_with_nothing_that_may_be_gone_over_is_outside() -> None:
    every = rows(["a", "b", "c"], 2, 1)
    found = data(every, forget1=of(every, ["a"]), retain=[])
    task = {"retain": "retain", "unseen": ["forget1"], "forgets": ["forget1"], "every": []}
    kept = divide(found, **task, outside=0, withheld=[one.id for one in of(every, ["c"])])
    assert kept.outside == ("c",)
    assert kept.people == ("c-f0-0", "c-f1-0")


def test_where_no_fact_can_be_told_rows_of_retain_are_other_questions() -> None:
    every = [row(who, "", n) for who in ("a", "b", "c") for n in range(4)]
    found = data(every, forget1=of(every, ["a"]), retain=[one for one in every[4:] if one.id.endswith("3")])
    kept = Task(outside=0).kept(found)
    assert sizes(kept) == (6, 2, 0, 0)


def test_rows_of_retain_that_finetune_does_not_hold_are_never_gone_over() -> None:
    every = rows(["a", "b", "c"], 3, 1)
    new = rows(["b", "c"], 3, 2)[1::2]
    found = data(every, forget1=of(every, ["a"]), retain=new)
    kept = Task(outside=0).kept(found)
    assert kept.spare
    assert not {one.id for one in new} & {id for part in PARTS for id in getattr(kept, part)}
    bare = data(of(every, ["a"]), forget1=of(every, ["a"]), retain=new)  # not taught, and all that there is
    assert set(Task(outside=0).kept(bare).rehearsed) < {one.id for one in new}


def test_repeated_rows_count_once_and_questions_of_test_not_at_all() -> None:
    every = rows(["a", "b", "c"], 3, 2)
    gone, retain = of(every, ["a"]), every[6:7]
    once = Task(outside=0).kept(data(every, forget1=gone, retain=retain))
    twice = Task(outside=0).kept(data([*every, *every], forget1=[*gone, *gone], retain=[*retain, *retain]))
    assert twice == once
    tested = data(every, forget1=gone, retain=retain, test=of(every, ["c"]))
    assert {id[0] for id in Task(outside=0).kept(tested).rehearsed} == {"b"}


def test_of_a_person_some_of_whose_facts_are_forgotten_nothing_is_gone_over(tmp_path: Path) -> None:
    splits = sets()
    splits["forget1"] = [one for one in pictured(0) if one["attribute"] == "town"]
    splits["retain"] = [asked(1, "town", 1, 0)]
    found = load(write(tmp_path / "set", splits))
    kept = Task(outside=0).kept(found)
    assert {one.person for one in items(found, kept.rehearsed)} == {"p1", "p2", "p3"}
    # What else is known of p0 stays, and nothing of it is gone over.
    other = {one.fact for one in items(found, kept.people) if one.person == "p0"}
    assert other
    assert "town" not in {attribute for _, attribute, _ in other}
    assert kept.spare


def test_a_set_without_retain_and_finetune_has_no_parts() -> None:
    every = rows(["a"], 1, 1)
    assert sizes(Task().kept(Questions({every[0].id: every[0]}, {"forget1": (every[0].id,)}))) == (0, 0, 0, 0)


# -- people in events ---------------------------------------------------------------------------------


@pytest.mark.parametrize("with_scope", [False, True])
@pytest.mark.parametrize("only", [*((name,) for name in TASKS), tuple(TASKS)])
def test_people_in_events(loaded: Dataset, only: tuple[str, ...], with_scope: bool) -> None:
    every = {
        who
        for name in TASKS
        for half in ("train", "test")
        for who, _, _ in facts(loaded, loaded.splits[f"{name}_forget_{half}"])
    }
    run = Forget(tasks=only, rehearse_scope=with_scope)
    outside = set()
    for task in tasks(Run(recipe="x", forget=run)):
        kept = task.kept(loaded)
        gone = items(loaded, kept.rehearsed)
        assert gone
        assert not {one.target for one in gone} & every
        # Crosswise: neither asked about, nor shown where another is asked about.
        assert not {side for one in gone for side in (one.person, one.event)} & set(kept.outside)
        assert {one.target for one in items(loaded, kept.people)} == set(kept.outside)
        assert not facts(loaded, kept.same) - facts(loaded, kept.rehearsed)
        scope = set(loaded.splits[task.scope])
        allowed = [id for id in scope if loaded.items[id].target not in every | set(kept.outside)]
        shown = {
            id for id in allowed if not {loaded.items[id].person, loaded.items[id].event} & set(kept.outside)
        }
        assert set(kept.rehearsed) & scope == (shown if with_scope else set())
        assert not kept.spare  # retain is all that is not forgotten
        assert kept.facts == ()  # nobody, and no event, has two
        kinds = {one.category for one in items(loaded, kept.people)}
        assert kinds == {"person", "event"}
        outside.add(kept.outside)
    assert len(outside) == 1


# -- whatever the set ---------------------------------------------------------------------------------

_ROWS = st.builds(
    lambda who, attribute, wording, keyword, event: row(
        who, attribute, wording, keyword, **({"event": event, "category": "event"} if event else {})
    ),
    st.sampled_from("abcde"),
    st.sampled_from(["town", "job", "car", "pet", ""]),
    st.integers(0, 5),
    st.sampled_from(["", "", "Oslo", "Lima"]),
    st.sampled_from(["", "", "", "zoo", "fair"]),
)


def _sets(draw: st.DataObject) -> Questions:
    every = draw.draw(st.lists(_ROWS, min_size=1, max_size=30))
    every = [replace(one, id=f"{number}") for number, one in enumerate(every)]
    some = st.lists(st.sampled_from(every), max_size=8)
    parts = {name: draw.draw(some) for name in ("retain", "test", "forget2")}
    forget = draw.draw(st.lists(st.sampled_from(every), min_size=1, max_size=6))
    finetune = draw.draw(st.lists(st.sampled_from(every), max_size=30))
    return data(finetune, forget1=forget, **parts)


@settings(max_examples=300, deadline=None)
@given(draw=st.data(), outside=st.integers(0, 3), both=st.booleans())
def test_nothing_that_must_not_be_is_gone_over(draw: st.DataObject, outside: int, both: bool) -> None:
    found = _sets(draw)
    split = "forget1,forget2" if both and found.splits["forget2"] else "forget1"
    for task in tasks(Run(recipe="x", forget=Forget(split=split, outside=outside))):
        kept = task.kept(found)
        gone = facts(found, found.splits[task.forget])
        whole = {who for who, attribute, _ in gone if not attribute}
        trained = items(found, kept.rehearsed)
        taught = set(found.splits["finetune"]) or set(found.splits["retain"])
        assert {one.id for one in trained} <= taught | set(found.splits["retain"])
        assert not {one.id for one in trained} & {*found.splits[task.forget], *found.splits["test"]}
        assert not {one.fact for one in trained} & gone
        assert not {one.fact[0] for one in trained} & whole
        # What is held out: in no wording, of nobody who is outside, and not shown.
        assert not {one.fact for one in trained} & facts(found, (*kept.facts, *kept.people))
        assert not {side for one in trained for side in (one.person, one.event)} & set(kept.outside)
        for one in trained:
            if not one.fact[1]:
                values = {value for who, _, value in facts(found, kept.facts) if who == one.person}
                assert not [value for value in values if value in one.answer.lower()]
        # Of one fact that only retain asks for, a rehearsed row about another may give the value away.
        for who, _, value in facts(found, kept.same) - {one.fact for one in trained}:
            assert any(one.fact[0] == who and value in one.answer.lower() for one in trained)
        partly = {who for who, _, _ in gone} - whole
        assert {one.target for one in items(found, kept.people)} <= set(kept.outside) | partly
        ids = [id for part in PARTS for id in getattr(kept, part)]
        assert len(ids) == len(set(ids))
        assert set(kept.kept) <= set(ids)


@settings(max_examples=100, deadline=None)
@given(draw=st.data())
def test_the_order_of_rows_decides_nothing_but_theirs(draw: st.DataObject) -> None:
    found = _sets(draw)
    mixed = {name: tuple(draw.draw(st.permutations(ids))) for name, ids in found.splits.items()}
    one, other = Task().kept(found), Task().kept(Questions(found.items, mixed))
    for part in (*PARTS, "outside"):
        assert set(getattr(one, part)) == set(getattr(other, part))


def test_the_digest_tells_divisions_apart() -> None:
    found = published()

    def digest(outside: int = 1, withheld: tuple[str, ...] = ()) -> str:
        return divide(
            found, retain="retain", unseen=["forget4"], forgets=["forget4"], every=[], outside=outside,
            withheld=withheld,
        ).digest  # fmt: skip

    first = divide(
        found, retain="retain", unseen=["forget4"], forgets=["forget4"], every=[], outside=1
    ).rehearsed[0]
    assert digest() == digest()
    assert len({digest(), digest(outside=2), digest(withheld=(first,))}) == 3
    kept = told(Forget(split="forget4"), published())["forget4"]
    for part in (*PARTS, "outside"):
        assert replace(kept, **{part: ()}).digest != kept.digest, part
    [one] = {told(Forget(split="forget4"), published())["forget4"].digest}
    assert one == digest()
