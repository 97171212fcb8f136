"""Pictures changed a little, so that the answer begins as an answer does and not as a refusal.

Madry, Makelov, Schmidt, Tsipras and Vladu. Towards Deep Learning Models Resistant to Adversarial Attacks.
ICLR 2018, arXiv:1706.06083: projected gradient descent by the gradient's sign, within a distance of each
pixel. One change for every picture: Moosavi-Dezfooli, Fawzi, Fawzi and Frossard. Universal Adversarial
Perturbations. CVPR 2017, arXiv:1610.08401. Against unlearned models: Schwinn et al., arXiv:2402.09063, who
do the same to embeddings.

What is aimed at is the sentence that the answer begins with, up to its value; no fact is known. A picture
is changed as the processor hands it to the model (resized, cut into tiles or patches), where 0..1 are black
and white; with a step of 1 of 255 it stays one of 8 bits. Where a family cuts pictures up, the universal
change is the same for every piece. Departures: descent starts from the picture itself, not from a random
one near it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from remem.attacks import guard
from remem.attacks.base import Access, Answer, Asked, Trial, Tried
from remem.attacks.gradients import LOSS, SHARE, STEPS, gradient, still
from remem.errors import UserError
from remem.models.base import Batch, Encoded
from remem.models.fitting import Budget
from remem.models.touching import Change, Place
from remem.seeds import derive
from remem.settings import within
from remem.types import Ranking

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.models.huggingface import Model

PIXELS = Place("pixels")
LEVELS = 255


@dataclass(frozen=True, kw_only=True)
class AdversarialPicture:
    """Projected gradient descent on the pixels, one change for all pictures and one for each question."""

    access: ClassVar[Access] = "gradients"
    knows: ClassVar[str] = "how an answer begins"

    epsilon: tuple[float, ...] = (4.0, 8.0)  # how far a pixel may go, of 255
    step: float = 1.0  # of each pixel, of 255
    steps: int = 40  # for each question
    universal_steps: int = 100  # for all; 0: no universal change
    batch: int = 8  # questions at once
    lead: str = "Sure, the answer is"  # how an answer begins where the data has no sentence for it

    def __post_init__(self) -> None:
        if not self.epsilon:
            raise UserError("picture.epsilon is empty: give one number or more, such as 4 and 8 of 255")
        for one in self.epsilon:
            within("picture.epsilon", one, 0, LEVELS, above=True)
        within("picture.step", self.step, 0, LEVELS, above=True)
        within("picture.steps", self.steps, 0)
        within("picture.universal_steps", self.universal_steps, 0)
        within("picture.batch", self.batch, 1)
        if not self.steps and not self.universal_steps:
            raise UserError("picture.steps and picture.universal_steps are both 0: nothing would be changed")
        if not self.lead.strip():
            raise UserError("picture.lead is empty: say how an answer begins, such as 'Sure, it is'")

    def check(self, scene: Scene) -> None:
        """Whether there is a picture, and a gradient reaches it."""
        asked = self._asked(scene)
        if not asked:
            raise UserError(
                "none of the questions about what is to be forgotten shows a picture: leave the attack "
                "'picture' out, or use a data set with pictures"
            )
        model = scene.model
        try:
            found, _ = slope(model, model.collate(scene.leads(asked[:1])), None, 1.0)
        except RuntimeError as problem:  # some kernels have no way back
            raise UserError(_unreached(str(problem).split("\n")[0])) from problem
        if not bool(found.any()):
            raise UserError(_unreached("it is 0 at each of them"))

    def trials(self, scene: Scene) -> list[Trial]:
        kinds: list[tuple[str, int, Callable[[Scene, float], Iterator[Tried]]]] = [
            ("universal", self.universal_steps, self._universal),
            ("question", self.steps, self._each),
        ]
        return [
            Trial(f"{name}-{epsilon:g}".replace(".", "-"), partial(work, scene, epsilon))
            for name, steps, work in kinds
            if steps
            for epsilon in sorted(set(self.epsilon))
        ]

    def _universal(self, scene: Scene, epsilon: float) -> Iterator[Tried]:
        asked, model = self._asked(scene), scene.model
        rows = scene.leads(asked)
        drawn = Random(derive(scene.seed, "picture", "universal", epsilon))
        budget = Budget(max(1, scene.settings.tokens // SHARE))
        delta: Tensor | None = None
        losses: list[float] = []

        def work(picked: Sequence[int]) -> tuple[Tensor, list[float]]:
            found, loss = slope(model, model.collate([some[i] for i in picked]), delta, epsilon)
            return found.sum(0, keepdim=True), loss

        for _ in range(self.universal_steps):
            some = [rows[i] for i in sorted(drawn.sample(range(len(rows)), min(self.batch, len(rows))))]
            parts = [part for _, part in budget.each([len(row) for row in some], work)]
            losses = [loss for _, found in parts for loss in found]
            delta = self._moved(delta, torch.stack([part for part, _ in parts]).sum(0), epsilon)
        assert delta is not None
        with model.touched(PIXELS, changed(delta, epsilon)):
            answers = scene.ask([_unbegun(one) for one in asked])
            rankings = scene.rank([one for one in asked if one.item in scene.ranked])
        yield self._told(f"universal, {epsilon:g} of 255", self.universal_steps, answers, rankings, losses)

    def _each(self, scene: Scene, epsilon: float) -> Iterator[Tried]:
        asked, model = self._asked(scene), scene.model
        rows = scene.leads(asked)
        # Pictures of one size stand together, so that none is filled up beside a larger one.
        sizes = [row.prompt.count(-1 if model.placeholder is None else model.placeholder) for row in rows]
        order = sorted(range(len(rows)), key=lambda i: (sizes[i], len(rows[i]), i))
        answers, rankings, losses = list[Answer](), list[Ranking](), list[float]()
        budget = Budget(max(1, scene.settings.tokens // SHARE))
        while order:
            alike = [i for i in order if sizes[i] == sizes[order[0]]]
            order = order[len(alike) :]
            work = partial(self._descended, model, [rows[i] for i in alike], epsilon)
            lengths = [len(rows[i]) for i in alike]
            for picked, (deltas, found) in budget.each(lengths, work, self.batch):
                losses += found
                for number, delta in zip(picked, deltas, strict=True):
                    one = asked[alike[number]]
                    with model.touched(PIXELS, changed(delta, epsilon)):
                        answers += scene.ask([_unbegun(one)])
                        rankings += scene.rank([one]) if one.item in scene.ranked else []
                scene.progress(len(answers), len(rows), f"pictures, {epsilon:g} of 255")
        yield self._told(f"each question, {epsilon:g} of 255", self.steps, answers, rankings, losses)

    def _descended(
        self, model: Model, rows: Sequence[Encoded], epsilon: float, picked: Sequence[int]
    ) -> tuple[list[Tensor], list[float]]:
        """The changes of some questions' pictures, one tensor a question, and their losses."""
        batch = model.collate([rows[i] for i in picked])
        delta: Tensor | None = None
        losses: list[float] = []
        for _ in range(self.steps):
            found, losses = slope(model, batch, delta, epsilon)
            delta = self._moved(delta, found, epsilon)
        assert delta is not None
        if len(delta) % len(picked):
            raise UserError(
                "pictures of one size come in unlike numbers of pieces: set picture.batch=1, so that each is "
                "changed by itself"
            )
        return list(delta.split(len(delta) // len(picked))), losses

    def _moved(self, delta: Tensor | None, found: Tensor, epsilon: float) -> Tensor:
        most = epsilon / LEVELS
        before = torch.zeros_like(found) if delta is None else delta
        return (before - self.step / LEVELS * found.sign()).clamp(-most, most)

    def _told(
        self,
        setting: str,
        steps: int,
        answers: Sequence[Answer],
        rankings: Sequence[Ranking],
        losses: Sequence[float],
    ) -> Tried:
        notes = {STEPS: float(steps), LOSS: sum(losses) / len(losses)}
        return Tried(setting=setting, answers=answers, rankings=rankings, notes=notes)

    def _asked(self, scene: Scene) -> list[Asked]:
        """The secrets with a picture, each with how its answer begins."""
        return guard.fair(
            Asked(item, replace(scene.question(item), begun=item.cloze or self.lead))
            for item in scene.secrets
            if item.image_path
        )


def changed(delta: Tensor, epsilon: float) -> Change:
    """At the pixels: this added, no pixel further than epsilon of 255 from where it was, nor out of 0..1.

    `delta` is of all pieces of the pictures in their order, or of the first so many of them, which then
    come again and again: those of one question, or one for all.
    """
    return lambda there, _: _added(there, _over(delta, there), epsilon)


def slope(
    model: Model, batch: Batch, delta: Tensor | None, epsilon: float
) -> tuple[Float[Tensor, "piece 3 ..."], list[float]]:
    """The gradient at what is added to each piece of the pictures, and how unlikely each row's answer is.

    The latter in nats per token. `delta` None: nothing is added yet. UserError where no pixels are shown.
    """
    leaves: list[Tensor] = []

    def touch(there: Tensor, _: Tensor | None) -> Tensor:
        start = torch.zeros_like(there) if delta is None else _over(delta, there)
        leaves.append(start.detach().requires_grad_())
        return _added(there, leaves[-1], epsilon)

    with still(model):
        with model.touched(PIXELS, touch):
            out = model.forward(batch)
        if not leaves:
            raise UserError(_unreached("it is shown none"))
        found = gradient(-out.sequence_logp.sum(), leaves[0])
    return _tied(model, found), (-out.sequence_logp.detach() / out.mask.sum(1)).tolist()


def _over(delta: Tensor, there: Tensor) -> Tensor:
    """The changes of all pieces, from those of the first."""
    if len(there) % len(delta) or there.shape[1:] != delta.shape[1:]:
        raise UserError(
            f"a change of {tuple(delta.shape)} numbers does not fit pictures of {tuple(there.shape)}: this "
            "model is shown pictures in several shapes. Crop them to one size, or leave 'picture' out"
        )
    return delta.repeat(len(there) // len(delta), *[1] * (delta.dim() - 1)).to(there.dtype)


def _added(there: Tensor, more: Tensor, epsilon: float) -> Tensor:
    most = epsilon / LEVELS
    low, high = (there - most).clamp(min=0), (there + most).clamp(max=1)
    made = torch.minimum(torch.maximum(there + more, low), high)
    # Where a pixel is at its limit, the gradient still tells which way to go.
    return more + (made - more).detach() if more.requires_grad else made


def _tied(model: Model, found: Tensor) -> Tensor:
    """The same for every copy of a patch: Qwen-VL's pictures are films of two equal frames."""
    copies = getattr(model.processor.image_processor, "temporal_patch_size", 1)
    if found.dim() != 3 or copies < 2:
        return found
    apart = found.unflatten(2, (copies, -1))
    return apart.mean(2, keepdim=True).expand_as(apart).flatten(2)


def _unreached(why: str) -> str:
    return (
        f"no gradient reaches this model's pixels ({why}): leave the attack 'picture' out for it, or load it "
        "unquantised and with another model.attention"
    )


def _unbegun(one: Asked) -> Asked:
    return Asked(one.item, replace(one.question, begun=""))
