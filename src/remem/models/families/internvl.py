"""InternVL in the form of the hub's -HF checkpoints (Chen et al., arXiv:2412.05271)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remem.models.architectures import text_config, train_tokenizer
from remem.models.families.tower import VISION
from remem.models.halves import without_video

_NAMED = {
    "start_image_token": "<img>",
    "end_image_token": "</img>",
    "context_image_token": "<IMG_CONTEXT>",
    "video_token": "<video>",
}
_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<IMG_CONTEXT>\n{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def internvl(texts: Iterable[str]) -> tuple[Any, Any]:
    import transformers as t

    tokenizer = train_tokenizer(texts, 512, ("<|im_start|>", "<|im_end|>"), _NAMED)
    config = t.InternVLConfig(
        vision_config=VISION | {"image_size": [32, 32], "patch_size": [8, 8]},
        text_config=t.Qwen2Config(**text_config(tokenizer, (2, 64)), intermediate_size=128),
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
        downsample_ratio=0.5,
    )
    images = t.GotOcr2ImageProcessorPil(
        size={"height": 32, "width": 32}, crop_to_patches=True, min_patches=1, max_patches=3
    )
    processor = without_video(t.InternVLProcessor)(images, tokenizer, image_seq_length=4, chat_template=_CHAT)
    return t.InternVLForConditionalGeneration(config), processor
