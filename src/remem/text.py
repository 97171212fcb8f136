"""Text: its normal form, whether a value stands in it, whether it says anything."""

import re
import unicodedata

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


# A run of one short text three times over or more, wherever it starts.
_LOOP = re.compile(r"(?=((.{1,100}?)\2{2,}))")
_LOOP_LENGTH = 15  # characters; below it the run may be a telephone number such as 555-555-5555


def normalise(text: str) -> str:
    """Case-folded, compatibility characters unified (NFKC), every run of white space one space."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.replace("\u2019", "'").split())


def contains(text: str, value: str) -> bool:
    """Whether `value` stands in `text` as a whole value, not as a piece of a longer one.

    Both are normalised first. Plain substring search finds "ann" in "anna", "555-0101" in "555-01012" and
    "ann@mail.com" in "mary.ann@mail.com.au": answers that are wrong. Regular expressions' word boundary mends
    only the first two and fails on values that begin or end in punctuation. The rule here, on each side:

    - a letter, digit or "_" directly beside the value makes it a piece of a longer word;
    - so do "." and "@" that lead on to a further letter or digit ("ann" in "ann.lee@mail.com", "1" in "1.5"),
      and, if the value holds a digit or "@", "-" and "+" likewise ("555-0101" in "999-555-0101"). A word
      of a name or a place does not change its meaning so: "Paris" is in "Paris-based", "Ann" in "Ann's";
    - "," ":" and "/" between two digits ("200" in "1,200", "10:30" in "10:30:15");
    - no rule where the value's edge is punctuation, or a script without spaces (a value in Chinese, Japanese,
      Korean, Thai, ... counts wherever it occurs).

    A full stop that ends a sentence without a space after it ("ann@mail.com.Her phone ...") is read as part
    of the address; we would sooner miss that answer than accept another person's address.
    """
    text, value = normalise(text), normalise(value)
    coded = any(c.isdigit() or c == "@" for c in value)
    start = text.find(value) if value else -1
    while start >= 0:
        end = start + len(value)
        before, after = text[:start][-2:][::-1], text[end : end + 2]  # the adjoining character first
        if not _joined(value[0], before, coded) and not _joined(value[-1], after, coded):
            return True
        start = text.find(value, start + 1)
    return False


def degenerate(text: str) -> bool:
    """Whether the text has no letter or digit, or half of it or more is one piece three times over."""
    text = normalise(text)
    if not any(c.isalnum() for c in text):
        return True
    longest = max((len(found[1]) for found in _LOOP.finditer(text)), default=0)
    return longest >= _LOOP_LENGTH and longest >= len(text) / 2


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
    return near in ",:/" and edge.isdigit() and far.isdigit()


def _wordy(char: str) -> bool:
    """A character that words of a spaced script are made of; False for none."""
    if not char or any(low <= ord(char) <= high for low, high in _SPACELESS):
        return False
    return char == "_" or unicodedata.category(char)[0] in "LNM"
