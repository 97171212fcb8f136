"""What is to be written: who, in which events, on which pictures, cut into the tasks."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from remem.data.events import Event
from remem.data.pebench.cut import CONCEPTS, HALVES, TEST, Cut
from remem.data.pebench.profiles import Profile
from remem.data.pebench.wording import Given
from remem.data.people import Person
from remem.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture of a person in an event; the numbers count people and events."""

    person: int
    event: int
    path: str  # its image_path: images/p003/zoo_visit/0000.png
    held_out: bool = False
    # concept -> what the picture came with
    given: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)

    @property
    def asked(self) -> int:
        """How many questions each concept is asked with: as many as the picture came with for either."""
        return max(1, *(len(self.given.get(concept, ())) for concept in CONCEPTS))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The whole set but for the pictures."""

    people: list[Person]
    profiles: list[Profile]
    events: list[Event]
    shots: list[Shot]  # all of a person in a row
    cut: Cut

    def file(self, concept: str, shot: Shot) -> str:
        """The name of the files that the question goes to."""
        return TEST if shot.held_out else self.cut.cell(concept, shot.person, shot.event).name

    def sizes(self) -> dict[str, int]:
        """The rows of each file."""
        found: Counter[str] = Counter()
        for shot in self.shots:
            for concept in CONCEPTS:
                found[self.file(concept, shot)] += shot.asked
        return found

    def check(self) -> None:
        """UserError where a target has no picture in a half: nothing to unlearn, or to ask after."""
        halves: dict[tuple[str, int], set[str]] = defaultdict(set)
        for shot in self.shots:
            for concept, number in (("person", shot.person), ("event", shot.event)):
                halves[concept, number].add(self.cut.cell(concept, shot.person, shot.event).half)
        for concept, chosen, names in (
            ("person", self.cut.people, [one.name for one in self.people]),
            ("event", self.cut.events, [one.name for one in self.events]),
        ):
            for number in sorted(chosen):
                lacking = [half for half in HALVES if half not in halves[concept, number]]
                if lacking:
                    other = "event" if concept == "person" else "person"
                    raise UserError(
                        f"the {concept} {names[number]} is to be forgotten, but no picture is left for its "
                        f"{lacking[0]} half: show it with more than one {other}, or choose another seed."
                    )
