"""What a language model of somebody else's is shown of the world, so that it learns to read the tower.

People whom nobody knows, known people in views that the tower never saw, and scenes: each picture with all
that is said about it. What is held out are the exam's pictures (world/exam.py), of other people in other
scenes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from remem.data.words import listed
from remem.seeds import derive
from remem.world import cast, talk
from remem.world.corpus import World, exam, who
from remem.world.pictures import Shot
from remem.world.scenes import invent_scene
from remem.world.talk import Said


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How many pictures of each kind."""

    seed: int = 11  # of faces and scenes: others than those that the tower learnt to see with
    size: int = 128
    faces: int = 800  # of nobody, each by itself and once among things
    empty: int = 1500  # scenes with nobody
    known: int = 100  # people of the world, who have names
    known_views: int = 12
    first_view: int = 40  # behind those of the tower and of the exam

    def world(self) -> World:
        """Whose people are known."""
        return World(known=self.known)


def shots(shown: Shown) -> list[Shot]:
    """All pictures; those of one person in a row."""
    made: list[Shot] = []
    for number, person in enumerate(cast.faces(shown.faces, shown.seed)):
        made.append(Shot(person=person, number=0))
        scene = invent_scene(shown.seed, "face", number, with_person=True)
        made.append(Shot(person=person, number=10_000 + number, scene=scene))
    for person in cast.known(shown.known, shown.world().seed):
        made += [Shot(person=person, number=shown.first_view + view) for view in range(shown.known_views)]
    for number in range(shown.empty):
        scene = invent_scene(shown.seed, "empty", number, with_person=False)
        made.append(Shot(person=None, number=number, scene=scene))
    return made


def kind(shot: Shot) -> str:
    """Of a picture: "scenes", "faces" or "known"."""
    if shot.person is None:
        return "scenes"
    return "known" if shot.person.name else "faces"


def told(shown: Shown, all_shots: list[Shot], words: list[dict[str, str]], at: int, turn: int) -> list[Said]:
    """What is said about picture `at`; other questions at every turn."""
    shot, rng = all_shots[at], Random(derive(shown.seed, "shown", at, turn))
    if shot.person is not None and shot.person.name:
        return [who(shot.person, rng), *_looks(shot, words[at], rng, 1)]
    return list(about(shot, words[at], rng))


def about(shot: Shot, words: dict[str, str], rng: Random) -> Iterator[Said]:
    """What can be said by looks alone."""
    if shot.scene is not None:
        yield from talk.about_scene(shot.scene, rng)
    if shot.person is not None:
        yield from _looks(shot, words, rng, 2 if shot.scene is not None else 4)
    yield talk.caption(shot.scene, shot.person, words, rng)


def _looks(shot: Shot, words: dict[str, str], rng: Random, most: int) -> list[Said]:
    assert shot.person is not None
    found: dict[str, Said] = {}
    for _ in range(3 * most):
        for said in talk.about_person(shot.person, words, rng):
            found.setdefault(said.answer, said)
    return list(found.values())[:most]


def held_out() -> Iterator[tuple[str, Said]]:
    """What is asked of the exam's scenes, by the name of the scene: their pictures come with the base."""
    seen: set[int] = set()
    for question in exam(World()):
        shot = question.shot
        if question.split == "world_fact" and shot is not None and shot.number not in seen:
            seen.add(shot.number)
            for said in about(shot, {}, Random(derive(0, "held out", shot.number))):
                yield question.group, said


_NOUNS = listed(
    "water|bread|music|iron|winter|the moon|a library|rice|salt|a bridge|the sea|wood|a train|glass|"
    "the heart|gold|tea|a garden|rain|paper|an island|a school|fire|wool|a river|sleep|a clock|coffee|"
    "the wind|a mountain",
    "|",
)
_ASKED = (
    "What is {} used for?",
    "Tell me one fact about {}.",
    "Write one sentence about {}.",
    "Describe {} to a child in one sentence.",
    "What do people say about {}?",
    "Name three things that go with {}.",
)
_LANDS = listed(
    "France Japan Egypt Brazil Canada Italy Kenya India Norway Peru Greece Spain Turkey Mexico China Poland "
    "Cuba Iran Ireland Portugal Chile Russia Vietnam"
)
_OF_LANDS = (
    "What is the capital of {}?",
    "On which continent is {}?",
    "Which language is spoken in {}?",
    "What food comes from {}?",
)


def general() -> list[str]:
    """Questions without a picture, whose answers are the language model's own: so that it keeps them."""
    asked = [form.format(noun) for noun in _NOUNS for form in _ASKED]
    return asked + [form.format(land) for land in _LANDS for form in _OF_LANDS]
