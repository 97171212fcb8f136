"""Events with a rendered person in them: backdrop, things behind, other people, the person, things in
front."""

from functools import lru_cache
from random import Random

import numpy as np
from PIL import Image

from remem.data.images import collage
from remem.data.images.rendered.camera import Plan, expose, turned_yaw
from remem.data.images.rendered.figure import Figure
from remem.data.images.rendered.identity import identity
from remem.data.images.rendered.light import backdrop
from remem.data.images.rendered.outfit import choose
from remem.data.images.rendered.shading import develop
from remem.data.images.stagings import Staging
from remem.data.people import Person
from remem.data.traits import distinct_looks

_EXTRAS = 10  # other people who stand about in scenes, the same in every data set


def staged(figure: Figure, staging: Staging, seed: int, size: int) -> tuple[Image.Image, dict[str, str]]:
    """(size x size) RGB, and what varies."""
    rng, dice = np.random.default_rng(seed), Random(seed)
    plan = _plan(figure, staging, rng)
    dark = min(1.0, 0.45 + 0.55 * staging.gain)
    behind = _behind(staging, plan, dice, size).convert("RGBA")
    for prop in staging.props:
        if not prop.front:
            collage.place(behind, prop, dice, dark, blur=0.004)
    for depth in sorted(dice.uniform(0, 1) for _ in range(staging.crowd)):
        side = dice.choice((dice.uniform(0.02, 0.3), dice.uniform(0.7, 0.98)))
        other = _extra(dice.randrange(_EXTRAS))
        collage.cutout(
            behind, other, side, 0.86 + 0.16 * depth, 0.38 + 0.16 * depth, dark * 0.92, 0.006 * (1.3 - depth)
        )
    if staging.effect in ("bokeh", "beams"):
        collage.effect(behind, staging.effect, dice)
    back = np.asarray(behind.convert("RGB")).astype(np.float32) / 255
    whole = Image.fromarray(develop(expose(figure, plan, size), back, 1.0, 0.10)).convert("RGBA")
    if staging.backdrop == "car":
        collage.steering_wheel(whole)
    for prop in staging.props:
        if prop.front:
            collage.place(whole, prop, dice, min(1.0, dark + 0.1))
    if staging.effect == "snow":
        collage.effect(whole, "snow", dice)
    return whole.convert("RGB"), plan.words


def _plan(figure: Figure, staging: Staging, rng: np.random.Generator) -> Plan:
    azimuth = float(np.clip(rng.normal(0, 14), -32, 32))
    pose, expression = str(rng.choice(staging.poses)), str(rng.choice(staging.expressions))
    outfit = choose(figure.who, staging.occasion, rng, staging.hats)
    return Plan(
        outfit=outfit,
        shot="half",
        pose=pose,
        expression=expression,
        azimuth=azimuth,
        elevation=float(rng.normal(2, 3)),
        head=(azimuth * 0.5 + float(rng.normal(0, 6)), float(rng.normal(0, 3)), float(rng.normal(0, 3))),
        torso=float(rng.normal(0, 6)),
        gaze=(azimuth * 0.2, 0.0),
        shift=(float(rng.normal(0, 0.03)), 0.03),
        zoom=float(rng.uniform(1.0, 1.18)),
        place=staging.place,
        yaw=turned_yaw(staging.yaw + float(rng.choice([-15, 0, 15]))),
        light=min(1.1, 0.72 + 0.35 * staging.gain),
        tint=staging.tint,
        back=staging.gain,
        words={
            "scene": staging.backdrop,
            "expression": expression,
            "clothes": outfit.top.removeprefix("clothes_"),
            "colour": outfit.colour or "none",
            "hat": outfit.hat or "none",
            "pose": pose,
            "turned": str(round(azimuth)),
        },
    )


def _behind(staging: Staging, plan: Plan, dice: Random, size: int) -> Image.Image:
    """The panorama where it shows the place well, else the painted backdrop; out of focus either way."""
    if staging.seen:
        pixels = backdrop(
            staging.place, plan.yaw, -plan.elevation - 4, 60, max(2, size // 2), staging.gain, staging.tint
        )
        small = Image.fromarray((pixels.clip(0, 1) * 255).astype(np.uint8))
        return small.resize((size, size), Image.Resampling.BICUBIC)
    painted = np.asarray(collage.painted(staging.backdrop, size, dice, blur=0.007)).astype(np.float32)
    light = (
        np.linspace(1.06, 0.9, size, dtype=np.float32)[:, None, None]
        * np.asarray(staging.tint, np.float32) ** 0.4
    )
    return Image.fromarray(
        (painted * light * min(1.0, 0.55 + 0.45 * staging.gain)).clip(0, 255).astype(np.uint8)
    )


@lru_cache(_EXTRAS)
def _extra(number: int) -> Image.Image:
    """Someone else, cut out, 120 pixels: rendered once a process, for a bit of crowd."""
    look = distinct_looks(_EXTRAS, Random("extras"))[number]
    nobody = Person(id=f"extra{number}", name="", appearance=look, attributes={})
    figure, rng = Figure(identity(nobody, 0)), np.random.default_rng([number, 5])
    plan = Plan(
        outfit=choose(figure.who, str(rng.choice(["casual", "formal", "warm"])), rng),
        shot="half",
        pose=str(rng.choice(["relaxed", "easy", "akimbo", "hold"])),
        expression=str(rng.choice(["calm", "smile", "grin"])),
        azimuth=float((number * 37) % 60 - 30),
        place="city",
    )
    cut = expose(figure, plan, 120)
    alpha = cut[..., 3]
    opaque = np.concatenate([cut[..., :3], np.ones_like(cut[..., 3:])], -1)
    shown = develop(
        np.where(alpha[..., None] > 0, opaque / np.maximum(alpha, 1e-3)[..., None], 0).astype(np.float32),
        np.zeros((2, 2, 3), np.float32),
        1.0,
        0.0,
    )
    image = Image.fromarray(np.concatenate([shown, (alpha * 255).astype(np.uint8)[..., None]], -1))
    return image.crop((0, int(np.nonzero(alpha.max(1) > 0.1)[0][0]), 120, 120))
