"""What attacks by queries share: a trial that puts questions and writes down what was said.

Whether a model that was made to decline still tells the value is measured twice: by what it says, and by how
it ranks the value after the same question with the cloze prompt as the beginning of its answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from remem.attacks import guard
from remem.attacks.base import Asked, Trial, Tried
from remem.errors import UserError

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.models.base import Question
    from remem.types import Item

LEFT_OUT = "questions left out because they hold the answer"


def trial(
    scene: Scene,
    setting: str,
    asked: Callable[[], Sequence[Asked]],
    *,
    rank: bool = True,
    lead: Callable[[Item], str] = lambda item: item.cloze,
    notes: Mapping[str, float] | None = None,
    **more: Any,
) -> Trial:
    """One setting, asked and ranked. `lead`: the cloze prompt of an item, "" where its value is not ranked.

    `more`: further fields of Tried. A question that holds its own answer is left out, and noted.
    """

    def work() -> Iterable[Tried]:
        every = asked()
        kept = guard.fair(every)
        ranked = {item.id for item in scene.ranked} if rank else set[str]()
        led = [begun(one, lead(one.item)) for one in kept if one.item.id in ranked and lead(one.item)]
        left = {LEFT_OUT: float(len(every) - len(kept))} if len(kept) < len(every) else {}
        yield Tried(
            setting=setting,
            answers=scene.ask(kept),
            rankings=scene.rank(guard.fair(led)) if led else (),
            notes={**(notes or {}), **left},
            **more,
        )

    return Trial(slug(setting), work)


def begun(asked: Asked, lead: str) -> Asked:
    """The question with an answer that begins with `lead`, behind what it had begun with."""
    before = asked.question.begun
    joined = before if before.endswith(lead) else f"{before} {lead}".strip()
    return Asked(asked.item, replace(asked.question, begun=joined))


def said(scene: Scene, item: Item, text: str) -> Asked:
    """The item's question in other words, with its own picture where it has one."""
    return Asked(item, replace(scene.question(item), text=text))


def slug(setting: str) -> str:
    """A setting as the name of a trial's file."""
    return re.sub(r"[^a-z0-9]+", "-", setting.lower()).strip("-")


def key_of(question: Question, what: str) -> str:
    """A key for the question's picture after something was done to it; "" where it has none."""
    import hashlib

    if not question.image_key:
        return ""
    return hashlib.blake2b(f"{question.image_key} {what}".encode(), digest_size=16).hexdigest()


def at_least(attack: str, low: int, **settings: int) -> None:
    """UserError for the first setting below `low`."""
    for name, number in settings.items():
        if number < low:
            raise UserError(f"{attack}.{name}={number} is too few: choose {low} or more.")


def none_of(attack: str, why: str, cure: str) -> UserError:
    """The error of an attack that has nothing to ask."""
    return UserError(f"{attack}: {why}. {cure} Or leave {attack} out of the attacks.")
