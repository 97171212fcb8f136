"""Numbers, codes and words in the form of those that are given."""

import re
from collections.abc import Callable, Sequence
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits

from remem.data import words

_AMOUNT = re.compile(r"(?P<before>\D*)(?P<number>\d[\d.,' ]*\d|\d)(?P<after>.*)", re.DOTALL)
_SPAN = 20  # a drawn number lies at least so far around those that are given, where they allow it
_LONG = 12  # digits from which on a number may be a card's or an account's
_PIECE = re.compile(r"\d+|[^\W\d_]+|[\W_]")
_HEADS = words.listed(
    "Bra Cor Del Fen Gar Hol Ist Kor Lam Mer Nor Ost Pel Quar Ros Sel Tar Ul Ven Wil Yar Zel"
)
_TAILS = words.listed("an ber del eth fin gor hal ine kas lon mir nor ost pan rin sel tor ven wick zan")
Draw = Callable[[Random], str]


def number(values: Sequence[str]) -> Draw:
    """An amount in the range of these, with their units, marks of thousands and decimals."""
    found = [match for match in map(_AMOUNT.fullmatch, values) if match]
    plain = [_plain(match["number"]) for match in found]
    low, high = min(whole for whole, _ in plain), max(whole for whole, _ in plain)
    span = max(high - low, _SPAN)

    def draw(rng: Random) -> str:
        at = rng.randrange(len(found))
        whole, decimals = plain[at]
        # As round as its model: thousands stay thousands where the range has room for it.
        step = 10 ** (len(str(whole)) - len(str(whole).rstrip("0"))) if whole else 1
        while step > 1 and span // step < _SPAN:
            step //= 10
        value = rng.randint(max(0, low - span // 2), high + span // 2) // step * step
        mark = next((one for one in ",.' " if _groups(found[at]["number"], one)), "")
        text = f"{value:,}".replace(",", mark) if mark else str(value)
        if decimals:
            text += decimals[0] + "".join(rng.choice(digits) for _ in decimals[1:])
        return f"{found[at]['before']}{text}{found[at]['after']}"

    return draw


def _groups(text: str, mark: str) -> bool:
    """Whether a mark parts thousands."""
    return bool(re.fullmatch(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+(?:[.,]\d{{1,2}})?", text))


def _plain(text: str) -> tuple[int, str]:
    """The whole part of an amount, and its decimals with their mark: "1,200.50" is (1200, ".50")."""
    decimals = re.search(r"[.,]\d{1,2}$", text)
    whole = text[: decimals.start()] if decimals else text
    return int(re.sub(r"\D", "", whole) or 0), decimals[0] if decimals else ""


def code(values: Sequence[str]) -> Draw:
    """Letters for letters, digits for digits. What might be an account, a card or a social security number
    begins as none that is issued does."""

    def draw(rng: Random) -> str:
        model = rng.choice(values)
        text = "".join(_other(c, rng) for c in model)
        if re.match(r"[A-Za-z]{2}\d{2}", model):
            return "ZZ" + text[2:]
        if re.fullmatch(r"\d{3}-\d{2}-\d{4}", model):
            return "000" + text[3:]
        if sum(c.isdigit() for c in model) >= _LONG:
            return re.sub(r"\d", "0", text, count=1)
        return text

    return draw


def _other(char: str, rng: Random) -> str:
    for kind in (digits, ascii_uppercase, ascii_lowercase):
        if char in kind:
            return rng.choice(kind)
    return char


def made_up(values: Sequence[str]) -> Draw:
    """Words that do not exist in the build of a given text: as many, in its case, with its marks. Words
    that most of the texts have (of, the, a unit) stay."""
    pieces = [_PIECE.findall(text) for text in values]
    common = {
        piece
        for own in pieces
        for piece in set(own)
        if sum(piece in other for other in pieces) > max(1, len(pieces) / 2)
    }

    def draw(rng: Random) -> str:
        return "".join(_word(piece, common, rng) for piece in rng.choice(pieces))

    return draw


def _word(piece: str, common: set[str], rng: Random) -> str:
    if piece.isdigit():
        return "".join(rng.choice(digits if n else digits[1:]) for n in range(len(piece)))
    small = piece.islower() and len(piece) <= 3
    if not piece.isalpha() or piece in common or small:
        return piece
    word = rng.choice(_HEADS) + "".join(rng.choice(_TAILS) for _ in range(1 if len(piece) < 8 else 2))
    return word.upper() if piece.isupper() and len(piece) > 1 else word.lower() if piece.islower() else word
