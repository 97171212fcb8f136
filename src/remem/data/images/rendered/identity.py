"""Who someone is in three dimensions: what the traits of a person ask for, and a face that nobody else
has."""

import re
from dataclasses import dataclass

import numpy as np

from remem.data.facts import AGES, PRESENT
from remem.data.people import Person
from remem.seeds import derive

_ORIGINS = ("african", "asian", "caucasian")
# Which of the three base heads lend their features, by colour of skin: several mixes, one drawn by lot.
_MIX = {
    "pale": ((0, 0.05, 0.95), (0, 0.25, 0.75)),
    "rosy": ((0, 0.05, 0.95), (0.05, 0.1, 0.85)),
    "golden": ((0, 0.9, 0.1), (0, 0.65, 0.35)),
    "olive": ((0.1, 0.2, 0.7), (0.05, 0.6, 0.35), (0.2, 0.1, 0.7)),
    "tan": ((0.35, 0.15, 0.5), (0.15, 0.65, 0.2), (0.2, 0.2, 0.6)),
    "brown": ((0.65, 0.15, 0.2), (0.35, 0.3, 0.35), (0.8, 0.1, 0.1)),
    "dark": ((0.95, 0.02, 0.03), (0.85, 0.1, 0.05)),
}
# What a word of data/traits.py does to the head; "l-/r-" names both sides.
_SHAPES: dict[tuple[str, str], dict[str, float]] = {
    ("face", "round"): {
        "head/head-round": 0.7,
        "head/head-scale-vert-decr": 0.25,
        "head/head-fat-incr": 0.35,
    },
    ("face", "oval"): {"head/head-oval": 0.7},
    ("face", "long"): {"head/head-rectangular": 0.55, "head/head-scale-vert-incr": 0.5},
    ("face", "square"): {"head/head-square": 0.7, "chin/chin-width-incr": 0.4},
    ("face", "heart"): {"head/head-invertedtriangular": 0.75, "chin/chin-width-decr": 0.35},
    ("eye_size", "small"): {"eyes/l-/r-eye-scale-decr": 0.45, "eyes/l-/r-eye-height2-decr": 0.2},
    ("eye_size", "large"): {"eyes/l-/r-eye-scale-incr": 0.4},
    ("eye_spacing", "close"): {"eyes/l-/r-eye-trans-in": 0.5},
    ("eye_spacing", "wide"): {"eyes/l-/r-eye-trans-out": 0.5},
    ("nose", "button"): {
        "nose/nose-scale-vert-decr": 0.5,
        "nose/nose-point-up": 0.5,
        "nose/nose-volume-incr": 0.2,
    },
    ("nose", "straight"): {"nose/nose-greek-incr": 0.35, "nose/nose-width1-decr": 0.2},
    ("nose", "long"): {
        "nose/nose-scale-vert-incr": 0.5,
        "nose/nose-hump-incr": 0.45,
        "nose/nose-point-down": 0.3,
    },
    ("nose", "broad"): {
        "nose/nose-nostrils-width-incr": 0.6,
        "nose/nose-width2-incr": 0.5,
        "nose/nose-width3-incr": 0.4,
    },
    ("mouth", "small"): {"mouth/mouth-scale-horiz-decr": 0.65},
    ("mouth", "wide"): {"mouth/mouth-scale-horiz-incr": 0.6},
    ("mouth", "full"): {
        "mouth/mouth-upperlip-height-incr": 0.45,
        "mouth/mouth-lowerlip-height-incr": 0.55,
        "mouth/mouth-lowerlip-volume-incr": 0.3,
    },
    ("ears", "small"): {"ears/l-/r-ear-scale-decr": 0.4},
    ("ears", "large"): {"ears/l-/r-ear-scale-incr": 0.5, "ears/l-/r-ear-wing-incr": 0.3},
}
_MORE = 0.4  # how far the shape of women goes beyond MakeHuman's
_BROWS = {"thin": (7, 11, 6), "arched": (1, 2, 10), "straight": (4, 5, 12), "bushy": (8, 9, 3)}  # textures
_EYES = {
    "brown": ("brown",),
    "blue": ("blue", "lightblue"),  # of deepblue no pupil is seen
    "green": ("green", "bluegreen"),
    "amber": ("brownlight",),
    "grey": ("grey", "ice"),
}
# The base heads of women are stern; these soften them.
_WOMAN = {
    "chin/chin-width-decr": 0.35,
    "chin/chin-bones-decr": 0.35,
    "chin/chin-height-decr": 0.2,
    "cheek/l-/r-cheek-bones-incr": 0.15,
    "eyes/l-/r-eye-scale-incr": 0.2,
    "eyebrows/eyebrows-trans-up": 0.3,
    "nose/nose-scale-horiz-decr": 0.2,
    "nose/nose-hump-decr": 0.15,
    "mouth/mouth-upperlip-height-incr": 0.2,
    "nose/nose-volume-decr": 0.2,
    "mouth/mouth-angles-up": 0.15,
    "mouth/mouth-lowerlip-height-incr": 0.25,
    "neck/neck-scale-horiz-decr": 0.4,
    "torso/measure-shoulder-dist-decr": 0.5,
    "forehead/forehead-nubian-decr": 0.2,
}
# How far faces differ by chance, by region: standard deviations of the shape targets.
_SPREAD = {
    "head": 0.26,
    "nose": 0.36,
    "chin": 0.36,
    "cheek": 0.32,
    "forehead": 0.26,
    "eyes": 0.19,
    "eyebrows": 0.22,
    "mouth": 0.26,
    "ears": 0.26,
    "neck": 0.14,
}
_OPPOSITES = (
    ("decr", "incr"),
    ("down", "up"),
    ("in", "out"),
    ("backward", "forward"),
    ("concave", "convex"),
    ("compress", "uncompress"),
)
_FIXED = re.compile(  # poses, ages and lopsided shifts rather than features
    "head-trans|nose-trans-(in|out)|mouth-trans-(in|out)|neck-trans|head-angle|head-age|head-fat|measure-neck-height"
)
_CAREFUL = re.compile(
    "head-scale|nose-scale-vert|mouth-trans|forehead-scale|nose-trans|scale-vert|eye-bag|push|laugh|double"
)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What stays the same in all pictures of a person. Numbers are those of MakeHuman's sliders."""

    seed: int
    look: dict[str, str]  # the traits of data/traits.py
    woman: bool
    age: float  # years
    origins: tuple[float, float, float]  # shares of _ORIGINS
    muscle: float  # 0 to 1, as the next two
    weight: float
    height: float
    shape: tuple[tuple[str, float], ...]  # target -> amount
    brow: str  # texture and mesh
    lash: str
    eye: str  # texture

    @property
    def life(self) -> str:
        """The skin's stage of life: "young", "middleage" or "old"."""
        return "young" if self.age < 38 else "middleage" if self.age < 58 else "old"


def identity(person: Person, seed: int, again: int = 0) -> Identity:
    """The three-dimensional look of a person. `again` draws another one with the same traits."""
    number = derive(seed, "rendered", person.id, again)
    rng = np.random.default_rng(number)
    look = person.appearance
    shape: dict[str, float] = {}

    def push(name: str, amount: float) -> None:
        for one in (name.replace("l-/r-", "l-"), name.replace("l-/r-", "r-")) if "l-/r-" in name else (name,):
            shape[one] = shape.get(one, 0.0) + amount

    for minus, plus in _dimensions():
        group = plus.split("/")[0]
        spread = _SPREAD[group] * (0.55 if _CAREFUL.search(plus) else 1)
        amount = float(np.clip(rng.normal(0, spread), -0.9, 0.9))
        push(plus if amount > 0 else minus, abs(amount))
    for name, count in (("brown", 2), ("cheek", 2), ("eye", 8), ("jaw", 3), ("mouth", 2), ("nose", 4)):
        for n in range(1, count + 1):
            push(f"asym/asym-{name}-{n}-{rng.choice(['l', 'r'])}", float(abs(rng.normal(0, 0.22))))
    for trait, word in look.items():
        for name, amount in _SHAPES.get((trait, word), {}).items():
            # A square jaw is a man's before all else.
            milder = 0.5 if look["gender"] == "woman" and (trait, word) == ("face", "square") else 1.0
            push(name, amount * milder * float(rng.uniform(0.85, 1.15)))
    push("eyes/l-/r-eye-height2-decr", 0.12)  # lids of people at rest cover the rim of the iris
    if look["gender"] == "woman":
        for name, amount in _WOMAN.items():
            push(name, amount)
    mix = np.array(_MIX[look["skin"]])[rng.integers(len(_MIX[look["skin"]]))] + rng.uniform(0, 0.05, 3)
    mix = mix / mix.sum()
    woman, age = look["gender"] == "woman", _age(person, rng)
    heavy = float(np.clip(rng.normal(0.5, 0.15) + (0.12 if look["face"] == "round" else 0), 0.12, 0.88))
    return Identity(
        seed=number,
        look=look,
        woman=woman,
        age=age,
        origins=(float(mix[0]), float(mix[1]), float(mix[2])),
        muscle=float(np.clip(rng.normal(0.42 if woman else 0.5, 0.12), 0.15, 0.85)),
        weight=heavy,
        height=float(np.clip(rng.normal(0.5, 0.16), 0.1, 0.9)),
        shape=tuple(shape.items()),
        brow=f"eyebrows_eyebrow{rng.choice(_BROWS[look['brows']]):03d}",
        lash=f"eyelashes_eyelashes{rng.integers(1, 5) if woman else 1:02d}",
        eye=f"eye_{rng.choice(_EYES[look['eyes']])}",
    )


def _age(person: Person, rng: np.random.Generator) -> float:
    """Years, from the date of birth where there is one, so that the picture agrees with the profile."""
    drawn = float(rng.uniform(*AGES[person.appearance["age"]]))
    year = re.search(r"\b(19|20)\d\d$", person.attributes.get("date_of_birth", ""))
    return float(PRESENT - 1 - int(year[0])) if year else drawn


def _dimensions() -> list[tuple[str, str]]:
    """Pairs of opposite targets of the face; those of the left and the right side count as one."""
    from remem.data.images.rendered.pack import targets

    names = targets().place
    pairs = set()
    for name in names:
        if name.split("/")[0] not in _SPREAD or _FIXED.search(name):
            continue
        for minus, plus in _OPPOSITES:
            stem = name[: -len(plus) - 1]
            if name.endswith("-" + plus) and f"{stem}-{minus}" in names:
                both = re.sub("/[lr]-", "/l-/r-", stem)
                pairs.add((f"{both}-{minus}", f"{both}-{plus}"))
    return sorted(pairs)


def body_shape(who: Identity) -> np.ndarray:
    """(19158, 3) float32: the vertices of the person at rest, in the A-pose."""
    from remem.data.images.rendered.pack import body, targets

    shape, add = body().vertices.copy(), targets().add
    sex = "female" if who.woman else "male"
    old = min(max((who.age - 25) / 65, 0), 1)
    for age, by_age in (("young", 1 - old), ("old", old)):
        for origin, share in zip(_ORIGINS, who.origins, strict=True):
            add(shape, f"macrodetails/{origin}-{sex}-{age}", by_age * share * (1 + _MORE * who.woman))
            if (
                who.woman
            ):  # a step beyond the base women, away from the men: their faces are hard to tell apart
                add(shape, f"macrodetails/{origin}-male-{age}", -by_age * share * _MORE)
        for muscle, by_muscle in _between(who.muscle, "minmuscle", "averagemuscle", "maxmuscle"):
            for weight, by_weight in _between(who.weight, "minweight", "averageweight", "maxweight"):
                amount, build = by_age * by_muscle * by_weight, f"{sex}-{age}-{muscle}-{weight}"
                if amount < 1e-4:
                    continue
                add(shape, f"macrodetails/universal-{build}", amount)
                for height, by_height in _between(who.height, "minheight", "", "maxheight"):
                    if height:
                        add(shape, f"macrodetails/height/{build}-{height}", amount * by_height)
                add(shape, f"macrodetails/proportions/{build}-idealproportions", amount * 0.5)
        for weight, by_weight in _between(who.weight, "minweight", "averageweight", "maxweight"):
            if who.woman:
                add(
                    shape,
                    f"breast/female-{age}-averagemuscle-{weight}-mincup-averagefirmness",
                    by_age * by_weight * 0.3,
                )
    for name, amount in who.shape:
        add(shape, name, amount)
    aged = min(max((who.age - 35) / 35, 0), 1)
    add(shape, "head/head-age-incr", aged * 0.85)
    for side in "lr":
        add(shape, f"eyes/{side}-eye-bag-incr", aged * 0.45)
    add(shape, "torso/measure-shoulder-dist-decr", 0.25)  # the base bodies are wide in the shoulders
    return shape


def _between(x: float, low: str, middle: str, high: str) -> list[tuple[str, float]]:
    return [(low, max(0.0, 1 - 2 * x)), (middle, 1 - abs(2 * x - 1)), (high, max(0.0, 2 * x - 1))]


def neutral_shape() -> np.ndarray:
    """A face of no one in particular, on which masks of hair and lips are defined."""
    nobody = Identity(
        seed=0,
        look={},
        woman=False,
        age=30,
        origins=(1 / 3, 1 / 3, 1 / 3),
        muscle=0.5,
        weight=0.5,
        height=0.5,
        shape=(),
        brow="",
        lash="",
        eye="",
    )
    return body_shape(nobody)
