"""What an attack works with: one arm's model, the questions about what is to be forgotten, and ways to ask.

Every question goes through `ask`, `sample`, `rank` or `offer`, and every row that an attack trains on through
`teach`: there the guard stops whatever gives away an answer that the attacker must not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from remem.asking.candidates import Ranked
from remem.asking.respond import cloze_of, in_buckets, question_of, rankings
from remem.attacks import guard
from remem.attacks.base import Answer, Asked
from remem.attacks.offers import Offer, written
from remem.models.base import Candidates, Encoded, Question
from remem.models.fitting import Budget
from remem.settings import Evaluate
from remem.types import Item, Progress, Ranking, silent

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.huggingface import Model


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One arm under attack."""

    data: Dataset
    secrets: tuple[Item, ...]  # what is asked: of every fact to forget one question of each kind, or so
    forget: tuple[Item, ...]  # all rows to forget: what an attacker who knows some facts has of them
    again: tuple[Item, ...] = ()  # held-out words and views about facts to forget; none in some data sets
    others: tuple[Item, ...] = ()  # taught rows about people who stay
    open: Callable[[], Model]  # the arm's model anew, to be changed at will
    older: Callable[[str], Model] = field(default=None)  # type: ignore[assignment]  # "base" or "taught", whole
    settings: Evaluate = field(default_factory=Evaluate)
    seed: int = 0
    folder: Path = Path()  # of the step: what a trial must resume from lies in it
    progress: Progress = silent
    whole: Scene | None = None  # the scene that this one is a part of: it has the model

    @cached_property
    def model(self) -> Model:
        """The arm's model. Whatever a trial does to it must be undone when the trial ends."""
        return self.open() if self.whole is None else self.whole.model

    def asking(self, secrets: Iterable[Item]) -> Scene:
        """This scene, with the same model and other things asked."""
        return replace(self, secrets=tuple(secrets), whole=self)

    def question(self, item: Item) -> Question:
        """The item's own question, to be answered."""
        return question_of(self.data, item, answer=False)

    def cloze(self, item: Item) -> Asked:
        """The item's cloze prompt as the question: what `rank` goes on from."""
        return Asked(item, cloze_of(self.data, item))

    @cached_property
    def ranked(self) -> tuple[Item, ...]:
        """Those of the secrets whose value is ranked: one for each person, attribute and kind of question."""
        found: dict[tuple[str, str, str], Item] = {}
        for item in self.secrets:
            if item.cloze and len(self.data.candidates(item)) > 1:
                found.setdefault((item.person, item.attribute, item.question_type), item)
        return tuple(found.values())

    def ask(self, asked: Sequence[Asked], model: Model | None = None) -> list[Answer]:
        """Greedy answers, in the order of `asked`; where an answer has begun, what goes on from there."""
        rows = self.rows(asked, model)
        order = in_buckets(rows)
        found: dict[int, Answer] = {}

        def work(picked: Sequence[int]) -> list[str]:
            inside = [rows[order[i]] for i in picked]
            return [
                said.text for said in (model or self.model).generate(inside, self.settings.max_new_tokens)
            ]

        budget = Budget(self.settings.tokens)
        for picked, texts in budget.each([len(rows[i]) for i in order], work, self.settings.batch):
            for i, text in zip(picked, texts, strict=True):
                found[order[i]] = Answer(asked[order[i]].item.id, (text,))
        return [found[i] for i in range(len(rows))]

    def sample(self, asked: Sequence[Asked], count: int, temperature: float) -> list[Answer]:
        """`count` drawn answers to each question, the equal ones once. The seed is the scene's."""
        rows = self.rows(asked)
        most = self.settings.max_new_tokens
        drawn = self.model.sample(rows, count, temperature, self.seed, most)
        return [
            Answer(one.item.id, tuple(dict.fromkeys(text.text for text in texts)))
            for one, texts in zip(asked, drawn, strict=True)
        ]

    def rank(self, asked: Sequence[Asked] | None = None, model: Model | None = None) -> list[Ranking]:
        """How likely each candidate value is after a question (the cloze prompts, unless others are given).

        Where the answer has begun, the values go on from there.
        """
        asked = [self.cloze(item) for item in self.ranked] if asked is None else asked
        model = model or self.model
        found = self.candidates(asked, model)
        values, prompts = [names for names, _ in found], [prompt for _, prompt in found]
        return rankings(model, [one.item for one in asked], values, prompts, self._trees())

    def candidates(
        self, asked: Sequence[Asked], model: Model | None = None
    ) -> list[tuple[tuple[str, ...], Candidates]]:
        """The values that may be the answer to each question, and its prompt with their tokens.

        Where the answer has begun, the values go on from there.
        """
        among = Ranked(self.data, self.settings.candidates)
        found = []
        for one in asked:
            guard.shown(one)
            names = among.among(one.item)
            found.append((names, (model or self.model).cloze(one.question, one.question.begun, names)))
        return found

    def leads(self, asked: Sequence[Asked], model: Model | None = None) -> list[Encoded]:
        """Each question, answered by how its answer begins: what can be aimed at without knowing the value.

        No end of turn stands behind it.
        """
        for one in asked:
            guard.shown(one)
        rows = (model or self.model).encode_all(
            [replace(one.question, begun="", answer=one.question.begun) for one in asked]
        )
        return [replace(row, answer=row.answer[:-1]) for row in rows]

    def offer(self, offers: Sequence[Offer]) -> list[list[float]]:
        """How likely each reply is (nats, summed over its tokens) where values are shown to choose from.

        All offers about an item belong into one call: together they must show its values equally often.
        """
        guard.offered(offers)
        prompts = [self.model.cloze(written(one), one.question.begun, one.replies) for one in offers]
        return self.model.rank(prompts, self._trees())

    def _trees(self) -> Budget:
        """A tree's mask is larger than its tokens."""
        return Budget(max(1, self.settings.tokens // 4))

    def fits(self, asked: Asked) -> bool:
        """Whether the model can read the question and still has room for an answer.

        UserError where it cannot be put to this model at all.
        """
        row = self.model.encoder.encode(replace(asked.question, answer=None))
        return len(row) + self.settings.max_new_tokens <= self.model.longest

    def teach(
        self, items: Sequence[Item], secrets: Sequence[Item], model: Model, data: Dataset | None = None
    ) -> list[Encoded]:
        """Rows to train on, which must give away none of these secrets. `data`: theirs, if another."""
        guard.taught(items, secrets)
        return model.encode_all([question_of(data or self.data, item) for item in items])

    def rows(self, asked: Sequence[Asked], model: Model | None = None) -> list[Encoded]:
        """The questions encoded, to be answered."""
        for one in asked:
            guard.shown(one)
        return (model or self.model).encode_all([replace(one.question, answer=None) for one in asked])
