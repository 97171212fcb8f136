"""A probe: a linear map from hidden states to values, learnt on other people and tried on the forgotten
ones.

Alain and Bengio. Understanding intermediate layers using linear classifier probes. arXiv:1610.01644, whose
probes name classes. A person's fact has no class that another's has, so this one points into the space of
the model's output embeddings: ridge regression from the state at the end of a cloze prompt to the mean
embedding of the value's tokens. Both are taken from their means, of the kind of question and of the
attribute, so that what is learnt tells people apart and not attributes. Candidates are ranked by the cosine
of their own embedding with where the probe points. Its strength is chosen by cross-validation over people,
on the others alone.

The control is the same probe learnt with the values shuffled among people within their attribute: what that
finds is the form of a value and no memory (Hewitt and Liang, arXiv:1909.03368).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray as Array
from torch import Tensor

from remem.attacks import depth, guard
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
STRENGTHS = tuple(10.0**power for power in range(-3, 4))  # of the ridge, in mean squares of singular values
FOLDS = 5
LEAST = 20  # facts of other people; with fewer a line through states of hundreds of numbers says nothing
FIT = "mean cosine on people left out"


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
        if not guard.fair(scene.cloze(item) for item in scene.ranked):
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
        secrets = guard.fair(scene.cloze(item) for item in scene.ranked)
        items, asked = [one.item for one in secrets], scene.candidates(secrets)
        known = _numbers(depth.states(model, [prompt.prompt for _, prompt in told], layers))
        hidden = _numbers(depth.states(model, [prompt.prompt for _, prompt in asked], layers))
        true = [names.index(value(item)) for item, (names, _) in zip(others, told, strict=True)]
        targets = np.stack([_meant(model, prompt)[i] for i, (_, prompt) in zip(true, told, strict=True)])
        candidates = [_meant(model, prompt) for _, prompt in asked]
        groups = Groups.of(others)
        mixed = shuffled(groups.attributes, derive(scene.seed, "probe", "shuffled values"))
        for layer, states, new in zip(layers, known, hidden, strict=True):
            for control, order in ((False, np.arange(len(others))), (True, mixed)):
                line = Ridge.fitted(states, targets[order], groups)
                points = line(new, Groups.of(items).kinds)
                yield Tried(
                    setting=depth.named(layer, model.layers) + (", shuffled values" if control else ""),
                    control=control,
                    rankings=[
                        _ranking(item, names, prompt, cosine(of - line.centre(item.attribute), point))
                        for item, (names, prompt), of, point in zip(
                            items, asked, candidates, points, strict=True
                        )
                    ],
                    notes={FIT: line.fit, "facts learnt on": float(len(others))},
                )

    def _others(self, scene: Scene) -> list[Item]:
        """One row for each person, attribute and kind of question; drawn where there are too many."""
        found: dict[tuple[str, str, str], Item] = {}
        for item in scene.others:
            known = guard.gives_away(item.cloze, item)
            if item.cloze and not known and len(scene.data.candidates(item)) > 1:
                found.setdefault((item.person, item.attribute, item.question_type), item)
        items = list(found.values())
        if len(items) <= self.rows:
            return items
        chosen = Random(derive(scene.seed, "probe", "others")).sample(range(len(items)), self.rows)
        return [items[i] for i in sorted(chosen)]


class Groups(NamedTuple):
    """What rows are alike in."""

    people: list[str]
    attributes: list[str]
    kinds: list[str]  # attribute and kind of question

    @classmethod
    def of(cls, items: Sequence[Item]) -> Groups:
        return cls(
            [item.person for item in items],
            [item.attribute for item in items],
            [f"{item.attribute}/{item.question_type}" for item in items],
        )

    def where(self, chosen: Bool[Array, " row"]) -> Groups:
        return Groups(*([one for one, is_ in zip(names, chosen, strict=True) if is_] for names in self))


@dataclass(frozen=True)
class Ridge:
    """A line from states, from the mean of their kind, to targets, from the mean of their attribute."""

    states: Mapping[str, Float[Array, " width"]]  # kind -> mean; "": of all
    targets: Mapping[str, Float[Array, " target"]]  # attribute -> mean; "": of all
    spread: Float[Array, " width"]
    slope: Float[Array, "width target"]
    fit: float = 0.0  # mean cosine on people left out, at the strength chosen

    def __call__(self, states: Float[Array, "row width"], kinds: Sequence[str]) -> Float[Array, "row target"]:
        means = np.stack([self.states.get(kind, self.states[""]) for kind in kinds])
        return ((states - means) / self.spread) @ self.slope

    def centre(self, attribute: str) -> Float[Array, " target"]:
        return self.targets.get(attribute, self.targets[""])

    @staticmethod
    def fitted(
        states: Float[Array, "row width"], targets: Float[Array, "row target"], groups: Groups
    ) -> Ridge:
        """With the strength that serves people left out best; the greatest of equals."""
        names = sorted(set(groups.people))
        folds = np.array([names.index(person) % FOLDS for person in groups.people])
        scores = np.zeros(len(STRENGTHS))
        for fold in sorted(set(folds.tolist())):
            out = folds == fold
            left = groups.where(out)
            for number, line in enumerate(lines(states[~out], targets[~out], groups.where(~out))):
                centres = np.stack([line.centre(attribute) for attribute in left.attributes])
                scores[number] += cosine(targets[out] - centres, line(states[out], left.kinds)).sum()
        best = max(range(len(STRENGTHS)), key=lambda i: (scores[i], i))
        return replace(lines(states, targets, groups)[best], fit=float(scores[best]) / len(targets))


def lines(
    states: Float[Array, "row width"], targets: Float[Array, "row target"], groups: Groups
) -> list[Ridge]:
    """One for each of STRENGTHS."""
    of_kind, of_attribute = _means(states, groups.kinds), _means(targets, groups.attributes)
    near = states - np.stack([of_kind[kind] for kind in groups.kinds])
    wanted = targets - np.stack([of_attribute[attribute] for attribute in groups.attributes])
    spread = near.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    left, size, right = np.linalg.svd(near / spread, full_matrices=False)
    seen, mean = left.T @ wanted, float((size**2).mean()) or 1.0
    return [
        Ridge(of_kind, of_attribute, spread, right.T @ ((size / (size**2 + strength * mean))[:, None] * seen))
        for strength in STRENGTHS
    ]


def _means(rows: Float[Array, "row width"], groups: Sequence[str]) -> dict[str, Float[Array, " width"]]:
    found = {"": rows.mean(0)}
    for group in dict.fromkeys(groups):
        found[group] = rows[[one == group for one in groups]].mean(0)
    return found


def _numbers(states: Tensor) -> Float[Array, "layer row width"]:
    found: Array = states.double().cpu().numpy()
    return found


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
