"""A model's sizes from its configuration alone: no weight is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from remem.models.adapt import PARTS, part_of
from remem.models.anatomy import decoder_layers, skeleton

if TYPE_CHECKING:
    from remem.settings import Adapt


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Counts of one model as it is to be trained."""

    parameters: dict[str, int]  # by part; vision, projector, language
    linear: int  # of language: in the layers' matrices, which is what may have four bits
    trains: dict[str, int]  # by part
    layers: int
    width: int
    kept: int  # by a language layer for its backward pass, values a token
    cached: int  # keys and values of all layers, values a token
    vocabulary: int
    patch: int  # pixels, of the vision tower

    @property
    def total(self) -> int:
        return sum(self.parameters.values())

    @property
    def trained(self) -> int:
        return sum(self.trains.values())


def sizes(source: str, adapt: Adapt) -> Sizes:
    """Of a folder's or hub id's model."""
    network = skeleton(source)
    parameters = dict.fromkeys(PARTS, 0)
    for path, parameter in network.named_parameters():
        parameters[part_of(path)] += parameter.numel()
    head = network.get_output_embeddings()
    matrices = {p: m for p, m in network.named_modules() if isinstance(m, nn.Linear) and m is not head}
    layers = decoder_layers(network)
    inside = [m for m in layers[0].modules() if isinstance(m, nn.Linear)] if layers else []
    text = network.config.get_text_config()
    width = int(text.hidden_size)
    keys = int(getattr(text, "num_key_value_heads", None) or text.num_attention_heads)
    each = int(getattr(text, "head_dim", None) or width // text.num_attention_heads)
    # Of each matrix what goes in and what comes out, of each norm and residual sum its input.
    kept = sum(m.in_features + m.out_features for m in inside) + 4 * width
    if adapt.language == "lora":
        kept += sum(m.in_features for m in inside)  # the adapter's dropout keeps what it lets through
    return Sizes(
        parameters=parameters,
        linear=sum(m.weight.numel() for p, m in matrices.items() if part_of(p) == "language"),
        trains={part: _trains(part, getattr(adapt, part), parameters, matrices, adapt) for part in PARTS},
        layers=len(layers),
        width=width,
        kept=kept,
        cached=2 * len(layers) * keys * each,
        vocabulary=int(text.vocab_size),
        patch=_patch(network.config),
    )


def _trains(part: str, how: str, parameters: dict[str, int], matrices: dict[str, Any], adapt: Adapt) -> int:
    if how != "lora":
        return parameters[part] if how == "full" else 0
    adapted = [
        m
        for path, m in matrices.items()
        if part_of(path) == part and (not adapt.names or path.rpartition(".")[2] in adapt.names)
    ]
    return sum(adapt.rank * (m.in_features + m.out_features) for m in adapted)


def _patch(config: Any) -> int:
    found = getattr(getattr(config, "vision_config", None), "patch_size", 14)
    return int(found[0] if isinstance(found, (list, tuple)) else found)
