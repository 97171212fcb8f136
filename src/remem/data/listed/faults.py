"""What a list would teach that it does not mean to, and what is worth knowing of it."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

from remem.data.listed.reading import Fact, Listed
from remem.errors import UserError
from remem.text import contains, normalise

_WORD = re.compile(r"\w+")
_ALIKE = 0.9  # of 1: names of so many letters in common may be one
_FEW = 2  # facts of a person, from which on something can be held out and a spread be seen
_NAMED = 5  # people whom a sentence names


def check(path: Path, people: Sequence[Listed]) -> None:
    """UserError for the first value that holds another person's name, or stands in its own person's."""
    called = _Names(people)
    for one in people:
        for fact in one.facts.values():
            for other in called.within(fact.value):
                if other is not one:
                    raise UserError(
                        f"{path} line {fact.line}: the value {fact.value} of {one.person} holds the name of "
                        f"{other.person}, who is in the list, too. Were {other.person} to be forgotten, the "
                        "row would go on teaching it. Drop it, or write the value without the name."
                    )
            if contains(one.name, fact.value):
                raise UserError(
                    f"{path} line {fact.line}: the value {fact.value} of {one.person} stands in the name "
                    f"{one.name}, so that every question would give it away. Drop the row."
                )
            for question in fact.questions:
                if contains(question, fact.value):
                    raise UserError(
                        f"{path} line {fact.line}: the question gives {fact.value} away: {question} "
                        "Ask without it."
                    )


class _Names:
    """Who is named in a text, found by the first words of names."""

    def __init__(self, people: Sequence[Listed]) -> None:
        self.people: dict[str, list[Listed]] = defaultdict(list)
        for one in people:
            self.people[_words(one.name)[0]].append(one)

    def within(self, text: str) -> Iterator[Listed]:
        """Those whose whole name stands in the text."""
        # Scripts without spaces run into each other, so that every name has to be looked for.
        there = set(_words(text)) if text.isascii() else self.people
        for word in dict.fromkeys(there):
            yield from (one for one in self.people.get(word, ()) if contains(text, one.name))


def _words(text: str) -> list[str]:
    return _WORD.findall(normalise(text))


def notes(people: Sequence[Listed]) -> Iterator[str]:
    """What stops nothing, in a sentence each."""
    single = [one.person for one in people if len(one.facts) < _FEW]
    if single:
        yield (
            f"{_some(single)} {'has' if len(single) == 1 else 'have'} one fact only: nothing can be held "
            "out, and of that person alone no interval can be given. Add further facts where there are any."
        )
    for one, other in _alike(people):
        yield (
            f"{one.person} (line {one.line}) and {other.person} (line {other.line}) are taken for two. "
            "If they are one, spell them one way: a fact forgotten of one would be kept of the other."
        )
    called = _Names(people)
    nested = [(one, other) for other in people for one in called.within(other.name) if one is not other]
    for one, other in nested[:_NAMED]:
        yield (
            f"the name {one.name} stands in {other.name}: an answer that names {other.name} names both. A "
            "fuller name in the column name tells them apart."
        )
    yield from _shared(people)


def _shared(people: Sequence[Listed]) -> Iterator[str]:
    held: dict[str, Counter[str]] = defaultdict(Counter)
    for one in people:
        for fact in one.facts.values():
            held[fact.attribute][normalise(fact.value)] += 1
    for attribute, values in held.items():
        share = sum(count for count in values.values() if count > 1)
        if share:
            yield (
                f"{share} of {sum(values.values())} people share their {attribute} with somebody: once "
                "forgotten of one it stays known of the other, and a wrong person's answer may be right."
            )


def _alike(people: Sequence[Listed]) -> Iterator[tuple[Listed, Listed]]:
    """Pairs whose names have the same letters but for accents and order, or nearly so. Only neighbours in
    the order of their names are compared: a list may be long."""
    found: dict[tuple[str, str], tuple[Listed, Listed]] = {}
    same: dict[str, Listed] = {}
    for one in people:
        other = same.setdefault(" ".join(sorted(_letters(one.name).split())), one)
        if other is not one:
            found[other.id, one.id] = other, one
    for key in (_letters, lambda name: _letters(name)[::-1]):
        ordered = sorted(people, key=lambda one: (key(one.name), one.id))
        for pair in pairwise(ordered):
            one, other = sorted(pair, key=lambda person: person.id)
            a, b = _letters(one.name), _letters(other.name)
            digits = [c for c in a if c.isdigit()], [c for c in b if c.isdigit()]
            if digits[0] == digits[1] and SequenceMatcher(None, a, b, autojunk=False).ratio() >= _ALIKE:
                found[one.id, other.id] = one, other
    yield from found.values()


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", normalise(name))
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def given_away(path: Path, fact: Fact, one: Listed, text: str) -> None:
    """UserError where a wording of ours holds the value that it asks for."""
    if contains(text, fact.value):
        raise UserError(
            f"{path} line {fact.line}: the value {fact.value} of {one.person} stands in its own question: "
            f"{text} Name the attribute otherwise, or give other wordings in a template file."
        )
