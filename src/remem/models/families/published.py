"""Models in the shapes of published checkpoints: what `--dry-run` is told of, and what a GPU is tried with.

    python -m remem.models.families.published qwen25vl FOLDER     # no weights: enough for --dry-run
    remem run remem-qwen25vl --model FOLDER --dry-run

The tokenizer is a tiny family's, so that words have more tokens than they would have.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from remem.models.families import make_tiny


def llava15(folder: Path) -> None:
    """LLaVA-1.5-7B."""
    from transformers import LlavaConfig

    config = LlavaConfig()  # transformers' own default is the 7B model
    config.text_config.vocab_size = 32064
    images = {"size": {"shortest_edge": 336}, "crop_size": {"height": 336, "width": 336}}
    _shape("llava", folder, config, images, patch_size=14, vision_feature_select_strategy="default",
           num_additional_image_tokens=1)  # fmt: skip


def qwen25vl(folder: Path) -> None:
    """Qwen2.5-VL-7B-Instruct."""
    from transformers import Qwen2_5_VLConfig

    config = Qwen2_5_VLConfig(
        text_config={
            "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "vocab_size": 152064,
            "num_attention_heads": 28, "num_key_value_heads": 4,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
        },
        vision_config={
            "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "patch_size": 14,
            "out_hidden_size": 3584, "spatial_merge_size": 2, "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
        },
    )  # fmt: skip
    images = {"size": {"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 1280}}
    _shape("qwen2.5-vl", folder, config, images)


def smolvlm(folder: Path) -> None:
    """SmolVLM-Instruct, which is an Idefics3: SigLIP-so400m and SmolLM2-1.7B."""
    from transformers import Idefics3Config

    config = Idefics3Config(
        text_config={
            "model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 24,
            "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 49155,
        },
        vision_config={
            "hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
            "num_attention_heads": 16, "image_size": 384, "patch_size": 14,
        },
        scale_factor=3,
    )  # fmt: skip
    images = {"size": {"longest_edge": 1536}, "max_image_size": {"longest_edge": 384}}
    _shape("idefics3", folder, config, images, image_seq_len=81)


SHAPES: dict[str, Callable[[Path], None]] = {one.__name__: one for one in (llava15, qwen25vl, smolvlm)}


def fill(folder: Path, seed: int = 0, device: str = "cpu") -> None:
    """Random weights in bfloat16 for a shape; `device` makes them. So large as the checkpoint itself."""
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder)
    with torch.random.fork_rng(), torch.device(device):
        torch.manual_seed(seed)
        network = transformers.AutoModelForImageTextToText.from_config(config, dtype=torch.bfloat16)
    network.save_pretrained(folder)


def _shape(family: str, folder: Path, config: Any, images: dict[str, Any], **processor: Any) -> None:
    """A tiny model of the family becomes one of this shape: its settings change, its weights go."""
    make_tiny(family, folder)
    (folder / "model.safetensors").unlink()
    tiny = json.loads((folder / "config.json").read_text())
    for name, value in tiny.items():
        if name.endswith("_token_id") or name == "image_token_index":
            setattr(config, name, value)
    config.architectures = tiny["architectures"]
    config.save_pretrained(folder)
    path = folder / "processor_config.json"
    told = json.loads(path.read_text()) | processor
    told["image_processor"] |= images
    path.write_text(json.dumps(told))


if __name__ == "__main__":
    SHAPES[sys.argv[1]](Path(sys.argv[2]))
