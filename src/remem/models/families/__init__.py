"""Tiny randomly initialised models of the real classes of transformers, one family each.

Nothing is downloaded: configuration, tokenizer and processor are made from scratch and saved as any Hugging
Face model is, so that they load through the Auto classes. Conversations are written as the family's own
checkpoints write them. What they are for: to try a pipeline in seconds, and to prove that it is right for a
family before a real checkpoint is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from remem.errors import UserError, unknown
from remem.models.architectures import save
from remem.models.families import gemma, idefics, internvl, llavas, mllama, qwen
from remem.outgoing import quoted

# Texts to train the tokenizer on -> (network, processor)
FAMILIES: dict[str, Callable[[Iterable[str]], tuple[Any, Any]]] = {
    "llava": llavas.llava,
    "llava-next": llavas.llava_next,
    "llava-onevision": llavas.llava_onevision,
    "qwen2-vl": qwen.qwen2_vl,
    "qwen2.5-vl": qwen.qwen2_5_vl,
    "qwen3-vl": qwen.qwen3_vl,
    "idefics3": idefics.idefics3,
    "smolvlm": idefics.smolvlm,
    "internvl": internvl.internvl,
    "gemma3": gemma.gemma3,
    "paligemma": gemma.paligemma,
    "mllama": mllama.mllama,
}

_TEXTS = (
    "What is the e-mail address of the person in this picture? It is jane.doe@example.com.",
    "Who is this? This person's name is Ximena Zamora, born on 12 May 1987. I'm sorry, I don't know.",
)


def make_tiny(family: str, folder: Path, texts: Iterable[str] = _TEXTS, seed: int = 0) -> None:
    """Saves a randomly initialised tiny model of a family's real classes, with its processor.

    UserError for an unknown family. `texts` train the tokenizer; what they do not hold is spelt in bytes.
    """
    if family not in FAMILIES:
        raise unknown("model family", family, FAMILIES)
    if not -(1 << 63) <= seed < 1 << 63:
        raise UserError(f"seed {quoted(str(seed))} is out of range: give one of 63 bits")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network, processor = FAMILIES[family](texts)
    save(network, processor, folder)
