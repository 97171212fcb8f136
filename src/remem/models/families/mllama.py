"""Mllama: Llama 3.2 Vision, which looks at pictures through cross-attention (arXiv:2407.21783)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remem.models.architectures import text_config, train_tokenizer

_TURNS = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|python_tag|>")
_CHAT = (
    "{{ bos_token }}{% for message in messages %}"
    "<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|image|>{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|eot_id|>"
    "{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)


def mllama(texts: Iterable[str]) -> tuple[Any, Any]:
    import transformers as t

    tokenizer = train_tokenizer(texts, 512, _TURNS, {"image_token": "<|image|>"}, bos="<|begin_of_text|>")
    config = t.MllamaConfig(
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_global_layers": 1,
            "attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
            "vision_output_dim": 64,
            "max_num_tiles": 2,
            "intermediate_layers_indices": [0],
            "supported_aspect_ratios": [[1, 1], [1, 2], [2, 1]],
        },
        text_config={
            **text_config(tokenizer, (4, 64)),
            "bos_token_id": tokenizer.bos_token_id,
            "intermediate_size": 128,
            "cross_attention_layers": [1, 3],
        },
        image_token_index=tokenizer.convert_tokens_to_ids("<|image|>"),
    )
    images = t.MllamaImageProcessorPil(size={"height": 32, "width": 32}, max_image_tiles=2)
    processor = t.MllamaProcessor(images, tokenizer, chat_template=_CHAT)
    network = t.MllamaForConditionalGeneration(config)
    for path, weight in network.named_parameters():
        if "gate" in path.rpartition(".")[2]:  # they start shut: a picture would change nothing
            weight.data.fill_(1.0)
    return network, processor
