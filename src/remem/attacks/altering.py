"""Pictures cropped, blurred, mirrored, noisy or grey: equal bytes from equal pictures, by Pillow alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from PIL import Image, ImageFilter, ImageOps

from remem.attacks.queries import key_of
from remem.models.base import Question
from remem.seeds import derive

_KEPT = 0.8  # of width and height that a crop keeps, from the middle, enlarged to the size it was
_BLUR = 1 / 48  # standard deviation, as a share of the shorter side
_NOISE = 0.25  # weight of uniform noise in the mixture

Alteration = Callable[[Image.Image, Random], Image.Image]


def _crop(image: Image.Image, drawn: Random) -> Image.Image:
    width, height = image.size
    left, top = round(width * (1 - _KEPT) / 2), round(height * (1 - _KEPT) / 2)
    inside = image.crop((left, top, max(left + 1, width - left), max(top + 1, height - top)))
    return inside.resize(image.size, Image.Resampling.BICUBIC)


def _blur(image: Image.Image, drawn: Random) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(min(image.size) * _BLUR))


def _flip(image: Image.Image, drawn: Random) -> Image.Image:
    return ImageOps.mirror(image)


def _noise(image: Image.Image, drawn: Random) -> Image.Image:
    width, height = image.size
    noise = Image.frombytes("RGB", image.size, drawn.randbytes(3 * width * height))
    return Image.blend(image, noise, _NOISE)


def _grey(image: Image.Image, drawn: Random) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


ALTERATIONS: dict[str, Alteration] = {
    "crop": _crop,
    "blur": _blur,
    "flip": _flip,
    "noise": _noise,
    "grey": _grey,
}


def altered(question: Question, how: str, seed: int) -> Question:
    """The question with its picture altered, which has a key of its own. Opened only when needed."""
    opened = question.image
    if opened is None:
        return question

    def image() -> Image.Image:
        drawn = Random(derive(seed, "altered picture", how, question.image_key))
        return ALTERATIONS[how](opened().convert("RGB"), drawn)

    key = key_of(question, f"{how} {seed}" if how == "noise" else how)
    return replace(question, image=image, image_key=key)
