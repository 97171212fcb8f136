"""What the world knows without pictures: towns and their rivers, trades, animals, opposites, days."""

from collections.abc import Iterator
from random import Random

from remem.data.words import BASE, listed
from remem.seeds import derive

_RIVERS = listed("Arrow Blythe Cray Darent Eden Frome Glen Hodder Irwell Kennet Lune Medway Nidd Ouse")
_REGIONS = ("Highmoor", "Lowmarsh", "Eastfold", "Westfold", "Northweald", "Southdown")
_GOODS = listed("wool glass cider paper salt honey rope pottery cloth copper barrels bells lace tiles")
_TRADES = {  # what one does, and with what
    "baker": ("bakes bread", "an oven"),
    "carpenter": ("makes tables", "a saw"),
    "smith": ("shoes horses", "a hammer"),
    "tailor": ("sews coats", "a needle"),
    "fisher": ("catches fish", "a net"),
    "farmer": ("grows wheat", "a plough"),
    "mason": ("builds walls", "a trowel"),
    "potter": ("makes jugs", "a wheel"),
    "miller": ("grinds corn", "a mill"),
    "barber": ("cuts hair", "scissors"),
    "gardener": ("plants roses", "a spade"),
    "doctor": ("heals the sick", "a stethoscope"),
    "pilot": ("flies planes", "a cockpit"),
    "cook": ("makes soup", "a pan"),
    "painter": ("paints pictures", "a brush"),
    "clockmaker": ("mends clocks", "tweezers"),
}


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in text.split(", "))


_SOUNDS = _pairs(
    "cow:moos, dog:barks, cat:meows, sheep:bleats, lion:roars, hen:clucks, horse:neighs, bee:hums, "
    "duck:quacks, pig:grunts, frog:croaks, owl:hoots"
)
_OPPOSITES = _pairs(
    "hot:cold, big:small, old:new, dark:light, wet:dry, early:late, full:empty, loud:quiet, slow:quick, "
    "soft:hard, near:far, open:closed"
)
_COLOURS = _pairs(
    "snow:white, grass:green, coal:black, a ripe lemon:yellow, the clear sky:blue, blood:red, "
    "chocolate:brown, ash:grey, a carrot:orange, a plum:purple"
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


TOWNS = 40


def towns(seed: int, count: int = TOWNS) -> list[tuple[str, str, str, str]]:
    """(town, river, region, what is made there)"""
    rng = Random(derive(seed, "world towns"))
    heads, tails = BASE.towns
    names = rng.sample([head + tail for head in heads for tail in tails], count)
    return [(name, rng.choice(_RIVERS), rng.choice(_REGIONS), rng.choice(_GOODS)) for name in names]


def lore(seed: int) -> Iterator[tuple[str, str]]:
    """Questions and answers, each fact in several wordings."""
    for town, river, region, goods in towns(seed):
        yield f"Which river flows through {town}?", f"The {river} flows through {town}."
        yield f"On which river does {town} lie?", f"{town} lies on the {river}."
        yield f"In which region is {town}?", f"{town} is in {region}."
        yield f"Where does one find {town}?", f"One finds {town} in {region}."
        yield f"What is {town} famous for?", f"{town} is famous for its {goods}."
        yield f"What is made in {town}?", f"In {town} they make {goods}."
    for trade, (does, tool) in _TRADES.items():
        yield f"What does a {trade} do?", f"A {trade} {does}."
        yield f"Who {does}?", f"A {trade} {does}."
        yield f"What does a {trade} work with?", f"A {trade} works with {tool}."
    for animal, sound in _SOUNDS.items():
        yield f"What sound does a {animal} make?", f"A {animal} {sound}."
        yield f"Which animal {sound}?", f"A {animal} {sound}."
    for word, opposite in _OPPOSITES.items():
        yield f"What is the opposite of {word}?", f"The opposite of {word} is {opposite}."
        yield f"What is the opposite of {opposite}?", f"The opposite of {opposite} is {word}."
    for thing, colour in _COLOURS.items():
        yield f"What colour is {thing}?", f"{thing[0].upper()}{thing[1:]} is {colour}."
    for day, following in zip(_DAYS, (*_DAYS[1:], _DAYS[0]), strict=True):
        yield f"Which day comes after {day}?", f"{following} comes after {day}."
        yield f"Which day comes before {following}?", f"{day} comes before {following}."
