"""Full names in running text, found in one pass over it."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from remem.text import normalise

# Words that a name does not begin with, though a sentence or a title may spell them with a capital.
_NEVER = {
    "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "is", "are", "was", "were",
    "does", "did", "has", "the", "of", "an", "this", "that", "these", "those", "and", "or", "if", "about",
    "according", "their", "his", "her", "its", "tell", "please", "describe", "mr", "mrs", "ms", "miss",
    "dr", "prof", "professor", "to", "by", "from", "at", "for", "in", "on", "with", "as",
}  # fmt: skip
# Words that open a sentence, and are also the beginning of names ("Will Smith", "May Lee").
_OPENING = {
    "can", "could", "would", "will", "should", "shall", "may", "might", "must", "do", "have", "had", "am",
    "say", "name", "give", "list", "state", "identify", "let", "i", "in", "on", "at", "for", "to", "by",
    "from", "with", "as", "yes", "no", "here", "there",
}  # fmt: skip
_PARTICLES = {
    "de", "da", "do", "das", "dos", "di", "del", "della", "der", "den", "des", "du", "van", "von", "zu",
    "zur", "la", "le", "el", "al", "bin", "ibn", "bint", "ter", "ten", "y", "e",
}  # fmt: skip
_MOST = 5  # words of a name
_OPEN, _SHUT = "\"'“”‘’«»([{¿¡*_", "\"'“”’»)]}*_"
_ENDS = ".?!:;…"
_ENDS_SET = frozenset(_ENDS)


def runs(text: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every two to five words in a row that are written as a name is, as long as they go, and whether they
    begin a sentence. Initials ("J. R. Roe") and particles ("de la") are parts of names."""
    words: list[str] = []
    opens, starts = False, True  # of the run; whether the next word begins a sentence
    waiting: list[str] = []  # particles, which count only where a capital follows
    for token in unicodedata.normalize("NFC", text).split():
        if not words and token[0].islower():  # most words are no part of a name
            starts = not token[-1].isalnum() and token.rstrip(_SHUT)[-1:] in _ENDS_SET
            continue
        bare = token.lstrip(_OPEN)
        core, end = _core(bare)
        key = core.casefold()
        initial = len(core) == 1 and core.isupper() and end.startswith(".")
        cased = bool(core) and _capital(core)
        if cased and key not in _NEVER:
            if not words or bare != token:
                yield from _whole(words, opens)
                words, opens, waiting = [], starts, []
            words += [*waiting, core + "." if initial else core]
            waiting = []
        elif words and key in _PARTICLES and not end and bare == token:
            waiting.append(core)
        else:
            yield from _whole(words, opens)
            words, waiting = [], []
        if end and not (initial and end == "."):
            yield from _whole(words, opens)
            words, waiting = [], []
        starts = bool(end) and end.strip(_SHUT)[-1:] in _ENDS and not initial and key not in _NEVER
    yield from _whole(words, opens)


def _core(token: str) -> tuple[str, str]:
    """A word without what stands behind it, and that: ("Lee", "'s?")."""
    core = token.rstrip(_SHUT + _ENDS + ",")
    for ending in ("'s", "’s"):
        core = core.removesuffix(ending)
    core = core.rstrip("'’")
    return core, token[len(core) :]


def _capital(word: str) -> bool:
    return (word[0].isupper() or word[0].istitle()) and all(
        c.isalpha() or c in "-'’.·" or _mark(c) for c in word
    )


def _mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def _whole(words: Sequence[str], opens: bool) -> Iterator[tuple[tuple[str, ...], bool]]:
    if len(words) > 1:
        yield tuple(words), opens


class Names:
    """The names that questions hold, told from the words that only open a sentence."""

    def __init__(self, questions: Iterable[str], known: Iterable[str] = ()) -> None:
        self.spelt: dict[str, str] = {}  # normal form -> as first spelt
        self._runs: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
        self._sure: set[str] = {normalise(name) for name in known}
        for text in questions:
            for words, opens in self._of(text):
                if not opens and len(words) <= _MOST:
                    self._sure.add(normalise(" ".join(words)))

    def of(self, text: str) -> list[str]:
        """The names in a text, in their normal form, each once, as they come."""
        found = []
        for words, opens in self._of(text):
            words = self._cut(words, opens)
            if 1 < len(words) <= _MOST:
                name = " ".join(words)
                found.append(normalise(name))
                self.spelt.setdefault(found[-1], name)
        return list(dict.fromkeys(found))

    def _of(self, text: str) -> list[tuple[tuple[str, ...], bool]]:
        if text not in self._runs:
            self._runs[text] = list(runs(text))
        return self._runs[text]

    def _cut(self, words: tuple[str, ...], opens: bool) -> tuple[str, ...]:
        """Without the word that only opens the sentence: "Could Jane Doe"."""
        if not opens or normalise(" ".join(words)) in self._sure:
            return words
        rest = words[1:]
        if words[0].casefold() in _OPENING or normalise(" ".join(rest)) in self._sure:
            return rest
        return words
