"""How many values that a Goal model knows from others a true one is ranked among: those stand above it.

A model that never saw a person, but was taught other people, does not guess among all candidates: it prefers
the values that it was taught, and the true one's rank is spread over the ranks below them.
"""

from collections.abc import Collection, Iterable

from remem.data.dataset import value
from remem.data.forgotten import taught
from remem.text import normalise
from remem.types import Questions, Ranking


def rivals(data: Questions, without: Collection[str], rankings: Iterable[Ranking]) -> dict[str, int | None]:
    """Item id -> how many of its candidates, the true value aside, a Goal model without these splits knows.

    In normal form, by attribute. None where it is taught the true value, too, about somebody else: then
    nothing sets that one apart, and no rank can be expected.
    """
    known: dict[str, dict[str, set[str]]] = {}  # attribute -> value -> whose it is
    for id in taught(data, without):
        item = data.items[id]
        known.setdefault(normalise(item.attribute), {}).setdefault(normalise(value(item)), set()).add(
            item.target
        )
    found: dict[str, int | None] = {}
    for one in rankings:
        if one.id not in data.items:
            continue  # of another data set: scoring refuses it in words
        item = data.items[one.id]
        here = known.get(normalise(item.attribute), {})
        truth = normalise(one.candidates[one.truth])
        others = here.keys() & (set(map(normalise, one.candidates)) - {truth})
        found[one.id] = None if here.get(truth, set()) - {item.target} else len(others)
    return found


def agreed(counts: Iterable[dict[str, int | None]]) -> dict[str, int | None]:
    """Of several Goal models what all of them agree on, None elsewhere: for arms that their tasks share."""
    found: dict[str, set[int | None]] = {}
    for one in counts:
        for id, count in one.items():
            found.setdefault(id, set()).add(count)
    return {id: several.pop() if len(several) == 1 else None for id, several in found.items()}
