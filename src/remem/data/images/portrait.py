"""A portrait from traits: what never changes is the person, what a Pose holds varies from view to view."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from remem.data.images import hair as hairs
from remem.data.images.pen import RGB, Pen, mirrored, mix, path, shade
from remem.data.traits import EYES, HAIR, SKIN

# Right halves of the faces, top to bottom.
_FACES = {
    "oval": "0,-1 .48,-.88 .74,-.45 .77,0 .68,.48 .42,.86 0,1",
    "round": "0,-.95 .55,-.82 .86,-.4 .92,.08 .8,.52 .48,.84 0,.94",
    "long": "0,-1.06 .44,-.94 .64,-.5 .66,0 .61,.55 .4,1 0,1.18",
    "square": "0,-.97 .56,-.88 .79,-.5 .82,0 .8,.5 .62,.88 .28,1.01 0,1.03",
    "heart": "0,-1 .58,-.86 .86,-.42 .82,.02 .6,.5 .26,.92 0,1.07",
}
_BLACK: RGB = (38, 28, 34)


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How the person holds themselves in one view."""

    turn: float  # -1 to 1: features shift to one side
    nod: float  # -1 to 1: features shift down
    gaze: tuple[float, float]  # -1 to 1 each
    expression: str
    clothes: str
    cloth: RGB
    trim: RGB
    hat: str  # "" for none
    hat_colour: RGB


EXPRESSIONS = ("smile", "calm", "grin", "serious", "surprised", "laugh", "smirk")
CLOTH: tuple[RGB, ...] = (
    (206, 60, 62), (52, 98, 168), (58, 138, 96), (236, 180, 66), (128, 82, 150), (50, 54, 70), (232, 232,
    228), (228, 126, 70), (92, 168, 186), (160, 108, 78), (214, 120, 150), (118, 128, 84),
)  # fmt: skip
CLOTHES = ("t-shirt", "shirt", "hoodie", "suit", "stripes", "v-neck", "turtleneck", "dungarees")
HATS = ("cap", "beanie", "sun hat")


def draw(pen: Pen, look: dict[str, str], pose: Pose) -> None:
    """Draw the person of `look` (traits of data/traits.py) around the pen's origin, the middle of the
    face."""
    skin, style = SKIN[look["skin"]], look["hair"]
    half = path(_FACES[look["face"]])
    colour, dark = hairs.tones(style, HAIR[look["hair_colour"]], skin)
    wide, top, chin = float(half[:, 0].max()), float(half[0, 1]), float(half[-1, 1])
    skull = pen.moved(0, 0, wide, -top)
    hairs.behind(skull, style, colour, dark)
    _body(pen, look, pose, skin)
    _ears(pen, look, skin, wide)
    pen.blob(mirrored(half * (1.045, 1.035)), shade(skin, -0.28))
    pen.blob(mirrored(half), skin)
    face = pen.moved(pose.turn * 0.13, pose.nod * 0.07, 1 - abs(pose.turn) * 0.05)
    _skin(face, look, skin)
    _beard(face, look, skin, half)
    _mouth(face, look, pose, skin, chin)
    _moustache(face, look)
    _nose(face, look, skin)
    _eyes(face, look, pose)
    hairs.in_front(skull, style, colour, dark, skin)
    _glasses(face, look)
    _hat(skull, pose)


def _body(pen: Pen, look: dict[str, str], pose: Pose, skin: RGB) -> None:
    man = look["gender"] == "man"
    neck, shoulder = (0.42, 1.75) if man else (0.32, 1.45)
    cloth, trim = pose.cloth, pose.trim
    pen.shape([(-neck, 0.5), (neck, 0.5), (neck + 0.05, 1.5), (-neck - 0.05, 1.5)], shade(skin, -0.22))
    torso = mirrored(
        [
            (0, 1.28),
            (neck + 0.12, 1.2),
            (shoulder * 0.75, 1.5),
            (shoulder, 2),
            (shoulder + 0.1, 4.4),
            (0, 4.6),
        ]
    )
    pen.blob(torso, shade(cloth, -0.3))
    pen.blob([(x * 0.97, y + 0.05) for x, y in torso], cloth)
    if pose.clothes != "turtleneck":
        pen.blob(mirrored([(0, 1.05), (neck, 1.15), (neck + 0.06, 1.3), (0, 1.62)]), shade(skin, -0.12))
    match pose.clothes:
        case "shirt":
            for s in (-1, 1):
                pen.shape(
                    [(s * neck, 1.08), (s * (neck + 0.22), 1.35), (s * 0.2, 1.75), (0, 1.5)],
                    shade(cloth, 0.35),
                )
            for y in (1.9, 2.3, 2.7):
                pen.dot(0, y, 0.06, 0.06, trim, corners=10)
        case "hoodie":
            pen.line(
                [(-neck - 0.14, 1.2), (-0.2, 1.62), (0.2, 1.62), (neck + 0.14, 1.2)],
                0.24,
                shade(cloth, -0.18),
            )
            for s in (-1, 1):
                pen.line([(s * 0.16, 1.66), (s * 0.18, 2.2)], 0.07, trim)
        case "suit":
            pen.shape([(-neck, 1.15), (neck, 1.15), (0, 2.6)], (246, 246, 248))
            pen.shape([(-0.11, 1.5), (0.11, 1.5), (0.17, 2.4), (0, 2.6), (-0.17, 2.4)], trim)
            for s in (-1, 1):
                pen.shape([(s * neck, 1.1), (s * (neck + 0.3), 1.3), (s * 0.1, 2.7)], shade(cloth, -0.22))
        case "stripes":
            end = shoulder * 0.93
            for y in (1.75, 2.15, 2.55, 2.95):
                pen.line([(-end, y + 0.12), (0, y), (end, y + 0.12)], 0.17, trim, round_ends=False)
        case "v-neck":
            pen.shape([(-neck, 1.2), (neck, 1.2), (0, 2.1)], shade(skin, -0.08))
            pen.line([(-neck - 0.05, 1.22), (0, 2.1)], 0.1, trim)
            pen.line([(neck + 0.05, 1.22), (0, 2.1)], 0.1, trim)
        case "turtleneck":
            pen.blob(
                mirrored([(0, 0.98), (neck + 0.06, 0.95), (neck + 0.14, 1.4), (0, 1.52)]), shade(cloth, -0.16)
            )
        case "dungarees":
            for s in (-1, 1):
                pen.line([(s * 0.75, 1.4), (s * 0.62, 2.5)], 0.24, trim, round_ends=False)
            pen.shape([(-0.8, 2.3), (0.8, 2.3), (0.9, 4.4), (-0.9, 4.4)], trim)


def _ears(pen: Pen, look: dict[str, str], skin: RGB, wide: float) -> None:
    r = 0.25 if look["ears"] == "large" else 0.17
    for s in (-1, 1):
        x = s * (wide + r * 0.35)
        pen.dot(x, 0.08, r * 0.8 + 0.03, r + 0.04, shade(skin, -0.28), corners=16)
        pen.dot(x, 0.08, r * 0.8, r, shade(skin, -0.08), corners=16)
        if look["earrings"] == "studs":
            pen.dot(x, 0.16 + r, 0.075, 0.075, (255, 222, 96), corners=12)
        elif look["earrings"] == "hoops":
            pen.ring(x, 0.34 + r, 0.17, 0.2, 0.075, (244, 190, 50))


def _skin(face: Pen, look: dict[str, str], skin: RGB) -> None:
    line = shade(skin, -0.22)
    if look["marks"] == "rosy cheeks":
        for s in (-1, 1):
            face.dot(s * 0.48, 0.32, 0.2, 0.15, mix(skin, (236, 84, 84), 0.42))
    elif look["marks"] == "freckles":
        for s in (-1, 1):
            for x, y in ((0.26, 0.26), (0.42, 0.3), (0.56, 0.24), (0.34, 0.4), (0.5, 0.42)):
                face.dot(s * x, y, 0.042, 0.042, shade(skin, -0.38), corners=8)
    elif look["marks"] == "mole":
        face.dot(0.4, 0.52, 0.07, 0.07, (70, 40, 34), corners=10)
    if look["age"] != "young":
        for s in (-1, 1):
            face.line([(s * 0.24, 0.34), (s * 0.36, 0.46), (s * 0.38, 0.6)], 0.035, line)
    if look["age"] == "older":
        for y in (-0.6, -0.5):
            face.line([(-0.34, y), (0, y - 0.05), (0.34, y)], 0.03, line)
        for s in (-1, 1):
            face.line([(s * 0.2, 0.12), (s * 0.34, 0.17), (s * 0.5, 0.11)], 0.035, line)


def _beard(face: Pen, look: dict[str, str], skin: RGB, half: np.ndarray) -> None:
    style, colour, chin = look["facial_hair"], HAIR[look["hair_colour"]], half[-1, 1]
    if style in ("stubble", "beard", "long beard"):
        wide, down = {"stubble": (1.0, 0.0), "beard": (1.04, 0.12), "long beard": (1.04, 0.6)}[style]
        jaw = half[half[:, 1] >= 0]
        outer = np.stack([jaw[:, 0] * wide, jaw[:, 1] + down * jaw[:, 1] ** 2], 1)
        right = np.concatenate([path("0,.42 .3,.42 .48,.38 .62,.16"), outer])
        left = (right * (-1, 1))[-2:0:-1]
        fill = mix(skin, shade(colour, -0.25), 0.36) if style == "stubble" else colour
        face.blob(np.concatenate([right, left]), fill)
    elif style == "goatee":
        low = [(0.24, 0.58), (0.28, chin - 0.12), (0.14, chin + 0.14), (0, chin + 0.2)]
        face.blob(mirrored([(0, 0.56), *low]), colour)


def _moustache(face: Pen, look: dict[str, str]) -> None:
    if look["facial_hair"] in ("moustache", "goatee", "beard", "long beard"):
        half = path("0,.38 .18,.35 .4,.44 .5,.56 .28,.52 0,.48")
        face.blob(mirrored(half), shade(HAIR[look["hair_colour"]], -0.12))


def _mouth(face: Pen, look: dict[str, str], pose: Pose, skin: RGB, chin: float) -> None:
    wide = {"small": 0.2, "wide": 0.36, "full": 0.27}[look["mouth"]]
    y = 0.6 + (chin - 1) * 0.4
    lip = mix(skin, (190, 40, 60), 0.6 if look["gender"] == "woman" else 0.42)
    thick = 0.13 if look["mouth"] == "full" else 0.075
    match pose.expression:
        case "calm" | "serious":
            bend = 0.03 if pose.expression == "calm" else -0.015
            face.line([(-wide, y - bend), (0, y + bend), (wide, y - bend)], thick, lip)
        case "smile" | "smirk":
            left = 0.09 if pose.expression == "smile" else -0.02
            curve = [(-wide, y - left), (-wide * 0.3, y + 0.05), (wide * 0.4, y + 0.04), (wide, y - 0.11)]
            face.line(curve, thick, lip)
        case "surprised":
            face.dot(0, y + 0.03, wide * 0.5 + 0.03, 0.17, lip, corners=16)
            face.dot(0, y + 0.03, wide * 0.5 - 0.04, 0.1, (96, 26, 36), corners=16)
        case _:
            deep = 0.2 if pose.expression == "grin" else 0.28
            mouth = face.moved(0, y, wide, deep)
            mouth.blob(path("-1.2,-.6 0,-.35 1.2,-.6 .7,.75 0,1.2 -.7,.75"), lip)
            mouth.blob(path("-1.08,-.48 0,-.25 1.08,-.48 .6,.6 0,1 -.6,.6"), (120, 32, 44))
            mouth.shape(path("-.86,-.3 0,-.15 .86,-.3 .7,.25 -.7,.25"), (252, 250, 246))


def _nose(face: Pen, look: dict[str, str], skin: RGB) -> None:
    line = shade(skin, -0.34)
    match look["nose"]:
        case "button":
            face.line([(-0.11, 0.24), (0, 0.31), (0.11, 0.24)], 0.06, line)
        case "straight":
            face.line([(0.03, -0.08), (0.12, 0.24), (-0.03, 0.3)], 0.055, line)
        case "long":
            face.blob(path("0,-.1 .1,.1 .18,.36 0,.44 -.14,.36 -.04,.1"), shade(skin, -0.14))
            face.line(path("-.13,.36 0,.43 .17,.36"), 0.05, line)
        case "broad":
            face.dot(0, 0.27, 0.24, 0.12, shade(skin, -0.15))
            for s in (-1, 1):
                face.dot(s * 0.1, 0.31, 0.05, 0.035, line, corners=10)


def _eyes(face: Pen, look: dict[str, str], pose: Pose) -> None:
    apart = 0.3 if look["eye_spacing"] == "close" else 0.39
    r = 0.145 if look["eye_size"] == "small" else 0.19
    woman = look["gender"] == "woman"
    open_ = {"surprised": 1.2, "serious": 0.8, "calm": 0.95}.get(pose.expression, 1.0)
    lift = {"surprised": -0.09, "serious": 0.03, "laugh": -0.03}.get(pose.expression, 0.0)
    for s in (-1, 1):
        x, y = s * apart, -0.06
        if pose.expression == "laugh":
            face.line([(x - r, y + 0.03), (x, y - 0.09), (x + r, y + 0.03)], 0.075, _BLACK)
        else:
            face.dot(x, y, r, r * 0.8 * open_, (253, 253, 253), corners=20)
            gx, gy = x + pose.gaze[0] * r * 0.35, y + pose.gaze[1] * r * 0.2
            face.dot(gx, gy, r * 0.66, r * 0.68, EYES[look["eyes"]], corners=16)
            face.dot(gx, gy, r * 0.36, r * 0.38, _BLACK, corners=12)
            face.dot(gx + r * 0.2, gy - r * 0.25, r * 0.17, r * 0.17, (255, 255, 255), corners=8)
            lid = [(x - r, y - r * 0.25 * open_), (x, y - r * 0.85 * open_), (x + r, y - r * 0.25 * open_)]
            face.line(lid, 0.075 if woman else 0.05, _BLACK)
            if woman:
                face.line([(x + s * r * 0.9, y - r * 0.3), (x + s * (r + 0.09), y - r * 0.7)], 0.05, _BLACK)
        _brow(face, look, s, x, y - r - 0.17 + lift, pose)


def _brow(face: Pen, look: dict[str, str], s: int, x: float, y: float, pose: Pose) -> None:
    hair = HAIR[look["hair_colour"]]
    colour = shade(hair, -0.25) if sum(hair) > 200 else hair
    wide, thick, bend = {
        "thin": (0.17, 0.045, 0.05),
        "arched": (0.2, 0.07, 0.11),
        "straight": (0.2, 0.085, 0.0),
        "bushy": (0.22, 0.14, 0.03),
    }[look["brows"]]
    inner = -0.05 if pose.expression in ("serious", "surprised") else 0.0
    face.line(
        [(x - s * wide, y + 0.03 + inner), (x + s * wide * 0.2, y - bend), (x + s * wide, y + 0.03)],
        thick,
        colour,
    )


def _glasses(face: Pen, look: dict[str, str]) -> None:
    style = look["glasses"]
    if style == "none":
        return
    colour = {"round": (150, 98, 34), "square": (30, 30, 40), "cat-eye": (176, 30, 74)}[style]
    apart, y = 0.36, -0.05
    for s in (-1, 1):
        if style == "round":
            face.ring(s * apart, y, 0.28, 0.28, 0.07, colour)
        else:
            top, out = (y - 0.23, 0.3) if style == "square" else (y - 0.2, 0.28)
            tip = top - (0.12 if style == "cat-eye" else 0)
            inner, outer = s * (apart - 0.27), s * (apart + out)
            box = [
                (inner, top),
                (outer, tip),
                (outer - s * 0.04, y + 0.2),
                (inner + s * 0.04, y + 0.2),
                (inner, top),
            ]
            for a, b in pairwise(box):
                face.line([a, b], 0.085, colour)
        face.line([(s * (apart + 0.28), y - 0.06), (s * 0.82, y - 0.1)], 0.06, colour)
    face.line([(-0.09, y - 0.06), (0.09, y - 0.06)], 0.07, colour)


def _hat(skull: Pen, pose: Pose) -> None:
    colour, dark = pose.hat_colour, shade(pose.hat_colour, -0.25)
    match pose.hat:
        case "cap":
            skull.blob(path("-1.15,-.7 -1,-1.12 0,-1.42 1,-1.12 1.15,-.7 0,-.82"), colour)
            skull.blob(path("-.58,-.78 .7,-.8 1.8,-.66 1.5,-.56 0,-.64"), dark)
        case "beanie":
            skull.blob(path("-1.15,-.72 -1.02,-1.16 0,-1.52 1.02,-1.16 1.15,-.72 0,-.84"), colour)
            skull.line(path("-1.15,-.74 0,-.84 1.15,-.74"), 0.24, dark)
            skull.dot(0, -1.5, 0.21, 0.17, dark, corners=14)
        case "helmet":
            skull.blob(path("-1.16,-.66 -1.12,-1.2 -.5,-1.6 .5,-1.6 1.12,-1.2 1.16,-.66 0,-.8"), colour)
            for x in (-0.5, 0, 0.5):
                skull.line([(x * 0.7, -1.45), (x, -0.95)], 0.1, dark)
        case "sun hat":
            skull.dot(0, -0.8, 1.95, 0.2, dark)
            skull.blob(path("-1,-.82 -.8,-1.3 0,-1.45 .8,-1.3 1,-.82"), colour)
            skull.line(path("-.96,-.9 0,-.86 .96,-.9"), 0.12, pose.trim)
