"""Where an alignment is: its state between two sittings, and the parts that it has made so far."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from remem.errors import UserError
from remem.models import made
from remem.models.huggingface import Model

PROJECTOR = "multi_modal_projector"
_PREFIX = "base_model.model."


def save(path: Path, state: dict[str, Any], weights: dict[str, Tensor], stepper: Any) -> None:
    """Written whole or not at all."""
    part = path.with_suffix(".part")
    inside = {p: w.detach() for p, w in weights.items()}
    torch.save({**state, "weights": inside, "optimiser": stepper.state_dict()}, part)
    part.replace(path)


def load(
    path: Path, weights: dict[str, Tensor], stepper: Any, model: Model, onward: Path | None
) -> dict[str, Any]:
    """The state in a file; where there is none that of parts that were trained before (the projector is as
    it is, and may have learnt words since), or of nothing."""
    state: dict[str, Any] = {"step": 0, "begun": 0, "seconds": 0.0, "log": [], "looks": []}
    if path.exists():
        found = torch.load(path, weights_only=True)
        with torch.no_grad():
            for name, value in found.pop("weights").items():
                weights[name].copy_(value)
        stepper.load_state_dict(found.pop("optimiser"))
        return state | found
    if onward is None:
        return state
    parts, figures = load_file(onward / made.PARTS), made.aligned(onward).figures
    with torch.no_grad():
        for name, weight in weights.items():
            plain, times = _shipped(name, model)
            if parts[plain].shape != weight.shape:
                raise UserError(f"The parts in {onward} are of another rank than asked for: align anew.")
            if PROJECTOR not in name:
                weight.copy_(parts[plain].float() / times)
    step = int(figures["steps"])
    return state | {
        "step": step, "begun": step, "seconds": figures["hours"] * 3600, "looks": figures["looks"]
    }  # fmt: skip


def put_projector(model: Model, folder: Path) -> None:
    """The projector of the parts in a folder in place of the model's."""
    weights = dict(model.network.named_parameters())
    with torch.no_grad():
        for name, value in load_file(folder / made.PARTS).items():
            if PROJECTOR in name:
                weights[name].copy_(value)


def _shipped(name: str, model: Model) -> tuple[str, float]:
    """Of a weight that is trained the path in the plain network, and by what it is multiplied in a file."""
    scale = next(iter(model.network.peft_config.values()))
    plain = name.removeprefix(_PREFIX).replace(".modules_to_save.default", "").replace(".default", "")
    return plain, scale.lora_alpha / scale.r if ".lora_B." in plain else 1.0


def write_parts(weights: dict[str, Tensor], model: Model, path: Path) -> None:
    """Projector and LoRA as they ship: by paths of the plain network, in float16; LoRA's scale is in B."""
    out = {}
    for name, weight in weights.items():
        plain, times = _shipped(name, model)
        out[plain] = (weight.detach() * times).to(torch.float16).contiguous()
    part = path.with_suffix(".part")
    save_file(out, part)
    part.replace(path)
