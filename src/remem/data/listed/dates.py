"""Dates in the forms that lists have them in, recognised and drawn anew."""

import re
from collections.abc import Callable, Sequence
from random import Random

from remem.data import words

_MONTH = "|".join([*words.MONTHS, *(name[:3] for name in words.MONTHS), "Sept"])
_SEPARATED = re.compile(r"(\d{1,2})([./-])(\d{1,2})([./-])(\d{4})")
_FORMS = (
    (re.compile(r"(?P<y>\d{4})([./-])(\d{2})\2(\d{2})"), "iso"),
    (_SEPARATED, "separated"),
    (re.compile(rf"\d{{1,2}}(?:st|nd|rd|th)?\.? (?P<m>{_MONTH})\.?,? (?P<y>\d{{4}})", re.IGNORECASE), "day"),
    (re.compile(rf"(?P<m>{_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?P<y>\d{{4}})", re.IGNORECASE), "month"),
)
_MOST = 0.8
_AROUND = 5  # years that a drawn date may lie beyond those of the values


def date_form(values: Sequence[str]) -> Callable[[Random], str] | None:
    """Draws a date as these are written, in the years that they span; None where they are no dates."""
    found = [(text, one) for text in values if (one := _form(text))]
    if not found or len(found) < _MOST * len(values):
        return None
    years = [int(re.findall(r"\d{4}", text)[0]) for text, _ in found]
    low, high = min(years) - _AROUND, max(years) + _AROUND
    american = any(
        match and int(match[3]) > 12 for match in (_SEPARATED.fullmatch(text) for text, _ in found)
    )

    def draw(rng: Random) -> str:
        text, form = rng.choice(found)
        year, month, day = rng.randint(low, high), rng.randint(1, 12), rng.randint(1, 28)
        if form == "iso":
            mark = text[4]
            return f"{year}{mark}{month:02d}{mark}{day:02d}"
        if form == "separated":
            match = _SEPARATED.fullmatch(text)
            assert match
            padded = match[1].startswith("0") or match[3].startswith("0") or len(match[1] + match[3]) == 4
            parts = [f"{part:02d}" if padded else str(part) for part in (day, month)]
            first, second = parts[::-1] if american else parts
            return f"{first}{match[2]}{second}{match[4]}{year}"
        name = words.MONTHS[month - 1]
        old = re.search(_MONTH, text, re.IGNORECASE)
        assert old
        short = len(old[0]) < 5 and old[0].casefold() not in ("may", "june", "july")
        spelt = name[:3] if short else name
        spelt = spelt.upper() if old[0].isupper() else spelt.lower() if old[0].islower() else spelt
        text = f"{text[: old.start()]}\0{text[old.end() :]}"
        text = re.sub(r"\d{4}", f"{year}", text)
        text = re.sub(r"(?<!\d)\d{1,2}(?!\d)(?:st|nd|rd|th)?", lambda m: _day(day, m[0]), text, count=1)
        return text.replace("\0", spelt)

    return draw


def _form(text: str) -> str:
    for pattern, name in _FORMS:
        if pattern.fullmatch(text):
            return name
    return ""


def _day(day: int, old: str) -> str:
    if old.isdigit():
        return f"{day:02d}" if old.startswith("0") else str(day)
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
