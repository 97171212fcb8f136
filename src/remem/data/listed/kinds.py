"""What kind of value an attribute has, told from its values, and further values of that kind.

No further value can belong to anyone by intent: e-mail addresses use the domains of RFC 2606, telephone
numbers the range kept for fiction, accounts the country code ZZ, long numbers a first digit that nobody
issues; towns, firms and names are invented.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from remem.data import facts
from remem.data.facts import ATTRIBUTES
from remem.data.listed.dates import date_form
from remem.data.listed.shapes import code, made_up, number
from remem.data.people import vocabulary
from remem.data.words import WORLDS
from remem.text import normalise

Draw = Callable[[Random], str]

MOST = 0.8  # of the values must look like a kind
KINDS = (
    "date",
    "email",
    "phone",
    "address",
    "number",
    "code",
    "name",
    "woman",
    "man",
    "town",
    "job",
    "list",
    "text",
)
PEOPLE = ("woman", "man", "name")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"\+?\(?\d[\d ()./-]*\d")
_ADDRESS = re.compile(
    r"(?=.*\d)(?=.*[^\W\d_]{3}).*(?:[^\W\d_]{3,}\W+\d{1,4}\w?\b|\b\d{1,4}\w?\W+[^\W\d_]{3,}).*"
)
_NUMBER = re.compile(r"(?:[€$£¥+-] ?|[^\W\d_]{1,4}\.? )?\d[\d.,' ]*[^\d]{0,20}")
_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9 ./_-]{2,40}")
_WORDS = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,3}")
_JOB = re.compile(r"(?:er|or|ist|ian|ant|ent|man|woman|nurse|clerk|cook|chef|guide|judge|pilot|smith)$")
_HINTS = {
    "phone": "phone telephone tel mobile fax cell",
    "woman": "mother wife sister daughter aunt grandmother",
    "man": "father husband brother son uncle grandfather",
    "name": "spouse partner child cousin parent friend boss manager doctor dentist lawyer neighbour neighbor "
    "colleague teacher landlord",
    "town": "town city birthplace place village hometown residence municipality",
    "job": "job occupation profession position role trade",
    "address": "address",
}
_OWN = {"date_of_birth": "date", "occupation": "job", "birthplace": "town"} | {
    name: name for name in ("email", "phone", "address")
}
# Attributes of ours whose makers serve whatever the form of the given values.
_MADE = ("bank_account", "employer", "medical_condition", "hobby", "pet", "favourite_food")
_LISTED = 12  # different values that a closed list has at most


def kind_of(attribute: str, values: Sequence[str]) -> str:
    """One of KINDS, or the name of an attribute of ours that has a maker of its own (bank_account, pet)."""
    shared = max(Counter(map(normalise, values)).values(), default=0) > 1
    hinted = {word for part in attribute.split("_") for word in [part, part.rstrip("s")]}
    hints = {kind for kind, text in _HINTS.items() if hinted & set(text.split())}
    if _most(values, lambda one: bool(_EMAIL.fullmatch(one))):
        return "email"
    if date_form(values):
        return "date"
    if attribute in _MADE:
        return attribute
    if _most(values, lambda one: _phone(one, "phone" in hints)):
        return "phone"
    if "address" in hints and _most(values, lambda one: bool(_ADDRESS.fullmatch(one))):
        return "address"
    if _most(values, lambda one: bool(_NUMBER.fullmatch(one)) and not _grouped(one)):
        return "number"
    if _most(
        values, lambda one: bool(_CODE.fullmatch(one)) and sum(c.isdigit() for c in one) * 2 >= len(one)
    ):
        return "code"
    if _most(values, lambda one: bool(_ADDRESS.fullmatch(one))):
        return "address"
    plain = _most(values, lambda one: bool(_WORDS.fullmatch(one)))
    called = next((kind for kind in PEOPLE if kind in hints), "")
    if plain and (called or _most(values, _named)):
        return called or "name"
    if plain and "town" in hints:
        return "town"
    if plain and ("job" in hints or _most(values, lambda one: bool(_JOB.search(one.casefold())))):
        return "job"
    if shared and len(set(map(normalise, values))) <= _LISTED:
        return "list"
    return "text"


def _most(values: Sequence[str], fits: Callable[[str], bool]) -> bool:
    return bool(values) and sum(map(fits, values)) >= MOST * len(values)


def _phone(text: str, hinted: bool) -> bool:
    digits = sum(c.isdigit() for c in text)
    marked = hinted or text[0] in "+(0" or len(re.findall(r"\d+", text)) > 2
    return bool(_PHONE.fullmatch(text)) and 7 <= digits <= 15 and marked


def _grouped(text: str) -> bool:
    """Digits in groups or many of them: a code, and no amount."""
    plain = re.sub(r"\D*$", "", text)
    return sum(c.isdigit() for c in plain) > 9 or bool(re.search(r"\d{4} \d|\d \d{1,2}\b", plain))


def fits(kind: str, name: str) -> bool:
    """Whether an invented full name is of this kind: a woman's, a man's, or anybody's."""
    first = name.split()[0]
    locales = [locale for world in WORLDS.values() for locale in world.locales]
    return kind == "name" or any(first in (one.women if kind == "woman" else one.men) for one in locales)


def _named(text: str) -> bool:
    first, *rest = text.split()
    return bool(rest) and any(
        first in (*locale.women, *locale.men) for world in WORLDS.values() for locale in world.locales
    )


def maker(kind: str, values: Sequence[str]) -> Draw | None:
    """Draws a value of the kind and in the form of these; None for a closed list, and for names, which
    `people.decoys` deals out."""
    w = vocabulary("bench")
    if kind == "list" or kind in PEOPLE:
        return None
    if kind == "date":
        return date_form(values)
    if kind == "number":
        return number(values)
    if kind == "code":
        return code(values)
    if kind == "text":
        return made_up(values)
    own = next((name for name, known in _OWN.items() if known == kind), kind)
    attribute = {"job": "occupation", "town": "birthplace"}.get(kind, own)
    make = ATTRIBUTES[attribute].make
    capital = kind == "job" and _most(values, lambda one: one[0].isupper())

    def draw(rng: Random) -> str:
        text = make(rng, w, rng.choice(sorted(facts.AGES)))
        return text[0].upper() + text[1:] if capital else text

    return draw
