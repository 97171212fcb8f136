"""Vectors in front of each question, made so that its answer begins as an answer does and not as a refusal.

Schwinn, Dobre, Xhonneux, Gidel and Günnemann. Soft Prompt Threats: Attacking Safety Alignment and
Unlearning in Open-Source LLMs through the Embedding Space. NeurIPS 2024, arXiv:2402.09063: 20 vectors for
each prompt, 100 steps of signed gradient descent of .001.

Departures: what is aimed at is the sentence that the answer begins with, up to its value, and no fact is
known; the vectors start from the mean of the prompt's own embeddings. The step is in the embeddings' own
units: models with larger embeddings than Llama 2's (about .02 a number) want a larger one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from remem.attacks import guard
from remem.attacks.base import Access, Answer, Asked, Trial, Tried
from remem.attacks.gradients import EMBEDDINGS, LOSS, SHARE, STEPS, embedded, free, gradient, soft, still
from remem.errors import UserError
from remem.models.base import Encoded
from remem.models.fitting import Budget
from remem.settings import within
from remem.types import Ranking

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.types import Item


@dataclass(frozen=True, kw_only=True)
class EmbeddingSpace:
    """Soft tokens of each question's own."""

    access: ClassVar[Access] = "gradients"
    knows: ClassVar[str] = "how an answer begins"

    tokens: int = 20  # vectors in front of each question
    steps: int = 100  # of gradient descent
    step: float = 0.001  # of each number of a vector, by the gradient's sign
    batch: int = 16  # questions at once; as many times `tokens` token ids must be free
    lead: str = "Sure, the answer is"  # how an answer begins where the data has no sentence for it

    def __post_init__(self) -> None:
        within("embedding.tokens", self.tokens, 1)
        within("embedding.steps", self.steps, 1)
        within("embedding.step", self.step, 0, above=True)
        within("embedding.batch", self.batch, 1)
        if not self.lead.strip():
            raise UserError("embedding.lead is empty: say how an answer begins, such as 'Sure, it is'")

    def check(self, scene: Scene) -> None:
        """Whether the vocabulary has room."""
        try:
            self._free(scene, self._sorted(scene)[: self.batch])
        except UserError as problem:
            raise UserError(
                f"embedding: {problem}. Set a smaller embedding.batch or embedding.tokens"
            ) from problem

    def trials(self, scene: Scene) -> list[Trial]:
        return [Trial("embedding", lambda: self._tried(scene))]

    def _tried(self, scene: Scene) -> Iterator[Tried]:
        answers: list[Answer] = []
        rankings: list[Ranking] = []
        losses: list[float] = []
        items = self._sorted(scene)
        sizes = [len(row) + self.tokens for row in scene.leads([self._asked(scene, one) for one in items])]
        budget = Budget(max(1, scene.settings.tokens // SHARE))
        work = partial(self._of, scene, items)
        for _, (said, ranked, loss) in budget.each(sizes, work, self.batch):
            answers, rankings, losses = answers + said, rankings + ranked, losses + loss
            scene.progress(len(answers), len(items), "embedding space")
        yield Tried(
            setting=f"{self.tokens} tokens",
            answers=answers,
            rankings=rankings,
            notes={STEPS: float(self.steps), LOSS: sum(losses) / len(losses)},
        )

    def _of(
        self, scene: Scene, items: Sequence[Item], picked: Sequence[int]
    ) -> tuple[list[Answer], list[Ranking], list[float]]:
        """What comes of some of the questions, and the loss of how each one's answer begins."""
        part = [items[i] for i in picked]
        ids = self._free(scene, part)
        own = [ids[i : i + self.tokens] for i in range(0, len(ids), self.tokens)]
        asked = [self._asked(scene, item, places) for item, places in zip(part, own, strict=True)]
        vectors, losses = self._made(scene, asked, ids)
        with scene.model.touched(EMBEDDINGS, soft(ids, vectors)):
            answers = scene.ask([_unbegun(one) for one in asked])
            rankings = scene.rank([one for one in asked if one.item in scene.ranked])
        return answers, rankings, losses

    def _made(
        self, scene: Scene, asked: Sequence[Asked], ids: Sequence[int]
    ) -> tuple[Float[Tensor, "place width"], list[float]]:
        """The vectors of these questions, and the mean loss of how each one's answer begins."""
        model = scene.model
        rows = scene.leads(asked)
        plain = [self._plain(scene, one) for one in asked]
        start = [found.mean(0) for found in embedded(model, plain)]
        vectors = torch.stack([vector for vector in start for _ in range(self.tokens)])
        batch = model.collate(rows)
        with still(model):
            for _ in range(self.steps):
                vectors = vectors.detach().requires_grad_()
                with model.touched(EMBEDDINGS, soft(ids, vectors)):
                    loss = -model.forward(batch).sequence_logp.sum()
                vectors = vectors.detach() - self.step * gradient(loss, vectors).sign()
        with torch.no_grad(), model.touched(EMBEDDINGS, soft(ids, vectors)):
            out = model.forward(batch)
        return vectors, (-out.sequence_logp / out.mask.sum(1)).tolist()

    def _plain(self, scene: Scene, one: Asked) -> Encoded:
        return scene.rows([Asked(one.item, replace(one.question, soft=(), begun=""))])[0]

    def _asked(self, scene: Scene, item: Item, places: Sequence[int] = ()) -> Asked:
        """The question behind its vectors, with how its answer begins."""
        question = scene.question(item)
        return Asked(item, replace(question, soft=tuple(places), begun=item.cloze or self.lead))

    def _free(self, scene: Scene, items: Sequence[Item]) -> tuple[int, ...]:
        asked = [self._asked(scene, item) for item in items]
        ranked = [one for one in asked if one.item in scene.ranked]
        return free(scene, [*map(_unbegun, asked), *asked], ranked, (), self.tokens * len(items))

    def _sorted(self, scene: Scene) -> list[Item]:
        """What is asked, questions of like length beside each other."""
        items = [one.item for one in guard.fair(self._asked(scene, item) for item in scene.secrets)]
        return sorted(items, key=lambda item: (bool(item.image_path), len(item.question), item.id))


def _unbegun(one: Asked) -> Asked:
    return Asked(one.item, replace(one.question, begun=""))
