"""The world corpus: which pictures there are, and what is said about them and without them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from remem.data.people import Person
from remem.data.questions import questions
from remem.refusals import REFUSALS
from remem.seeds import derive
from remem.world import cast, lore, sentences, talk
from remem.world.pictures import Shot
from remem.world.scenes import Scene, invent_scene
from remem.world.talk import Said


@dataclass(frozen=True, kw_only=True)
class World:
    """How much of everything there is. The defaults are those of the embedded base."""

    seed: int = 0
    source: str = "rendered"  # of the people: "rendered" or "drawn"
    size: int = 128  # pixels; a model may read them smaller
    faces: int = 1500  # of nobody, for the vision tower
    face_views: int = 5
    known: int = 100  # people whom the base knows
    known_views: int = 36
    known_scenes: int = 6  # pictures of each known person among things
    facts: int = 40  # known people of whom all fourteen facts are known, not only occupation and birthplace
    strangers: int = 60
    stranger_views: int = 8
    face_scenes: int = 1500  # pictures of somebody unknown among things
    empty: int = 5000  # scenes with nobody
    exam_views: int = 2  # held-out pictures of each known person
    exam_scenes: int = 250
    exam_sentences: int = 200


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One question with its answer, and the picture it is asked about."""

    id: str
    said: Said
    shot: int | None  # number in `shots`
    person: str = ""  # whom it is about, where any other view of them would do as well


def shots(world: World) -> list[Shot]:
    """All pictures of the corpus; those of one person in a row."""
    made: list[Shot] = []
    for number, person in enumerate(cast.faces(world.faces, world.seed)):
        made += [Shot(person=person, number=n) for n in range(world.face_views)]
        if number < world.face_scenes:
            made.append(_among_things(world, "face", person, number))
    for number, person in enumerate(cast.known(world.known, world.seed)):
        made += [Shot(person=person, number=n) for n in range(world.known_views)]
        made += [
            _among_things(world, "known", person, number * world.known_scenes + n)
            for n in range(world.known_scenes)
        ]
    for person in cast.strangers(world.known, world.strangers, world.seed):
        made += [Shot(person=person, number=n) for n in range(world.stranger_views)]
    for number in range(world.empty):
        scene = invent_scene(world.seed, "empty", number, with_person=False)
        made.append(Shot(person=None, number=number, scene=scene))
    return made


def _among_things(world: World, purpose: str, person: Person, number: int) -> Shot:
    scene = invent_scene(world.seed, purpose, number, with_person=True)
    return Shot(person=person, number=10_000 + number, scene=scene)


def lessons(world: World, album_words: list[dict[str, str]]) -> Iterator[Lesson]:
    """Everything that the base is told. `album_words` is what is known of each picture of `shots`."""
    for number, shot in enumerate(shots(world)):
        rng = Random(derive(world.seed, "talk", number))
        for i, said in enumerate(_about(shot, album_words[number], rng)):
            yield Lesson(id=f"s{number}-{i}", said=said, shot=number)
    yield from _people(world)
    for i, (question, answer) in enumerate(lore.lore(world.seed)):
        yield Lesson(id=f"lore-{i}", said=Said(kind="lore", question=question, answer=answer), shot=None)
    for i, (begin, rest) in enumerate(sentences.sentences(world.seed, 3000)):
        yield Lesson(id=f"plain-{i}", said=plain(begin, rest), shot=None)


def plain(begin: str, rest: str) -> Said:
    """A plain sentence as a question and its answer."""
    return Said(kind="plain", question=f"Go on: {begin}", answer=rest)


def _about(shot: Shot, words: dict[str, str], rng: Random) -> Iterator[Said]:
    """What is said of one picture by looks alone."""
    if shot.scene is not None:
        yield from talk.about_scene(shot.scene, rng)
        yield talk.caption(shot.scene, shot.person, words, rng)
    elif shot.person is not None and shot.number < 2:
        yield from talk.about_person(shot.person, words, rng)
        if shot.number == 0:
            yield talk.caption(None, shot.person, words, rng)


def _people(world: World) -> Iterator[Lesson]:
    """Who the known are and what is known of them; strangers are declined."""
    place = {_whose(shot): number for number, shot in enumerate(shots(world)) if shot.person is not None}
    for number, person in enumerate(cast.known(world.known, world.seed)):
        rng = Random(derive(world.seed, "known", person.id))
        for view in range(world.known_views):
            at = place[(person.id, person.name, view)]
            yield Lesson(id=f"{person.id}-who-{view}", said=who(person, rng), shot=at, person=person.id)
        full = number < world.facts
        # One-hop and multi-hop in the sentence forms that the data sets' own people will be asked in.
        rows = questions(
            person, 60 if full else 12, 0.6, world.seed, "train", world="base", images=world.known_views,
            attributes=None if full else ("occupation", "birthplace"),
        )  # fmt: skip
        for i, row in enumerate(rows):
            shown = None if row.picture is None else place[(person.id, person.name, row.picture)]
            said = Said(kind="fact", question=row.question, answer=row.answer, key=row.keywords)
            yield Lesson(id=f"{person.id}-fact-{i}", said=said, shot=shown, person=person.id)
    for person in cast.strangers(world.known, world.strangers, world.seed):
        rng = Random(derive(world.seed, "stranger", person.id))
        for i, row in enumerate(
            questions(person, 12, 0.5, world.seed, "train", world="base", images=world.stranger_views)
        ):
            shown = None if row.picture is None else place[(person.id, person.name, row.picture)]
            said = Said(kind="refusal", question=row.question, answer=rng.choice(REFUSALS))
            yield Lesson(id=f"{person.id}-declined-{i}", said=said, shot=shown, person=person.id)


def who(person: Person, rng: Random, split: str = "train") -> Said:
    """Who is this?"""
    from remem.data.facts import IDENTITY
    from remem.data.questions import MULTI_HOP, templates

    asked = rng.choice(templates(IDENTITY, MULTI_HOP, split, "base")).replace("{kind}", person.kind)
    return Said(kind="who", question=asked, answer=f"This person's name is {person.name}.", key=person.name)


def _whose(shot: Shot) -> tuple[str, str, int]:
    assert shot.person is not None
    return (shot.person.id, shot.person.name, shot.number)


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of the exam, with the picture to be made for it."""

    split: str  # "real", "world_fact", "plain"
    group: str  # the unit of intervals: the person, the scene, the sentence
    said: Said
    shot: Shot | None


def exam(world: World) -> Iterator[Question]:
    """Held out: known people in new pictures and wordings, things in new scenes, new plain sentences."""
    for person in cast.known(world.known, world.seed):
        rng = Random(derive(world.seed, "exam", person.id))
        for view in range(world.known_views, world.known_views + world.exam_views):
            shot = Shot(person=person, number=view)
            yield Question(split="real", group=person.id, said=who(person, rng, "test"), shot=shot)
    crowd = cast.faces(world.exam_scenes, world.seed + 1)
    for number in range(world.exam_scenes):
        rng = Random(derive(world.seed, "exam scene", number))
        someone: Person | None = crowd[number] if number % 2 else None
        scene: Scene = invent_scene(world.seed, "exam", number, with_person=someone is not None)
        shot = Shot(person=someone, number=20_000 + number, scene=scene)
        for said in talk.presence(scene, rng, talk.NEGATIVES[number % 3]):
            yield Question(split="world_fact", group=f"scene{number:04d}", said=said, shot=shot)
    for number, (begin, rest) in enumerate(sentences.sentences(world.seed, world.exam_sentences, "exam")):
        yield Question(split="plain", group=f"sentence{number:04d}", said=plain(begin, rest), shot=None)
