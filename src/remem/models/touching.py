"""What flows through a network, changed on its way: pixels, the projector's output, embeddings, layers.

A change is live in whatever reads: forward, answers, rankings, generation, training. It is given the tensor
and the token ids of this very call, which may be a piece of the prompt or the one token generated last, so a
change must not count on seeing a whole prompt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from remem.errors import UserError
from remem.models.anatomy import decoder_layers, plain, projector

Part = Literal["pixels", "projector", "embeddings", "layer", "attention", "mlp"]
_INSIDE = {"attention": "self_attn", "mlp": "mlp"}  # of a layer, as all decoders of transformers call them


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


@contextlib.contextmanager
def touched(network: Any, processor: Any, place: Place, change: Change) -> Iterator[None]:
    """While this lasts, what is at a place is what `change` makes of it. UserError where there is no such
    place."""
    body = plain(network)
    with contextlib.ExitStack() as hooks:
        if place.part == "pixels":
            scale = _Scale(processor)

            def look(module: Any, inputs: Any, named: dict[str, Any]) -> Any:
                pixels = named.get("pixel_values")
                if pixels is None:
                    return None
                return inputs, named | {"pixel_values": scale.changed(pixels, change)}

            hooks.enter_context(body.register_forward_pre_hook(look, with_kwargs=True))
        elif place.part == "projector":
            made = projector(network)
            hooks.enter_context(made.register_forward_hook(lambda _, __, output: change(output, None)))
        elif place.part == "embeddings":
            table = body.get_input_embeddings()
            hooks.enter_context(
                table.register_forward_hook(lambda _, inputs, output: change(output, inputs[0]))
            )
        else:
            module, ids = _module(network, place), list[Tensor | None]([None])

            def told(module: Any, inputs: Any, named: dict[str, Any]) -> None:
                ids[0] = named.get("input_ids", inputs[0] if inputs else None)

            def put(module: Any, inputs: Any, output: Any) -> Any:
                found = output[0] if isinstance(output, tuple) else output
                if not isinstance(found, Tensor) or found.dim() != 3:
                    raise UserError(
                        f"a layer gives {type(found).__name__} of a shape that is not (row, token, width): "
                        "this family cannot be looked into"
                    )
                now = change(found, ids[0])
                return (now, *output[1:]) if isinstance(output, tuple) else now

            hooks.enter_context(body.register_forward_pre_hook(told, with_kwargs=True))
            hooks.enter_context(module.register_forward_hook(put))
        yield


def _module(network: Any, place: Place) -> Any:
    layers = decoder_layers(network)
    if not 0 <= place.layer < len(layers):
        raise UserError(f"layer {place.layer}: this model's language part has layers 0 to {len(layers) - 1}")
    name = _INSIDE.get(place.part, "")
    if name and not hasattr(layers[place.layer], name):
        raise UserError(
            f"this model's language layers have no {name}, so their {place.part} output cannot be touched: "
            "that needs layers that hold self_attn and mlp"
        )
    return getattr(layers[place.layer], name) if name else layers[place.layer]


class _Scale:
    """Between pixels as a network takes them and pixels in 0..1."""

    def __init__(self, processor: Any) -> None:
        images = processor.image_processor
        normal = bool(getattr(images, "do_normalize", False))
        self.mean = list(images.image_mean) if normal else [0.0] * 3
        self.std = list(images.image_std) if normal else [1.0] * 3

    def changed(self, pixels: Tensor, change: Change) -> Tensor:
        """Pixels of any family: (..., 3, height, width), or flat patches whose channels come first."""
        flat = pixels.dim() == 2
        shape = (len(pixels), 3, -1) if flat else (-1, *pixels.shape[-3:])
        rows = pixels.reshape(shape).float()  # bfloat16 has no 255 levels between 0 and 1
        one = (1, 3, *[1] * (rows.dim() - 2))
        mean, std = (rows.new_tensor(each).reshape(one) for each in (self.mean, self.std))
        made = (change(rows * std + mean, None) - mean) / std
        if pixels.dim() > 4:  # tiles that fill a row up are all 0, and told by that
            empty = (rows == 0).flatten(1).all(1).reshape(-1, *[1] * (rows.dim() - 1))
            made = torch.where(empty, rows, made)
        return made.reshape(pixels.shape).to(pixels.dtype)
