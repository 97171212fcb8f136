"""Side files for attacks: people who are never taught, answers in other words and with wrong values."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from data.conftest import SMALL
from remem.data import BuildSettings, build, load, restated, strangers
from remem.data.asked import Asked
from remem.data.facts import ATTRIBUTES, IDENTITY
from remem.data.questions import Row, templates
from remem.data.restated import restate
from remem.errors import UserError


def _row(cloze, value, attribute="email"):
    return Row(
        question="?", answer=f"{cloze} {value}.", keywords=value, question_type="1-hop", qa_category="c",
        attribute=attribute, cloze_prompt=cloze, picture=None,
    )  # fmt: skip


def test_answers_in_other_words_by_hand():
    found = restate(_row("Jane Doe's e-mail address is", "a@b.org"), ["c@d.org"])
    assert found.paraphrases == (
        "The e-mail address of Jane Doe is a@b.org.",
        "a@b.org is Jane Doe's e-mail address.",
    )
    assert found.perturbed == ("The e-mail address of Jane Doe is c@d.org.",)
    shown = restate(_row("This person's pet is", "Nutmeg the lizard", "pet"), [])
    assert shown.paraphrases[0] == "The pet of this person is Nutmeg the lizard."
    named = restate(_row("This person's name is", "Jane Doe", "name"), ["Al Roe"])
    assert named.paraphrases[0] == "The name of this person is Jane Doe."
    assert named.perturbed == ("The name of this person is Al Roe.",)


def test_every_row_has_true_paraphrases_and_wrong_perturbed_answers(small):
    data = load(small)
    found = restated.read(data)
    assert found.keys() == data.items.keys()
    for id, one in found.items():
        item = data.items[id]
        assert len(one.paraphrases) == 2
        assert len(one.perturbed) == 5
        assert all(item.keywords[0] in text != item.answer for text in one.paraphrases)
        for text in one.perturbed:
            assert item.keywords[0] not in text
            assert any(other in text for other in data.candidates(item))
        assert len({*one.paraphrases, *one.perturbed}) == 7


def test_paraphrases_of_other_rows_are_refused(small, tmp_path):
    import shutil

    shutil.copytree(small, tmp_path / "set")
    rows = pq.read_table(small / "paraphrases.parquet").to_pylist()
    rows[0]["row"] = 10_000
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "set" / "paraphrases.parquet")
    with pytest.raises(UserError, match="finetune row 10000, which is not there"):
        restated.read(load(tmp_path / "set"))
    (tmp_path / "set" / "paraphrases.parquet").unlink()
    assert restated.read(load(tmp_path / "set")) == {}


def test_strangers_are_nobody_who_is_taught_and_are_asked_as_the_taught_are(small):
    taught, unknown = load(small), strangers.read(small)
    assert unknown is not None
    assert unknown.people == ("s000", "s001", "s002", "s003")
    assert {item.hops for item in unknown.items.values()} == {1, 2}
    people = json.loads((small / "people.json").read_text())
    known = {value.lower() for one in people for value in one["attributes"].values()}
    for item in unknown.items.values():
        assert item.keywords[0].lower() not in known
        assert not any(name in item.question for name in taught.names.values())
        assert unknown.image(item.id) is None if item.hops == 1 else unknown.image(item.id).size == (32, 32)
        assert item.keywords[0] in unknown.candidates(item)
    in_training_wording = {
        text.replace("{kind}", kind)
        for attribute in (*ATTRIBUTES, IDENTITY)
        for text in templates(attribute, "multi-hop")
        for kind in ("man", "woman")
    }
    assert {i.question for i in unknown.items.values() if i.hops == 2} <= in_training_wording
    pictures = set(pq.read_table(small / "pictures.parquet").column("image_path").to_pylist())
    assert {i.image_path for i in unknown.items.values() if i.image_path} <= pictures


def test_no_strangers_where_none_are_wanted_or_none_can_be(tmp_path):
    build(tmp_path, replace(SMALL, people=2, strangers=0))
    assert strangers.read(tmp_path) is None
    # Own pictures, and no question without one.
    assert strangers.invented(replace(SMALL, source="folder", one_hop_pictures=True)) == []
    assert strangers.invented(replace(SMALL, source="folder", one_hop=0.0)) == []


def test_the_taught_people_do_not_depend_on_how_many_are_strangers(small, tmp_path):
    build(tmp_path, replace(SMALL, strangers=1))
    assert (tmp_path / "people.json").read_bytes() == (small / "people.json").read_bytes()
    assert strangers.read(tmp_path).people == ("s000",)


def test_one_hop_strangers_need_no_pictures(tmp_path):
    build(tmp_path, BuildSettings(people=2, qa=4, test_qa=2, images=1, test_images=1, size=16, one_hop=1.0))
    assert not any(item.image_path for item in strangers.read(tmp_path).items.values())


def test_questions_are_made_when_they_are_needed_and_let_go():
    made = []

    def ask(number):
        made.append(number)
        return [f"question {number}"]

    people = Asked(ask, 5)
    assert len(people) == 5
    assert [rows[0] for rows in people] == [f"question {n}" for n in range(5)]
    assert people[1:3][1] == ["question 2"]
    assert made == [0, 1, 2, 3, 4, 2]
    assert len(people.kept) == 2
    with pytest.raises(IndexError):
        people[5]


def test_strangers_beside_own_pictures_are_asked_about_in_text_alone(tmp_path):
    for name in ("Mara Okonjo", "Ilyas Castellan"):
        for number in range(4):
            path = tmp_path / "own" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (40, 40), (60 * number, 90, len(name))).save(path)
    settings = BuildSettings(
        people=2, qa=10, images=2, test_qa=10, test_images=2, size=32, forget=(0.5,), candidates=8,
        source="folder", picture_folder=str(tmp_path / "own"),
    )  # fmt: skip
    build(tmp_path / "set", settings)
    found = strangers.read(tmp_path / "set")
    assert found.people == ("s000", "s001", "s002", "s003")
    assert len(found.items) == 4 * 7
    assert not any(one.image_path for one in found.items.values())
    assert {one.hops for one in found.items.values()} == {1}
    assert "4 people who are in no split, asked without pictures" in (tmp_path / "set/README.md").read_text()


def test_a_stranger_has_the_name_of_nobody_in_own_pictures():
    settings = replace(SMALL, source="folder")
    usual = [person.name for person in strangers.invented(settings)]
    found = [person.name for person in strangers.invented(settings, [usual[1].upper(), "Mara Okonjo"])]
    assert found[:3] == [usual[0], *usual[2:]]
    assert len(set(found)) == 4
