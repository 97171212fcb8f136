"""Other people's facts in context: questions about them, answered, as earlier turns of the conversation.

Few-shot prompts as a way around what a model was made to decline: Wei et al., Jailbreak and Guard Aligned
Language Models with Only Few In-Context Demonstrations, 2023 (arXiv:2310.06387).
Departure: what is shown is no harmful answer but a true one about people who stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, ClassVar

from remem.attacks.base import Access, Asked, Trial
from remem.attacks.guard import gives_away
from remem.attacks.queries import at_least, none_of, trial
from remem.errors import UserError
from remem.models.base import Turn
from remem.seeds import derive

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.types import Item

TOO_LONG = "questions left out because they do not fit the model's context"
_TRIED = 3  # of the longest questions of each kind are encoded to see whether a number of turns fits


@dataclass(frozen=True, kw_only=True)
class FewShot:
    """So many answered questions stand before each question, about other people, of the same kind."""

    access: ClassVar[Access] = "queries"
    knows: ClassVar[str] = "facts of people who stay"

    shots: tuple[int, ...] = (1, 2, 4, 8)  # answered questions before the question
    rank: bool = True  # values are ranked after them, too

    def __post_init__(self) -> None:
        if not self.shots:
            raise UserError("few_shot.shots is empty: give numbers of answered questions, such as 1,2,4,8.")
        for number in self.shots:
            at_least("few_shot", 1, shots=number)

    def check(self, scene: Scene) -> None:
        """UserError where nobody stays, or where not even the fewest turns fit. Says which do not."""
        if not scene.others:
            raise none_of("few_shot", "nobody stays whose facts could be shown", "Forget fewer people.")
        lost = [number for number in sorted(self.shots) if not self._fits(scene, number)]
        if len(lost) == len(self.shots):
            raise none_of(
                "few_shot",
                f"no question has {min(self.shots)} answered ones of its kind about others that fit before "
                f"it into the {scene.model.longest:,} tokens that this model reads",
                "Lower few_shot.shots, or use a model that reads more.",
            )
        for number in lost:
            scene.progress(0, len(self.shots), f"few_shot: {number} shots do not fit and are left out")

    def _fits(self, scene: Scene, number: int) -> bool:
        """Whether any of the shortest questions fits behind so many turns."""
        asked = _asked(scene, number)
        asked.sort(key=lambda one: (bool(one.question.pictures), _length(one)))
        some = [*asked[:_TRIED], *[one for one in asked if one.question.pictures][:_TRIED]]
        return any(scene.fits(one) for one in some)

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """A trial for each number of turns. Of a number that does not fit, nothing is asked."""
        return [self._trial(scene, number) for number in sorted(set(self.shots))]

    def _trial(self, scene: Scene, number: int) -> Trial:
        notes: dict[str, float] = {}

        def asked() -> list[Asked]:
            every = _asked(scene, number)
            kept = [one for one in every if scene.fits(one)]
            if len(kept) < len(every):
                notes[TOO_LONG] = float(len(every) - len(kept))
            return kept

        name = f"{number} shot" if number == 1 else f"{number} shots"
        return trial(scene, name, asked, rank=self.rank, notes=notes)


def _asked(scene: Scene, number: int) -> list[Asked]:
    """Every question that has so many others to stand behind."""
    found = []
    for item in scene.secrets:
        shown = _shown(scene, item, number)
        if len(shown) == number:
            turns = tuple(turn for one in shown for turn in _turns(scene, one))
            found.append(Asked(item, replace(scene.question(item), turns=turns)))
    return found


def _shown(scene: Scene, item: Item, number: int) -> list[Item]:
    """Rows about others, of the same kind of question; those for the same attribute first, of a person each
    before any comes again."""
    drawn = Random(derive(scene.seed, "few-shot", item.id))
    rows = [
        one
        for one in scene.others
        if one.question_type == item.question_type
        and one.person != item.person
        and not gives_away(f"{one.question}\n{one.answer}", item)
    ]
    drawn.shuffle(rows)
    times: dict[str, int] = {}
    turn = {}
    for one in sorted(rows, key=lambda one: one.attribute != item.attribute):
        turn[one.id] = times[one.person] = times.get(one.person, -1) + 1
    rows.sort(key=lambda one: (turn[one.id], one.attribute != item.attribute))
    return rows[:number]


def _turns(scene: Scene, item: Item) -> tuple[Turn, Turn]:
    question = scene.question(item)
    asked = Turn("user", question.text, question.image, question.image_key)
    return asked, Turn("assistant", item.answer)


def _length(one: Asked) -> int:
    return len(one.question.text) + sum(len(turn.text) for turn in one.question.turns)
