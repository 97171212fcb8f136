"""What flows through a network, changed on its way: pixels, the projector's output, embeddings, layers.

A change is live in whatever reads: forward, answers, rankings, generation, training. It is given the tensor
and the token ids of this very call, which may be a piece of the prompt or the one token generated last, so a
change must not count on seeing a whole prompt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from torch import Tensor

Part = Literal["pixels", "projector", "embeddings", "layer", "attention", "mlp"]


class Place(NamedTuple):
    """Where a network is touched.

    pixels: (picture or tile, 3, ...), in 0..1 as the picture has them; projector: what comes out of it;
    embeddings: (row, token, width), of the text's tokens, before pictures are put in; layer, attention, mlp:
    (row, token, width), what comes out of this layer of the language model, of its attention, of its MLP.
    """

    part: Part
    layer: int = 0  # of the language model, from 0


# (what is there, the token ids of this call: (row, token), or None for pixels and projector) -> what is to be
Change = Callable[[Tensor, Tensor | None], Tensor]
