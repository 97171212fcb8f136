"""Events for the drawn portraits: the place, the things, and someone in the midst of them."""

from random import Random

from PIL import Image, ImageDraw

from remem.data.images import collage, portrait
from remem.data.images.pen import Pen
from remem.data.images.stagings import Staging

_CLOTHES = {
    "formal": ("suit", "shirt"), "sport": ("t-shirt", "stripes"), "work": ("dungarees", "shirt"),
    "warm": ("turtleneck", "hoodie"), "beach": ("t-shirt", "v-neck"), "casual": ("t-shirt", "hoodie",
    "v-neck", "stripes"),
}  # fmt: skip
_FACES = {"talk": "surprised", "strain": "laugh"}  # the portraits' words for what they have no face for


def draw_scene(
    look: dict[str, str], staging: Staging, rng: Random, size: int
) -> tuple[Image.Image, dict[str, str]]:
    """(size x size) RGB, and what varies."""
    fine = 4 if size <= 96 else 3 if size <= 160 else 2
    px = size * fine
    image = collage.painted(staging.backdrop, px, rng, fine=1).convert("RGBA")
    if staging.effect in ("bokeh", "beams"):
        collage.effect(image, staging.effect, rng)
    for prop in staging.props:
        if not prop.front:
            collage.place(image, prop, rng)
    face = rng.choice(staging.expressions)
    cloth, trim = rng.sample(portrait.CLOTH, 2)
    pose = portrait.Pose(
        turn=rng.uniform(-1, 1),
        nod=rng.uniform(-0.6, 0.6),
        gaze=(rng.uniform(-1, 1), rng.uniform(-1, 1)),
        expression=_FACES.get(face, face),
        clothes=rng.choice(_CLOTHES[staging.occasion]),
        cloth=cloth,
        trim=trim,
        hat=rng.choice(staging.hats) if staging.hats else "",
        hat_colour=rng.choice(portrait.CLOTH),
    )
    at = (px * rng.uniform(0.46, 0.54), px * rng.uniform(0.46, 0.52))
    pen = Pen(
        ImageDraw.Draw(image),
        px * rng.uniform(0.165, 0.195),
        at,
        tilt=rng.gauss(0, 0.06),
        mirror=rng.random() < 0.5,
    )
    portrait.draw(pen, look, pose)
    if staging.backdrop == "car":
        collage.steering_wheel(image)
    for prop in staging.props:
        if prop.front:
            collage.place(image, prop, rng)
    if staging.effect == "snow":
        collage.effect(image, "snow", rng)
    seen = {
        "scene": staging.backdrop,
        "expression": pose.expression,
        "clothes": pose.clothes,
        "hat": pose.hat or "none",
    }
    return image.convert("RGB").reduce(fine), seen
