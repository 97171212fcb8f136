"""The logit lens: what the model's own head makes of hidden states in its middle.

nostalgebraist. interpreting GPT: the logit lens. LessWrong, 2020. Against deletion of facts: Patil, Hase
and Bansal. Can Sensitive Information Be Deleted From LLMs? Objectives for Defending Against Extraction
Attacks. ICLR 2024, arXiv:2309.17410.

At the end of each cloze prompt the state after a layer goes through the last norm and the head. Ranked are
the tokens that tell the candidate values apart first; those that share it count once. What all candidates
begin with, such as a space, is said for the model. Departure from Patil et al.: not whether a token is
among the top k of some layer, but its rank among the candidates' after each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from remem.attacks import depth, guard
from remem.attacks.base import Access, Trial, Tried
from remem.data.dataset import value
from remem.errors import UserError
from remem.models.base import Candidates, Encoded
from remem.models.reading import alike
from remem.types import Ranking

if TYPE_CHECKING:
    from torch import Tensor

    from remem.attacks.scene import Scene

SHARES = (0.25, 0.5, 0.75, 0.9, 1.0)  # of the depth
PLACE = "median rank of the first token in the whole vocabulary"


@dataclass(frozen=True, kw_only=True)
class LogitLens:
    """The head on hidden states, at the end of cloze prompts."""

    access: ClassVar[Access] = "hidden states"
    knows: ClassVar[str] = "what values there are"

    layers: tuple[int, ...] = ()  # from 1; empty: five, from a quarter of the depth to the last

    def __post_init__(self) -> None:
        depth.check("lens.layers", self.layers)

    def check(self, scene: Scene) -> None:
        """Whether the layers are there, and something can be ranked."""
        depth.chosen(self.layers, SHARES, scene.model.layers)
        if not _first(scene):
            raise UserError(
                "no question about what is to be forgotten has a cloze prompt and several candidates: leave "
                "the attack 'lens' out, or use a data set that has them"
            )

    def trials(self, scene: Scene) -> list[Trial]:
        return [Trial("lens", lambda: self._tried(scene))]

    def _tried(self, scene: Scene) -> Iterator[Tried]:
        model, first = scene.model, _first(scene)
        layers = depth.chosen(self.layers, SHARES, model.layers)
        states = depth.states(model, [one.prompt for one in first], layers)
        for layer, after in zip(layers, states, strict=True):
            rankings, places = [], []
            for one, state in zip(first, after, strict=True):  # one by one: the vocabulary is wide
                logits = model.head(state)
                rankings.append(one.ranking(logits))
                places.append(1 + int((logits > logits[one.tokens[one.truth]]).sum()))
            yield Tried(
                setting=depth.named(layer, model.layers),
                rankings=rankings,
                notes={PLACE: float(median(places))},
            )


class First(NamedTuple):
    """The tokens that tell candidates apart first, each once, after one prompt."""

    id: str  # of the item
    prompt: Encoded
    tokens: tuple[int, ...]
    truth: int  # which is the true value's

    def ranking(self, logits: Tensor) -> Ranking:
        logp = (logits - logits.logsumexp(-1))[list(self.tokens)]
        return Ranking(
            id=self.id,
            candidates=tuple(f"token {token}" for token in self.tokens),
            truth=self.truth,
            logp=tuple(logp.tolist()),
            tokens=(1,) * len(self.tokens),
        )


def _first(scene: Scene) -> list[First]:
    asked = guard.fair(scene.cloze(item) for item in scene.ranked)
    found = [
        told_apart(item.id, prompt, names.index(value(item)))
        for (item, _), (names, prompt) in zip(asked, scene.candidates(asked), strict=True)
    ]
    return [one for one in found if one is not None]


def told_apart(id: str, asked: Candidates, truth: int) -> First | None:
    """None where one candidate's tokens end before any is told from another."""
    shared = alike(asked.tokens)
    tokens = tuple(dict.fromkeys(tokens[shared] for tokens in asked.tokens))
    if len(tokens) < 2:
        return None
    begun = asked.tokens[0][:shared]
    prompt = replace(asked.prompt, prompt=(*asked.prompt.prompt, *begun))
    return First(id, prompt, tokens, tokens.index(asked.tokens[truth][shared]))
