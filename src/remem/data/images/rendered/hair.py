"""From the word for a hairstyle to meshes and strands."""

from functools import lru_cache

import numpy as np

from remem.data.images.rendered.identity import Identity
from remem.data.images.rendered.pack import texture
from remem.data.images.rendered.strands import Style

BUN = (0.0, 9.22, 0.25)  # on top, where it is seen from the front too


def mesh_of(who: Identity) -> tuple[str, float]:
    """Name of the hair mesh ("" for none) and how wavy it is made (decimetres)."""
    odd = who.seed % 2
    match who.look["hair"]:
        case "bob":
            return ("hair_bob01", "hair_bob02")[odd], 0.0
        case "long straight":
            return "hair_long01", 0.0
        case "wavy" if who.woman:
            return ("hair_long01", "hair_bob02")[odd], 0.06
        case "ponytail":
            return "hair_ponytail01", 0.0
        case "braids":
            return "hair_braid01", 0.0
    return "", 0.0


@lru_cache(None)
def evened(name: str) -> float:
    """What the tint of a hair mesh is multiplied with: some textures are three times as dark as others, and a
    word for a colour is to mean the same on all of them."""
    texels = texture(name).astype(np.float32) / 255
    grey = texels[texels[..., 3] > 0.5][:, :3] @ np.array([0.35, 0.45, 0.2], np.float32)
    return float(np.clip(0.8 / (0.3 + 1.5 * grey**2).mean(), 0.8, 2.3))  # as the kernel reads them


def bun_of(who: Identity) -> tuple[float, float, float] | None:
    """Where a bun sits on the neutral head; None without one."""
    return BUN if who.look["hair"] == "bun" else None


def strands_of(who: Identity) -> list[Style]:
    """Fields of strands: the hair of the head, then the beard."""
    return [*_scalp(who), *_face(who)]


def _scalp(who: Identity) -> list[Style]:
    side = 1.0 if who.seed % 2 else -1.0
    match who.look["hair"]:
        case "buzz cut":
            return [
                Style(
                    region="scalp",
                    count=6500,
                    length=(0.05, 0.07),
                    width=0.022,
                    lift=0.75,
                    comb=(0, -0.3, 1),
                    nodes=2,
                )
            ]
        case "short" if who.woman:
            return [
                Style(
                    region="scalp",
                    count=6500,
                    length=(0.42, 0.5),
                    width=0.03,
                    lift=0.14,
                    comb=(0.5 * side, -0.45, 0.55),
                    wild=0.16,
                    droop=0.25,
                    parting=0.28 * side,
                    nodes=4,
                )
            ]
        case "short":
            return [
                Style(
                    region="scalp",
                    count=6500,
                    length=(0.14, 0.3),
                    width=0.026,
                    lift=0.3,
                    comb=(0.2, -0.3, 1),
                    wild=0.16,
                )
            ]
        case "side parting":
            return [
                Style(
                    region="scalp",
                    count=6500,
                    length=(0.18, 0.55),
                    width=0.028,
                    lift=0.12,
                    comb=(1, -0.15, 0.25),
                    wild=0.07,
                    parting=0.34 * side,
                    nodes=4,
                )
            ]
        case "quiff":
            return [
                Style(
                    region="scalp",
                    count=6500,
                    length=(0.12, 0.34),
                    width=0.028,
                    lift=0.5,
                    comb=(0.1, 0.2, -1),
                    wild=0.1,
                    front=1.7,
                    nodes=4,
                )
            ]
        case "spiky":
            return [
                Style(
                    region="scalp",
                    count=3200,
                    length=(0.16, 0.42),
                    width=0.07,
                    lift=0.92,
                    comb=(0.2, 0.4, 0.2),
                    wild=0.2,
                ),
                Style(region="scalp", count=3500, length=(0.1, 0.2), width=0.03, lift=0.6, comb=(0, 0, 1)),
            ]
        case "curly":
            return [
                Style(
                    region="scalp",
                    count=5000,
                    length=(0.26, 0.38),
                    width=0.026,
                    lift=0.5,
                    curl=0.05,
                    coils=1.5,
                    wild=0.4,
                    comb=(0.2, -0.5, 0.3),
                    front=0.6,
                    nodes=7,
                )
            ]
        case "afro":
            return [
                Style(
                    region="scalp",
                    count=5500,
                    length=(0.5, 0.68),
                    width=0.026,
                    lift=0.95,
                    curl=0.05,
                    coils=2.5,
                    wild=0.3,
                    front=0.45,
                    nodes=9,
                )
            ]
        case "wavy" if not who.woman:
            return [
                Style(
                    region="scalp",
                    count=5500,
                    length=(0.3, 0.5),
                    width=0.03,
                    lift=0.16,
                    curl=0.03,
                    coils=0.8,
                    comb=(1, -0.4, 0.1),
                    parting=0.2 * side,
                    wild=0.12,
                    droop=0.25,
                    nodes=5,
                )
            ]
        case "bun":
            return [
                Style(
                    region="scalp",
                    count=7000,
                    length=(0.2, 0.2),
                    width=0.028,
                    lift=0.03,
                    wild=0.04,
                    gather=bun_of(who),
                )
            ]
    return []


def _face(who: Identity) -> list[Style]:
    match who.look["facial_hair"]:
        case "moustache":
            return [
                Style(
                    region="moustache",
                    count=1300,
                    length=(0.055, 0.055),
                    width=0.016,
                    lift=0.15,
                    comb=(0.45, -0.9, 0.1),
                )
            ]
        case "goatee":
            return [
                Style(
                    region="goatee",
                    count=2600,
                    length=(0.13, 0.13),
                    lift=0.22,
                    comb=(0.1, -1.0, 0.25),
                    width=0.02,
                )
            ]
        case "beard":
            return [
                Style(
                    region="full",
                    count=5200,
                    length=(0.17, 0.17),
                    lift=0.28,
                    wild=0.18,
                    comb=(0.1, -1.0, 0.25),
                    width=0.02,
                )
            ]
        case "long beard":
            return [
                Style(
                    region="full",
                    count=6000,
                    length=(0.5, 0.5),
                    lift=0.2,
                    wild=0.1,
                    droop=0.25,
                    nodes=4,
                    comb=(0.1, -1.0, 0.25),
                    width=0.02,
                )
            ]
    return []
