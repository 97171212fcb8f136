"""The published set, or one like it, as a plan: its people, events and pictures, cut by our rule."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from remem.data.events import EVENTS, Event
from remem.data.keywords import parse
from remem.data.opening import read_file
from remem.data.pebench.asked import Questions, named_in_part
from remem.data.pebench.columns import PROFILE, plain
from remem.data.pebench.cut import cut
from remem.data.pebench.paths import image_path
from remem.data.pebench.plan import Plan, Shot
from remem.data.pebench.profiles import Profile
from remem.data.pebench.published import Published, local, read
from remem.data.pebench.settings import PEBenchSettings
from remem.data.people import Person
from remem.errors import UserError
from remem.text import contains

_KEYWORDS = 10  # of an event, where the table has none
_NAME = 60  # letters of an event's name at most: more is a description
_WORD = re.compile(r"[a-z][a-z'-]{3,}")


def given(settings: PEBenchSettings) -> tuple[Plan, list[Path]]:
    """The set at `settings.data`, and the file of each of its shots. UserError for whatever does not fit."""
    found = read(local(settings.data), settings.spare)
    called, scenes = found.names("person"), found.names("event")
    digits = max(3, len(str(len(called) - 1)))
    people = [
        Person(id=f"p{number:0{digits}d}", name=name.replace("_", " "), appearance={}, attributes={})
        for number, name in enumerate(called)
    ]
    events = _events(found, scenes)
    of_person = {plain(name): number for number, name in enumerate(called)}
    of_event = {plain(name): number for number, name in enumerate(scenes)}
    order = sorted(found.pictures, key=lambda one: (of_person[plain(one.person)], of_event[plain(one.event)]))
    repeats: Counter[tuple[int, int]] = Counter()
    shots = []
    questions = Questions(found, [one.name for one in people])
    for one in order:
        person, event = of_person[plain(one.person)], of_event[plain(one.event)]
        path = image_path(people[person], events[event], repeats[person, event], one.file.suffix.lower())
        repeats[person, event] += 1
        asked = questions.of(one, people[person].name, events[event])
        shots.append(Shot(person=person, event=event, path=path, given=asked))
    plan = Plan(
        people=people,
        profiles=[_profile(found, name) for name in called],
        events=events,
        shots=shots,
        cut=cut(len(people), len(events), settings.shares(), settings.seed),
    )
    plan.check()
    return plan, [one.file for one in order]


def settled(settings: PEBenchSettings, plan: Plan) -> PEBenchSettings:
    """The settings with what the given set decides, for its card."""
    return replace(
        settings,
        people=len(plan.people),
        events=len(plan.events),
        source="folder",
        test_events=0,
        strangers=0,
    )


def pictures(files: Sequence[Path]) -> Iterator[tuple[bytes, dict[str, str]]]:
    """The pictures as they are, one at a time."""
    for file in files:
        yield read_file(file), {"source": "given", "file": f"{file.parent.name}/{file.name}"}


def _events(found: Published, scenes: list[str]) -> list[Event]:
    """The events with what the table says of them, else with our descriptions of the forty."""
    described = _by_event(found, "description") or _by_event(found, "answer", _says_no_name(found))
    listed = _by_event(found, "keywords")
    events = []
    for number, scene in enumerate(scenes):
        ours, told = EVENTS.get(plain(scene)), described.get(plain(scene), "")
        name = " ".join(scene.replace("_", " ").split())
        if len(name) > _NAME:  # the table has descriptions alone
            name, told = f"event {number + 1}", told or scene
        if not told and ours is None:
            raise UserError(
                f"the event {scene} has no description, and is none of the forty of PEBench. "
                "Add a column 'description' to the table, the same text in all rows of an event."
            )
        if not told and ours is not None:
            events.append(ours)
            continue
        words = [w for w in parse(listed.get(plain(scene), ""), told) if contains(told, w)]
        events.append(Event(name=name, description=told, keywords=tuple(words)))
    texts = [event.description.lower() for event in events]
    return [e if e.keywords else replace(e, keywords=_telling(e.description.lower(), texts)) for e in events]


def _by_event(
    found: Published, role: str, fits: Callable[[int, str], bool] = lambda row, text: True
) -> dict[str, str]:
    """event -> the first text of that column."""
    texts = found.roles.values(role)
    told: dict[str, str] = {}
    for one in found.pictures:
        for row in one.rows:
            if texts[row] and fits(row, texts[row]):
                told.setdefault(plain(one.event), texts[row])
    return told


def _says_no_name(found: Published) -> Callable[[int, str], bool]:
    """Whether an answer is of the scene: it does not name the person."""
    who = {row: one.person.replace("_", " ") for one in found.pictures for row in one.rows}
    return lambda row, text: not contains(text, who[row]) and not named_in_part(text, who[row])


def _telling(text: str, texts: list[str]) -> tuple[str, ...]:
    """Up to ten words of a description, those that the fewest others hold, in their order."""
    words = list(dict.fromkeys(_WORD.findall(text)))
    held = Counter(word for other in texts for word in set(_WORD.findall(other)))
    rarest = sorted(words, key=held.__getitem__)[:_KEYWORDS]
    return tuple(word for word in words if word in rarest)


def _profile(found: Published, name: str) -> Profile:
    rows = [row for one in found.pictures if plain(one.person) == plain(name) for row in one.rows]
    known = {}
    for role in PROFILE:
        values = found.roles.values(role)
        known[role] = next((values[row] for row in rows if values[row]), "")
    return Profile(**known)
