"""A soft prompt: a few vectors in front of every question, trained on facts that the attacker knows.

Lester, Al-Rfou and Constant. The Power of Scale for Parameter-Efficient Prompt Tuning. EMNLP 2021,
arXiv:2104.08691; against unlearning with a retrained model beside it, and with wrong labels, as ForgetGate
does for classifiers (github.com/DevT02/ForgetGate). A soft prompt can make a model say anything at all
(Chen et al., Soft Token Attacks Cannot Reliably Audit Unlearning, arXiv:2502.15836), so it is asked only
for facts that it was not trained on, and what it brings out is read beside its controls: the same facts
with their values shuffled among them, and with values of others.

Departures: classes there are facts here. The vectors start from embeddings of the known rows' own words,
and are trained with Adam, whose step is told as a share of the embeddings' size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from remem.attacks import guard
from remem.attacks.base import Access, Asked, Trial, Tried
from remem.attacks.gradients import (
    DIVERGED,
    EMBEDDINGS,
    LOSS,
    SHARE,
    STEPS,
    embedded,
    free,
    gradient,
    soft,
    still,
)
from remem.attacks.targets import by_fact
from remem.data.dataset import value
from remem.errors import UserError
from remem.models.base import Encoded
from remem.models.fitting import Budget
from remem.scoring.facts import fact
from remem.seeds import derive
from remem.settings import within
from remem.text import contains, normalise, swapped
from remem.types import Item

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.data import Dataset

Values = Mapping[tuple[str, ...], str]  # fact -> what is taught as its value
SHUFFLED, RANDOM = "shuffled labels", "random labels"


@dataclass(frozen=True, kw_only=True)
class SoftPrompt:
    """Soft tokens that all questions share."""

    access: ClassVar[Access] = "gradients"
    knows: ClassVar[str] = "some of the facts"

    tokens: tuple[int, ...] = (1, 10)  # vectors in front of every question
    facts: tuple[int, ...] = (1, 10)  # known to the attacker; asked are the others
    rows: int = 2  # questions of each known fact that are trained on, at most
    steps: int = 40  # of Adam, over all rows
    lr: float = 0.1  # Adam's, as a share of the embeddings' root mean square

    def __post_init__(self) -> None:
        for name, values in (("tokens", self.tokens), ("facts", self.facts)):
            if not values:
                raise UserError(f"soft_prompt.{name} is empty: give one number or more")
            for one in values:
                within(f"soft_prompt.{name}", one, 1)
        within("soft_prompt.rows", self.rows, 1)
        within("soft_prompt.steps", self.steps, 1)
        within("soft_prompt.lr", self.lr, 0, above=True)

    def check(self, scene: Scene) -> None:
        """Whether some number of known facts leaves one to ask."""
        if not self._counts(scene):
            raise UserError(
                f"soft_prompt.facts={', '.join(map(str, self.facts))} leaves nothing to ask: "
                f"{len(_facts(scene.forget))} facts are to be forgotten, and what is known may give away "
                "others. Give fewer, or forget more people"
            )
        if out := sorted(set(self.facts) - set(self._counts(scene))):
            names = ", ".join(map(str, out))
            scene.progress(0, 0, f"soft_prompt leaves facts={names} out: known, they leave nothing to ask")

    def trials(self, scene: Scene) -> list[Trial]:
        """Numbers of facts that leave nothing to ask are left out."""
        return [
            Trial(f"tokens-{tokens}-facts-{count}", partial(self._tried, scene, tokens, count))
            for count in self._counts(scene)
            for tokens in sorted(set(self.tokens))
        ]

    def known(self, scene: Scene, count: int) -> tuple[list[Item], tuple[Item, ...]]:
        """The rows about so many facts that the attacker has, and the secrets that none of them gives away.

        More facts hold those of fewer; the same on every arm.
        """
        drawn = Random(derive(scene.seed, "soft prompt", "known facts"))
        facts = _facts(scene.forget)
        chosen = drawn.sample(facts, len(facts))[:count]
        every = by_fact(scene.forget)
        about = {one: every[one] for one in chosen}
        rows = []
        for one, items in about.items():
            pick = Random(derive(scene.seed, "soft prompt", "rows", *one))
            rows += pick.sample(items, min(self.rows, len(items)))
        left = [item for item in scene.secrets if fact(item) not in about]
        asked = [item for item in left if not guard.gives_away(f"{item.question}\n{item.cloze}", item)]
        return rows, guard.unspoilt(rows, asked)

    def _counts(self, scene: Scene) -> list[int]:
        total = len(_facts(scene.forget))
        return [one for one in sorted(set(self.facts)) if one <= total and self.known(scene, one)[1]]

    def _tried(self, scene: Scene, tokens: int, count: int) -> Iterator[Tried]:
        rows, secrets = self.known(scene, count)
        name = f"{_plural(tokens, 'token')}, {_plural(count, 'fact')}"
        values = {fact(row): value(row) for row in rows}
        taught = {
            "": values,
            SHUFFLED: shuffled(values),
            RANDOM: others(scene.data, rows, secrets, derive(scene.seed, "soft prompt", RANDOM)),
        }
        asked = [Asked(item, scene.question(item)) for item in secrets]
        ranked = [
            Asked(item, replace(scene.question(item), begun=item.cloze))
            for item in scene.ranked
            if item in secrets
        ]
        for number, (kind, labels) in enumerate(taught.items()):
            if any(row not in labels for row in values):  # nothing else can be said of a fact
                continue
            learnt = scene.teach([_told(row, labels[fact(row)]) for row in rows], secrets, scene.model)
            ids = free(scene, [*asked, *ranked], ranked, learnt, tokens)
            vectors, loss = self._made(scene, learnt, ids, count)
            with scene.model.touched(EMBEDDINGS, soft(ids, vectors)):
                answers = scene.ask([_behind(one, ids) for one in asked])
                rankings = scene.rank([_behind(one, ids) for one in ranked])
            yield Tried(
                setting=f"{name}, {kind}" if kind else name,
                control=bool(kind),
                answers=answers,
                rankings=rankings,
                notes={STEPS: float(self.steps), LOSS: loss, "rows known": float(len(rows))},
            )
            scene.progress(number + 1, len(taught), f"soft prompt, {name}")

    def _made(
        self, scene: Scene, learnt: Sequence[Encoded], ids: Sequence[int], count: int
    ) -> tuple[Float[Tensor, "place width"], float]:
        """The vectors, and the last loss."""
        model = scene.model
        rows = model.encode_all([replace(row.question, soft=tuple(ids)) for row in learnt])
        words = torch.cat(embedded(model, learnt))
        if not bool(torch.isfinite(words).all()):
            raise UserError(f"soft_prompt: the embeddings are no numbers: {DIVERGED}")
        drawn = Random(derive(scene.seed, "soft prompt", "start", count))
        start = words[drawn.choices(range(len(words)), k=len(ids))]
        vectors = start.clone().requires_grad_()
        optimiser = torch.optim.Adam([vectors], lr=self.lr * float(words.square().mean().sqrt()))
        budget = Budget(max(1, scene.settings.tokens // SHARE))
        total = sum(len(row.answer) for row in rows)

        def work(picked: Sequence[int]) -> tuple[Tensor, float]:
            batch = model.collate([rows[i] for i in picked]).within(len(rows), total)
            with model.touched(EMBEDDINGS, soft(ids, vectors)):
                loss = model.forward(batch).nll
            return gradient(loss, vectors), float(loss.detach())

        loss = 0.0
        with still(model):
            for _ in range(self.steps):
                parts = [part for _, part in budget.each([len(row) for row in rows], work)]
                vectors.grad = torch.stack([part for part, _ in parts]).sum(0)
                loss = sum(part for _, part in parts)
                optimiser.step()
        return vectors.detach(), loss


def shuffled(values: Values) -> Values:
    """Every fact with another's value: of its attribute where there is one, else of one that has none either.

    Without a fact of whose value there is no other.
    """
    facts = list(values)

    def unlike(one: tuple[str, ...], among: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        at = among.index(one) if one in among else 0
        turned = [*among[at:], *among[:at]]  # the next one first: each value is then used once
        return [other for other in turned if normalise(values[other]) != normalise(values[one])]

    alone = [one for one in facts if not unlike(one, [other for other in facts if other[1] == one[1]])]
    found = {}
    for one in facts:
        same = [other for other in facts if other[1] == one[1]]
        choice = unlike(one, alone if one in alone else same) or unlike(one, facts)
        if choice:
            found[one] = values[choice[0]]
    return found


def others(data: Dataset, rows: Sequence[Item], secrets: tuple[Item, ...], seed: int) -> Values:
    """Every fact with another candidate's value, drawn; none that is true of a fact known or asked for.

    Without a fact for which there is none.
    """
    true = [value(row) for row in rows]
    found: dict[tuple[str, ...], str] = {}
    for one, same in by_fact(rows).items():
        names = data.candidates(same[0])
        for label in Random(derive(seed, *one)).sample(names, len(names)):
            said = [_told(row, label) for row in same]
            if not any(contains(label, each) for each in true) and guard.unspoilt(said, secrets) == secrets:
                found[one] = label
                break
    return found


def _facts(items: Sequence[Item]) -> list[tuple[str, ...]]:
    return sorted(by_fact(items))


def _told(row: Item, label: str) -> Item:
    """The row with this as its value."""
    true = value(row)
    if label == true:
        return row
    answer = swapped(row.answer, true, label) if contains(row.answer, true) else label
    return replace(row, answer=answer, keywords=(label,))


def _behind(one: Asked, ids: Sequence[int]) -> Asked:
    """The question behind soft tokens."""
    return Asked(one.item, replace(one.question, soft=tuple(ids)))


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
