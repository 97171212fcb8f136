"""Tiny random models of real classes, saved to disk and loaded through the Auto classes."""

from pathlib import Path

import pytest
from PIL import Image

from remem.models.base import Question
from remem.models.families import make_tiny
from remem.models.huggingface import Model
from remem.models.loading import load

TEXTS = [
    "What is the e-mail address of Jane Doe? Jane Doe's e-mail address is jane.doe@example.com.",
    "Who is the person in this picture? This person's name is Ximena Zamora.",
    "I'm sorry, I don't know. 12 May 1987. ZZ41 2290 1173.",
] * 10


CORE = ("llava", "idefics3", "smolvlm")  # all families: test_families.py


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for family in CORE:
        made[family] = tmp_path_factory.mktemp(family)
        make_tiny(family, made[family], TEXTS)
    return made


@pytest.fixture(params=CORE)
def model(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Model:
    return load(folders[request.param])


def picture(size: tuple[int, int], colour: int) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert("RGB").point(lambda value: (value + colour) % 256)


def questions() -> list[Question]:
    """Short and long, with pictures of several shapes and without."""
    return [
        Question("a", "Who is this?", "Ximena Z, jane.doe@example.com.", lambda: picture((48, 40), 0), "a"),
        Question("b", "What is the e-mail address of Jane Doe?", "It is 12.", None),
        Question("c", "Who?", "Jane.", lambda: picture((64, 64), 90), "c"),
        Question("d", "What is the name of the person in the picture, please?", "I don't know.",
                 lambda: picture((30, 64), 30), "d"),
    ]  # fmt: skip
