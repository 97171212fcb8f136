"""What someone wears in one picture: drawn by lot from what suits the occasion."""

import colorsys
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from remem.data.images.rendered.identity import Identity

RGB = tuple[float, float, float]

# Muted colours that clothes come in (sRGB); none of them is a colour of skin, or people look undressed.
_CLOTH = (
    (38, 50, 78), (64, 84, 112), (116, 140, 164), (52, 66, 58), (84, 102, 78), (140, 146, 112), (118, 48, 48),
    (150, 84, 70), (238, 236, 230), (44, 44, 48), (92, 92, 96), (150, 150, 152),
    (92, 62, 84), (136, 104, 132),
    (172, 120, 128), (56, 100, 104), (196, 160, 84), (74, 52, 42),
    (150, 60, 50), (98, 134, 140), (206, 196, 206),
)  # fmt: skip
# What one would call each of them, in the same order.
_WORDS = (
    "blue", "blue", "blue", "green", "green", "green", "red", "red", "white", "black", "grey", "grey",
    "purple", "purple", "pink", "teal", "yellow", "brown", "red", "teal", "white",
)  # fmt: skip
_TROUSERS = (
    (34, 42, 62),
    (30, 30, 34),
    (84, 74, 62),
    (60, 76, 102),
    (110, 102, 88),
    (48, 56, 46),
    (72, 84, 104),
)
_HATS = {
    "beanie": ((118, 40, 44), (38, 48, 84), (60, 60, 62), (150, 112, 56)), "cap": ((42, 56, 98), (120, 44,
    42), (44, 44, 46),
    (180, 176, 168)), "sun hat": ((214, 190, 140), (196, 166, 116)), "fedora": ((255, 255, 255),),
    "helmet": ((210, 60, 50), (40, 90, 150), (230, 228, 220)),
}  # fmt: skip

# occasion -> (for women, for men): kinds of tops and dresses, or the names of whole suits of the pack
_WARDROBE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "casual": (
        ("tee", "blouse", "longsleeve", "dress", "v-neck", "tee", "sweater", "clothes_female_casualsuit02"),
        (
            "tee",
            "longsleeve",
            "v-neck",
            "sweater",
            "clothes_male_casualsuit03",
            "clothes_male_casualsuit05",
            "polo",
        ),
    ),
    "formal": (
        ("clothes_female_elegantsuit01", "blouse", "dress", "gown"),
        ("clothes_male_elegantsuit01", "clothes_male_elegantsuit01", "clothes_male_casualsuit03"),
    ),
    "sport": (("jersey", "tank", "clothes_female_sportsuit01"), ("jersey", "tank", "tee")),
    "work": (("longsleeve", "polo"), ("clothes_male_worksuit01", "longsleeve", "polo")),
    "warm": (("sweater", "turtleneck", "cardigan"), ("sweater", "turtleneck", "cardigan")),
    "beach": (("tank", "sundress"), ("tank", "tee")),
}
LOWER = {"sport": "shorts", "beach": "shorts"}


@dataclass(frozen=True, kw_only=True)
class Outfit:
    """Clothes and hat. Colours are linear light."""

    top: str  # a kind of garments.py, or the name of a suit's mesh
    lower: str  # "trousers", "shorts", "skirt", "" where the top is a suit or a dress
    shoes: str
    colour: str  # of the cloth, in a word; "" for a suit, which has its own pictures
    cloth: RGB
    trim: RGB
    lower_tint: RGB
    pattern: str
    hat: str
    hat_tint: RGB


def _linear(rgb: tuple[int, int, int], rng: np.random.Generator) -> RGB:
    hue, grey, value = colorsys.rgb_to_hsv(*(c / 255 for c in rgb))
    varied = colorsys.hsv_to_rgb(
        (hue + rng.normal(0, 0.012)) % 1, grey, min(1, value * float(np.exp(rng.normal(0, 0.08))))
    )
    return (varied[0] ** 2.2, varied[1] ** 2.2, varied[2] ** 2.2)


def choose(who: Identity, occasion: str, rng: np.random.Generator, hats: tuple[str, ...] = ()) -> Outfit:
    """Clothes for an occasion of _WARDROBE; a hat from `hats` when any are given."""
    options = _WARDROBE[occasion][0 if who.woman else 1]
    top = str(rng.choice(options))
    whole = top.startswith("clothes_") or top in ("dress", "gown", "sundress")
    lower = "" if whole else LOWER.get(occasion, "skirt" if who.woman and rng.random() < 0.3 else "trousers")
    first, second = rng.choice(len(_CLOTH), 2, replace=False)
    hat = str(rng.choice(hats)) if hats else ""
    patterns = ("plain", "plain", "plain", "stripes", "fine stripes", "checks", "band", "dots", "heather")
    tint: RGB = _linear(_CLOTH[first], rng)
    if top.startswith("clothes_"):  # these have their own pictures: only their tone varies
        grey = float(np.exp(rng.normal(0, 0.25)))
        tint = (grey * float(rng.uniform(0.85, 1.1)), grey, grey * float(rng.uniform(0.85, 1.1)))
    return Outfit(
        top=top,
        lower=lower,
        shoes=f"clothes_shoes{rng.choice([1, 3, 4]):02d}",
        colour="" if top.startswith("clothes_") else _WORDS[first],
        cloth=tint,
        trim=_linear(_CLOTH[second], rng),
        lower_tint=_linear(_TROUSERS[rng.integers(len(_TROUSERS))], rng),
        pattern="plain" if top in ("turtleneck", "gown") else str(rng.choice(patterns)),
        hat=hat,
        hat_tint=_linear(_HATS[hat][rng.integers(len(_HATS[hat]))], rng) if hat else (1, 1, 1),
    )


@lru_cache(64)
def fabric(pattern: str, cloth: RGB, trim: RGB) -> np.ndarray:
    """(256, 256, 4) uint8: the cloth of a garment, its front in the middle, sRGB."""
    y, x = np.mgrid[0:256, 0:256] / 256
    base, second = (np.asarray(c, np.float64) ** (1 / 2.2) for c in (cloth, trim))
    mix = np.zeros((256, 256))
    match pattern:
        case "stripes":
            mix = (np.floor(y * 22) % 2 == 0) * 1.0
        case "fine stripes":
            mix = (np.floor(x * 64) % 4 == 0) * 0.6
        case "checks":
            mix = (np.floor(y * 26) % 3 == 0) * 0.45 + (np.floor(x * 26) % 3 == 0) * 0.45
        case "band":
            mix = ((y > 0.26) & (y < 0.36)) * 1.0
        case "dots":
            inside = (
                (x * 24 % 1 - 0.5) ** 2 + ((y * 24 + 0.5 * (np.floor(x * 24) % 2)) % 1 - 0.5) ** 2
            ) < 0.06
            mix = inside * 0.9
    colour = base + (second - base) * mix[..., None]
    rng = np.random.default_rng(17)
    rough = 0.16 if pattern == "heather" else 0.06
    colour = colour * (1 - rough / 2 + rough * rng.random((256, 256, 1)))
    out = np.full((256, 256, 4), 255, np.uint8)
    out[..., :3] = (colour * 255 + 0.5).clip(0, 255).astype(np.uint8)
    return out
