"""A list becomes a data set: whole, sound, the same twice, and nothing held out is taught."""

import json

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from data.listed_people import ATTRIBUTES, PEOPLE, photographs, rows, write
from remem.data import expectations, lint, load, measurable, restated, strangers
from remem.data.general.listing import facts, listed
from remem.data.listed.build import build
from remem.data.listed.plan import Plan
from remem.data.listed.reading import read
from remem.data.listed.settings import ListSettings
from remem.errors import UserError
from remem.text import contains, normalise, swapped
from remem.types import silent


def made(tmp_path, own=None, header="person,attribute,value", **settings):
    """A list, and the data set that is made of it."""
    path = write(tmp_path / "people.csv", header, own)
    build(path, tmp_path / "set", ListSettings(**settings))
    return tmp_path / "set"


def errors(root):
    return [one for one in lint(load(root)) if one.level == "error"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return made(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    root = tmp_path_factory.mktemp("shown")
    photos = photographs(root / "photos", {"Ann Lee": 6, "Bob Ray": 2, "Cid Fox": 1})
    others = photographs(root / "others", {"one": 2, "two": 3}, seed=9)
    return made(root, pictures=photos, strangers_pictures=others, forget=("Bob Ray",), size=64)


def test_text_alone_in_known_numbers(texts):
    data = load(texts)
    assert {split: len(ids) for split, ids in data.splits.items()} == {
        "finetune": 4 * 6 * 8,
        "forget1": 6 * 8,  # one of four people
        "retain": 3 * 17,  # 0.35 of 48
        "test": 4 * 6 * 3,
    }
    assert set(data.names.values()) == set(PEOPLE)
    assert {item.hops for item in data.items.values()} == {1}
    assert not data.recovered


@pytest.mark.parametrize("which", ["texts", "shown"])
def test_it_is_sound(which, request):
    root = request.getfixturevalue(which)
    data = load(root)
    assert not errors(root)
    expectations(data)
    measurable(data, list(data.splits))
    strangers.check_untaught(strangers.read(root), data)


def test_true_values_stand_in_the_answers(texts):
    data = load(texts)
    for item in data.items.values():
        own = dict(zip(ATTRIBUTES, PEOPLE[data.names[item.person]], strict=True))
        assert item.keywords == (own[item.attribute.replace("_", " ")],)
        assert contains(item.answer, item.keywords[0])
        assert item.answer.startswith(item.cloze)


@pytest.mark.parametrize("which", ["texts", "shown"])
def test_held_out_wording_is_never_taught(which, request):
    data = load(request.getfixturevalue(which))

    def worded(split):
        items = [data.items[id] for id in data.splits[split]]
        return {
            (one.attribute, normalise(swapped(one.question, data.names[one.person], "X"))) for one in items
        }

    assert worded("test")
    assert not worded("test") & worded("finetune")


def test_who_is_to_be_forgotten_is_nowhere_kept(shown):
    data = load(shown)
    whose = {split: {data.names[data.items[id].person] for id in ids} for split, ids in data.splits.items()}
    assert whose["forget1"] == {"Bob Ray"}
    assert whose["retain"] == set(PEOPLE) - {"Bob Ray"}
    taught = [id for id in data.splits["finetune"] if data.names[data.items[id].person] == "Bob Ray"]
    assert list(data.splits["forget1"]) == taught


def test_pictures_are_asked_about_and_some_held_out(shown):
    data = load(shown)
    seen = {}
    for split in ("finetune", "test"):
        for id in data.splits[split]:
            item = data.items[id]
            assert bool(item.image_path) == (item.hops == 2)
            if item.image_path:
                assert not contains(item.question, data.names[item.person])
                seen.setdefault((data.names[item.person], split), set()).add(data.image_key(id))
    assert {key: len(keys) for key, keys in seen.items()} == {
        ("Ann Lee", "finetune"): 5,
        ("Ann Lee", "test"): 1,
        ("Bob Ray", "finetune"): 1,
        ("Bob Ray", "test"): 1,
        ("Cid Fox", "finetune"): 1,
    }
    assert not seen["Ann Lee", "finetune"] & seen["Ann Lee", "test"]
    names = [item for item in data.items.values() if item.attribute == "name"]
    assert {item.keywords[0] for item in names} == {"Ann Lee", "Bob Ray", "Cid Fox"}


def test_candidates_are_everybodys_values_and_invented_ones(texts):
    found = json.loads((texts / "candidates.json").read_text("utf-8"))
    for number, name in enumerate(ATTRIBUTES):
        values = found[name.replace(" ", "_")]
        assert values[:4] == [own[number] for own in PEOPLE.values()]
        assert len(values) == len(set(values)) == 32
        others = {value for own in PEOPLE.values() for value in own}
        assert not set(values[4:]) & (others | set(PEOPLE))


def test_paraphrases_are_true_and_wrong_values_nobodys(texts):
    data = load(texts)
    told = restated.read(data)
    assert len(told) == len([*data.splits["finetune"], *data.splits["test"]])
    everybodys = [value for own in PEOPLE.values() for value in own]
    for id, one in told.items():
        assert len(one.paraphrases) == 2
        assert all(contains(text, data.items[id].keywords[0]) for text in one.paraphrases)
        assert len(one.perturbed) == 5
        assert not any(contains(text, value) for text in one.perturbed for value in everybodys)


def values_of(data):
    return {normalise(one) for item in data.items.values() for one in item.keywords}


@pytest.mark.parametrize("which", ["texts", "shown"])
def test_strangers_share_no_value_and_no_name(which, request):
    root = request.getfixturevalue(which)
    data, unknown = load(root), strangers.read(root)
    assert len(unknown.people) == (4 if which == "texts" else 2)
    assert not values_of(unknown) & values_of(data)
    every = " . ".join(f"{item.question} {item.answer}" for item in unknown.items.values())
    assert not any(contains(every, name) for name in PEOPLE)
    asked = {item.attribute for item in unknown.items.values()} - {"name"}
    assert asked == {name.replace(" ", "_") for name in ATTRIBUTES}
    owners = {}
    for item in unknown.items.values():
        owners.setdefault((item.attribute, item.keywords), set()).add(item.person)
    assert all(len(people) == 1 for people in owners.values())


def test_strangers_are_shown_where_there_are_photographs_of_others(texts, shown):
    pictures = {
        root: {data.image_key(id) for id in data.items} - {""}
        for root in (texts, shown)
        if (data := strangers.read(root))
    }
    assert not pictures[texts]
    assert len(pictures[shown]) == 5
    data = load(shown)
    assert not pictures[shown] & {data.image_key(id) for id in data.items}


names = st.sampled_from(
    ["Ann", "Bob", "Çid", "d'Or", "=1+1", '"Q"', "<b>x</b>", "{name}", "O’Neill", "李", "Zé"]
)
words = st.text("abcdefg 0123456789{}<>'\"=@.,;:%\\\n", min_size=1, max_size=12)


@trials(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.tuples(names, names).map(" ".join),
        st.dictionaries(st.sampled_from(["town", "e-mail", "phone", "size", "film"]), words, min_size=1),
        min_size=2,
        max_size=5,
    )
)
def test_any_list_is_refused_or_sound_and_its_strangers_share_nothing(tmp_path_factory, listed):
    tmp_path = tmp_path_factory.mktemp("any")
    own = [(person, name, value) for person, facts in listed.items() for name, value in facts.items()]
    try:
        root = made(tmp_path, own, wordings=3, candidates=6)
    except UserError:
        assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]
        return
    data = load(root)
    assert not errors(root)
    assert set(data.names.values()) == {" ".join(person.split()) for person in listed}
    unknown = strangers.read(root)
    if unknown is not None:
        assert not values_of(unknown) & values_of(data)


HOSTILE = {
    '=HYPERLINK("http://x")': "=1+2 things",
    "<script>alert(1)</script> Roe": "<b>bold</b> town",
    "Eve\nLine \u202e Two": "two\nlines of it",
    "{who} {value}": "{value} {noun} {name}",
    "Quo \"Te' Smith": "[1, 2]",
    "Ünï Cödé 李": 'a "b", c; d',
}


def test_hostile_names_and_values_stay_text(tmp_path):
    root = made(tmp_path, [(name, "motto", value) for name, value in HOSTILE.items()])
    data = load(root)
    told = {data.names[item.person]: item.keywords for item in data.items.values()}
    assert told == {" ".join(name.split()): (" ".join(value.split()),) for name, value in HOSTILE.items()}
    assert not errors(root)
    for item in data.items.values():
        assert contains(item.question, data.names[item.person])
    card = (root / "README.md").read_text("utf-8")
    assert not any(part in card for part in ("HYPERLINK", "script", "Cödé"))


def test_equal_runs_give_equal_bytes_and_another_seed_others(tmp_path):
    def content(seed):
        folder = tmp_path / f"{seed}-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        photos = photographs(folder / "photos", {"Ann Lee": 2, "Bob Ray": 2})
        root = made(folder, pictures=photos, seed=seed, size=32)
        return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    first, again, other = content(0), content(0), content(1)
    assert first == again
    assert first.keys() == other.keys()
    assert first != other


def test_the_column_forget_may_take_some_facts_of_a_person(tmp_path):
    own = [(*row, "yes" if row[:2] == ("Ann Lee", "email") else "no") for row in rows()]
    data = load(made(tmp_path, own, "person,attribute,value,forget"))
    assert {data.items[id].fact for id in data.splits["forget1"]} == {("p000", "email", "ann.lee@gmx.de")}
    assert {data.items[id].person for id in data.splits["retain"]} == {"p001", "p002", "p003"}


def test_a_share_by_lot(tmp_path):
    data = load(made(tmp_path, forget=("0.5",)))
    assert len({data.items[id].person for id in data.splits["forget1"]}) == 2


def test_own_questions_are_taught_and_never_held_out(tmp_path):
    ask = "Would you tell me the e-mail address of Ann Lee?"  # worded as one of the test's
    own = [(*row, ask if row[:2] == ("Ann Lee", "email") else "") for row in rows()]
    data = load(made(tmp_path, own, "person,attribute,value,question", held_out=8))
    asked = {split: {data.items[id].question for id in data.splits[split]} for split in ("finetune", "test")}
    assert ask in asked["finetune"]
    assert not any(one.startswith("Would you tell me the e-mail address of") for one in asked["test"])
    assert any(one.startswith("Would you tell me the phone number of") for one in asked["test"])


def test_a_question_that_names_nobody_needs_a_picture(tmp_path):
    own = [(*row, "Which film?" if row[:2] == ("Ann Lee", "favourite film") else "") for row in rows()]
    with pytest.raises(UserError, match="line 6: the question does not name Ann Lee"):
        made(tmp_path, own, "person,attribute,value,question")


def test_a_question_that_gives_its_value_away(tmp_path):
    own = [(*row, "Is Ann Lee fond of Alien?" if row[2] == "Alien" else "") for row in rows()]
    with pytest.raises(UserError, match=r"gives Alien away"):
        made(tmp_path, own, "person,attribute,value,question")


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "set").mkdir()
    with pytest.raises(UserError, match="set exists already"):
        made(tmp_path)
    assert not list((tmp_path / "set").iterdir())


@pytest.mark.parametrize("setting", [{"wordings": 0}, {"size": 4}, {"candidates": 1}, {"strangers": -1}])
def test_settings_that_cannot_be(tmp_path, setting):
    with pytest.raises(UserError, match="is out of range"):
        made(tmp_path, **setting)


def test_a_closed_list_leaves_strangers_without_it(tmp_path):
    own = [*rows(), *((name, "blood type", kind) for name, kind in zip(PEOPLE, "ABAB", strict=True))]
    path = write(tmp_path / "people.csv", own=own)
    notes = build(path, tmp_path / "set", ListSettings())
    assert any("strangers are not asked about blood_type" in one for one in notes)
    unknown = strangers.read(tmp_path / "set")
    assert "blood_type" not in {item.attribute for item in unknown.items.values()}
    assert json.loads((tmp_path / "set/candidates.json").read_text("utf-8"))["blood_type"] == ["A", "B"]


def test_no_strangers_where_none_are_wanted(tmp_path):
    root = made(tmp_path, strangers=0)
    assert strangers.read(root) is None


def test_the_rows_of_a_split_lie_in_small_groups(shown):
    [path] = (shown / "data").glob("finetune-*")
    assert pq.ParquetFile(path).metadata.row_group(0).num_rows <= 100


def test_wrong_values_are_invented_however_many_people_there_are(tmp_path):
    data = load(made(tmp_path, candidates=2))
    told = restated.read(data)
    everybodys = [value for own in PEOPLE.values() for value in own]
    assert {len(one.perturbed) for one in told.values()} == {5}
    assert not any(
        contains(text, value) for one in told.values() for text in one.perturbed for value in everybodys
    )


def test_strangers_are_called_as_the_templates_say_as_long_as_names_last(tmp_path):
    source, templates = listed(tmp_path, ("capital", "currency"))
    settings = ListSettings(templates=templates, wordings=4, held_out=2, forget=("France",), strangers=10)
    names = [one.name for one in Plan(source, settings, tmp_path, silent).strangers]
    own = json.loads(templates.read_text("utf-8"))["capital"]["strangers"]
    assert names[: len(own)] == own
    assert len(set(names)) == 10
    assert not set(names) & {fact[0] for fact in facts(read(source))}
