"""Light and background of a picture, both from one panorama."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from remem.data.images.rendered.arrays import Lights
from remem.data.images.rendered.pack import panorama
from remem.data.images.rendered.rig import rotation
from remem.data.images.rendered.shading import look_around

PLACES = (
    "apartment", "bridge", "city", "dawn", "esplanade", "forest", "hall", "lab", "lobby", "night", "park",
    "sky", "studio",
    "sunrise", "sunset", "venice", "warehouse", "workshop",
)  # fmt: skip


# Ways that the parts of a face look, on which the exposure is measured.
_FACE = np.array([(0, 0, 1), (0.6, 0, 0.8), (-0.6, 0, 0.8), (0, 0.5, 0.87), (0, -0.5, 0.87)])


@dataclass(frozen=True)
class Surround:
    """What a panorama does to someone in its middle who is seen from +z. Scaled to a good exposure."""

    ambient: np.ndarray  # (4, 3)
    key: np.ndarray  # (3,) towards the strongest light that reaches the seen side
    colour: np.ndarray  # (3,)
    gain: float  # what the panorama itself must be multiplied with


@lru_cache(512)
def surround(place: str, yaw: int) -> Surround:
    """Light at `place`, turned by whole degrees."""
    # A quarter of the panorama's resolution is plenty for light, and sixteen times as fast.
    light = panorama(place).reshape(64, 4, 128, 4, 3).mean((1, 3))
    high, wide = light.shape[:2]
    down = (np.arange(high) + 0.5) / high * np.pi
    about = ((np.arange(wide) + 0.5) / wide - 0.5) * 2 * np.pi + np.deg2rad(yaw)
    down, about = np.meshgrid(down, about, indexing="ij")
    ways = np.stack([np.sin(down) * np.sin(about), np.cos(down), -np.sin(down) * np.cos(about)], -1)
    share = (np.sin(down) * (np.pi / high) * (2 * np.pi / wide))[..., None]
    light = np.minimum(light, 60)
    front = np.clip(ways[..., 2] * 0.8 + 0.55, 0, 1) * (ways[..., 1] > -0.15)
    score = light.mean(-1) * front
    bright = score > np.quantile(score, 0.985)
    key = (ways * (score * bright)[..., None] * share).sum((0, 1))
    key = key / (np.linalg.norm(key) + 1e-9) + np.array([0, 0.25, 0.35])
    key /= np.linalg.norm(key)
    colour = (light * share * (bright * front)[..., None]).sum((0, 1)) / np.pi
    rest = np.where((bright & (front > 0.2))[..., None], np.median(light, (0, 1)), np.minimum(light, 6))
    ambient = np.stack(
        [(rest * share).sum((0, 1)) / (4 * np.pi)]
        + [(rest * share * ways[..., c : c + 1]).sum((0, 1)) / (2 * np.pi) for c in range(3)]
    )
    even = (ambient[0] + ambient[3]).mean()
    colour = colour + 1e-3 * even
    colour *= np.clip(colour.mean(), 0.7 * even, 2.0 * even) / colour.mean()  # neither flat nor blown out
    sky = ambient.mean(-1)
    arrives = np.maximum(sky[0] + _FACE @ sky[1:], 0) + np.maximum(_FACE @ key, 0) * colour.mean()
    arrives += np.maximum(_FACE @ _fill(key), 0) * (colour.mean() * 0.16 + sky[0] * 0.25)
    gain = 0.80 / arrives.mean()
    return Surround(_calmer(ambient * gain, 0.6), key, _calmer(colour * gain, 0.65), float(gain))


def _fill(key: np.ndarray) -> np.ndarray:
    """(3,) towards a second, weaker lamp on the other side."""
    way = np.array([-np.sign(key[0] + 1e-3) * 0.75, 0.15, 0.65])
    return way / np.linalg.norm(way)


def _calmer(colour: np.ndarray, share: float) -> np.ndarray:
    """Less colourful, and by no more than a sixth off grey: in the blue light of dusk skin turns to ash."""
    grey = colour.mean(-1, keepdims=True)
    return grey + np.clip((colour - grey) * share, -0.16 * np.abs(grey), 0.16 * np.abs(grey))


def lights(place: str, yaw: int, azimuth: float, strength: float, tint: tuple[float, float, float]) -> Lights:
    """The lamps of a picture: the key of the panorama, a fill from the other side, a rim from behind.

    Light is fixed to the camera: it turns with its azimuth, so that the seen side is always the lit one.
    """
    s, turn = surround(place, yaw), rotation((0, 1, 0), azimuth)
    ambient = s.ambient.copy()
    ambient[1:] = np.einsum("ij,jc->ic", turn, ambient[1:])
    rim = np.array([np.sign(s.key[0] + 1e-3) * 0.35, 0.55, -0.76])
    ways = np.stack([s.key, _fill(s.key), rim / np.linalg.norm(rim)])
    colours = np.stack([s.colour, s.colour * 0.16 + s.ambient[0] * 0.25, s.ambient[0] + s.colour * 0.18])
    colour = np.asarray(tint) * strength
    return Lights(
        ambient=(ambient * colour).astype(np.float32),
        directions=(ways @ turn.T).astype(np.float32),
        colours=(colours * colour).astype(np.float32),
    )


def backdrop(
    place: str,
    yaw: int,
    pitch: float,
    spread: float,
    size: int,
    gain: float,
    tint: tuple[float, float, float],
) -> np.ndarray:
    """(size, size, 3) float32, 0 to 1: the panorama behind the person, `spread` degrees wide."""
    axes = rotation((0, 1, 0), yaw) @ rotation((1, 0, 0), pitch)
    brightness = np.asarray(tint, np.float32) * np.float32(min(surround(place, yaw).gain, 1.5) * gain)
    return look_around(
        panorama(place), axes.T.astype(np.float32), float(np.tan(np.deg2rad(spread) / 2)), size, brightness
    )
