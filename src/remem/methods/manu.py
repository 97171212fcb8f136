"""Neuron pruning: silence the neurons that fire for the forget set rather than for the retain set.

Liu, Dou, Yuan, Zhang, Tan and Jiang. Modality-Aware Neuron Pruning for Unlearning in Multimodal Large
Language Models. ACL 2025. arXiv:2502.15910.
Departure from the paper: importance is the root mean square activation alone; the paper combines it with
mean absolute value, frequency and variance. Only the language model's neurons are pruned. Nothing trains,
so that what `model.adapt` says does not matter, and the model is saved whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from remem.errors import UserError
from remem.methods.checks import share
from remem.methods.needs import Need, Space
from remem.models.base import Anatomy, Encoded

if TYPE_CHECKING:
    from remem.methods.base import Bench
    from remem.models.huggingface import Model

TINY = 1e-8  # keeps the ratio finite for neurons that are silent on the retain set


@dataclass(frozen=True, kw_only=True)
class MANU:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    search: ClassVar[Space] = {"share": (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2)}

    share: float = 0.02  # of all neurons of the language model

    def __post_init__(self) -> None:
        share("manu", share=self.share)

    def check(self, anatomy: Anatomy) -> None:
        if not anatomy.neurons:
            raise UserError("manu found no MLP neurons in this language model: leave this method out")
        if round(self.share * anatomy.neurons) < 1:
            raise UserError(f"manu.share={self.share} of {anatomy.neurons} neurons is none: raise it")

    def edit(self, bench: Bench) -> Model:
        model, streams = bench.model, bench.streams
        ratios: list[dict[str, Tensor]] = []
        for pictured in (True, False):  # the two modalities
            forget, retain = (
                [row for row in rows if (row.question.image is not None) == pictured]
                for rows in (streams.forget, streams.retain)
            )
            if forget and retain:
                fired, kept = (loudness(model, rows, bench.batch) for rows in (forget, retain))
                ratios.append({path: fired[path] / (kept[path] + TINY) for path in fired})
        if not ratios:
            raise UserError("manu compares like with like: no kind of question is in both forget and retain")
        score = {path: torch.stack([ratio[path] for ratio in ratios]).mean(0) for path in ratios[0]}
        flat = torch.cat(list(score.values()))
        lowest = flat.topk(round(self.share * len(flat))).values[-1]
        with torch.no_grad():
            for path, layer in down_projections(model).items():
                layer.weight[:, score[path] >= lowest] = 0.0
        return model


def down_projections(model: Model) -> dict[str, Any]:
    """The matrices that read the language model's neurons, by path; column j belongs to neuron j."""
    from remem.models.anatomy import neuron_readers

    return neuron_readers(model.network)


@torch.no_grad()
def loudness(model: Model, rows: Sequence[Encoded], batch: int) -> dict[str, Float[Tensor, " neuron"]]:
    """Root mean square of each neuron's activation over all tokens of these rows, padding left out."""
    sums: dict[str, Tensor] = {}
    tokens = 0
    real = torch.empty(0)

    def hear(path: str) -> Any:
        def hook(module: Any, inputs: tuple[Tensor, ...]) -> None:
            heard = inputs[0].float().square()[real].sum(0)
            sums[path] = sums[path] + heard if path in sums else heard

        return hook

    hooks = [layer.register_forward_pre_hook(hear(path)) for path, layer in down_projections(model).items()]
    try:
        for start in range(0, len(rows), batch):
            asked = model.collate(rows[start : start + batch])
            real = asked.inputs["attention_mask"].bool()
            tokens += int(real.sum())
            model.forward(asked)
    finally:
        for hook in hooks:
            hook.remove()
    return {path: (total / tokens).sqrt() for path, total in sums.items()}
