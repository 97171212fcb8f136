"""Scenes of the world: a place, things in it, and perhaps someone among them."""

from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image

from remem.data.images import collage
from remem.data.images.drawn import light
from remem.data.images.stagings import Prop, Staging
from remem.seeds import derive
from remem.world.things import PAINTED, PLACES, THINGS

# (x of the middle, lower edge, height) in shares of the side; the third column is free where nobody stands.
_SLOTS = ((0.16, 0.99, 0.30), (0.84, 0.99, 0.30), (0.15, 0.60, 0.24), (0.85, 0.60, 0.24))
_MIDDLE = ((0.50, 0.97, 0.32), (0.50, 0.58, 0.26))
SIDES = ("on the left", "on the right", "in the middle")
_OCCASIONS = ("casual", "formal", "sport", "warm")
_POSES = ("relaxed", "easy", "akimbo", "hold", "wave")
_EXPRESSIONS = ("smile", "calm", "grin", "serious")


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A thing in its slot."""

    word: str
    x: float
    base: float
    height: float

    @property
    def side(self) -> str:
        """Where it is, in words."""
        return SIDES[0] if self.x < 0.4 else SIDES[1] if self.x > 0.6 else SIDES[2]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A picture's contents, before anyone stands in it."""

    place: str  # a key of PLACES
    things: tuple[Placed, ...]

    @property
    def counts(self) -> dict[str, int]:
        """word -> how many there are, in the order of the picture from left to right."""
        found: dict[str, int] = {}
        for one in sorted(self.things, key=lambda one: (one.x, one.base)):
            found[one.word] = found.get(one.word, 0) + 1
        return found

    def staging(self, rng: Random) -> Staging:
        """The scene for someone to stand in."""
        return Staging(
            backdrop=self.place,
            place=PLACES[self.place][1],
            yaw=rng.randrange(360),
            seen=False,
            gain=rng.uniform(0.8, 1.0),
            tint=(1.0, 1.0, 1.0),
            props=tuple(
                Prop(symbol=THINGS[t.word].symbol, x=t.x, base=t.base, height=t.height, front=t.base > 0.8)
                for t in self.things
            ),
            crowd=0,
            effect="",
            occasion=rng.choice(_OCCASIONS),
            poses=_POSES,
            expressions=_EXPRESSIONS,
            hats=(),
        )


def invent_scene(seed: int, purpose: str, number: int, *, with_person: bool) -> Scene:
    """Scene `number`: one to four kinds of things, up to three of a kind, mostly of one theme."""
    rng = Random(derive(seed, "world scene", purpose, number))
    slots = list(_SLOTS if with_person else _SLOTS + _MIDDLE)
    rng.shuffle(slots)
    place = rng.choice(list(PLACES))
    theme = rng.choice(sorted({thing.theme for thing in THINGS.values()}))
    words = [thing.word for thing in THINGS.values()]
    alike = [thing.word for thing in THINGS.values() if thing.theme == theme]
    placed: list[Placed] = []
    kinds = rng.choice((1, 1, 2, 2, 3) if with_person else (1, 2, 2, 3, 4))
    while slots and len({one.word for one in placed}) < kinds:
        word = rng.choice(alike if rng.random() < 0.6 else words)
        if word in {one.word for one in placed} or word in PAINTED.get(place, ()):
            continue
        for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3))):
            if slots:
                x, base, height = slots.pop()
                height *= rng.uniform(0.85, 1.1)
                placed.append(Placed(word=word, x=x + rng.gauss(0, 0.02), base=base, height=height))
    return Scene(place=place, things=tuple(placed))


def empty(scene: Scene, lot: int, size: int) -> Image.Image:
    """(size x size) RGB: the scene with nobody in it."""
    rng = Random(lot)
    picture = collage.painted(scene.place, size, rng).convert("RGBA")
    for one in sorted(scene.things, key=lambda one: one.base):
        prop = Prop(symbol=THINGS[one.word].symbol, x=one.x, base=one.base, height=one.height, front=True)
        collage.place(picture, prop, rng)
    return light(picture.convert("RGB"), rng)


def where(scene: Scene, cells: int) -> np.ndarray:
    """(cells, cells) int64: for each part of the picture, the number of the thing there, from 1; 0: none."""
    words = list(THINGS)
    out = np.zeros((cells, cells), np.int64)
    for one in sorted(scene.things, key=lambda one: one.base):
        half = one.height / 2
        low, high = np.round(np.array([one.base - one.height, one.base]) * cells).astype(int)
        left, right = np.round(np.array([one.x - half, one.x + half]) * cells).astype(int)
        out[max(0, low) : high, max(0, left) : right] = 1 + words.index(one.word)
    return out
