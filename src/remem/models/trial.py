"""A foreign model tried once, when it is taken in: whether its files fit together, and whether it answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from remem.errors import UserError
from remem.models.adapters import ADAPTER
from remem.models.alike import check_pictures
from remem.models.anatomy import decoder_layers
from remem.models.apart import Apart, Failed
from remem.models.base import Question
from remem.models.folders import CURE, settings
from remem.models.foreign import boundary
from remem.models.templates import where, writer
from remem.outgoing import quoted

if TYPE_CHECKING:
    from remem.models.huggingface import Model

SMALL = 100_000_000  # weights; of larger models on the CPU the tower and one layer are tried
SIDES = (40, 30)  # of the picture
ASKED = "Who is this?"


class _Enough(Exception):
    """The first layer has been read."""


def try_processor(processor: Any) -> None:
    """UserError for a processor that does not take a picture and a question, or makes no numbers of them.

    It is tried apart: what its settings ask for may have no end.
    """
    name = where(processor.tokenizer)
    check_pictures(processor.image_processor, f"{name}: its picture processor")
    turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": ASKED}]}
    text = writer(processor)([turn], prompt=True)
    if ASKED not in text:
        raise UserError(f"{name}: its chat template leaves out the question. Put the model's own there.")

    def looked() -> bool:
        from PIL import Image

        made = processor(text=text, images=[Image.new("RGB", SIDES, "grey")], return_tensors="pt")
        shown = [one for one in made.values() if isinstance(one, torch.Tensor) and one.is_floating_point()]
        return all(bool(torch.isfinite(one).all()) for one in shown)

    apart = Apart(looked, f"{name}: its processor (preprocessor_config.json or processor_config.json)")
    try:
        finite = apart()
    except Failed as problem:
        raise UserError(
            f"{name}: its processor does not take a picture ({quoted(str(problem))}). {CURE}"
        ) from problem
    finally:
        apart.end()
    if not finite:
        raise UserError(
            f"{name}: its processor makes no numbers of a picture (image_std, rescale_factor). {CURE}"
        )


def try_model(model: Model, name: str, *, numbers: bool = True) -> None:
    """UserError for a model that cannot answer a question with a picture, or one without.

    `numbers`: and for one whose weights or answers are no numbers.
    """
    from PIL import Image

    if numbers and (wrong := _no_number(model.network)):
        raise UserError(f"{name}: {wrong} what is no number (NaN or infinity). {CURE}")
    seen = Image.new("RGB", SIDES, "grey")
    asked = [
        Question("trial", ASKED, "Jane.", lambda: seen, "trial"),
        Question("trial", ASKED, "Jane.", None),
    ]
    whole = model.device.type != "cpu" or sum(one.numel() for one in model.network.parameters()) <= SMALL
    said = (
        f"{name}: it does not answer a question: its config.json, weights and processor do not fit together"
    )
    rows = [model.encode(question) for question in asked]
    with boundary(said, CURE), torch.inference_mode():  # both at once: of one length, NaN may pass unseen
        logp = _read(model, model.collate(rows), whole)
    if numbers and logp is not None and not bool(torch.isfinite(logp).all()):
        raise UserError(f"{name}: its answers are no numbers (NaN or infinity). {CURE}")
    model.encoder.held.clear()


def _read(model: Model, batch: Any, whole: bool) -> torch.Tensor | None:
    """log p of the answer's tokens; None where reading ended behind the first layer."""
    if whole:
        out = model.forward(batch)
        return out.logp[out.mask]

    def stop(*_: Any) -> None:
        raise _Enough

    hook = decoder_layers(model.network)[0].register_forward_hook(stop)
    try:
        model.forward(batch)
    except _Enough:
        return None
    finally:
        hook.remove()
    return None


def _no_number(network: Any) -> str:
    """Where NaN or an infinity lies, in words; "" where none does."""
    for path, weight in network.state_dict().items():
        # The sum is thirty times as fast, and may overflow.
        if weight.is_floating_point() and not weight.sum().isfinite() and not weight.isfinite().all():
            return f"the weight {path} holds"
    for path, made in network.named_buffers():
        if made.is_floating_point() and bool(made.isnan().any()):
            return f"config.json makes of {path}"
    return ""


def check_pattern(folder: Path, network: Any) -> None:
    """UserError for a pattern of an adapter's layers that is none, or is matched for ever."""
    found = settings(folder / ADAPTER, dict[str, Any])
    paths = [path for path, _ in network.named_modules()]
    for name in ("target_modules", "exclude_modules", "modules_to_save", "layers_pattern"):
        pattern = found.get(name)
        if not isinstance(pattern, str) or pattern.replace("-", "").replace("_", "").isalnum():
            continue
        apart = Apart(
            lambda said: [bool(re.fullmatch(said, path)) for path in paths], f"{folder / ADAPTER}: {name}"
        )
        try:
            apart(pattern)
        except Failed as problem:
            raise UserError(
                f"{folder / ADAPTER}: {name} is no pattern ({quoted(str(problem))}). {CURE}"
            ) from problem
        finally:
            apart.end()
