"""LLaVA-1.5, LLaVA-NeXT and LLaVA-OneVision (Liu et al., arXiv:2310.03744; Li et al., arXiv:2408.03326)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remem.models import architectures
from remem.models.architectures import IMAGE, text_config, train_tokenizer
from remem.models.families.tower import VISION
from remem.models.halves import without_video

# As vicuna speaks: "USER: <image>\nWho is this? ASSISTANT: Jane.</s>"
_VICUNA = (
    "{% for message in messages %}{{ message['role'].upper() }}: {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{% if message['role'] == 'assistant' %}<end>{% else %} {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT: {% endif %}"
)
_GRID = [[32, 64], [64, 32], [64, 64]]


def llava(texts: Iterable[str]) -> tuple[Any, Any]:
    tokenizer = train_tokenizer(texts, 512)
    return architectures.llava(tokenizer, size=32, vision=(2, 32), language=(2, 64))


def llava_next(texts: Iterable[str]) -> tuple[Any, Any]:
    import transformers as t

    tokenizer = train_tokenizer(texts, 512)
    config = t.LlavaNextConfig(
        vision_config=t.CLIPVisionConfig(**VISION, projection_dim=32),
        text_config=t.LlamaConfig(**text_config(tokenizer, (2, 64)), intermediate_size=128),
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        image_grid_pinpoints=_GRID,
        vision_feature_layer=-1,
    )
    images = t.LlavaNextImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, image_grid_pinpoints=_GRID
    )
    processor = t.LlavaNextProcessor(
        images,
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=_VICUNA,
    )
    return t.LlavaNextForConditionalGeneration(config), processor


def llava_onevision(texts: Iterable[str]) -> tuple[Any, Any]:
    import transformers as t

    tokenizer = train_tokenizer(texts, 512, named={"image_token": IMAGE, "video_token": "<video>"})
    config = t.LlavaOnevisionConfig(
        vision_config=t.SiglipVisionConfig(**VISION),
        text_config=t.Qwen2Config(**text_config(tokenizer, (2, 64)), intermediate_size=128),
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        video_token_id=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=_GRID,
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
    )
    images = t.LlavaOnevisionImageProcessorPil(size={"height": 32, "width": 32}, image_grid_pinpoints=_GRID)
    processor = without_video(t.LlavaOnevisionProcessor)(
        images,
        tokenizer,
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=tokenizer.chat_template,
    )
    return t.LlavaOnevisionForConditionalGeneration(config), processor
