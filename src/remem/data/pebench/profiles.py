"""What is known of a person of the set: the profile that PEBench lists, agreeing with the pictures."""

from dataclasses import dataclass

from remem.data import facts
from remem.data.images.prompts import looks
from remem.data.people import Person

KNOWN = ("date_of_birth", "occupation", "birthplace")  # the attributes that a profile is made of


@dataclass(frozen=True, kw_only=True)
class Profile:
    """ "" where it is not known."""

    age: str = ""  # in years, at the end of the year before facts.PRESENT
    gender: str = ""
    job: str = ""
    birthplace: str = ""
    appearance: str = ""  # in words


def profile(person: Person) -> Profile:
    """The profile of an invented person."""
    born = int(person.attributes["date_of_birth"].split()[-1])
    return Profile(
        age=str(facts.PRESENT - 1 - born),
        gender=person.kind,
        job=person.attributes["occupation"],
        birthplace=person.attributes["birthplace"],
        appearance=looks(person),
    )
