"""How the same numbers are worked out faster: attention, compiled layers. Rounding alone differs."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from typing import Any

import torch

from remem.errors import UserError
from remem.models.anatomy import decoder_layers

BACKEND = "inductor"  # of torch.compile


def attention(name: str, dtype: str, place: torch.device) -> dict[str, str]:
    """For `from_pretrained`: this attention, or nothing for the model's own choice ("auto").

    UserError for flash attention where it cannot be: it is a package of its own, for GPUs and half precision.
    """
    if name == "auto":
        return {}
    if name == "flash_attention_2":
        missing = [
            why
            for why, there in (
                ("needs the package flash-attn", find_spec("flash_attn") is not None),
                (f"runs on GPUs, not on {place.type}", place.type == "cuda"),
                (f"reads half precision, not {dtype} (model.dtype=bfloat16)", dtype != "float32"),
            )
            if not there
        ]
        if missing:
            raise UserError(
                f"model.attention={name}: it {', '.join(missing)}. model.attention=sdpa is torch's own, with "
                "flash kernels of its own on GPUs"
            )
    return {"attn_implementation": name}


def compiler(place: torch.device) -> None:
    """UserError where torch.compile has nothing to compile with."""
    if place.type == "cuda":
        there, what = find_spec("triton") is not None, "the package triton"
    else:
        there, what = any(map(shutil.which, ("c++", "g++", "clang++"))), "a C++ compiler"
    if not there:
        raise UserError(f"model.compile=true needs {what} here: install it, or leave model.compile out")


def compile_layers(network: Any) -> None:
    """Compiles the language model's layers in place, one by one: all alike, they are compiled once.

    Names and hooks stay. The rest (the tower, the head, which sees answer positions alone) is left as it is.
    """
    for layer in decoder_layers(network):
        layer.compile(dynamic=True, backend=BACKEND)
