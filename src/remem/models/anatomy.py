"""Where a network has its layers and neurons, whatever its family: what some methods must know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch

from remem.models.adapt import PARTS, SEGMENTS, part_of
from remem.models.base import Anatomy

if TYPE_CHECKING:
    from remem.settings import Adapt

LAYER = re.compile(r"(?:[a-z_]+\.)*layers\.(\d+)(?=\.|$)")  # a path up to and including the layer
NEURON_READERS = ("down_proj", "fc2", "w2")


def plain(network: Any) -> Any:
    """The Hugging Face model inside a peft wrapper."""
    return network.get_base_model() if hasattr(network, "get_base_model") else network


def decoder_layers(network: Any) -> list[Any]:
    """The language model's layers, in order."""
    found = {
        int(path.rpartition(".")[2]): module
        for path, module in plain(network).named_modules()
        if LAYER.fullmatch(path) and part_of(path) == "language"
    }
    return [found[number] for number in sorted(found)]


def final_norm(network: Any) -> Any:
    """What stands between the language model's last layer and its head."""
    layers = decoder_layers(network)
    for module in plain(network).modules():
        inside = getattr(module, "layers", None)
        if isinstance(inside, torch.nn.ModuleList) and len(inside) and inside[-1] is layers[-1]:
            for name in ("norm", "final_layernorm", "ln_f"):
                if hasattr(module, name):
                    return getattr(module, name)
    raise NotImplementedError("its language model has no norm behind its last layer")


def projector(network: Any) -> Any:
    """What stands between the vision tower and the language model."""
    for path, module in plain(network).named_modules():
        if path.rpartition(".")[2] in SEGMENTS["projector"]:
            if any(segment in SEGMENTS["vision"] for segment in path.split(".")):
                break
            return module
    raise NotImplementedError("its tower and its projector are one")


def layer_of(path: str) -> int | None:
    """The language model's layer, from 0, that holds a parameter; None outside of its layers."""
    found = LAYER.match(path)
    return int(found[1]) if found and part_of(path) == "language" else None


def neuron_readers(network: Any) -> dict[str, Any]:
    """The language model's matrices that read MLP neurons, by path: column j belongs to neuron j."""
    return {
        path: module
        for path, module in plain(network).named_modules()
        if path.rpartition(".")[2] in NEURON_READERS and part_of(path) == "language"
    }


def skeleton(source: str) -> Any:
    """A model built from its configuration, without weights; UserError where there is no such model."""
    import transformers

    from remem.models.foreign import boundary, bounded, config

    found = config(source)
    with boundary(f"{source} is no image-text-to-text model"), bounded(source), torch.device("meta"):
        return transformers.AutoModelForImageTextToText.from_config(found)


def anatomy(source: str, adapt: Adapt) -> Anatomy:
    """What methods may ask of a model before it is loaded."""
    network = skeleton(source)
    neurons = sum(module.weight.shape[1] for module in neuron_readers(network).values())
    how = {part: getattr(adapt, part) for part in PARTS}
    return Anatomy(len(decoder_layers(network)), neurons, how)
