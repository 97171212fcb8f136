"""By what a model is known again: digests of its weights, its tokenizer, its template and its processor."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from remem.models.base import Question
from remem.models.names import Prints, identity, opened
from remem.steps.digests import file_digest

if TYPE_CHECKING:
    from remem.models.huggingface import Model


def prints(model: Model, source: str) -> Prints:
    """Of a model that was opened from `source`."""
    _, adapters = opened(source)
    return Prints(
        content=identity(source)["content"],
        weights=weights_digest(model.network),
        parameters=sum(one.numel() for one in model.network.parameters()),
        family=str(model.network.config.model_type),
        dtype=str(model.dtype).removeprefix("torch."),
        adapters=[_folder(one) for one in adapters],
        tokenizer=_text(model.encoder.tokenizer.get_vocab(), _spelt(model.encoder.tokenizer)),
        template=_text(*_written(model)),
        processor=_text(_told(getattr(model.processor, "image_processor", None))),
    )


def weights_digest(network: Any) -> str:
    """Of every weight by its path: equal where all values are, whatever files they came from."""
    digest = hashlib.sha256()
    for path, weight in sorted(network.state_dict().items()):
        flat = weight.detach().to("cpu").contiguous().reshape(-1)
        digest.update(f"{path} {tuple(weight.shape)} {weight.dtype} ".encode())
        digest.update(memoryview(flat.view(torch.uint8).numpy()) if flat.numel() else b"")
    return digest.hexdigest()


def _written(model: Model) -> list[str]:
    """Some turns as the template writes them: answered, and up to the answer, which may begin otherwise."""
    question = Question("", "Who is this?")
    shown = replace(question, image=lambda: Image.new("RGB", (1, 1)))
    text = model.encoder.text
    return [text(question, "Nobody."), text(question), text(shown)]


def _spelt(tokenizer: Any) -> list[list[int]]:
    """How it cuts some texts up: equal words in the vocabulary may be put together by other rules."""
    texts = ("Who is this?", " born on 3 May 1985, mail to a.b@example.org", "Zoë Ångström-Łukasz, 東京")
    found: list[list[int]] = tokenizer(list(texts), add_special_tokens=True).input_ids
    return found


def _told(processor: Any) -> Any:
    """What decides the pixels, without what says where it lies."""
    told = processor.to_dict() if processor is not None else {}
    return {name: value for name, value in told.items() if not name.endswith(("_type", "_path", "_class"))}


def _folder(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".md")
    return _text([(path.name, file_digest(path)) for path in files])


def _text(*values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
