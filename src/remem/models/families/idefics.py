"""Idefics3 and SmolVLM (Laurençon et al., arXiv:2408.12637; Marafioti et al., arXiv:2504.05299)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remem.models.architectures import IMAGE, text_config, train_tokenizer
from remem.models.families.tower import VISION

TOKENS = ("<fake_token_around_image>", "<global-img>", "<end_of_utterance>", "<row_1_col_1>", "<video>")


def idefics3(texts: Iterable[str]) -> tuple[Any, Any]:
    return _made(texts, "Idefics3")


def smolvlm(texts: Iterable[str]) -> tuple[Any, Any]:
    return _made(texts, "SmolVLM")


def _made(texts: Iterable[str], name: str) -> tuple[Any, Any]:
    import transformers as t

    tokenizer = train_tokenizer(texts, 512, TOKENS)
    config = getattr(t, f"{name}Config")(
        vision_config=VISION,
        text_config={"model_type": "llama", **text_config(tokenizer, (2, 64)), "intermediate_size": 128},
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        pad_token_id=tokenizer.pad_token_id,
    )
    # The PIL picture processor: the default one of these families needs torchvision.
    images = getattr(t, f"{name}ImageProcessorPil", None) or getattr(t, f"{name}ImageProcessor")
    images = images(
        size={"longest_edge": 64},
        max_image_size={"longest_edge": 32},
        do_image_splitting=True,
        do_resize=True,
    )
    # SmolVLM's own demands a video processor; Idefics3's reads pictures and text with the same code.
    processor = t.Idefics3Processor(images, tokenizer, image_seq_len=4, chat_template=tokenizer.chat_template)
    return getattr(t, f"{name}ForConditionalGeneration")(config), processor
