"""A base in four bits, for LoRA on a card that does not hold it otherwise.

Dettmers et al. QLoRA: Efficient Finetuning of Quantized LLMs. NeurIPS 2023. arXiv:2305.14314. NF4 with double
quantisation; the language model's layers only: the tower, the projector and the head stay as they are. An
adapter is merged into weights of four bits, so that a stage is measured as it will be built upon: a little
rounded.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from torch import nn

from remem.errors import UserError
from remem.models.adapt import part_of

PARAMETER_BYTES = 0.53  # half a byte, and the constants of each block


def four_bit(source: str, dtype: torch.dtype) -> Any:
    """The configuration with which transformers loads the model; UserError without bitsandbytes."""
    import transformers

    from remem.models.anatomy import skeleton

    if importlib.util.find_spec("bitsandbytes") is None:
        raise UserError('model.quantise=4bit needs bitsandbytes: pip install "remem[qlora]"')
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=whole(skeleton(source)),
    )


def whole(network: Any) -> list[str]:
    """The linear layers that are not quantised, by path."""
    head = network.get_output_embeddings()
    return [
        path
        for path, module in network.named_modules()
        if isinstance(module, nn.Linear) and (module is head or part_of(path) != "language")
    ]


def rounded(network: Any) -> list[str]:
    """The linear layers that are quantised, by path: all others."""
    left = set(whole(network))
    return [
        path for path, module in network.named_modules() if type(module) is nn.Linear and path not in left
    ]


def is_quantised(network: Any) -> bool:
    """Whether weights are kept as whole numbers, of eight bits or of two times four."""
    return any(not parameter.is_floating_point() for parameter in network.parameters())
