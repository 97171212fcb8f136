"""Small models of real classes, with random weights: the embedded model's shape and its tokenizer.

Nothing here is downloaded: configurations, tokenizer and processors are made from scratch and
saved as any Hugging Face model is, so that they load through the Auto classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

END, PAD, IMAGE = "<end>", "<pad>", "<image>"
USER, ASSISTANT = "<user>", "<assistant>"
TEMPLATE = (
    "{% for message in messages %}{{ '<' + message['role'] + '>' }}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}"
    "{% if message['role'] == 'assistant' %}<end>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def train_tokenizer(
    texts: Iterable[str],
    vocabulary: int = 1024,
    extra: Iterable[str] = (),
    named: Mapping[str, str] | None = None,
    bos: str | None = None,
) -> Any:
    """A byte-level BPE in which every digit is a token of its own and nothing is out of vocabulary.

    `extra`: further special tokens. `named`: those by which a processor asks (`image_token`, ...).
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    named = {"image_token": IMAGE} if named is None else named
    special = [PAD, END, IMAGE, USER, ASSISTANT, *([bos] if bos else []), *named.values(), *extra]
    special = list(dict.fromkeys(special))
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=PAD, eos_token=END, bos_token=bos, extra_special_tokens=dict(named)
    )
    tokenizer.add_special_tokens({"additional_special_tokens": [USER, ASSISTANT, *extra]})
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def llava(
    tokenizer: Any,
    *,
    size: int = 64,
    patch: int = 16,
    vision: tuple[int, int] = (3, 128),
    language: tuple[int, int] = (4, 128),
    select: str = "default",
    stem: int = 0,
    spread: float = 0.02,
) -> tuple[Any, Any]:
    """A LLaVA: CLIP vision tower, two-layer projector, Llama. Layers and widths as (layers, width).

    `select`: "default" gives language the patches, "full" the class token as well. `stem`: width of the first
    convolution of a tower with a stem (eyes.py); 0 for CLIP's own. `spread`: deviation of the language
    model's initial weights.
    """
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    from remem.models.eyes import EyesConfig, register

    tower: dict[str, Any] = {
        "hidden_size": vision[1],
        "intermediate_size": 4 * vision[1],
        "num_hidden_layers": vision[0],
        "num_attention_heads": max(2, vision[1] // 32),
        "image_size": size,
        "patch_size": patch,
        "projection_dim": vision[1],
    }
    register()
    config = LlavaConfig(
        vision_config=EyesConfig(**tower, stem=stem) if stem else CLIPVisionConfig(**tower),
        text_config=LlamaConfig(
            **text_config(tokenizer, language),
            intermediate_size=3 * language[1],
            tie_word_embeddings=True,
            initializer_range=spread,
        ),
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        vision_feature_layer=-1,
        vision_feature_select_strategy=select,
        tie_word_embeddings=True,
    )
    images = CLIPImageProcessor(
        size={"shortest_edge": size}, crop_size={"height": size, "width": size}, do_convert_rgb=True
    )
    processor = LlavaProcessor(
        images,
        tokenizer,
        patch_size=patch,
        vision_feature_select_strategy=select,
        num_additional_image_tokens=1,
        chat_template=tokenizer.chat_template,
    )
    return LlavaForConditionalGeneration(config), processor


def text_config(tokenizer: Any, language: tuple[int, int]) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": language[1],
        "num_hidden_layers": language[0],
        "num_attention_heads": max(2, language[1] // 32),
        "num_key_value_heads": max(2, language[1] // 32),
        "max_position_embeddings": 2048,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
    }


def save(network: Any, processor: Any, folder: Path) -> None:
    """Model, generation settings and processor in one folder, as the Auto classes load them."""
    tokenizer = processor.tokenizer
    network.generation_config.eos_token_id = tokenizer.eos_token_id
    network.generation_config.pad_token_id = tokenizer.pad_token_id
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
