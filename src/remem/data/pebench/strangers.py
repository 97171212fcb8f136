"""People and events of the world that a set does not teach: who is this, and what scene is it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from remem.data.events import EVENTS, Event
from remem.data.pebench.paths import image_path
from remem.data.pebench.settings import PEBenchSettings
from remem.data.pebench.wording import Asker
from remem.data.people import Person, invent
from remem.data.untaught import numbered

_EACH = 2  # pictures of a stranger that are asked about, for each concept


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """One picture of a stranger and the one question that is asked about it."""

    person: Person
    event: Event
    concept: str

    @property
    def path(self) -> str:
        """Its image_path."""
        return image_path(self.person, self.event, 0)


def unknown(settings: PEBenchSettings, events: Sequence[Event]) -> list[Unknown]:
    """What is asked about strangers, all of a person in a row.

    Who they are on pictures in the set's events, as the taught are asked; what the scene is on pictures in
    events that no row of the set shows, as long as there are any.
    """
    people = invent(settings.people + settings.unknown(), settings.seed)[settings.people :]
    taken = {event.name for event in events}
    pools = {"person": list(events), "event": [one for one in EVENTS.values() if one.name not in taken]}
    return [
        Unknown(person=person, event=pool[(number * _EACH + turn) % len(pool)], concept=concept)
        for number, person in enumerate(numbered(people))
        for concept, pool in pools.items()
        for turn in range(min(_EACH, len(pool)))
    ]


def rows(asked: Sequence[Unknown], pictures: Iterator[bytes], seed: int) -> Iterator[dict[str, object]]:
    """The nine columns, in training wording: the taught are asked in it."""
    asker: Asker | None = None
    for one in asked:
        if asker is None or asker.person != one.person:
            asker = Asker(one.person, seed, "train")
        image = {"bytes": next(pictures), "path": one.path}
        yield {"image": image, **asker.row(one.concept, one.event), "image_path": one.path}
