"""Other pictures: held-out views, views cropped, blurred, mirrored, noisy or grey, and one beside a name.

What was forgotten of one picture may be known of another. A question that names the person is asked beside a
picture of them and beside somebody else's. Of no paper: the usual ways to alter a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, ClassVar

from remem.attacks.altering import ALTERATIONS, altered
from remem.attacks.base import Access, Asked, Trial
from remem.attacks.queries import at_least, none_of, trial
from remem.errors import unknown
from remem.seeds import derive

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.types import Item


@dataclass(frozen=True, kw_only=True)
class Views:
    """Each question is asked with other pictures."""

    access: ClassVar[Access] = "queries"
    knows: ClassVar[str] = "pictures"

    held_out: int = 2  # views of whom the question is about that were never taught
    altered: tuple[str, ...] = tuple(ALTERATIONS)  # what is done to the question's own picture
    named: bool = True  # questions that name the person, beside a picture of them and beside another's
    rank: bool = True  # values are ranked with each picture, too

    def __post_init__(self) -> None:
        at_least("views", 0, held_out=self.held_out)
        for one in self.altered:
            if one not in ALTERATIONS:
                raise unknown("alteration of views", one, ALTERATIONS)

    def check(self, scene: Scene) -> None:
        """UserError where there is no picture to show."""
        if not self.trials(scene):
            raise none_of(
                "views",
                "no question about what is forgotten shows a picture, and none can be shown beside a name",
                "Give the data set pictures in forgotten rows, in test or in rows about people who stay.",
            )

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """A trial for each held-out view, each alteration and each picture beside a name."""
        shown = [item for item in scene.secrets if item.image_path and item.hops != 1]
        views = _held_out(scene, shown) if self.held_out else {}
        found = []
        for number in range(min(self.held_out, max(map(len, views.values()), default=0))):
            pairs = [(item, views[item.id][number]) for item in shown if len(views[item.id]) > number]
            found.append(self._beside(scene, f"held-out view {number + 1}", pairs))
        for how in self.altered if shown else ():
            found.append(self._altered(scene, how, shown))
        if self.named:
            named = [item for item in scene.secrets if item.hops == 1 and item.target == item.person]
            pictured = {item.person: item for item in reversed(scene.forget) if item.image_path}
            own = [(item, pictured[item.person]) for item in named if item.person in pictured]
            others = [item for item in scene.others if item.image_path]
            pairs = [(item, one) for item in named if (one := _another(scene, item, others)) is not None]
            found += [self._beside(scene, "name and own picture", own)] if own else []
            found += [self._beside(scene, "name and another's picture", pairs)] if pairs else []
        return found

    def _beside(self, scene: Scene, setting: str, pairs: Sequence[tuple[Item, Item]]) -> Trial:
        """Questions with the pictures of other rows."""

        def asked() -> list[Asked]:
            found = []
            for item, other in pairs:
                seen = scene.question(other)
                question = replace(scene.question(item), image=seen.image, image_key=seen.image_key)
                found.append(Asked(item, question))
            return found

        return trial(scene, setting, asked, rank=self.rank)

    def _altered(self, scene: Scene, how: str, shown: Sequence[Item]) -> Trial:
        def asked() -> list[Asked]:
            return [Asked(item, altered(scene.question(item), how, scene.seed)) for item in shown]

        return trial(scene, how, asked, rank=self.rank)


def _held_out(scene: Scene, shown: Iterable[Item]) -> dict[str, list[Item]]:
    """Item id -> rows whose pictures show the same person or event, and were never taught; shuffled."""
    data = scene.data
    rows = dict.fromkeys([*scene.again, *(data.items[id] for id in data.splits.get("test", ()))])
    apart = {item.id for item in rows}
    taught: dict[str, set[str]] = {}
    views: dict[str, dict[str, Item]] = {}
    for item in data.items.values():
        if item.image_path and item.id not in apart:
            for who in {item.person, item.event}:
                taught.setdefault(who, set()).add(data.image_key(item.id))
    for item in rows:
        if item.image_path:
            for who in {item.person, item.event}:
                views.setdefault(who, {}).setdefault(data.image_key(item.id), item)
    found = {}
    for item in shown:
        old = taught.get(item.target, set()) | {data.image_key(item.id)}
        new = {key: one for key, one in views.get(item.target, {}).items() if key not in old}
        drawn = Random(derive(scene.seed, "held-out view", item.id))
        found[item.id] = [new[key] for key in drawn.sample(sorted(new), len(new))]
    return found


def _another(scene: Scene, item: Item, others: Sequence[Item]) -> Item | None:
    """A row that shows somebody else."""
    rows = [one for one in others if one.person != item.person]
    return Random(derive(scene.seed, "another's picture", item.id)).choice(rows) if rows else None
