from collections import Counter

import pytest

from attacks.knowing import Knowing, hits, run, scene
from fabricate import Questions, item
from remem.attacks import make
from remem.attacks.guard import gives_away
from remem.attacks.scene import Scene
from remem.attacks.wording import ALIASES, Wordings, common
from remem.errors import UserError
from remem.text import contains, normalise


def bare(data, one, text):
    """A text without the name of whom it is about."""
    name = (
        data.names.get(one.person)
        or {"p0": "Ann Lee", "p1": "Bob Fox", "p2": "Cid Ray", "p3": "Dot Kim"}[one.person]
    )
    return normalise(text).replace(normalise(name), "*")


@pytest.mark.parametrize("name", ["four", "built"])
def test_no_paraphrase_was_ever_taught_of_anybody(name, request):
    data = request.getfixturevalue(name)
    where = scene(data, None)
    taught = {bare(data, one, one.question) for one in map(data.items.get, data.splits["finetune"])}
    words = Wordings(data, where.again, 0)
    for one in where.secrets:
        texts = words.paraphrases(one)
        assert len(texts) >= 3
        assert len({normalise(text) for text in texts}) == len(texts)
        for text in texts:
            assert bare(data, one, text) not in taught
            assert not gives_away(text, one)
            assert "{" not in text
            if one.hops == 1:
                assert contains(text, data.names.get(one.person) or "Ann Lee")
        assert texts == Wordings(data, where.again, 0).paraphrases(one)


def test_a_held_out_wording_that_was_taught_of_another_is_left_out(built):
    where = scene(built, None)
    mine = next(one for one in where.secrets if one.hops == 1)
    text = Wordings(built, where.again, 0).paraphrases(mine)[0]
    other = next(one for one in where.others if one.hops == 1)
    name, theirs = (built.names[one.person] for one in (mine, other))
    heard = text.replace(name, theirs)

    class More:
        """The data set, in which somebody else was taught in these words."""

        def __getattr__(self, what):
            return getattr(built, what)

    more = More()
    more.items = built.items | {"new": type(other)(**fields(other) | {"id": "new", "question": heard})}
    more.splits = built.splits | {"finetune": (*built.splits["finetune"], "new")}
    assert text not in Wordings(more, where.again, 0).paraphrases(mine)


def fields(one):
    return {name: getattr(one, name) for name in type(one).__dataclass_fields__}


def test_held_out_rows_about_the_same_fact_give_their_words(four):
    where = scene(four, None)
    for one in where.secrets:
        texts = Wordings(four, where.again, 0).paraphrases(one)
        assert texts[0] == f"Say: {one.question}"
        assert Wordings(four, (), 0).paraphrases(one)[0] != texts[0]


def test_the_seed_decides_which_words_come_first(built):
    where = scene(built, None)
    first = [[Wordings(built, (), seed).paraphrases(one)[0] for one in where.secrets] for seed in (0, 1)]
    assert first[0] != first[1]


def test_aliases_as_written_by_hand(built):
    """Ximena Zamora is a woman and Anton Gorski a man; nobody shares a name with them."""
    where = scene(built, None)
    words = Wordings(built, where.again, 0)
    for person, expected in {
        "p000": ("Ximena", "Ms Zamora", "X. Zamora", "the person called Ximena Zamora"),
        "p001": ("Anton", "Mr Gorski", "A. Gorski", "the person called Anton Gorski"),
    }.items():
        named = next(one for one in where.secrets if one.person == person and one.hops == 1)
        shown = next(one for one in where.secrets if one.person == person and one.hops == 2)
        assert words.aliases(named) == dict(zip(ALIASES, expected, strict=True))
        assert words.aliases(shown) == {}
        assert words.chains(shown) == {}


class Told(Questions):
    """Two people with one last name, of whom one is known by two facts."""

    def __init__(self, names, **items):
        super().__init__(items, {"finetune": tuple(items)})
        self.names, self.looks = names, {}


def test_an_alias_that_fits_another_person_is_left_out():
    one = item(id="a", person="p0", question="What is Ann Lee's e-mail?")
    two = item(id="b", person="p1", question="What is Bob Lee's e-mail?")
    data = Told({"p0": "Ann Lee", "p1": "Bob Lee"}, a=one, b=two)
    assert list(Wordings(data, (), 0).aliases(one)) == ["first name", "initials", "called"]
    data.names["p1"] = "Al Lee"
    assert list(Wordings(data, (), 0).aliases(one)) == ["first name", "called"]


def test_names_that_nobody_tells_are_read_from_the_questions(four):
    words = Wordings(four, (), 0)
    assert {words.name(one) for one in scene(four, None).secrets} == {"Ann Lee", ""}


def test_a_chain_stands_on_a_fact_that_is_another_s_and_of_nobody_else(built):
    where = scene(built, None)
    words = Wordings(built, where.again, 0)
    values = Counter((one.attribute, one.person) for one in built.items.values())
    assert values
    for one in (one for one in where.secrets if one.hops == 1):
        chains = words.chains(one)
        assert len(chains) >= 3
        for attribute, who in chains.items():
            held = {
                other.person
                for other in built.items.values()
                if other.attribute == attribute and contains(who, other.keywords[0])
            }
            assert attribute not in (one.attribute, "name")
            assert held == {one.person}
            text = words.renamed(one, one.question, who)
            assert not contains(text, built.names[one.person])
            assert not gives_away(text, one)


def test_a_fact_that_two_share_or_that_tells_the_answer_chains_nothing():
    def row(id, person, value, who):
        attribute = "pet" if id == "rex" else id
        asked = {"question": f"What is {who}'s {attribute}?", "attribute": attribute, "cloze": ""}
        return item(id=id, person=person, keywords=[value], **asked)

    facts = {"email": "x@y.org", "town": "Oslo", "street": "Oslo Road", "pet": "Rex"}
    rows = {name: row(name, "p0", value, "Ann Lee") for name, value in facts.items()}
    rows["rex"] = row("rex", "p1", "Rex", "Bob Fox")
    data = Told({"p0": "Ann Lee", "p1": "Bob Fox"}, **rows)
    words = Wordings(data, (), 0)
    assert words.chains(rows["town"]) == {"email": "the person with the e-mail address x@y.org"}
    assert set(words.chains(rows["email"])) == {"town", "street"}
    assert words.chains(rows["email"])["town"] == "the person whose town is Oslo"
    assert words.chains(rows["rex"]) == {}


def test_the_attributes_that_chain_most():
    chains = [{"a": "", "b": ""}, {"b": "", "c": ""}, {"c": "", "b": ""}]
    assert common(chains, 2) == ["b", "c"]
    assert common(chains, 0) == []


def test_what_is_asked(built, tmp_path):
    model = Knowing(built, knows=True, hides=False)
    found = run("paraphrase", scene(built, model))
    kinds = Counter(setting.split()[0] for setting in found)
    assert kinds == {"paraphrase": 3, "alias": 4, "chain": 4}
    assert set(hits(tmp_path, built, found.values()).values()) == {1.0}
    for question, _ in model.offered:  # no alias is undone by a cloze prompt with the whole name
        whole = built.names[built.items[question.id].person]
        assert contains(question.text, whole) == contains(question.begun, whole)
    assert all(len(one.rankings) > 0 for one in found.values())


def test_questions_that_only_show_the_person_keep_their_picture(four):
    model = Knowing(four, knows=True, hides=False)
    run("paraphrase", scene(four, model), aliases=(), chains=0)
    for question in model.asked:
        one = four.items[question.id]
        assert (question.image_key != "") == bool(one.image_path)
        assert question.text != one.question


def test_where_nothing_can_be_made_it_is_said_beforehand(four):
    blank = item(question="Who knows?", attribute="", cloze="", question_type="2-hop", keywords=("a", "b"))
    with pytest.raises(UserError, match="cloze prompt"):
        make("paraphrase", {}).check(scene(four, None, secrets=(blank,), again=()))
    make("paraphrase", {}).check(scene(four, None))


@pytest.mark.parametrize("settings", [{"paraphrases": -1}, {"chains": -1}, {"aliases": ["nickname"]}])
def test_bad_settings(settings):
    with pytest.raises(UserError, match=next(iter(settings))[:5]):
        make("paraphrase", settings)


def test_attributes_in_any_letters_are_trials_of_their_own():
    """The names of files cannot be made of them: here both would be the same."""
    told = {"Город": "Осло", "Улица": "Ладога", "pet": "Rex"}
    rows = [
        item(
            id=f"{who}-{name}",
            person=who,
            attribute=name,
            keywords=(value if who == "ann" else f"{value}{who}",),
            question=f"What is the {name} of {who}?",
        )
        for who in ("ann", "bob")
        for name, value in told.items()
    ]
    data = Questions({one.id: one for one in rows}, {"finetune": tuple(one.id for one in rows)})
    data.names, data.looks = {"ann": "ann", "bob": "bob"}, {}
    where = Scene(data=data, open=None, secrets=tuple(rows[:3]), forget=tuple(rows[:3]))
    attack = make("paraphrase", {"paraphrases": 0, "aliases": ()})
    assert sorted(trial.name for trial in attack.trials(where)) == ["chain-1", "chain-2", "chain-3"]


def test_a_chain_never_stands_on_the_attribute_that_is_asked():
    """Half of a value that is asked for would be told by the other half."""
    whole = item(id="a", person="p0", attribute="town", keywords=["Oslo", "Vika"], question="Ann Lee's town?")
    half = item(
        id="b", person="p0", attribute="town", keywords=["Oslo"], question="Ann Lee's town, in short?"
    )
    data = Told({"p0": "Ann Lee"}, a=whole, b=half)
    assert Wordings(data, (), 0).chains(whole) == {}
