"""A tiny GGUF file of Llama's architecture, written here: no download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

LAYERS, WIDTH, HEADS, KEYS, INNER = 2, 32, 4, 2, 64
TEMPLATE = "{% for message in messages %}{{ '<|im_start|>' + message['content'] + '<|im_end|>' }}{% endfor %}"
PLAIN = (
    "{% for message in messages %}{% if message['role'] == 'user' %}{{ 'Q: ' + message['content'] + ' A: ' }}"
    "{% else %}{{ message['content'] + '</s>' }}{% endif %}{% endfor %}"
)
CHAT = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<empty_output>")
OTHER = ("<unk>", "<s>", "</s>")


def letters() -> list[str]:
    """The 256 bytes as byte-level tokens write them."""
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())


def write(path: Path, *, marks: tuple[str, ...] = CHAT, template: str = TEMPLATE, **other: Any) -> Path:
    """`other`: architecture, tokens, experts, drop (a tensor left out), wide (values of F16, not Q8_0)."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, other.get("architecture", "llama"))
    writer.add_name("Tiny *Llama*")
    writer.add_license("apache-2.0")
    writer.add_block_count(LAYERS)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEYS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    if experts := other.get("experts"):
        writer.add_expert_count(experts)
    tokens = [*marks, *letters(), "he", "Ġd"]
    writer.add_vocab_size(len(tokens))
    if other.get("tokens", True):
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("smollm")
        writer.add_token_list(tokens)
        writer.add_token_types([3] * len(marks) + [1] * (len(tokens) - len(marks)))
        writer.add_token_merges(["h e", "Ġ d"])
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        writer.add_pad_token_id(2)
        writer.add_unk_token_id(0)
    if template:
        writer.add_chat_template(template)
    _add_weights(writer, len(tokens), other.get("drop", ""))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_weights(writer: Any, vocabulary: int, drop: str) -> None:
    from gguf import GGMLQuantizationType, quants

    dice = np.random.default_rng(0)
    keys = WIDTH // HEADS * KEYS
    shapes = {"token_embd.weight": (vocabulary, WIDTH), "output_norm.weight": (WIDTH,)}
    for n in range(LAYERS):
        shapes |= {
            f"blk.{n}.attn_norm.weight": (WIDTH,),
            f"blk.{n}.ffn_norm.weight": (WIDTH,),
            f"blk.{n}.attn_q.weight": (WIDTH, WIDTH),
            f"blk.{n}.attn_k.weight": (keys, WIDTH),
            f"blk.{n}.attn_v.weight": (keys, WIDTH),
            f"blk.{n}.attn_output.weight": (WIDTH, WIDTH),
            f"blk.{n}.ffn_gate.weight": (INNER, WIDTH),
            f"blk.{n}.ffn_up.weight": (INNER, WIDTH),
            f"blk.{n}.ffn_down.weight": (WIDTH, INNER),
        }
    for name, shape in shapes.items():
        if name == drop:
            continue
        value = dice.normal(0, 0.3, shape).astype(np.float32)
        if len(shape) == 1:
            writer.add_tensor(name, 1 + 0.1 * value)
        else:
            kind = GGMLQuantizationType.Q8_0
            writer.add_tensor(name, quants.quantize(value, kind), raw_dtype=kind)
