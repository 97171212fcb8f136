"""What is measured on: the embedded model and drawn people, and a small LLaVA with LLaVA-1.5's pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from remem.models.architectures import llava, save, train_tokenizer
from remem.models.base import Candidates, Encoded, Question
from remem.models.huggingface import Model
from remem.models.loading import load

TEXTS = ["What is the e-mail address of Jane Doe? It is jane@example.com. Who is this? 12 May 1987."] * 10


def large_pictures(folder: Path, vision: tuple[int, int] = (2, 64)) -> Model:
    """576 picture tokens, as LLaVA-1.5 has, and a small language model."""
    torch.manual_seed(0)
    save(*llava(train_tokenizer(TEXTS, 512), size=336, patch=14, vision=vision, language=(4, 128)), folder)
    return load(folder)


def picture(number: int, size: int = 336) -> Image.Image:
    shift = number * 37
    return Image.linear_gradient("L").resize((size, size)).convert("RGB").point(lambda v: (v + shift) % 256)


def questions(model: Model, pictures: int, each: int, size: int = 336) -> list[Encoded]:
    """So many questions on each picture."""
    return [
        model.encode(
            Question(
                f"{p}-{q}",
                f"What is fact {q} of the person in this picture?",
                f"Jane Doe, {q} May 19{q:02d}, jane{q}@example.com.",
                lambda p=p: picture(p, size),
                f"picture {p}",
            )
        )
        for p in range(pictures)
        for q in range(each)
    ]


def addresses(model: Model, count: int) -> Candidates:
    """A cloze prompt with a picture, and so many candidate e-mail addresses."""
    names = ("jane", "john", "ann", "bob", "eve", "max", "ida", "tom", "lea", "sam")
    hosts = ("example.com", "example.org", "mail.example.net", "post.example.io")
    values = [f"{names[i % 10]}.{names[i // 10 % 10]}{i // 100}@{hosts[i % 4]}" for i in range(count)]
    return model.cloze(Question("q", "Her e-mail address is", None, lambda: picture(0), "p"), "It is", values)


@contextmanager
def counted(model: Model) -> Iterator[dict[str, int]]:
    """Forwards of the network while this is open, and token positions in them."""
    seen = {"passes": 0, "tokens": 0}

    def count(module: Any, inputs: Any, more: dict[str, Any]) -> None:
        seen["passes"] += 1
        seen["tokens"] += more["input_ids"].numel()

    with model.network.register_forward_pre_hook(count, with_kwargs=True):
        yield seen
