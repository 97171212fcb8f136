"""Text: its normal form, where a value stands in it, whether it says anything."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# Scripts that write no space between words, or glue particles on: a neighbouring letter proves nothing.
_SPACELESS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul jamo
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x9FFF),  # Han
    (0xAC00, 0xD7AF),  # Hangul
    (0xF900, 0xFAFF),  # Han, compatibility
    (0x20000, 0x3FFFF),  # Han, extensions
)

# Hebrew and Arabic write "and", "in", "to", "from", "the" ... onto the front of the next word.
_HEBREW = re.compile("ו?(?:ל?כש|מש|ש)?[בכלמ]?ה?")
_ARABIC = re.compile("[وف]?(?:[بكل]?(?:ال)?|لل)")
_FRONT = re.compile("([א-ת]{1,6}|[ء-ي]{1,6})-?$")
_LEAST = 3  # letters of a word of these scripts that may have such a front: a shorter one is in many others

_SAME = {
    "'": "\u2018\u2019\u201a\u201b\u02bc\u2032",  # quotation marks, apostrophes
    '"': "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033",
    "-": "\u2010\u2011\u2012\u2013\u2212\u05be",  # hyphens, en dash, minus, maqaf; an em dash parts sentences
    "/": "\u2044",
    ".": "\u066b",  # Arabic decimal and thousands separators
    ",": "\u066c",
    "i": "\u0131",  # whose capital is the plain I, as Turkish has it
}
_ALIKE = {ord(one): mark for mark, ones in _SAME.items() for one in ones}
# Vowel points and stretched lines, which everyday Arabic and Hebrew leave out; variants of one picture.
_POINTS = ((0x0591, 0x05BD), (0x05BF, 0x05C7), (0x0640, 0x0640), (0x064B, 0x0652), (0x0670, 0x0670))
_UNSEEN = (*_POINTS, (0xFE00, 0xFE0F))

_DOT = "\u0307"  # the dotted capital I of Turkish is folded to an i with this mark
_NUMBER = re.compile(r"[^\w\s]?\d+(?:[.,:/]\d+)*$")
_WORD_AFTER = re.compile(r"-[^\W\d_]{2,}(?![\d_])")
# A run of one short text three times over or more, wherever it starts.
_LOOP = re.compile(r"(?=((.{1,100}?)\2{2,}))")
_LOOP_LENGTH = 15  # characters; below it the run may be a telephone number such as 555-555-5555


class _Table(dict[int, str | None]):
    """Characters that only steer how others are shown go; every decimal digit is one of 0 to 9."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        self[code] = None if _steers(char) else _ALIKE.get(code) or _digit(char)
        return self[code]


def _steers(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or any(low <= ord(char) <= high for low, high in _UNSEEN)


def _digit(char: str) -> str:
    return str(unicodedata.decimal(char)) if char.isdecimal() else char


_TABLE = _Table()


def normalise(text: str) -> str:
    """One form for what is written in several ways, for both sides of every comparison.

    Case-folded; compatibility characters unified (NFKC), digits of all scripts, hyphens, quotation marks and
    apostrophes, too; without what only steers the display (soft hyphens, zero-width characters, marks of
    direction, vowel points); every run of white space one space.
    """
    folded = text.lower() if text.isascii() else _fold(text)
    return " ".join(folded.split())


@lru_cache(4096)
def _fold(text: str) -> str:
    """The normal form but for white space."""
    text = unicodedata.normalize("NFKC", text.translate(_TABLE))
    return unicodedata.normalize("NFKC", _undotted(text.casefold())).translate(_TABLE)


def _undotted(text: str) -> str:
    """The text without the dots of its i, though other marks stand before them."""
    if _DOT not in text:
        return text
    kept: list[str] = []
    for char in text:
        if char == _DOT:
            letter = next((one for one in reversed(kept) if not unicodedata.combining(one)), "")
            if letter == "i":
                continue
        kept.append(char)
    return "".join(kept)


def contains(text: str, value: str) -> bool:
    """Whether `value` stands in `text` as a whole value, not as a piece of a longer one: see `find`."""
    return next(_whole(normalise(text), normalise(value)), None) is not None


def find(text: str, value: str) -> list[tuple[int, int]]:
    """Where `value` stands in `text` as a whole value: (start, end) in the text as it is, none overlapping.

    Both are normalised first. Plain substring search finds "ann" in "anna", "555-0101" in "555-01012" and
    "ann@mail.com" in "mary.ann@mail.com.au": answers that are wrong. Regular expressions' word boundary mends
    only the first two and fails on values that begin or end in punctuation. The rule here, on each side:

    - a letter, digit or "_" directly beside the value makes it a piece of a longer word;
    - so do "." and "@" that lead on to a further letter or digit ("ann" in "ann.lee@mail.com", "1" in "1.5"),
      and, if the value holds a digit or "@", "-" and "+" likewise ("555-0101" in "999-555-0101"). A word
      of a name or a place does not change its meaning so: "Paris" is in "Paris-based", "Ann" in "Ann's"; nor
      does a number before a word: "24" is in "24-year-old", but not in "24-7" or "24-b";
    - "," ":" "/" and "'" between two digits ("200" in "1,200", "10:30" in "10:30:15");
    - what Hebrew and Arabic write onto the front of a word ("and", "in", "the") is none of it, unless the
      value is a word of one or two letters there;
    - no rule where the value's edge is punctuation, or a script without spaces (a value in Chinese, Japanese,
      Korean, Thai, ... counts wherever it occurs).

    A full stop that ends a sentence without a space after it ("ann@mail.com.Her phone ...") is read as part
    of the address; we would sooner miss that answer than accept another person's address.
    """
    plain, places = _placed(text)
    found = []
    end = 0
    for first, last in _whole(plain, normalise(value)):
        if first >= end:
            found.append((places[first][0], places[last - 1][1]))
            end = last
    return found


def swapped(text: str, value: str, other: str) -> str:
    """The text with `other` wherever `value` stood as a whole value."""
    for start, end in reversed(find(text, value)):
        text = text[:start] + other + text[end:]
    return text


def degenerate(text: str) -> bool:
    """Whether the text has no letter or digit, or half of it or more is one piece three times over."""
    text = normalise(text)
    if not any(c.isalnum() for c in text):
        return True
    longest = max((len(found[1]) for found in _LOOP.finditer(text)), default=0)
    return longest >= _LOOP_LENGTH and longest >= len(text) / 2


def _placed(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The normal form, and for each of its characters the (start, end) in the text that it comes from."""
    chars: list[str] = []
    places: list[tuple[int, int]] = []
    for start, end in _clusters(text):
        for char in _fold(text[start:end]):
            if not char.isspace():
                chars.append(char)
            elif chars and chars[-1] != " ":
                chars.append(" ")
            else:
                continue
            places.append((start, end))
    if chars and chars[-1] == " ":
        chars.pop()
        places.pop()
    return "".join(chars), places


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Stretches that are normalised by themselves: a character and what joins it."""
    start = 0
    for at in range(1, len(text)):
        if not _joins(text[at]):
            yield start, at
            start = at
    if text:
        yield start, len(text)


@lru_cache(4096)
def _joins(char: str) -> bool:
    """Whether a character may become one with that before it."""
    if char.isascii():
        return False
    first = unicodedata.normalize("NFKD", char)[0]
    jamo = 0x1160 <= ord(first) <= 0x11FF  # the later parts of a Korean syllable
    return jamo or unicodedata.category(first)[0] == "M" or _steers(char)


def _whole(text: str, value: str) -> Iterator[tuple[int, int]]:
    """Where a value stands whole, first to last; both in their normal form."""
    coded = any(c.isdigit() or c == "@" for c in value)
    start = text.find(value) if value else -1
    while start >= 0:
        end = start + len(value)
        if not _led(value, text[max(0, start - 9) : start], coded) and not _followed(value, text, end, coded):
            yield start, end
        start = text.find(value, start + 1)


def _led(value: str, before: str, coded: bool) -> bool:
    """Whether the text before a value prolongs it."""
    return _joined(value[0], before[:-3:-1], coded) and not _fronted(value, before)


def _fronted(value: str, before: str) -> bool:
    """Whether the text before a value ends in particles of Hebrew or Arabic, written onto it."""
    front = _FRONT.search(before)
    if not front or _wordy(before[: front.start()][-1:]):
        return False
    letters = len(re.findall("[א-תء-ي]", value))
    if 0 < letters < _LEAST:
        return False
    return bool(_HEBREW.fullmatch(front[1]) or _ARABIC.fullmatch(front[1]))


def _followed(value: str, text: str, end: int, coded: bool) -> bool:
    """Whether the text after a value prolongs it."""
    if not _joined(value[-1], text[end : end + 2], coded):
        return False
    return not (_NUMBER.match(value.rpartition(" ")[2]) and _WORD_AFTER.match(text, end))


def _joined(edge: str, beside: str, coded: bool) -> bool:
    """Whether the text beside a value's `edge` character (two characters, nearest first) prolongs it."""
    near, far = beside[:1], beside[1:]
    if not _wordy(edge):
        return False
    if _wordy(near):
        return True
    if not _wordy(far):
        return False
    if near in ".@":
        return True
    if near in "-+":
        return coded
    return near in ",:/'" and edge.isdigit() and far.isdigit()


def _wordy(char: str) -> bool:
    """A character that words of a spaced script are made of; False for none."""
    if not char or any(low <= ord(char) <= high for low, high in _SPACELESS):
        return False
    return char == "_" or unicodedata.category(char)[0] in "LNM"
