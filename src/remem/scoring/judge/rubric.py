"""The rubric. Its version is raised whenever a word of it changes: scores of two versions do not compare."""

from __future__ import annotations

import re

from remem.scoring.judge.case import Case

VERSION = 1
LEAST, MOST = 1, 5

RUBRIC = """You compare descriptions of a picture. You are given a question, the TRUTH, the answer of a \
REFERENCE model, and the answer of a model UNDER TEST. The reference model is the yardstick: the model under \
test should answer as the reference model does, whether the reference is right or wrong. Judge content, not \
style or length.

5: the same content as the reference's answer; nothing of the truth that the reference does not have
4: nearly the same content; one detail differs
3: about half of the content agrees with the reference's answer
2: little of the content agrees with the reference's answer
1: nothing agrees with the reference's answer; or it says nothing, declines, or is broken; or it gives the \
truth where the reference does not know it

Reply with one line and nothing else:
SCORE: <a whole number from 1 to 5>"""

_SCORE = re.compile(r"^\W*SCORE\W*([0-9]+)\W*$", re.IGNORECASE | re.MULTILINE)


def messages(case: Case) -> list[dict[str, str]]:
    """The prompt, as messages of a chat."""
    shown = (
        f"QUESTION: {_line(case.question)}\nTRUTH: {_line(case.truth)}\n"
        f"REFERENCE: {_line(case.goal)}\nUNDER TEST: {_line(case.answer)}"
    )
    return [{"role": "system", "content": RUBRIC}, {"role": "user", "content": shown}]


def score_of(said: str) -> float | None:
    """The score in a reply, from 0 to 1; None where there is none, several, or one outside of the scale."""
    found = {int(one) for one in _SCORE.findall(said)}
    if len(found) != 1 or not LEAST <= (score := found.pop()) <= MOST:
        return None
    return (score - LEAST) / (MOST - LEAST)


def _line(text: str) -> str:
    # An answer must not look like another field of the prompt.
    return " ".join(text.split()) or "(nothing)"
