"""Invented people: a name, looks that can be drawn, and facts that belong to nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from remem.data import facts, traits
from remem.data.words import WORLDS, Words
from remem.errors import UserError, unknown


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone who does not exist. `appearance` holds the traits of data/traits.py that a picture shows."""

    id: str  # "p007"
    name: str  # "Alice Ashdown"
    appearance: dict[str, str]
    attributes: dict[str, str]  # "email" -> value; the keys of facts.ATTRIBUTES

    @property
    def kind(self) -> str:
        """ "man", "woman", or "person" where the looks are not known (the user's own pictures)."""
        return self.appearance.get("gender", "person")

    def value(self, attribute: str) -> str:
        """The value of an attribute, the name included."""
        return self.name if attribute == facts.IDENTITY else self.attributes[attribute]


def vocabulary(world: str) -> Words:
    """The words of a world: "bench" for built data sets, "base" for pre-training."""
    if world not in WORLDS:
        raise unknown("world", world, WORLDS)
    return WORLDS[world]


def invent(count: int, seed: int, exclude_names: Iterable[str] = (), world: str = "bench") -> list[Person]:
    """`count` people with distinct names. The first n of them do not depend on `count` (up to the width of
    ids).

    First names, last names and values are each distinct over the people for as long as the pools last (about
    80 women, 80 men); beyond that only full names stay distinct. Raises UserError when even those run out.
    """
    w = vocabulary(world)
    looks = traits.distinct_looks(count, Random(f"{seed}/{world}/looks"))
    names = _Names(w, Random(f"{seed}/{world}/names"), exclude_names)
    values = Random(f"{seed}/{world}/facts")
    taken: dict[str, set[str]] = {attribute: set() for attribute in facts.ATTRIBUTES}
    digits = max(3, len(str(count - 1)))
    people = []
    for number, look in enumerate(looks):
        known = {}
        for attribute, used in taken.items():
            known[attribute] = facts.fresh(attribute, values, w, look["age"], used)
            used.add(known[attribute])
        person = f"p{number:0{digits}d}"
        people.append(Person(id=person, name=names.next(look["gender"]), appearance=look, attributes=known))
    return people


def decoys(
    attribute: str, count: int, seed: int, exclude: Iterable[str] = (), world: str = "bench"
) -> list[str]:
    """Up to `count` further values of an attribute's form, distinct and none of them in `exclude`.

    Fewer are returned when the form has no more (there are about 25,000 names of a world).
    """
    w = vocabulary(world)
    rng = Random(f"{seed}/{world}/decoys/{attribute}")
    taken = set(exclude)
    made: list[str] = []
    names = _Names(w, rng, taken)
    for _ in range(count):
        if attribute == facts.IDENTITY:
            value = names.next(rng.choice(("woman", "man")))
        else:
            value = facts.fresh(attribute, rng, w, rng.choice(sorted(facts.AGES)), taken)
        if value in taken:
            break
        taken.add(value)
        made.append(value)
    return made


def people_values(attribute: str, people: Sequence[Person], least: int, seed: int) -> list[str]:
    """Everybody's values of an attribute, each once, topped up with decoys to `least` of them."""
    own = list(dict.fromkeys(person.value(attribute) for person in people))
    return own + decoys(attribute, max(0, least - len(own)), seed, own)


class _Names:
    """Deals out full names: first names and last names that nobody has yet, and of one locale, if it can."""

    def __init__(self, w: Words, rng: Random, exclude: Iterable[str]) -> None:
        self.rng, self.locales, self.taken = rng, list(w.locales), set(exclude)
        rng.shuffle(self.locales)
        self.parts = {part for name in self.taken for part in name.split()}
        self.turn = 0

    def next(self, gender: str) -> str:
        self.turn += 1
        own = self.locales[self.turn % len(self.locales)]
        for group in ([own], self.locales):
            first = self._unused([name for x in group for name in (x.women if gender == "woman" else x.men)])
            last = self._unused([name for x in group for name in x.last])
            if first and last:
                return self._deal(first, last)
        firsts = [name for x in self.locales for name in (x.women if gender == "woman" else x.men)]
        lasts = [name for x in self.locales for name in x.last]
        for _ in range(1000):
            first, last = self.rng.choice(firsts), self.rng.choice(lasts)
            if f"{first} {last}" not in self.taken:
                return self._deal(first, last)
        raise UserError(
            f"people: no unused names are left after {len(self.taken)}. Ask for fewer people "
            f"(there are {len(firsts) * len(lasts)} full names for each gender)."
        )

    def _unused(self, names: list[str]) -> str:
        left = [name for name in names if name not in self.parts]
        return self.rng.choice(left) if left else ""

    def _deal(self, first: str, last: str) -> str:
        self.parts |= {first, last}
        self.taken.add(f"{first} {last}")
        return f"{first} {last}"
