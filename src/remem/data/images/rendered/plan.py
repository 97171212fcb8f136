"""Views of a person: pose, camera, clothes, light and place, drawn by lot."""

import numpy as np

from remem.data.images.rendered.camera import Plan, turned_yaw
from remem.data.images.rendered.identity import Identity
from remem.data.images.rendered.light import PLACES
from remem.data.images.rendered.outfit import choose

_SHOTS = (("face", 0.24), ("bust", 0.46), ("half", 0.26), ("full", 0.04))
_OCCASIONS = (("casual", 0.5), ("formal", 0.18), ("sport", 0.12), ("warm", 0.16), ("work", 0.04))
_EXPRESSIONS = ("calm", "smile", "grin", "serious", "surprised", "talk", "smirk", "calm", "smile")
_POSES = {
    "face": ("relaxed",),
    "bust": ("relaxed", "easy", "relaxed", "wave"),
    "half": ("relaxed", "easy", "akimbo", "wave", "cross", "hold", "think"),
    "full": ("relaxed", "akimbo", "walk", "wave", "easy"),
}


def _draw(rng: np.random.Generator, options: tuple[tuple[str, float], ...]) -> str:
    share = np.array([p for _, p in options])
    return options[int(rng.choice(len(options), p=share / share.sum()))][0]


def portrait_plan(who: Identity, rng: np.random.Generator) -> Plan:
    """Head and shoulders from the front, in even light: only who it is shows."""
    return Plan(outfit=choose(who, "casual", rng), shot="bust", place="studio", zoom=0.9)


def view_plan(who: Identity, rng: np.random.Generator) -> Plan:
    """The plan of any view. Faces are mostly seen: the camera stays within 45 degrees of where the head
    looks."""
    shot, occasion = _draw(rng, _SHOTS), _draw(rng, _OCCASIONS)
    hats = ("beanie", "cap", "fedora", "sun hat") if rng.random() < 0.08 else ()
    outfit = choose(who, occasion, rng, hats)
    azimuth = float(np.clip(rng.normal(0, 20), -48, 48))
    expression, place = str(rng.choice(_EXPRESSIONS)), str(rng.choice(PLACES))
    pose = str(rng.choice(_POSES[shot]))
    return Plan(
        outfit=outfit,
        shot=shot,
        pose=pose,
        expression=expression,
        azimuth=azimuth,
        elevation=float(np.clip(rng.normal(2, 5), -9, 14)),
        # The head follows the camera by half: people look towards whoever takes their picture.
        head=(azimuth * 0.35 + float(rng.normal(0, 8)), float(rng.normal(0, 4)), float(rng.normal(0, 4))),
        torso=float(rng.normal(0, 8)),
        gaze=(float(np.clip(azimuth * 0.25 + rng.normal(0, 4), -16, 16)), float(rng.normal(0, 2))),
        shift=(float(rng.normal(0, 0.05)), float(rng.normal(0, 0.02))),
        zoom=float(rng.uniform(0.92, 1.18)),
        place=place,
        yaw=turned_yaw(rng.uniform(0, 360)),
        spread=float(rng.uniform(45, 75)),
        pitch=float(rng.uniform(0, 8)),
        light=float(np.clip(np.exp(rng.normal(-0.04, 0.14)), 0.7, 1.1)),
        tint=tuple(float(x) for x in np.exp(rng.normal(0, 0.04, 3))),  # type: ignore[arg-type]
        back=float(rng.uniform(0.5, 0.9)),
        words={
            "scene": place,
            "expression": expression,
            "clothes": outfit.top.removeprefix("clothes_"),
            "colour": outfit.colour or "none",
            "hat": outfit.hat or "none",
            "shot": shot,
            "pose": pose,
            "turned": str(round(azimuth)),
        },
    )
