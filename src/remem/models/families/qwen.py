"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL (Wang et al., arXiv:2409.12191; Bai et al., arXiv:2502.13923)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remem.models.architectures import text_config, train_tokenizer
from remem.models.halves import without_video

_NAMED = {
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "vision_start_token": "<|vision_start|>",
    "vision_end_token": "<|vision_end|>",
}
_TURNS = ("<|im_start|>", "<|im_end|>")
_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def qwen2_vl(texts: Iterable[str]) -> tuple[Any, Any]:
    return _qwen(texts, "Qwen2VL", {"embed_dim": 32, "hidden_size": 64, "mlp_ratio": 2})


def qwen2_5_vl(texts: Iterable[str]) -> tuple[Any, Any]:
    vision = {"hidden_size": 32, "intermediate_size": 64, "out_hidden_size": 64, "window_size": 28}
    return _qwen(texts, "Qwen2_5_VL", vision | {"fullatt_block_indexes": [1]})


def qwen3_vl(texts: Iterable[str]) -> tuple[Any, Any]:
    vision = {"hidden_size": 32, "intermediate_size": 64, "out_hidden_size": 64}
    return _qwen(
        texts, "Qwen3VL", vision | {"deepstack_visual_indexes": [0], "num_position_embeddings": 16}, 16
    )


def _qwen(texts: Iterable[str], kind: str, vision: dict[str, Any], patch: int = 14) -> tuple[Any, Any]:
    import transformers as t

    tokenizer = train_tokenizer(texts, 512, _TURNS, _NAMED)
    ids = {
        f"{name}_id": tokenizer.convert_tokens_to_ids(_NAMED[name])
        for name in ("image_token", "video_token", "vision_start_token", "vision_end_token")
    }
    config = getattr(t, f"{kind}Config")(
        text_config={
            **text_config(tokenizer, (2, 64)),
            "intermediate_size": 128,
            "head_dim": 32,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 6, 6]},
        },
        vision_config={"depth": 2, "num_heads": 2, "patch_size": patch, "spatial_merge_size": 2, **vision},
        **ids,
    )
    side = 2 * patch
    images = t.Qwen2VLImageProcessorPil(
        size={"shortest_edge": side**2, "longest_edge": (2 * side) ** 2}, patch_size=patch, merge_size=2
    )
    processor = without_video(getattr(t, f"{kind}Processor"))(images, tokenizer, chat_template=_CHAT)
    return getattr(t, f"{kind}ForConditionalGeneration")(config), processor
