"""Steering: a direction in hidden states, added to them while the model answers.

Turner, Thiergart, Leech, Udell, Vazquez, Mini and MacDiarmid. Steering Language Models With Activation
Engineering. arXiv:2308.10248; as differences of means: Rimsky, Gabrieli, Schulz, Tong, Hubinger and Turner.
Steering Llama 2 via Contrastive Activation Addition. ACL 2024, arXiv:2312.06681. Against unlearning:
Seyitoğlu, Kuvshinov, Schwinn and Günnemann. Extracting Unlearned Information from LLMs with Activation
Steering. arXiv:2411.02631.

Two directions, both from the ends of cloze prompts: from the people to forget to people who stay, in the
arm itself; and, where the model from before is at hand, from the arm's states to that model's on the same
prompts. The second is a control, as in merging: whoever has that model needs no attack. The first is a mean
of differences between prompts for the same attribute and kind of question, so that it is about people and
not about what is asked. Departure: it is added at every position, the prompt's as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from remem.attacks import depth, guard
from remem.attacks.base import Access, Asked, Trial, Tried
from remem.errors import UserError
from remem.models.touching import Change, Place
from remem.types import Item

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.models.huggingface import Model

SHARES = (0.25, 0.5, 0.75)  # of the depth
OTHERS, BEFORE = "towards people who stay", "towards the taught model"
SIZE = "length of what is added, as a share of the states'"


@dataclass(frozen=True, kw_only=True)
class Steering:
    """A difference of means, added after a layer."""

    access: ClassVar[Access] = "hidden states"
    knows: ClassVar[str] = "who is to be forgotten (for the control the model from before)"

    layers: tuple[int, ...] = ()  # from 1; empty: at a quarter, half and three quarters of the depth
    strengths: tuple[float, ...] = (0.5, 1.0, 2.0)  # how often the difference is added

    def __post_init__(self) -> None:
        depth.check("steering.layers", self.layers)
        if not self.strengths or 0 in self.strengths:
            raise UserError(
                "steering.strengths: give one number or more, none of them 0, such as 0.5, 1 and 2"
            )

    def check(self, scene: Scene) -> None:
        """Whether the layers are there, and prompts to take states from."""
        if not _clozes(scene.secrets):
            raise UserError(
                "no question about what is to be forgotten has a cloze prompt to take hidden states from: "
                "leave the attack 'steering' out, or use a data set that has them"
            )
        if not self._pairs(scene):
            raise UserError(
                "none of the people who stay is asked what the forgotten ones are: leave the attack "
                "'steering' out, or keep more people"
            )
        depth.chosen(self.layers, SHARES, scene.model.layers)

    def trials(self, scene: Scene) -> list[Trial]:
        kinds: list[tuple[str, str, Callable[[Scene, Sequence[int]], Tensor]]] = [
            ("others", OTHERS, self._to_others)
        ]
        if scene.older is not None:
            kinds.append(("before", BEFORE, self._to_before))
        return [Trial(name, partial(self._tried, scene, setting, work)) for name, setting, work in kinds]

    def _tried(
        self, scene: Scene, name: str, direction: Callable[[Scene, Sequence[int]], Tensor]
    ) -> Iterator[Tried]:
        model = scene.model
        layers = depth.chosen(self.layers, SHARES, model.layers)
        found = direction(scene, layers)
        usual = _states(scene, model, _clozes(scene.secrets), layers)
        asked = guard.fair(Asked(item, scene.question(item)) for item in scene.secrets)
        ranked = guard.fair(scene.cloze(item) for item in scene.ranked)
        done = 0
        for layer, vector, states in zip(layers, found, usual, strict=True):
            for strength in sorted(set(self.strengths)):
                with model.touched(Place("layer", layer - 1), added(vector * strength)):
                    answers, rankings = scene.ask(asked), scene.rank(ranked)
                size = abs(strength) * float(vector.norm()) / float(states.norm(dim=-1).mean())
                yield Tried(
                    setting=f"{name}, {depth.named(layer, model.layers)}, strength {strength:g}",
                    control=name == BEFORE,
                    answers=answers,
                    rankings=rankings,
                    notes={SIZE: size},
                )
                done += 1
                scene.progress(done, len(layers) * len(set(self.strengths)), f"steering {name}")

    def _to_others(self, scene: Scene, layers: Sequence[int]) -> Float[Tensor, "layer width"]:
        """The mean over kinds of question of how people who stay differ from those to forget."""
        differences = [
            _states(scene, scene.model, stay, layers).mean(1)
            - _states(scene, scene.model, go, layers).mean(1)
            for stay, go in self._pairs(scene)
        ]
        return torch.stack(differences).mean(0)

    def _to_before(self, scene: Scene, layers: Sequence[int]) -> Float[Tensor, "layer width"]:
        """How the taught model's states differ from the arm's, in the mean over prompts to forget."""
        items = _clozes(scene.secrets)
        before = _states(scene, scene.older("taught"), items, layers)
        return (before - _states(scene, scene.model, items, layers)).mean(1)

    def _pairs(self, scene: Scene) -> list[tuple[list[Item], list[Item]]]:
        """People who stay and those to forget, asked for the same attribute in the same kind of question."""
        stay, go = _by_kind(scene.others), _by_kind(scene.secrets)
        return [(stay[kind], items) for kind, items in go.items() if kind in stay]


def added(vector: Float[Tensor, " width"]) -> Change:
    """At a layer: this on top of every position."""
    return lambda there, _: there + vector.to(there.device, there.dtype)


def _states(
    scene: Scene, model: Model, items: Sequence[Item], layers: Sequence[int]
) -> Float[Tensor, "layer item width"]:
    rows = scene.rows([scene.cloze(item) for item in items], model)
    return depth.states(model, rows, layers)


def _clozes(items: Sequence[Item]) -> list[Item]:
    """One for each person, attribute and kind of question, of those with a cloze prompt."""
    found: dict[tuple[str, str, str], Item] = {}
    for item in items:
        if item.cloze and not guard.gives_away(item.cloze, item):
            found.setdefault((item.person, item.attribute, item.question_type), item)
    return list(found.values())


def _by_kind(items: Sequence[Item]) -> dict[tuple[str, str], list[Item]]:
    found: dict[tuple[str, str], list[Item]] = {}
    for item in _clozes(items):
        found.setdefault((item.attribute, item.question_type), []).append(item)
    return found
