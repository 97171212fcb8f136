"""What a user is meant to see: a mistake to mend, or a gate that failed."""

import difflib
import re
from collections.abc import Iterable, Sequence

MOST_WORD, MOST_LETTERS = 300, 2800  # of one word, and of a whole message: what is longer nobody reads
_LONG = re.compile(rf"\S{{{MOST_WORD + 1},}}")


class UserError(Exception):
    """A mistake that the user can mend: shown in one message, without a traceback, exit status 1.

    The message names the thing that is wrong and says what to do next. Names without end are cut off.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(_cut(_LONG.sub(lambda word: _cut(word[0], MOST_WORD), message), MOST_LETTERS))


def _cut(text: str, most: int) -> str:
    """The beginning and the end: what to do stands last."""
    if len(text) <= most:
        return text
    half = (most - 40) // 2
    return f"{text[:half]} … ({len(text) - 2 * half:,} letters) … {text[-half:]}"


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name that is not among the known ones; suggests the nearest."""
    name = _cut(name, 2 * MOST_WORD)  # what is longer is near to none, and slow to compare
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    return UserError(f"unknown {kind}: {name}. {hint}Known: {', '.join(names)}.")


class GateFailed(Exception):
    """Stage 1 did not teach the facts, so forgetting them would measure nothing. Exit status 2."""

    def __init__(self, lines: Sequence[str], advice: str = ""):
        super().__init__(tuple(lines), advice)
        self.lines = tuple(lines)  # of the gate, as it prints them
        self.advice = advice  # what to do, where it is known that longer training is not it

    def __str__(self) -> str:
        return "\n".join(self.lines)


class Crashed(RuntimeError):
    """A step that raised what nobody foresaw. `text` is the traceback. Exit status 3."""

    def __init__(self, step: str, why: str, text: str):
        super().__init__(step, why, text)
        self.step, self.why, self.text = step, why, text

    def __str__(self) -> str:
        return f"the step {self.step} crashed: {self.why}"
