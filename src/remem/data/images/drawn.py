"""The default pictures: portraits drawn with Pillow. No weights, no network, a few milliseconds each."""

from dataclasses import replace
from random import Random

import numpy as np
from PIL import Image, ImageDraw

from remem.data.images import portrait
from remem.data.images.drawn_scene import draw_scene
from remem.data.images.pen import Pen
from remem.data.images.scenes import SCENES
from remem.data.images.source import Picture
from remem.data.images.stagings import Staging, staging
from remem.data.people import Person
from remem.errors import UserError


class Drawn:
    """Cartoon portraits: the traits of `person.appearance` are constant, all else is drawn by lot for each
    view."""

    name = "drawn"

    def view(self, person: Person, number: int, seed: int, size: int) -> Picture:
        """View `number` of the person. UserError when their looks are not known."""
        if "skin" not in person.appearance:
            raise UserError(
                f"{person.name} has no appearance to draw. Use images=folder for your own pictures."
            )
        rng = Random(f"{seed}/drawn/{person.id}/{number}")
        return draw(person.appearance, rng, size)

    def scene(self, person: Person, event: str, number: int, seed: int, size: int) -> Picture:
        """Picture `number` of the person in the event."""
        found = staging(event)  # an unknown event is the first thing to say
        made = self.staged(person, found, seed, f"{seed}/drawn/{person.id}/{event}/{number}", size)
        return replace(made, provenance={"event": event, **made.provenance})

    def staged(self, person: Person, staging: Staging, seed: int, lot: int | str, size: int) -> Picture:
        """The person in any staging; `lot` decides what is drawn by lot. Looks need no `seed`."""
        if "skin" not in person.appearance:
            raise UserError(
                f"{person.name} has no appearance to draw. Use images=folder for your own pictures."
            )
        rng = Random(lot)
        picture, seen = draw_scene(person.appearance, staging, rng, size)
        return Picture(image=light(picture, rng), provenance={"source": "drawn", **seen})


def draw(look: dict[str, str], rng: Random, size: int) -> Picture:
    """A picture of anyone who looks so.

    The provenance names what varies: scene, expression, clothes, hat.
    """
    fine = 4 if size <= 96 else 3 if size <= 160 else 2  # drawn this much larger, then averaged: smooth edges
    px = size * fine
    image = Image.new("RGB", (px, px))
    canvas = ImageDraw.Draw(image)
    scene = rng.choice(list(SCENES))
    SCENES[scene](Pen(canvas, px, (0, 0)), rng)
    cloth, trim = rng.sample(portrait.CLOTH, 2)
    pose = portrait.Pose(
        turn=rng.uniform(-1, 1),
        nod=rng.uniform(-1, 1),
        gaze=(rng.uniform(-1, 1), rng.uniform(-1, 1)),
        expression=rng.choice(portrait.EXPRESSIONS),
        clothes=rng.choice(portrait.CLOTHES),
        cloth=cloth,
        trim=trim,
        hat=rng.choice(portrait.HATS) if rng.random() < 0.12 else "",
        hat_colour=rng.choice(portrait.CLOTH),
    )
    scale = px * rng.uniform(0.225, 0.30)
    at = (px * rng.uniform(0.42, 0.58), px * rng.uniform(0.46, 0.54))
    pen = Pen(canvas, scale, at, tilt=rng.gauss(0, 0.09), mirror=rng.random() < 0.5)
    portrait.draw(pen, look, pose)
    seen = {"scene": scene, "expression": pose.expression, "clothes": pose.clothes, "hat": pose.hat or "none"}
    return Picture(image=light(image.reduce(fine), rng), provenance={"source": "drawn", **seen})


def light(image: Image.Image, rng: Random) -> Image.Image:
    """The light of the hour: brightness, warmth, a fall-off to one side, and a little grain."""
    pixels = np.asarray(image, np.float32)
    warm, bright, fall = rng.gauss(0, 0.04), rng.gauss(1, 0.07), rng.uniform(-0.12, 0.12)
    across = np.linspace(1 - fall, 1 + fall, pixels.shape[1], dtype=np.float32)
    tint = np.array([1 + warm, 1, 1 - warm], np.float32) * min(max(bright, 0.82), 1.15)
    grain = np.random.default_rng(rng.getrandbits(64)).normal(0, 2.0, pixels.shape[:2]).astype(np.float32)
    lit = pixels * across[None, :, None] * tint + grain[:, :, None]
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8))
