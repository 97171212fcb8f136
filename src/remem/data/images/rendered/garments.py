"""Clothes without a mesh of their own: the body's helper surfaces, cut to a pattern by a signed field."""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from remem.data.images.rendered.masks import neutral, smooth
from remem.data.images.rendered.pack import body


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How a garment is cut."""

    sleeve: float  # share of the arm that is covered
    neck: str  # "round", "v", "high", "wide"
    thick: float  # decimetres above the helper surface
    skirt: float = 0.0  # length of a skirt below, as a share of the leg


CUTS = {
    "tee": Cut(sleeve=0.36, neck="round", thick=0.03),
    "polo": Cut(sleeve=0.38, neck="v", thick=0.03),
    "jersey": Cut(sleeve=0.42, neck="v", thick=0.045),
    "tank": Cut(sleeve=0.07, neck="wide", thick=0.025),
    "longsleeve": Cut(sleeve=0.97, neck="round", thick=0.03),
    "v-neck": Cut(sleeve=0.97, neck="v", thick=0.035),
    "blouse": Cut(sleeve=0.62, neck="v", thick=0.035),
    "sweater": Cut(sleeve=0.97, neck="round", thick=0.065),
    "turtleneck": Cut(sleeve=0.97, neck="high", thick=0.045),
    "cardigan": Cut(sleeve=0.97, neck="v", thick=0.075),
    "dress": Cut(sleeve=0.34, neck="round", thick=0.03, skirt=0.5),
    "sundress": Cut(sleeve=0.06, neck="wide", thick=0.025, skirt=0.4),
    "gown": Cut(sleeve=0.06, neck="wide", thick=0.03, skirt=0.86),
}


@lru_cache(1)
def _landmarks() -> dict[str, np.ndarray]:
    b, v = body(), neutral()
    return {bone: v[b.joints[b.number[bone]]].mean(0) for bone in b.bones}


def waist() -> float:
    """Height of the waist of the neutral body."""
    return float(_landmarks()["pelvis.L"][1] + 0.55)


@lru_cache(None)
def top_field(kind: str) -> np.ndarray:
    """(19158,): above 0 where the top covers the body; it ends where this is 0."""
    cut, v, at = CUTS[kind], neutral(), _landmarks()
    x, y, z = np.abs(v[:, 0]), v[:, 1], v[:, 2]
    shoulder, wrist = at["upperarm01.L"], at["wrist.L"]
    arm = (wrist - shoulder) / np.linalg.norm(wrist - shoulder)
    along = ((np.stack([x, y, z], 1) - shoulder) @ arm) / np.linalg.norm(wrist - shoulder)
    # How much of an arm a vertex is changes smoothly over the shoulder, and so the cut is smooth.
    armed = [
        n
        for n, bone in enumerate(body().bones)
        if re.match("upperarm|lowerarm|wrist|finger|metacarpal", bone)
    ]
    arm_share = (body().share * np.isin(body().near, armed)).sum(1)
    inside = (cut.sleeve - along) * 4 * arm_share + 9 * (1 - arm_share)
    on_arm = arm_share > 0.5
    neck = at["neck01"][1] - 0.02
    if cut.neck == "high":
        collar = neck + 0.40 - y
        inside = np.minimum(inside, neck + 0.42 - y)
    else:
        wide, deep, behind = {"round": (0.86, 0.62, 0.30), "wide": (1.1, 0.95, 0.5), "v": (0.86, 0.42, 0.30)}[
            cut.neck
        ]
        up = y - neck - 0.12
        depth = behind + (deep - behind) * smooth(-0.2, 0.5, z)
        collar = (np.sqrt((x / wide) ** 2 + (up / depth) ** 2) - 1) * 0.6
        if cut.neck == "v":  # a round with a triangle in front
            collar = np.where(z > 0.1, np.minimum(collar, (x / 0.75 - up / 1.2 - 0.95) * 0.6), collar)
        inside = np.minimum(inside, neck + 0.11 - y)  # a slope, not a step: the edge is smooth
    inside = np.minimum(inside, np.where(~on_arm & (y > neck - 1.4), collar, 9.0))
    hem = at["pelvis.L"][1] + (0.25 if cut.skirt else -0.35)
    return np.minimum(inside, y - hem).astype(np.float32)


@lru_cache(None)
def trousers_field(length: float) -> np.ndarray:
    """(19158,): above 0 where trousers cover the legs; `length` 1 reaches the ankle."""
    v, at = neutral(), _landmarks()
    ankle, hip = at["foot.L"][1], at["upperleg01.L"][1]
    hands = (np.abs(v[:, 0]) > 2.0) & (v[:, 1] > -1.2)
    inside = np.minimum(waist() - v[:, 1], v[:, 1] - (ankle + (hip - ankle) * (1 - length)))
    return np.where(hands, -1.0, inside).astype(np.float32)


@lru_cache(None)
def skirt_field(length: float) -> np.ndarray:
    """(19158,): above 0 on the skirt's helper surface down to `length` of the leg."""
    v, at = neutral(), _landmarks()
    ankle = at["foot.L"][1]
    return (v[:, 1] - (waist() - (waist() - ankle) * length)).astype(np.float32)


@lru_cache(1)
def front_uv() -> np.ndarray:
    """(19158, 2): cloth laid on from the front."""
    v = neutral()
    return np.stack([v[:, 0] / 6 + 0.5, (v[:, 1] - 1.2) / 6.2], 1).astype(np.float32)
