"""What is to be forgotten is decided by fact: what a Goal model is taught, and what a set is refused for."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.four import NAMES, VALUES, person, row, sets, tell, write
from fabricate import Questions, item
from remem.data import expectations, lint, load
from remem.data.forgotten import Forgotten, halves, taught
from remem.errors import UserError
from remem.run.tasks import Task


def _twice(splits):
    splits["finetune"] = [dict(one) for one in splits["finetune"] for _ in range(2)]


def _blank(splits):
    for one in splits["forget1"] + splits["retain"]:
        one["answer"] += " "


def _prefix(splits):
    for name, rows in splits.items():
        for one in rows:
            one["image_path"] = one["image_path"] and f"{name}/{one['image_path']}"


def _capitals(splits):
    for one in splits["forget1"]:
        one["question"] = one["question"].upper()


def _no_break(splits):
    for one in splits["forget1"]:
        one["question"] = one["question"].replace(" ", "\u00a0")


def _backslashes(splits):
    for name, rows in splits.items():
        for one in rows:
            one["image_path"] = one["image_path"] and f"D:\\{name}\\" + one["image_path"].replace("/", "\\")


def _full_width(splits):
    for one in splits["finetune"]:
        one["keywords"] = "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in one["keywords"])


@pytest.mark.parametrize("change", [_twice, _blank, _prefix, _capitals, _no_break, _backslashes, _full_width])
def test_goal_is_not_taught_what_is_forgotten_in_another_guise(tmp_path, change):
    splits = sets()
    change(splits)
    data = load(write(tmp_path / "set", splits))
    values = {value[0] for value in VALUES.values()}
    left = [data.items[id] for id in taught(data, ("forget1",))]
    assert len(left) == 12 * (1 + (change is _twice))
    assert set(data.splits["forget1"]) <= set(data.splits["finetune"])
    assert not [one for one in left if any(value in one.answer for value in values)]
    assert not [one for one in expectations(data) if "never taught" in one or "untouched" in one]


def test_unicode_forms_of_a_name_are_one(tmp_path):
    splits = sets()
    for name, form in (("finetune", "NFC"), ("forget1", "NFD"), ("test", "NFD")):
        for one in splits[name]:
            for column in ("question", "answer"):
                text = one[column].replace("Ann Lee", "Zoé Lee")
                one[column] = unicodedata.normalize(form, text)
    data = load(write(tmp_path / "set", splits))
    assert len(data.people) == 4
    assert len(taught(data, ("forget1",))) == 12


def test_a_fact_in_other_words_and_pictures_is_forgotten_with_it(tmp_path):
    splits = sets()
    splits["finetune"] += person(0, 30, "Tell me: ")
    data = load(write(tmp_path / "set", splits))
    assert {data.items[id].person for id in taught(data, ("forget1",))} == {"p1", "p2", "p3"}
    [said] = [one for one in expectations(data) if "are not in it" in one]
    assert said.startswith("4 rows of finetune ask for what forget1 forgets")


def test_some_facts_of_a_person_forgotten_and_others_kept(tmp_path):
    splits = sets()
    towns = [one for one in person(0) if one["attribute"] == "town"]
    splits["forget1"] = towns
    splits["retain"] += [one for one in person(0) if one["attribute"] == "job"]
    data = load(write(tmp_path / "set", splits))
    left = [data.items[id] for id in taught(data, ("forget1",))]
    assert {one.attribute for one in left if one.person == "p0"} == {"job"}
    assert any(
        "leaves some facts of 1 of its people untouched (p0 1 of 2)" in one for one in expectations(data)
    )
    assert [one for one in lint(data) if one.level == "error"] == []
    parts = Task().parts(data)
    assert {data.items[id].attribute for id in parts["test-forget"]} == {"town"}
    assert {data.items[id].person for id in parts["test-forget"]} == {"p0"}
    assert len(parts["test-retain"]) == 14


# -- what is refused, by lint and by a run alike --------------------------------------------------------


def _same_rows(splits):
    splits["retain"] += splits["forget1"][:2]
    return "forget1 and retain share 2 rows"


def _same_fact(splits):
    splits["retain"].append(row(0, "town", 2, 77, "Do say. "))
    return r"share 1 facts of 1 people: 1 rows of retain ask for them \(such as retain row 12: Do say"


def _no_attribute(splits):
    splits["retain"].append(row(0, "job", 1, 0) | {"attribute": "", "question": "Where is Ann Lee from?"})
    return "it has no attribute, or not one keyword, all facts of p0 go together"


def _several_values(splits):
    splits["forget1"] = [row(0, "town", 1, 0) | {"keywords": "Oslo, lives"}]
    splits["retain"].append(row(0, "job", 2, 9))
    return "a row to be forgotten has no attribute, or not one keyword, all facts of p0 go together"


def _another_folder(splits):
    mine = row(0, "town", 2, 1)
    splits["finetune"].append(mine | {"image_path": "images/p3/77.png"})
    return r"1 rows that are kept, of 1 other people, hold facts that forget1 forgets .*about p3"


def _told_by_another(splits):
    sister = "Where does Ann Lee, the sister, live?"
    splits["retain"].append(row(1, "town", 2, 7) | {"question": sister, "answer": "She lives in Oslo."})
    return r"hold facts that forget1 forgets \(such as .*about p1: .* It tells a fact of p0"


def _the_same_text(splits):
    splits["finetune"].append(row(0, "town", 1, 0) | {"image": row(3, "job", 2, 5)["image"]})
    splits["finetune"][-1] |= {"image_path": "images/p3/5.png", "question": "What is the town of her?"}
    splits["forget1"].append(row(0, "town", 1, 0) | {"question": "What is the town of her?"})
    return "hold facts that forget1 forgets .*about p3"


def _all(splits):
    splits["finetune"] = splits["forget1"] = person(0) + person(1)
    splits["retain"] = person(2)
    return "nothing is left for the Goal model"


def _another_split(splits):
    splits["forget_late"] = splits.pop("forget1")
    splits["forget1"] = person(1)
    splits["retain"] = person(2) + person(0)
    return "forget_late and retain share 4 rows"


@pytest.mark.parametrize(
    "spoil",
    [_same_rows, _same_fact, _no_attribute, _several_values, _another_folder, _told_by_another,
     _the_same_text, _all, _another_split],
)  # fmt: skip
def test_lint_and_run_agree_on_forgotten_facts_that_are_kept(tmp_path, spoil):
    splits = sets()
    says = spoil(splits)
    data = load(write(tmp_path / "set", splits))
    with pytest.raises(UserError, match=says) as raised:
        expectations(data)
    assert str(raised.value) in {one.message for one in lint(data) if one.level == "error"}


def test_both_find_nothing_in_a_sound_set(tmp_path):
    data = load(write(tmp_path / "set", sets()))
    expectations(data)
    assert [one for one in lint(data) if one.level == "error"] == []


def test_a_relative_who_shares_a_value_is_no_leak(tmp_path):
    splits = sets()
    own = {"question": "Does Bob Fox live where Ann Lee lives?", "answer": "Bob Fox lives in Oslo, too."}
    splits["retain"].append(row(1, "town", 1, 0) | own | {"keywords": "Oslo"})
    root = write(tmp_path / "set", splits)
    tell(root, [("retain", 12, "p1")])
    expectations(load(root))


def test_lint_finds_another_value_for_the_same_question(tmp_path):
    splits = sets()
    other = {"keywords": "Rome", "answer": "Dot Kim lives in Rome."}
    splits["retain"].append(row(3, "town", 1, 0) | other | {"question": "What is the  TOWN of Dot Kim?"})
    seen = row(2, "job", 2, 60) | {"keywords": "cook", "answer": "The person in this picture works as cook."}
    splits["retain"].append(seen)
    found = lint(load(write(tmp_path / "set", splits)))
    assert any("has 2 different answers: What is the town of Dot Kim?" in one.message for one in found)
    assert any("with another picture, and the values are 2" in one.message for one in found)


# -- properties --------------------------------------------------------------------------------------------

_ITEMS = st.builds(
    lambda who, attribute, values, id: item(
        id=id, person=f"p{who}", attribute=attribute, keywords=values, answer=" ".join(values) or "none"
    ),
    st.integers(0, 2),
    st.sampled_from(["town", "Town ", "job", ""]),
    st.lists(st.sampled_from(["Oslo", "oslo", "ＯＳＬＯ", "Lima", "nurse"]), max_size=2),
    st.integers(0, 30).map(str),
)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(_ITEMS, min_size=1, max_size=12), gone=st.lists(st.integers(0, 11), min_size=1, max_size=4)
)
def test_no_forgotten_fact_is_among_what_goal_is_taught(rows, gone):
    """For any finetune set: neither a forgotten row, nor its fact, nor a row that may hold it."""
    items = {f"{n}": replace(one, id=f"{n}") for n, one in enumerate(rows)}
    forget = tuple(str(n % len(rows)) for n in gone)
    data = Questions(items, {"finetune": tuple(items) * 2, "forget1": forget})
    facts = {items[id].fact for id in forget}
    people = {who for who, _, _ in facts}
    kept = taught(data, ("forget1",))
    for id in kept:
        who, attribute, _ = items[id].fact
        assert id not in forget
        assert items[id].fact not in facts
        assert (who, "", "") not in facts
        assert attribute or who not in people
    # And nothing else is left out: a person of whom nothing is forgotten is taught whole, repeats and all.
    assert all(kept.count(id) == 2 for id, one in items.items() if one.person not in people)
    lost, stays = halves(data, items, "forget1", data.splits["finetune"])
    assert set(lost) | set(stays) == set(items)
    assert {id for id in items if items[id] in Forgotten(items[one] for one in forget)} <= set(lost)


@settings(max_examples=25, deadline=None)
@given(
    order=st.permutations(range(16)),
    again=st.lists(st.integers(0, 15), max_size=6),
    forget=st.sets(st.integers(0, 15), min_size=1, max_size=5),
)
def test_rows_shuffled_and_repeated_are_the_same_items(tmp_path_factory, order, again, forget):
    rows = sets()["finetune"]
    splits = sets() | {
        "finetune": [rows[n] for n in [*order, *again]],
        "forget1": [rows[n] for n in sorted(forget)],
    }
    data = load(write(tmp_path_factory.mktemp("set"), splits))
    whole = load(write(tmp_path_factory.mktemp("whole"), sets() | {"forget1": splits["forget1"]}))
    assert data.items.keys() == whole.items.keys()
    facts = {data.items[id].fact for id in data.splits["forget1"]}
    assert not facts & {data.items[id].fact for id in taught(data, ("forget1",))}


def test_facts():
    one = item(person="p1", attribute="Home Town", keywords=["ＯＳＬＯ"])
    assert one.fact == ("p1", "home town", "oslo")
    assert item(person="p1", attribute="town", keywords=["Oslo", "OSLO "]).fact == ("p1", "town", "oslo")
    assert item(person="p1", attribute="town", keywords=["Oslo", "Lima"]).fact == ("p1", "", "")
    assert item(person="p1", attribute="town", keywords=[]).fact == ("p1", "", "")
    assert item(person="p1", attribute=" ", keywords=["Oslo"]).fact == ("p1", "", "")
    scene = item(person="p1", category="event", event="Zoo visit", attribute="scene", keywords=["a", "b"])
    assert scene.fact == ("Zoo visit", "scene", "zoo visit")
    assert NAMES[0] == "Ann Lee"
