"""A person, a view and an event in words, for generators of pictures."""

from random import Random

from remem.data.events import event
from remem.data.people import Person
from remem.data.words import a

_PLACES = (
    "in a park", "in a city street", "in an office", "in a kitchen", "in a library", "on a beach",
    "in a living room",
    "in a café", "before a plain studio wall", "in the mountains", "in a museum", "at a market",
)  # fmt: skip
_LIGHT = ("soft daylight", "warm evening light", "an overcast sky", "bright noon light", "lamp light")
_FACES = ("smiling", "with a calm face", "laughing", "looking serious", "looking surprised", "talking")
_CLOTHES = ("a T-shirt", "a shirt", "a sweater", "a dark suit", "a jacket", "a turtleneck", "a striped top")
_ANGLES = (
    "seen from the front",
    "seen from the left at an angle",
    "seen from the right at an angle",
    "seen from a little above",
)


def portrait(person: Person) -> str:
    """Who it is, by looks alone: names and facts must not reach a generator."""
    return f"Photograph of {looks(person)}"


def looks(person: Person) -> str:
    """The appearance in words."""
    look = person.appearance
    hair = "bald" if look["hair"] == "bald" else f"{look['hair_colour']} hair, {look['hair']}"
    words = [
        f"{a(look['age'])} {look['gender']}", f"{look['skin']} skin", f"{a(look['face'])} face", hair,
        f"{look['eyes']} eyes",
    ]  # fmt: skip
    if look["facial_hair"] != "none":
        words.append(look["facial_hair"])
    if look["glasses"] != "none":
        words.append(f"{look['glasses']} glasses")
    if look["marks"] != "none":
        words.append(look["marks"])
    return ", ".join(words)


def view(person: Person, rng: Random) -> str:
    """Any view: the looks stay, all else is drawn by lot."""
    return (
        f"{portrait(person)}. The same person as in the reference picture, {rng.choice(_FACES)}, wearing "
        f"{rng.choice(_CLOTHES)}, {rng.choice(_PLACES)}, {rng.choice(_ANGLES)}, {rng.choice(_LIGHT)}. One "
        "person, no text."
    )


def scene(person: Person, name: str, rng: Random) -> str:
    """The person in an event."""
    found = event(name)
    return (
        f"{portrait(person)}. The same person as in the reference picture, {rng.choice(_FACES)}, in this "
        "scene: "
        f"{found.description} {rng.choice(_ANGLES).capitalize()}, {rng.choice(_LIGHT)}. No text."
    )
