"""Which tokens of a prompt are the picture, the name, the phrase for the person, other words, or template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from remem.errors import UserError
from remem.text import find

GROUPS = ("image", "name", "subject", "text", "template", "last")
TITLES = {
    "image": "picture",
    "name": "name",
    "subject": "phrase for the person",
    "text": "other words",
    "template": "template",
    "last": "last token",
}
# How questions point at whoever the picture shows: "the woman in this picture", "this person".
_SUBJECT = re.compile(
    r"\b(?:the|this) (?:person|individual|man|woman|boy|girl|lady|gentleman|subject|figure|character)\b"
    r"(?: (?:who is |that is )?(?:shown|seen|depicted|pictured|featured|you see|we see))?"
    r"(?: (?:in|on|from) (?:the|this) (?:picture|image|photo|photograph|portrait))?"
    r"(?: here)?",
    re.IGNORECASE,
)


def groups(
    prompt: Sequence[int], tokenizer: Any, image_token: int | None, texts: Sequence[str], name: str = ""
) -> tuple[str, ...]:
    """The group of every token of a prompt: each token is in exactly one.

    `texts` are the data's own words in the order in which the prompt holds them (the question, and what the
    answer begins with); everything else that is not a picture is the chat template. A token that straddles
    a border belongs to the first of GROUPS that it touches. UserError when a text is not found again.
    """
    read = [place for place, token in enumerate(prompt) if token != image_token]
    ends = [_written(tokenizer, [prompt[i] for i in read[: n + 1]]) for n in range(len(read))]
    written = ends[-1] if ends else ""
    spans = list(_spans(written, texts, name))
    found = ["image"] * len(prompt)
    start = 0
    for place, text in zip(read, ends, strict=True):
        end = len(text)
        touched = {group for group, low, high in spans if low < end and start < high}
        found[place] = next((group for group in GROUPS if group in touched), "template")
        start = max(start, end)
    found[-1] = "last"
    return tuple(found)


def _written(tokenizer: Any, ids: list[int]) -> str:
    text: str = tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return text


def _spans(written: str, texts: Sequence[str], name: str) -> Iterator[tuple[str, int, int]]:
    """(group, first character, end) of everything in the texts; they may overlap."""
    at = 0
    for text in texts:
        text = text.strip()
        if not text:
            continue
        at = written.find(text, at)
        if at < 0:
            raise UserError(
                f"the chat template does not hold this text as it is, so its tokens cannot be told: {text}"
            )
        yield "text", at, at + len(text)
        if name:
            for start, end in find(text, name):
                # A space may be a token or begin one, as the name's first letter has it: always the name's.
                before = start - (text[start - 1 : start] == " ")
                yield "name", at + before, at + end
        for found in _SUBJECT.finditer(text):
            yield "subject", at + found.start(), at + found.end()
        at += len(text)
