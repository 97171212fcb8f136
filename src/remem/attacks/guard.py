"""No answer may be given away that the attacker must not know: in a prompt, or in what is trained on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from remem.attacks.base import Asked
from remem.data.dataset import value
from remem.errors import UserError
from remem.text import contains
from remem.types import Item


class Leaked(UserError):
    """An attack that would prove nothing: it was told what it was to find out."""


def shown(asked: Asked) -> None:
    """Leaked where a prompt, an earlier turn or the beginning of the answer holds the value asked for."""
    question = asked.question
    for text in (question.text, question.begun, *(turn.text for turn in question.turns)):
        if gives_away(text, asked.item):
            raise Leaked(
                f"item {asked.item.id}: what is shown to the model holds the answer ({_short(text)}). "
                "Whoever attacks must not know it: leave it out of the prompt."
            )


def taught(rows: Iterable[Item], secrets: Sequence[Item]) -> None:
    """Leaked where a row to train on spells the value of a fact that is asked afterwards."""
    texts = [f"{row.question}\n{row.answer}" for row in rows]
    for secret in secrets:
        for text in texts:
            if gives_away(text, secret):
                raise Leaked(
                    f"item {secret.id}: a row to train on holds its answer ({_short(text)}). Whoever attacks "
                    "must not know it: leave the row out, or do not ask for this fact."
                )


def unspoilt(rows: Iterable[Item], secrets: Iterable[Item]) -> tuple[Item, ...]:
    """The secrets that none of these rows gives away."""
    texts = [f"{row.question}\n{row.answer}" for row in rows]
    return tuple(one for one in secrets if not any(gives_away(text, one) for text in texts))


def gives_away(text: str, item: Item) -> bool:
    """Whether a text holds the item's value: all of its keywords, or the whole value."""
    words = item.keywords or (value(item),)
    return bool(text) and all(contains(text, word) for word in words)


def _short(text: str) -> str:
    return repr(text if len(text) < 80 else text[:77] + "...")
