"""No answer may be given away that the attacker must not know: in a prompt, or in what is trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from remem.attacks.base import Asked
from remem.attacks.offers import Offer
from remem.data.dataset import value
from remem.errors import UserError
from remem.text import contains, normalise
from remem.types import Item


class Leaked(UserError):
    """An attack that would prove nothing: it was told what it was to find out."""


def shown(asked: Asked) -> None:
    """Leaked where a prompt, an earlier turn or the beginning of the answer holds the value asked for."""
    if text := told(asked):
        raise Leaked(
            f"item {asked.item.id}: what is shown to the model holds the answer ({_short(text)}). "
            "Whoever attacks must not know it: leave it out of the prompt."
        )


def told(asked: Asked) -> str:
    """The first of the texts shown to the model that holds the value asked for; "" where none does."""
    return next((text for text in _texts(asked) if gives_away(text, asked.item)), "")


def fair(asked: Iterable[Asked]) -> list[Asked]:
    """Those of which nothing that is shown to the model holds the value asked for."""
    return [one for one in asked if not told(one)]


def offered(offers: Iterable[Offer]) -> None:
    """Leaked where an item's values are shown so that the true one stands out.

    Each of its values must be shown as often as the others at every place, the truth must be one of them,
    and nothing else may hold any of them.
    """
    of: dict[str, list[Offer]] = {}
    for one in offers:
        of.setdefault(one.item.id, []).append(one)
    for id, own in of.items():
        if problem := _uneven(own):
            raise Leaked(f"item {id}: {problem}. Show all values alike, and the truth as one of them.")


def _uneven(own: Sequence[Offer]) -> str:
    shown = {one for offer in own for one in offer.values}
    known, truth = set(map(normalise, shown)), normalise(value(own[0].item))
    if len(known) < 2 or len(known) < len(shown) or truth not in known:
        return f"the model is offered {sorted(shown)} to choose from"
    for place in range(max(len(offer.values) for offer in own)):
        seen = Counter(offer.values[place] for offer in own if place < len(offer.values))
        if len(seen) < len(shown) or len(set(seen.values())) > 1:
            return f"at place {place + 1} its values are not shown equally often"
    for offer in own:
        for text in _texts(Asked(offer.item, offer.question)):
            if found := next((one for one in sorted(shown) if contains(text, one)), ""):
                return f"a value offered ({found}) stands in the question as well ({_short(text)})"
    return ""


def _texts(asked: Asked) -> tuple[str, ...]:
    question = asked.question
    return (question.text, question.begun, *(turn.text for turn in question.turns))


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
