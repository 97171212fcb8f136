"""Gemma 3 and PaliGemma (Gemma team, arXiv:2503.19786; Beyer et al., arXiv:2407.07726)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remem.models.architectures import IMAGE, text_config, train_tokenizer
from remem.models.families.tower import VISION

_NAMED = {"image_token": "<image_soft_token>", "boi_token": "<start_of_image>", "eoi_token": "<end_of_image>"}
_CHAT = (
    "{{ bos_token }}{% for message in messages %}"
    "<start_of_turn>{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<start_of_image>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
# Its checkpoints have no template. The processor itself puts the beginning of text behind a picture, and a
# line break behind the question.
_PLAIN = (
    "{% for message in messages %}{% if message['role'] == 'user' %}"
    "{% if message['content'][0]['type'] == 'image' %}<image>{{ message['content'][1]['text'] }}"
    "{% else %}{{ bos_token }}{{ message['content'][0]['text'] }}\n{% endif %}"
    "{% else %}{{ message['content'][0]['text'] }}{% endif %}{% endfor %}"
)


def gemma3(texts: Iterable[str]) -> tuple[Any, Any]:
    import transformers as t

    tokenizer = train_tokenizer(texts, 512, ("<start_of_turn>", "<end_of_turn>"), _NAMED, bos="<bos>")
    config = t.Gemma3Config(
        vision_config=t.SiglipVisionConfig(**VISION, vision_use_head=False),
        text_config=t.Gemma3TextConfig(
            **text_config(tokenizer, (2, 64)) | {"bos_token_id": tokenizer.bos_token_id},
            intermediate_size=128,
            head_dim=32,
            query_pre_attn_scalar=32,
            sliding_window=64,
            layer_types=["sliding_attention", "full_attention"],
        ),
        mm_tokens_per_image=4,
        boi_token_index=tokenizer.convert_tokens_to_ids(_NAMED["boi_token"]),
        eoi_token_index=tokenizer.convert_tokens_to_ids(_NAMED["eoi_token"]),
        image_token_index=tokenizer.convert_tokens_to_ids(_NAMED["image_token"]),
    )
    images = t.Gemma3ImageProcessorPil(size={"height": 32, "width": 32})
    processor = t.Gemma3Processor(images, tokenizer, image_seq_length=4, chat_template=_CHAT)
    network = t.Gemma3ForConditionalGeneration(config)
    # It starts at 0: a picture would change nothing.
    network.model.multi_modal_projector.mm_input_projection_weight.data.normal_(std=0.02)
    return network, processor


def paligemma(texts: Iterable[str]) -> tuple[Any, Any]:
    import transformers as t

    tokenizer = train_tokenizer(texts, 512, bos="<bos>")
    images = t.SiglipImageProcessorPil(size={"height": 32, "width": 32})
    images.image_seq_length = 16
    processor = t.PaliGemmaProcessor(images, tokenizer, chat_template=_PLAIN)
    config = t.PaliGemmaConfig(
        vision_config=t.SiglipVisionConfig(**VISION, projection_dim=64, vision_use_head=False),
        text_config=t.GemmaConfig(
            **text_config(tokenizer, (2, 64)) | {"bos_token_id": tokenizer.bos_token_id},
            intermediate_size=128,
            head_dim=32,
        ),
        projection_dim=64,
        image_token_index=tokenizer.convert_tokens_to_ids(IMAGE),
    )
    return t.PaliGemmaForConditionalGeneration(config), processor
