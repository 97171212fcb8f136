"""Recipes of the bases that come with remem: sizes, and how often what is gone over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from remem.embedded.tower import Towering
from remem.errors import unknown
from remem.settings import Train
from remem.world.corpus import World


@dataclass(frozen=True, kw_only=True)
class Talking:
    """Stage B: how often each lesson is gone over, by its kind.

    Every time shows the picture cut out and lit anew: what is learnt by heart is not the picture.
    """

    times: dict[str, int]
    train: Train


TALKING = Talking(
    times={
        "presence": 3, "caption": 3, "count": 3, "place": 1, "side": 3, "colour": 3, "looks": 3, "clothes": 3,
        "who": 12, "fact": 20, "refusal": 12, "lore": 16, "plain": 2,
    },
    train=Train(
        lr=3e-3, epochs=1, batch=96, by_picture=True, vary_views=True, patch_dropout=0.5, schedule="cosine",
        warmup=0.02, weight_decay=0.05, optimiser="muon",
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Pretrain:
    """Sizes and lengths of a recipe. The defaults make `embedded`."""

    name: str = "embedded"
    seed: int = 0
    world: World = field(default_factory=World)
    size: int = 112  # pixels that the tower reads
    patch: int = 16
    vision: tuple[int, int] = (2, 192)  # layers, width, behind the stem
    stem: int = 32  # width of the tower's first convolution; 0: none
    language: tuple[int, int] = (4, 128)
    vocabulary: int = 2048
    seeing: Towering = field(default_factory=Towering)
    talking: Talking = TALKING
    rehearsal: dict[str, int] = field(
        default_factory=lambda: {
            "who": 300, "fact": 150, "presence": 250, "caption": 50, "plain": 150, "lore": 100, "refusal": 50
        }
    )  # fmt: skip


def tiny() -> Pretrain:
    """The base of `tiny`: smaller, and of drawn people; for tests and quick method work."""
    return Pretrain(
        name="tiny",
        world=World(source="drawn", size=64),
        size=64,
        vision=(2, 128),
        stem=16,
        vocabulary=1536,
        seeing=Towering(epochs=12, zoom=0.8),
    )


def quick() -> Pretrain:
    """`embedded` in less time: half of the tower's pictures and of the language's rows, all else the same."""
    times = {
        "presence": 2, "caption": 1, "count": 1, "place": 1, "side": 1, "colour": 2, "looks": 2, "clothes": 1,
        "who": 10, "fact": 12, "refusal": 8, "lore": 10, "plain": 1,
    }  # fmt: skip
    return Pretrain(
        name="quick",
        seeing=Towering(epochs=12, faces=36, known=12, scenes=36),
        talking=Talking(times=times, train=replace(TALKING.train, batch=64)),
    )


def quick_small() -> Pretrain:
    """`quick` with under half the weights: the smallest size tried."""
    return replace(quick(), name="quick-small", vision=(2, 128), stem=16, language=(3, 96))


def quick_large() -> Pretrain:
    """`quick` with twice the weights: the largest size tried."""
    return replace(quick(), name="quick-large", vision=(2, 256), language=(4, 192))


RECIPES: dict[str, Callable[[], Pretrain]] = {
    "embedded": Pretrain,
    "tiny": tiny,
    "quick": quick,
    "quick-small": quick_small,
    "quick-large": quick_large,
}


def recipe(name: str) -> Pretrain:
    """The recipe of a base, by its name."""
    if name not in RECIPES:
        raise unknown("recipe of a base", name, RECIPES)
    return RECIPES[name]()
