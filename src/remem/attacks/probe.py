"""A probe: a linear map from hidden states to values, learnt on other people and tried on the forgotten
ones.

Alain and Bengio. Understanding intermediate layers using linear classifier probes. arXiv:1610.01644, whose
probes name classes. A fact of a person has no class that another's has, so this one points into the space
of the model's output embeddings: ridge regression from the state at the end of a cloze prompt to the mean
embedding of the value's tokens. The candidates are ranked by the cosine of their own embedding with where
it points, both from the mean of those it was learnt on. Its strength is chosen by cross-validation over
people, on the others alone.

The control is the same probe learnt with the values shuffled among people within their attribute: what that
finds is the form of a value and no memory (Hewitt and Liang, arXiv:1909.03368).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float
from numpy import ndarray as Array

from remem.attacks import depth
from remem.attacks.base import Access, Trial, Tried
from remem.data.dataset import value
from remem.errors import UserError
from remem.models.anatomy import plain
from remem.models.base import Candidates
from remem.seeds import derive
from remem.settings import within
from remem.types import Item, Ranking

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.models.huggingface import Model

SHARES = (0.25, 0.5, 0.75, 1.0)  # of the depth
STRENGTHS = tuple(10.0**power for power in range(-4, 5))  # of the ridge, in mean variances of the states
FOLDS = 5
LEAST = 20  # facts of other people; with fewer a line through states of hundreds of numbers says nothing
FIT = "cosine on others left out"


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Ridge regression from hidden states to values' embeddings."""

    access: ClassVar[Access] = "hidden states"
    knows: ClassVar[str] = "other people's facts, and what values there are"

    layers: tuple[int, ...] = ()  # from 1; empty: four, from a quarter of the depth to the last
    rows: int = 512  # facts of other people that it is learnt on, at most

    def __post_init__(self) -> None:
        depth.check("probe.layers", self.layers)
        within("probe.rows", self.rows, LEAST)

    def check(self, scene: Scene) -> None:
        """Whether the layers are there, and enough other people."""
        if not scene.ranked:
            raise UserError(
                "no question about what is to be forgotten has a cloze prompt and several candidates: leave "
                "the attack 'probe' out, or use a data set that has them"
            )
        others = self._others(scene)
        people = len({item.person for item in others})
        if len(others) < LEAST or people < 2:
            raise UserError(
                f"a probe is learnt on {LEAST} facts or more of two other people or more, and here are "
                f"{len(others)} of {people}: leave the attack 'probe' out, or keep more people"
            )
        depth.chosen(self.layers, SHARES, scene.model.layers)

    def trials(self, scene: Scene) -> list[Trial]:
        return [Trial("probe", lambda: self._tried(scene))]

    def _tried(self, scene: Scene) -> Iterator[Tried]:
        model, others = scene.model, self._others(scene)
        layers = depth.chosen(self.layers, SHARES, model.layers)
        told = scene.candidates([scene.cloze(item) for item in others])
        asked = scene.candidates([scene.cloze(item) for item in scene.ranked])
        known = depth.states(model, [prompt.prompt for _, prompt in told], layers).double().cpu().numpy()
        hidden = depth.states(model, [prompt.prompt for _, prompt in asked], layers).double().cpu().numpy()
        true = [names.index(value(item)) for item, (names, _) in zip(others, told, strict=True)]
        targets = np.stack([_meant(model, prompt)[i] for i, (_, prompt) in zip(true, told, strict=True)])
        candidates = [_meant(model, prompt) for _, prompt in asked]
        people = [item.person for item in others]
        mixed = shuffled([item.attribute for item in others], derive(scene.seed, "probe", "shuffled values"))
        for layer, states, new in zip(layers, known, hidden, strict=True):
            for kind, order in (("", np.arange(len(others))), (", shuffled values", mixed)):
                line = Ridge.fitted(states, targets[order], people)
                pointed = line(new)
                yield Tried(
                    setting=depth.named(layer, model.layers) + kind,
                    control=bool(kind),
                    rankings=[
                        _ranking(item, names, prompt, cosine(of - line.centre, point))
                        for item, (names, prompt), of, point in zip(
                            scene.ranked, asked, candidates, pointed, strict=True
                        )
                    ],
                    notes={FIT: line.fit, "facts learnt on": float(len(others))},
                )

    def _others(self, scene: Scene) -> list[Item]:
        """One row for each person, attribute and kind of question; drawn where there are too many."""
        found: dict[tuple[str, str, str], Item] = {}
        for item in scene.others:
            if item.cloze and len(scene.data.candidates(item)) > 1:
                found.setdefault((item.person, item.attribute, item.question_type), item)
        items = list(found.values())
        if len(items) <= self.rows:
            return items
        chosen = Random(derive(scene.seed, "probe", "others")).sample(range(len(items)), self.rows)
        return [items[i] for i in sorted(chosen)]


@dataclass(frozen=True)
class Ridge:
    """A line from states to targets; what it gives is from the targets' centre."""

    mean: Float[Array, " width"]
    spread: Float[Array, " width"]
    slope: Float[Array, "width target"]
    centre: Float[Array, " target"]
    fit: float  # mean cosine on those left out, at the strength chosen

    def __call__(self, states: Float[Array, "row width"]) -> Float[Array, "row target"]:
        return ((states - self.mean) / self.spread) @ self.slope

    @staticmethod
    def fitted(
        states: Float[Array, "row width"], targets: Float[Array, "row target"], groups: Sequence[str]
    ) -> Ridge:
        """With the strength that serves groups left out best; the greatest of equals."""
        names = sorted(set(groups))
        folds = np.array([names.index(group) % FOLDS for group in groups])
        scores = np.zeros(len(STRENGTHS))
        for fold in sorted(set(folds.tolist())):
            out = folds == fold
            for number, line in enumerate(_lines(states[~out], targets[~out])):
                scores[number] += cosine(targets[out] - line.centre, line(states[out])).sum()
        best = max(range(len(STRENGTHS)), key=lambda i: (scores[i], i))
        return replace(_lines(states, targets)[best], fit=float(scores[best]) / len(targets))


def _lines(states: Float[Array, "row width"], targets: Float[Array, "row target"]) -> list[Ridge]:
    """One for each strength."""
    mean, spread, centre = states.mean(0), states.std(0), targets.mean(0)
    spread = np.where(spread > 0, spread, 1.0)
    left, size, right = np.linalg.svd((states - mean) / spread, full_matrices=False)
    seen = left.T @ (targets - centre)
    whole = float((size**2).mean())
    return [
        Ridge(mean, spread, right.T @ ((size / (size**2 + strength * whole))[:, None] * seen), centre, 0.0)
        for strength in STRENGTHS
    ]


def cosine(one: Float[Array, "row width"], other: Float[Array, "*row width"]) -> Float[Array, " row"]:
    """Of each row with its fellow, or with the one that there is; 0 with a vector of no length."""
    length = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return np.divide((one * other).sum(-1), length, out=np.zeros_like(length), where=length > 0)


def shuffled(attributes: Sequence[str], seed: int) -> Array:
    """An order in which each row stands in the place of one of its attribute."""
    order = np.arange(len(attributes))
    drawn = Random(seed)
    for attribute in dict.fromkeys(attributes):
        places = [i for i, one in enumerate(attributes) if one == attribute]
        order[places] = drawn.sample(places, len(places))
    return order


def _meant(model: Model, asked: Candidates) -> Float[Array, "candidate width"]:
    """The mean output embedding of each candidate's tokens."""
    table = plain(model.network).get_output_embeddings().weight
    return np.stack([table[list(tokens)].detach().double().mean(0).cpu().numpy() for tokens in asked.tokens])


def _ranking(item: Item, names: tuple[str, ...], asked: Candidates, score: Array) -> Ranking:
    """By cosines in place of log-probs: only their order is read."""
    return Ranking(
        id=item.id,
        candidates=names,
        truth=names.index(value(item)),
        logp=tuple(score.tolist()),
        tokens=tuple(len(tokens) for tokens in asked.tokens),
    )
