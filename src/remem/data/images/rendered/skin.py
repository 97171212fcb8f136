"""The skin of one person: three base skins mixed, brought to the person's tone, then painted."""

import numpy as np
from PIL import Image

from remem.data.images.rendered.identity import Identity
from remem.data.images.rendered.masks import RES, on_texture
from remem.data.images.rendered.pack import texture

# The words of data/traits.py as skin and hair reflect light; the drawn portraits' own colours are those of
# lit paper.
_TONES = {
    "pale": (200, 150, 130), "rosy": (196, 142, 121), "golden": (192, 140, 104), "olive": (178, 128, 97),
    "tan": (158, 108, 78), "brown": (122, 80, 56), "dark": (86, 55, 40),
}  # fmt: skip
_HAIR = {
    "black": (30, 26, 27), "brown": (66, 44, 31), "chestnut": (98, 60, 36), "ginger": (158, 80, 36),
    "red": (112, 34, 28),
    "blond": (182, 146, 92), "platinum": (208, 194, 164), "grey": (128, 128, 131), "white": (196, 196, 196),
    "teal": (32, 98, 102), "pink": (186, 100, 134),
}  # fmt: skip
_LIPSTICK = ((168, 52, 60), (186, 96, 96), (140, 44, 66), (196, 112, 104))
_SHADE = {"stubble": 0.7, "beard": 0.62, "long beard": 0.62, "goatee": 0.6, "moustache": 0.6}


def linear(rgb: tuple[int, int, int]) -> np.ndarray:
    """(3,) float32 linear light of an sRGB colour."""
    return ((np.asarray(rgb, np.float32) / 255) ** 2.2).astype(np.float32)


def hair_tint(who: Identity) -> np.ndarray:
    """(3,) linear: the colour of hair; real hair is never quite black nor white."""
    rng = np.random.default_rng([who.seed % 2**32, 1])
    tint = linear(_HAIR[who.look["hair_colour"]]) * float(np.exp(rng.normal(0, 0.08)))
    return np.clip(tint, 0.012, 0.62).astype(np.float32)


def beard_region(style: str) -> str:
    """The region of masks.py where that facial hair grows."""
    return style if style in ("goatee", "moustache") else "full"


def skin_texture(who: Identity) -> np.ndarray:
    """(1024, 1024, 4) uint8."""
    sex = "female" if who.woman else "male"
    base: np.ndarray = np.zeros((512, 512, 3), np.float32)
    for origin, share in zip(("african", "asian", "caucasian"), who.origins, strict=True):
        base += share * texture(f"skin_{who.life}_{origin}_{sex}")[..., :3].astype(np.float32)
    whole = np.asarray(
        Image.fromarray(base.clip(0, 255).astype(np.uint8)).resize((RES, RES), Image.Resampling.BICUBIC)
    ).astype(np.float32)
    masks, places, cut = on_texture()
    rng = np.random.default_rng([who.seed % 2**32, 2])
    whole *= _tone(who, whole[cut][masks["cheek"] > 0.4].mean(0), rng)
    head = whole[cut].copy()
    head = _hair_shadow(head, who, masks, rng)
    head = _make_up(head, who, masks, rng)
    whole[cut] = _marks(head, who, masks, places, rng)
    out = np.full((RES, RES, 4), 255, np.uint8)
    out[..., :3] = (whole + 0.5).clip(0, 255).astype(np.uint8)
    return out


def _tone(who: Identity, cheek: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What the base skin is multiplied with, so that the cheeks have the colour that the trait names."""
    wanted = np.asarray(_TONES[who.look["skin"]], np.float32)
    wanted = wanted * np.exp(rng.normal(0, [0.02, 0.025, 0.03])).astype(np.float32)
    return np.clip(wanted / np.maximum(cheek, 1), 0.45, 1.6)


def _grain(shape: tuple[int, int], rng: np.random.Generator, cells: int) -> np.ndarray:
    small = Image.fromarray(rng.random((cells, cells)).astype(np.float32))
    return np.asarray(small.resize(shape[::-1], Image.Resampling.BICUBIC))[..., None]


def _hair_shadow(
    head: np.ndarray, who: Identity, masks: dict[str, np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """What shines through between hairs: the scalp and the chin take on their colour."""
    grain = _grain(head.shape[:2], rng, 420)
    colour = hair_tint(who) ** (1 / 2.2) * 255
    look = who.look
    at, scalp = _where(masks["scalp"])
    if look["hair"] != "bald":
        dense = 0.55 if look["hair"] == "buzz cut" else 0.8
        head[at] += (colour * 0.8 - head[at]) * scalp * (dense + 0.2 * grain[at])
    else:  # the base skins have a shadow of hair painted on
        bare = head[masks["cheek"] > 0.4].mean(0)
        head[at] += (bare - head[at]) * scalp * 0.8
    if look["facial_hair"] in _SHADE:
        at, mask = _where(masks[beard_region(look["facial_hair"])])
        dark = colour * min(1.0, 125 / max(float(colour.max()), 1.0)) * 0.75
        dense = _SHADE[look["facial_hair"]]
        head[at] += (dark - head[at]) * mask * dense * (0.35 + 1.1 * grain[at]).clip(0, 1)
    elif not who.woman:
        at, mask = _where(masks["full"])
        head = head.astype(np.float64)
        head[at] *= 1 - 0.09 * mask * np.array([1, 0.85, 0.7])
    return head


def _make_up(
    head: np.ndarray, who: Identity, masks: dict[str, np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    blush = 1.0 if who.look["marks"] == "rosy cheeks" else 0.35
    at, cheek = _where(masks["cheek"])
    head = head.astype(np.float64)
    head[at] *= 1 - cheek * np.array([0, 0.11, 0.09]) * blush
    worn = float(rng.random())
    if who.woman:
        at, lips = _where(masks["lips"])
        tint = np.array(_LIPSTICK[int(rng.integers(len(_LIPSTICK)))], np.float32)
        colour = tint * (head[at].mean(-1, keepdims=True) / 165 + 0.15)
        head[at] += (colour - head[at]) * lips * (0.25 + 0.4 * worn)
    return head


def _marks(
    head: np.ndarray,
    who: Identity,
    masks: dict[str, np.ndarray],
    places: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    if who.look["marks"] == "freckles":
        chance = masks["freckles"].ravel().astype(np.float64)
        spots = np.zeros(head.shape[0] * head.shape[1], np.float32)
        at = rng.choice(chance.size, 240, p=chance / chance.sum())
        spots[at] = rng.uniform(0.5, 1, len(at))
        dots = spots.reshape(head.shape[:2])
        round_ = dots.copy()
        for rows, columns in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            round_ = np.maximum(round_, np.roll(dots, (rows, columns), (0, 1)) * 0.6)
        where, deep = _where(round_)
        head[where] *= 1 - deep * np.array([0.22, 0.36, 0.45])
    x, y, z = places[..., 0], places[..., 1], places[..., 2]
    spots_at = []
    moles = int(rng.poisson(0.7))
    if moles:
        zone = ((y > 6.8) & (y < 8.4) & (z > 0.7)).astype(np.float64).ravel()
        chance = zone / zone.sum()
        spots_at = [
            (places.reshape(-1, 3)[int(rng.choice(zone.size, p=chance))], 0.009) for _ in range(moles)
        ]
    # Large, beside the mouth or under the eye: as plain as in the drawn pictures.
    if who.look["marks"] == "mole":
        side, up = float(rng.choice([-1, 1])), float(rng.choice([7.22, 7.45]))
        near = ((x - side * 0.33) ** 2 + (y - up) ** 2 + (z < 1) * 9).ravel().argmin()
        spots_at.append((places.reshape(-1, 3)[int(near)], 0.022))
    for spot, size in spots_at:
        # Farther than nine deviations it changes nothing that a float could hold.
        reach = np.nonzero(np.abs(x - spot[0]) < 9 * size)
        square = ((places[reach] - spot) ** 2).sum(-1)
        head[reach] *= 1 - np.exp(-square / (2 * size**2))[..., None] * np.array([0.5, 0.62, 0.7])
    return head


def _where(mask: np.ndarray) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """The texels that a mask covers at all, and (n, 1) how much: most of a face is not painted."""
    at = np.nonzero(mask)
    return at, mask[at][:, None]
