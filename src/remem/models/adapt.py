"""What trains: each part of the model frozen, with LoRA, or in full; matched by full module path.

Hu et al. LoRA: Low-Rank Adaptation of Large Language Models. ICLR 2022. arXiv:2106.09685.
Matching by suffix is how "language-only" adapters of published scripts came to land in the vision tower.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import nn

from remem.errors import UserError, unknown
from remem.models.base import Trainables

if TYPE_CHECKING:
    from remem.settings import Adapt

PARTS = ("vision", "projector", "language")
# Path segments by part, most specific part first: a Qwen merger lives inside the vision tower.
SEGMENTS = {
    "projector": (
        "multi_modal_projector",
        "connector",
        "merger",
        "deepstack_merger_list",
        "embed_vision",
        "image_newline",
    ),
    "vision": ("vision_tower", "vision_model", "visual", "vision_encoder"),
    "language": ("language_model", "text_model", "lm_head"),
}


def part_of(path: str) -> str:
    """The part of the model that a parameter or module belongs to, from its full path."""
    segments = path.split(".")
    for part, names in SEGMENTS.items():
        if any(name in segments for name in names):
            return part
    raise UserError(f"cannot tell which part of the model holds {path}: vision, projector or language")


def trained_parts(adapt: Adapt) -> tuple[str, ...]:
    """The parts that are not frozen."""
    return tuple(part for part in PARTS if getattr(adapt, part) != "frozen")


def attach(model: Any, adapt: Adapt) -> tuple[Any, Trainables]:
    """Freezes and unfreezes by part, adding LoRA where asked. Returns the (possibly wrapped) model.

    With LoRA anywhere, parts in full go into the adapter as copies, so that switching the
    adapter off still gives the model as it was.
    """
    how = {part: getattr(adapt, part) for part in PARTS}
    total = sum(parameter.numel() for parameter in model.parameters())
    if "lora" in how.values():
        model = _with_lora(model, adapt, how)
    else:
        for path, parameter in model.named_parameters():
            parameter.requires_grad_(how[part_of(path)] == "full")
    counts = dict.fromkeys(PARTS, 0)
    for path, parameter in model.named_parameters():
        if parameter.requires_grad:
            counts[part_of(path)] += parameter.numel()
    trainables = Trainables(how, counts, total)
    _check(trainables)
    return model, trainables


def _with_lora(model: Any, adapt: Adapt, how: dict[str, str]) -> Any:
    from peft import LoraConfig, get_peft_model

    linear = [path for path, module in model.named_modules() if isinstance(module, nn.Linear)]
    head = next((p for p, m in model.named_modules() if m is model.get_output_embeddings()), None)
    targets = [path for path in linear if path != head and how[part_of(path)] == "lora"]
    there = {path.rpartition(".")[2] for path in targets}
    for name in adapt.names:
        if name not in there:
            raise unknown("linear layer in model.adapt.names", name, there)
    targets = [path for path in targets if not adapt.names or path.rpartition(".")[2] in adapt.names]
    if not targets:
        raise UserError(f"LoRA found no linear layer to adapt among {len(linear)}: check model.adapt")
    modules = dict(model.named_modules())
    full = [path for path, _ in model.named_parameters() if how[part_of(path)] == "full"]
    # A parameter that is in no module of its part (LLaVA-NeXT's image_newline) cannot go into an adapter: it
    # stays as it is.
    tops = {_top(modules, path, part_of(path)) for path in full} & modules.keys()
    return get_peft_model(
        model,
        LoraConfig(
            r=adapt.rank,
            lora_alpha=adapt.alpha,
            lora_dropout=adapt.dropout,
            target_modules=targets,
            modules_to_save=sorted(tops) or None,
        ),
    )


def _top(modules: Mapping[str, nn.Module], path: str, part: str) -> str:
    """The shortest module path of a part: the module that is saved whole. Of a list it is each entry."""
    segments = path.split(".")
    start = next((i for i, segment in enumerate(segments) if segment in SEGMENTS[part]), len(segments) - 1)
    while isinstance(modules.get(".".join(segments[: start + 1])), nn.ModuleList):
        start += 1
    return ".".join(segments[: start + 1])


def _check(trainables: Trainables) -> None:
    for part, how in trainables.parts.items():
        trains = trainables.counts[part] > 0
        if trains and how == "frozen":
            raise UserError(
                f"the {part} part should be frozen, but {trainables.counts[part]:,} parameters train"
            )
        if not trains and how != "frozen":
            raise UserError(
                f"the {part} part should train ({how}), but this model has nothing there that can"
            )
