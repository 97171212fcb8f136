"""The vision tower that most families are given: two layers of width 32 on 32 pixels, 16 patches."""

from typing import Any

VISION: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
    "image_size": 32, "patch_size": 8,
}  # fmt: skip
