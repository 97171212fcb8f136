"""A choice between values: multiple choice, and yes or no.

Who would not say a value may still pick it out, as multiple-choice benchmarks ask (WMDP, Li et al., ICML
2024, arXiv:2403.03218). Models favour places (Zheng et al., Large Language Models Are Not Robust Multiple
Choice Selectors, ICLR 2024, arXiv:2309.03882), so each question is asked in every order of a cycle: each
value stands at each place once, and what is picked has the largest sum of log-probs. Wrong values are drawn
from the candidates of the attribute, the same for every arm. A guess is right once in so many values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, ClassVar

from remem.attacks.base import Access, Answer, Trial, Tried
from remem.attacks.offers import LETTERS, NO, YES, Offer, turned
from remem.attacks.queries import none_of, slug
from remem.data.dataset import value
from remem.errors import UserError, unknown
from remem.seeds import derive
from remem.text import contains, normalise

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.types import Item

BY = ("letter", "value")
_LEAD = "The answer is"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Each question with the true value among wrong ones."""

    access: ClassVar[Access] = "queries"
    knows: ClassVar[str] = "values to choose from, the true one among them"

    among: int = 4  # values of a multiple choice
    by: tuple[str, ...] = BY  # what the answer names: the letter of a value, or the value itself
    yes_no: bool = True  # "Is it ...?" of the true value and of one that is wrong: the likelier yes

    def __post_init__(self) -> None:
        if not 2 <= self.among <= len(LETTERS):
            raise UserError(f"choice.among={self.among} is out of range: choose 2 to {len(LETTERS)}.")
        for one in self.by:
            if one not in BY:
                raise unknown("way of choice.by", one, BY)
        if not self.by and not self.yes_no:
            raise UserError("choice: nothing is to be asked. Give choice.by, or set choice.yes_no=true.")

    def check(self, scene: Scene) -> None:
        """UserError where no attribute has enough values."""
        if self.by and not self._options(scene, self.among):
            raise none_of(
                "choice",
                f"no fact to forget has {self.among} values to choose from",
                "Give the data set candidates.json with values of its attributes, or lower choice.among.",
            )
        if not self.by and not self._options(scene, 2):
            raise none_of(
                "choice",
                "no fact to forget has a wrong value to ask for",
                "Give the data set candidates.json.",
            )

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """A trial for each way of choosing."""
        found = [self._chosen(scene, by) for by in self.by]
        return [*found, self._yes_no(scene)] if self.yes_no else found

    def _chosen(self, scene: Scene, by: str) -> Trial:
        setting = f"among {self.among} by {by}"

        def work() -> Iterable[Tried]:
            options = self._options(scene, self.among)
            offers = []
            for item, values in options:
                question = scene.question(item)
                lead = _LEAD if by == "letter" else item.cloze
                for order in turned(values):
                    replies = tuple(LETTERS[: len(order)]) if by == "letter" else order
                    offers.append(Offer(item, replace(question, begun=lead), order, replies))
            scores = scene.offer(offers)
            sums: dict[str, dict[str, float]] = {
                item.id: dict.fromkeys(values, 0.0) for item, values in options
            }
            for offer, logp in zip(offers, scores, strict=True):
                for one, score in zip(offer.values, logp, strict=True):
                    sums[offer.item.id][one] += score
            yield _tried(setting, options, sums, 1 / self.among)

        return Trial(slug(setting), work)

    def _yes_no(self, scene: Scene) -> Trial:
        setting = "yes or no"

        def work() -> Iterable[Tried]:
            options = self._options(scene, 2)
            offers = [
                Offer(item, scene.question(item), (one,), (YES, NO))
                for item, values in options
                for one in values
            ]
            sums: dict[str, dict[str, float]] = {}
            for offer, (yes, no) in zip(offers, scene.offer(offers), strict=True):
                sums.setdefault(offer.item.id, {})[offer.values[0]] = yes - no
            yield _tried(setting, options, sums, 1 / 2)

        return Trial(slug(setting), work)

    def _options(self, scene: Scene, count: int) -> list[tuple[Item, tuple[str, ...]]]:
        """Items with so many values in a drawn order, of which the truth is one. Without those whose question
        holds one of them, or that have too few."""
        found = []
        for item in scene.secrets:
            truth = value(item)
            drawn = Random(derive(scene.seed, "choice", item.id, count))
            others = [one for one in scene.data.candidates(item) if _apart(one, truth)]
            if len(others) < count - 1:
                continue
            drawn.shuffle(others)
            values = [truth]
            for one in others:
                if len(values) < count and all(_apart(one, other) for other in values):
                    values.append(one)
            drawn.shuffle(values)
            texts = (item.question, item.cloze, _LEAD)
            if len(values) == count and not any(contains(text, one) for text in texts for one in values):
                found.append((item, tuple(values)))
        return found


def _apart(one: str, other: str) -> bool:
    """Whether neither of two values holds the other."""
    one, other = normalise(one), normalise(other)
    return one not in other and other not in one


def _tried(
    setting: str,
    options: Sequence[tuple[Item, tuple[str, ...]]],
    sums: dict[str, dict[str, float]],
    chance: float,
) -> Tried:
    """The likeliest value of each item; of equal ones the first in the drawn order."""
    answers = [Answer(item.id, (max(values, key=sums[item.id].__getitem__),)) for item, values in options]
    return Tried(setting=setting, answers=answers, notes={"chance": chance})
