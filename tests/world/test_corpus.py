"""The world that the base knows: true to its pictures, and apart from everything that is taught later."""

from collections import Counter
from random import Random

import pytest

from remem.data.events import EVENTS
from remem.data.people import invent
from remem.data.questions import templates
from remem.world import cast, talk
from remem.world.corpus import World, exam, lessons, shots
from remem.world.scenes import invent_scene, where
from remem.world.sentences import sentences
from remem.world.things import PAINTED, PLACES, THINGS

SMALL = World(
    source="drawn", size=32, faces=12, face_views=3, known=6, known_views=4, known_scenes=1, facts=2,
    strangers=3, stranger_views=2, face_scenes=4, empty=20, exam_scenes=12, exam_sentences=10,
)  # fmt: skip


@pytest.fixture(scope="module")
def told() -> list[talk.Said]:
    known = [{"colour": "red"}] * len(shots(SMALL))
    return [lesson.said for lesson in lessons(SMALL, known)]


def test_nothing_of_the_benchmarks_is_in_it(told: list[talk.Said]) -> None:
    text = "\n".join(f"{one.question}\n{one.answer}" for one in told)
    names = {part for person in invent(200, 0) for part in person.name.split()}
    # Whole words: "Mori" must not be found in "Morice".
    words = set(text.replace(".", " ").replace("?", " ").replace(",", " ").replace("'s", " ").split())
    assert not names & words
    assert not [event.name for event in EVENTS.values() if event.description in text]
    asked = {one.question for one in told}
    for attribute in ("email", "name", "date_of_birth"):
        for kind in ("1-hop", "multi-hop"):
            for split in ("train", "test"):
                assert not asked & set(templates(attribute, kind, split))


def test_nobody_shares_an_id_with_people_of_a_data_set() -> None:
    # The bones of a rendered face are drawn from seed and id: equal ids would be like faces.
    ours = [*cast.known(50, 0), *cast.strangers(50, 20, 0), *cast.faces(50, 0)]
    assert len({person.id for person in ours}) == len(ours)
    assert not {person.id for person in ours} & {person.id for person in invent(200, 0)}


def test_the_same_seed_tells_the_same_and_another_does_not(told: list[talk.Said]) -> None:
    known = [{"colour": "red"}] * len(shots(SMALL))
    assert [lesson.said for lesson in lessons(SMALL, known)] == told
    other = World(**{**vars(SMALL), "seed": 1})
    assert [lesson.said for lesson in lessons(other, known)] != told


def test_every_lesson_about_someone_shows_that_person(told: list[talk.Said]) -> None:
    wanted = shots(SMALL)
    by_id = {person.id: person.name for person in cast.known(SMALL.known, SMALL.seed)}
    checked = 0
    for lesson in lessons(SMALL, [{}] * len(wanted)):
        if lesson.said.kind == "who":
            shot = wanted[lesson.shot]  # type: ignore[index]
            assert shot.person is not None
            assert shot.person.name == by_id[lesson.id.split("-")[0]] == lesson.said.key
            assert shot.scene is None
            checked += 1
    assert checked == SMALL.known * SMALL.known_views


@pytest.mark.parametrize("with_person", [True, False])
def test_scenes_hold_what_they_say(with_person: bool) -> None:
    for number in range(200):
        scene = invent_scene(0, "test", number, with_person=with_person)
        assert scene.place in PLACES
        assert 1 <= len(scene.things) <= (4 if with_person else 6)
        assert sum(scene.counts.values()) == len(scene.things)
        assert not set(scene.counts) & set(PAINTED.get(scene.place, ()))
        if with_person:  # nobody is hidden behind a thing
            assert all(one.x < 0.3 or one.x > 0.7 for one in scene.things)
        labels = set(where(scene, 7).flatten().tolist()) - {0}
        assert labels <= {1 + list(THINGS).index(word) for word in scene.counts}
        assert labels


def test_where_marks_the_cells_of_a_thing() -> None:
    scene = invent_scene(0, "test", 0, with_person=True)
    one = scene.things[0]
    alone = type(scene)(place=scene.place, things=(type(one)(word="dog", x=0.25, base=1.0, height=0.5),))
    assert where(alone, 4).tolist() == [[0] * 4, [0] * 4, [4, 4, 0, 0], [4, 4, 0, 0]]


@pytest.mark.parametrize("how", talk.NEGATIVES)
def test_presence_asks_for_one_thing_that_is_there_and_one_that_is_not(how: str) -> None:
    rng = Random(0)
    for number in range(100):
        scene = invent_scene(0, "presence", number, with_person=False)
        there, away = talk.presence(scene, rng, how)
        assert (there.key, away.key) == ("Yes", "No")
        named = away.answer.removeprefix("No, there is no ").removesuffix(".")
        assert named not in scene.counts
        assert named not in PAINTED.get(scene.place, ())
        if how == "adversarial":
            assert THINGS[named].theme in {THINGS[word].theme for word in scene.counts}


def test_counts_sides_and_colours_are_those_of_the_scene() -> None:
    words = {"one": 1, "two": 2, "three": 3}
    for number in range(200):
        scene = invent_scene(0, "about", number, with_person=False)
        for said in talk.about_scene(scene, Random(number)):
            assert said.key in said.answer
            if said.kind == "count":
                asked = [
                    w
                    for w, t in THINGS.items()
                    if f" {t.plural} " in f"{said.question[:-1]} ".replace("?", "")
                ]
                assert any(scene.counts.get(word) == words[said.key] for word in asked)
            if said.kind == "side":
                word = said.answer.removeprefix("The ").split(" is ")[0]
                assert [one.side for one in scene.things if one.word == word] == [said.key]


def test_the_exam_is_held_out(told: list[talk.Said]) -> None:
    asked = list(exam(SMALL))
    splits = Counter(question.split for question in asked)
    assert splits == {"real": 12, "world_fact": 24, "plain": 10}
    taught = {(one.question, one.answer) for one in told}
    for question in asked:
        if question.split == "real":
            assert question.shot is not None
            assert question.shot.number >= SMALL.known_views
            assert question.said.question not in {one.question for one in told}
        if question.split == "plain":
            assert (question.said.question, question.said.answer) not in taught
    keys = Counter(question.said.key for question in asked if question.split == "world_fact")
    assert keys["Yes"] == keys["No"]
    scenes = {str(shot.scene) for shot in shots(SMALL) if shot.scene}
    assert not scenes & {str(q.shot.scene) for q in asked if q.split == "world_fact" and q.shot}


def test_sentences_of_the_exam_are_never_taught() -> None:
    exam_sentences, taught = set(sentences(3, 200, "exam")), set(sentences(3, 3000))
    assert len(exam_sentences) == 200
    assert len(taught) == 3000
    assert not exam_sentences & taught
