"""A data set in which people are to be forgotten who are named, in place of a split."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from remem.data.dataset import Dataset
from remem.errors import UserError, unknown
from remem.text import normalise

ASKED = "forget-asked"  # the split that they make
FORGETS = re.compile(r"^forget|_forget_(train|test)$")  # names of splits


def forgetting(data: Dataset, people: Sequence[str]) -> Dataset:
    """The data set with the split ASKED: what its forget splits hold of these people, else all that finetune
    teaches of them. The retain set is without them, and without whoever else is forgotten.

    UserError for people whom it does not teach.
    """
    chosen = {find(data, one) for one in people}
    marked = {id for name, ids in data.splits.items() if FORGETS.search(name) for id in ids}
    asked = []
    for person in sorted(chosen):
        own = [id for id in data.splits["finetune"] if data.items[id].person == person]
        asked += [id for id in own if id in marked] or own
    gone = chosen | {data.items[id].person for id in marked}
    kept = [id for id in data.splits["retain"] if data.items[id].person not in gone]
    kept = kept or [id for id in data.splits["finetune"] if data.items[id].person not in gone]
    text = f"{data.fingerprint} {sorted(chosen)}"
    return data.with_splits(
        {**data.splits, ASKED: tuple(asked), "retain": tuple(kept)},
        hashlib.sha256(text.encode()).hexdigest()[: len(data.fingerprint)],
    )


def find(data: Dataset, person: str) -> str:
    """The person of this id or name. UserError where nobody is, or several are."""
    known = {item.person for item in (data.items[id] for id in data.splits["finetune"])}
    if person in known:
        return person
    named = sorted(one for one in known if normalise(data.names.get(one, "")) == normalise(person))
    if len(named) > 1:
        raise UserError(
            f"{len(named)} people are called {person}: give the id of the one who is meant "
            f"({', '.join(named)})"
        )
    if not named:
        raise unknown(f"person that {data.root} teaches", person, sorted(known))
    return named[0]
