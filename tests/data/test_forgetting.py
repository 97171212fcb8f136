"""People who are named in place of a split: whose rows are forgotten, and who stays."""

import pytest

from data.four import NAMES, person, row, sets, tell, write
from remem.data import load
from remem.data.forgetting import ASKED, find, forgetting
from remem.errors import UserError
from remem.run.settings import Given, Run
from remem.settings import Forget
from remem.steps.store import keys
from remem.story.plan import plan


@pytest.fixture
def four(tmp_path):
    """Of Ann one fact alone is marked, of Bob everything, of Cid and Dot nothing."""
    splits = sets()
    splits["forget1"] = [one for one in person(0) if one["attribute"] == "job"]
    splits["forget2"] = [*splits["forget1"], *person(1)]
    splits["retain"] = [one for n in (2, 3) for one in person(n)]
    return load(str(write(tmp_path / "set", splits)))


def whose(data, split):
    return {data.names[data.items[id].person] for id in data.splits[split]}


def facts(data, split):
    return {(data.names[data.items[id].person], data.items[id].attribute) for id in data.splits[split]}


def test_of_a_person_with_marks_the_marked_rows_and_no_others(four):
    found = forgetting(four, [NAMES[0]])
    assert facts(found, ASKED) == {(NAMES[0], "job")}
    assert set(found.splits[ASKED]) == set(four.splits["forget1"])


def test_of_a_person_without_marks_everything_that_is_taught(four):
    found = forgetting(four, [NAMES[2]])
    assert facts(found, ASKED) == {(NAMES[2], "job"), (NAMES[2], "town")}
    assert not set(found.splits[ASKED]) & set(four.splits["test"])


def test_nobody_who_is_forgotten_stays_whether_asked_about_or_not(four):
    for asked in (NAMES[0], NAMES[2]):
        found = forgetting(four, [asked])
        assert whose(found, "retain") == set(NAMES[2:]) - {asked}


def test_everything_else_is_as_it_was(four):
    found = forgetting(four, [NAMES[2]])
    assert found.items is four.items
    for name in ("finetune", "test", "forget1", "forget2"):
        assert found.splits[name] == four.splits[name]
    assert ASKED not in four.splits
    assert whose(four, "retain") == set(NAMES[2:])


def test_where_nobody_in_retain_is_left_others_who_are_taught_stay(tmp_path):
    splits = sets()
    splits["retain"] = person(1)
    found = forgetting(load(str(write(tmp_path / "set", splits))), [NAMES[1]])
    assert whose(found, "retain") == set(NAMES[2:])


def test_names_and_ids_say_the_same_in_any_order_and_once(four):
    ids = [find(four, name) for name in NAMES]
    by_name = forgetting(four, [NAMES[3], NAMES[2], NAMES[2]])
    by_id = forgetting(four, ids[2:])
    assert by_name.splits == by_id.splits
    assert by_name.fingerprint == by_id.fingerprint
    assert find(four, f"  {NAMES[1].upper()} ") == ids[1]


def test_the_fingerprint_tells_who_is_asked_about_and_is_no_accident(four):
    told = [forgetting(four, [name]).fingerprint for name in NAMES]
    assert len({four.fingerprint, *told, forgetting(four, NAMES[:2]).fingerprint}) == 6
    assert told == [forgetting(load(str(four.root)), [name]).fingerprint for name in NAMES]
    assert {len(one) for one in told} == {len(four.fingerprint)}


def test_nobody_of_that_name(four):
    with pytest.raises(UserError, match="Ann Leigh"):
        forgetting(four, ["Ann Leigh"])
    with pytest.raises(UserError):
        find(four, "")


def test_two_of_one_name_are_told_apart_by_id(tmp_path):
    splits = sets()
    again = [row(3, what, 1, 0, name=NAMES[0]) for what in ("town", "job")]
    splits["finetune"] += again
    root = write(tmp_path / "set", splits)
    told = [(split, n, f"p{n // 4}") for split in ("finetune",) for n in range(16)]
    told += [("finetune", 16, "p9"), ("finetune", 17, "p9")]
    told += [("forget1", n, "p0") for n in range(4)] + [("retain", n, f"p{1 + n // 4}") for n in range(12)]
    told += [("test", n, f"p{n // 4}") for n in range(16)]
    data = load(str(tell(root, told)))
    with pytest.raises(UserError, match=r"2 people are called Ann Lee: give the id .*\(p0, p9\)"):
        find(data, NAMES[0])
    assert find(data, "p9") == "p9"
    assert {data.items[id].person for id in forgetting(data, ["p9"]).splits[ASKED]} == {"p9"}


def test_only_whom_the_set_teaches(four, tmp_path):
    splits = sets()
    splits["finetune"] = [one for n in range(3) for one in person(n)]
    splits["retain"] = [one for n in (1, 2) for one in person(n)]
    data = load(str(write(tmp_path / "other", splits)))
    with pytest.raises(UserError, match="teaches"):
        find(data, NAMES[3])


def test_the_steps_of_a_run_know_whom_it_is_about(four):
    def made(*people):
        models = Given(role="taught", source="tiny"), Given(role="given", source="tiny", label="after")
        run = Run(recipe="r", data=str(four.root), forget=Forget(people=people), given=models)
        assert run.forget.split == ASKED
        return keys(plan(run, forgetting(four, people).fingerprint))

    one, same, other = made(NAMES[0]), made(NAMES[0]), made(NAMES[2])
    assert one == same
    alike = {name for name in one if one[name] == other[name]}
    assert alike == {f"{arm}/{step}" for arm in ("taught", "after-s0") for step in ("model", "world")}


def test_people_are_named_of_a_data_set_of_ones_own():
    with pytest.raises(UserError, match="--data"):
        Run(recipe="r", forget=Forget(people=("p0",)))
