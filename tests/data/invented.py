"""Sets of rows without pictures: people and their facts, in as many wordings as asked for."""

from __future__ import annotations

from fabricate import Questions, item
from remem.types import Item


def row(person: str, attribute: str, wording: int = 0, value: str = "", **more: str) -> Item:
    """One question; its id tells all but the value."""
    value = value or f"the {attribute} of {person}"
    return item(
        id=f"{person}-{attribute}-{wording}",
        person=person,
        attribute=attribute,
        keywords=(value,) if attribute else (),
        question=f"{wording}: what is the {attribute}?",
        answer=f"It is {value}.",
        **more,
    )


def rows(people: list[str], facts: int, wordings: int) -> list[Item]:
    """Everybody's facts "f0", "f1" ..., each in so many wordings."""
    return [row(who, f"f{fact}", word) for who in people for fact in range(facts) for word in range(wordings)]


def data(items: list[Item], **splits: list[Item]) -> Questions:
    """`items` are finetune."""
    every = {one.id: one for one in [*items, *(one for inside in splits.values() for one in inside)]}
    ids = {name: tuple(one.id for one in inside) for name, inside in splits.items()}
    return Questions(every, {"finetune": tuple(one.id for one in items), **ids})


def of(items: list[Item], people: list[str]) -> list[Item]:
    return [one for one in items if one.person in people]


def published() -> Questions:
    """The counts of the published ReMem: twenty people of 100 rows (twenty facts in five wordings), sixteen
    in no forget set, 560 rows of these in retain."""
    people = [f"p{number:03}" for number in range(20)]
    items = rows(people, 20, 5)
    gone = {f"forget{size}": of(items, people[:size]) for size in (1, 2, 3, 4)}
    retain = [one for one in of(items, people[4:]) if one.id.endswith(("-0", "-1"))]
    return data(items, retain=[one for one in retain if int(one.attribute[1:]) < 18][:560], **gone)
