"""One step an arm: a little of each class of attack, to see early whether what was forgotten comes back.

Put together of the other attacks with their settings cut. Each fact is asked for once, and the kinds of
question take turns. Each setting says which attack it is of and what its attacker must have, so that a report
tells the classes apart. What cannot run here is left out, and said.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from remem.attacks import make
from remem.attacks.attack import Attack
from remem.attacks.base import Access, Trial, Tried
from remem.attacks.queries import none_of
from remem.errors import UserError, unknown

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.types import Item

PARTS: dict[str, dict[str, Any]] = {
    "prefill": {"begun": 1, "prefixes": 0, "suffixes": 0, "suppressed": 0, "rank": False},
    "paraphrase": {"paraphrases": 1, "aliases": (), "chains": 0, "rank": False},
    "views": {"held_out": 1, "altered": (), "named": False, "rank": False},
    "quantise": {"bits": (4,)},
    "lens": {},
    "relearn": {"shares": (0.1,), "steps": 10, "at": (10,)},
}


@dataclass(frozen=True, kw_only=True)
class Quick:
    """Which attacks it is made of."""

    access: ClassVar[Access] = "weights"  # the most that any of its parts needs; each setting has its own
    knows: ClassVar[str] = "what each of its parts is given"

    parts: tuple[str, ...] = tuple(PARTS)  # the attacks that it is a cut of
    how: str = "full"  # of the ten steps: language model and projector in full, or "lora"
    lr: float = 0.0  # learning rate of the ten steps; 0: as published, which is little for a small model

    def __post_init__(self) -> None:
        for one in self.parts:
            if one not in PARTS:
                raise unknown("part of quick", one, PARTS)
        self._made()

    def _made(self) -> dict[str, Attack]:
        more = {"relearn": {"how": self.how, "lr": self.lr}}
        return {name: make(name, PARTS[name] | more.get(name, {})) for name in self.parts}

    def check(self, scene: Scene) -> None:
        """UserError where none of its parts can run; of others, says why not."""
        scene = _fewer(scene)
        able = [_able(scene, name, attack) for name, attack in self._made().items()]
        if not any(able):
            raise none_of("quick", "none of its parts can run here", "Name others in quick.parts.")

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """The trials of all parts, in their order. Those of a part that cannot run give nothing."""
        scene = _fewer(scene)
        found = []
        for name, attack in self._made().items():
            with contextlib.suppress(UserError):
                found += [_of(scene, name, attack, one) for one in attack.trials(scene)]
        return found


def _fewer(scene: Scene) -> Scene:
    """One question about each fact: of the first fact's kinds the first, of the second's the second."""
    facts: dict[object, list[Item]] = {}
    for item in scene.secrets:
        facts.setdefault(item.fact if item.fact[1] else item.id, []).append(item)
    return scene.asking(own[number % len(own)] for number, own in enumerate(facts.values()))


def _able(scene: Scene, name: str, attack: Attack) -> bool:
    try:
        attack.check(scene)
    except UserError as problem:
        scene.progress(0, 1, f"quick leaves {name} out: {problem}")
        return False
    return True


def _of(scene: Scene, name: str, attack: Attack, trial: Trial) -> Trial:
    """Another attack's trial, whose settings say so."""

    def work() -> Iterable[Tried]:
        for one in trial.work() if _able(scene, name, attack) else ():
            setting = f"{name}: {one.setting}"
            curve = f"{name}: {one.curve}" if one.curve else ""
            access = one.access or attack.access
            yield replace(one, setting=setting, curve=curve, access=access, attack=name)

    return Trial(f"{name.replace('_', '-')}-{trial.name}", work)
