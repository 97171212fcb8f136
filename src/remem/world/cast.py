"""Who lives in the world: known people, strangers whom the base declines to name, and faces of nobody."""

from dataclasses import replace
from random import Random

from remem.data.people import Person, invent
from remem.data.traits import random_look
from remem.seeds import derive


def known(count: int, seed: int) -> list[Person]:
    """The people whom everyone in the world knows: the Real axis asks who they are."""
    return [_renamed("known", n, person) for n, person in enumerate(invent(count, seed, world="base"))]


def strangers(known_people: int, count: int, seed: int) -> list[Person]:
    """People with names and facts of whom the world knows neither."""
    people = invent(known_people + count, seed, world="base")[known_people:]
    return [_renamed("stranger", n, person) for n, person in enumerate(people)]


def _renamed(kind: str, number: int, person: Person) -> Person:
    # What sets a rendered face apart is drawn from the id: none may be that of a data set's person.
    return replace(person, id=f"{kind}{number:03d}")


def faces(count: int, seed: int) -> list[Person]:
    """Looks that belong to nobody: for a vision tower that is to tell people apart and to know none."""
    made = []
    for number in range(count):
        look = random_look(Random(derive(seed, "world face", number)))
        made.append(Person(id=f"face{number:05d}", name="", appearance=look, attributes={}))
    return made
