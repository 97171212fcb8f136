"""What is said about a picture of the world: captions, presence, numbers, places, colours, clothes, looks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from remem.data.people import Person
from remem.data.words import a
from remem.world.scenes import Scene
from remem.world.things import NUMBERS, PAINTED, PLACES, THINGS, some

_CAPTION = ("What does the image show?", "Say what you see.", "Give a caption.", "Sum up the image.",
            "What can be seen?")  # fmt: skip
_PRESENT = (
    "Is there {a} in the image?",
    "Can you see {a}?",
    "Does the image show {a}?",
    "Is {a} to be seen?",
)
_COUNT = ("How many {many} are there?", "Count the {many}.", "How many {many} can you see?")
_SIDE = ("Where is the {one}?", "On which side is the {one}?")
_COLOUR = ("What colour is the {one}?", "Which colour does the {one} have?")
_PLACE = ("Where is this?", "What place is shown?", "Where was this taken?")
_WEAR = ("What colour are the clothes?", "Which colour are the clothes of this {kind}?")
LOOKS = ("hair", "hair_colour", "glasses", "facial_hair", "age", "gender")  # that are asked about
NEGATIVES = ("random", "popular", "adversarial")
_POPULAR = ("dog", "tree", "car", "apple", "balloon", "book", "suitcase", "flower")  # most often asked about


@dataclass(frozen=True, kw_only=True)
class Said:
    """A question and its answer."""

    kind: str
    question: str
    answer: str
    key: str = ""  # the word that a right answer holds
    note: str = ""  # of a question of presence: how the absent thing was chosen


def presence(scene: Scene, rng: Random, negative: str = "") -> tuple[Said, Said]:
    """A thing that is there and one that is not, as POPE asks (Li et al., EMNLP 2023, arXiv:2305.10355).

    The absent one is any (random), one of those most asked about (popular), or one of the theme of what is
    there (adversarial).
    """
    there = rng.choice(list(scene.counts))
    away = [w for w in THINGS if w not in scene.counts and w not in PAINTED.get(scene.place, ())]
    how = negative or rng.choice(NEGATIVES)
    chosen = away
    if how == "popular":
        chosen = [w for w in away if w in _POPULAR]
    elif how == "adversarial":
        themes = {THINGS[w].theme for w in scene.counts}
        chosen = [w for w in away if THINGS[w].theme in themes]
    return _present(there, True, rng, how), _present(rng.choice(chosen or away), False, rng, how)


def _present(word: str, there: bool, rng: Random, how: str) -> Said:
    named = some(word, 1)
    asked = rng.choice(_PRESENT).replace("{a}", named)
    answer = f"Yes, there is {named}." if there else f"No, there is no {word}."
    return Said(kind="presence", question=asked, answer=answer, key="Yes" if there else "No", note=how)


def about_scene(scene: Scene, rng: Random) -> Iterator[Said]:
    """Four questions of presence, and one each of number, place, side and colour where one can be asked."""
    for _ in range(2):
        yield from presence(scene, rng)
    counts = scene.counts
    word = rng.choice(list(counts))
    number = NUMBERS[counts[word]]
    asked = rng.choice(_COUNT).replace("{many}", THINGS[word].plural)
    said = f"There is one {word}." if counts[word] == 1 else f"There are {number} {THINGS[word].plural}."
    yield Said(kind="count", question=asked, answer=said, key=number)
    where = PLACES[scene.place][0]
    yield Said(kind="place", question=rng.choice(_PLACE), answer=f"This is {where}.", key=where)
    single = [one for one in scene.things if counts[one.word] == 1]
    if single:
        one = rng.choice(single)
        asked = rng.choice(_SIDE).replace("{one}", one.word)
        yield Said(kind="side", question=asked, answer=f"The {one.word} is {one.side}.", key=one.side)
    coloured = [w for w in counts if THINGS[w].colour and counts[w] == 1]
    if coloured:
        word = rng.choice(coloured)
        colour = THINGS[word].colour
        asked = rng.choice(_COLOUR).replace("{one}", word)
        yield Said(kind="colour", question=asked, answer=f"The {word} is {colour}.", key=colour)


def caption(scene: Scene | None, person: Person | None, words: dict[str, str], rng: Random) -> Said:
    """One or two sentences: who (by looks), where, and what else is there."""
    parts = []
    if person is not None:
        place = f" {PLACES[scene.place][0]}" if scene is not None else ""
        parts.append(f"{looks(person)}{place}.".replace("..", "."))
        parts[0] = parts[0][0].upper() + parts[0][1:]
        colour = words.get("colour", "none")
        if colour != "none":
            parts.append(f"{'She' if person.kind == 'woman' else 'He'} wears {colour} clothes.")
    elif scene is not None:
        parts.append(f"A scene {PLACES[scene.place][0]}.")
    if scene is not None:
        parts.append(_listing([some(word, count) for word, count in scene.counts.items()], scene))
    return Said(kind="caption", question=rng.choice(_CAPTION), answer=" ".join(parts))


def looks(person: Person) -> str:
    """A person by what everybody sees: "a young woman with long straight blond hair and round glasses"."""
    look = person.appearance
    head = "a bald head" if look["hair"] == "bald" else f"{look['hair_colour']} hair"
    extras = [head]
    if look["glasses"] != "none":
        extras.append(f"{look['glasses']} glasses")
    if look["facial_hair"] != "none":
        extras.append(a(look["facial_hair"]) if look["facial_hair"] != "stubble" else "stubble")
    listed = extras[0] if len(extras) == 1 else f"{', '.join(extras[:-1])} and {extras[-1]}"
    return f"{a(look['age'])} {person.kind} with {listed}"


def about_person(person: Person, words: dict[str, str], rng: Random) -> Iterator[Said]:
    """One question about looks, and one about clothes where their colour is known."""
    trait = rng.choice(LOOKS)
    name, value = trait.replace("_", " "), person.appearance[trait]
    asked = rng.choice((f"Describe the {name}.", f"What is the {name} like?", f"Which {name} do you see?"))
    if trait == "hair_colour" and person.appearance["hair"] == "bald":
        name, value = "hair colour", "none"
    yield Said(kind="looks", question=asked, answer=f"{name.capitalize()}: {value}.", key=value)
    colour = words.get("colour", "none")
    if colour != "none":
        asked = rng.choice(_WEAR).replace("{kind}", person.kind)
        yield Said(kind="clothes", question=asked, answer=f"The clothes are {colour}.", key=colour)


def _listing(items: Sequence[str], scene: Scene) -> str:
    several = len(items) > 1 or scene.counts[next(iter(scene.counts))] > 1
    listed = items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
    single = len(items) == 1 and not several
    side = f" {scene.things[0].side}" if single else ""
    return f"There {'is' if single else 'are'} {listed}{side}."
