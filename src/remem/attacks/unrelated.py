"""Relearning on what says nothing about the facts to forget: kept people, other people, plain text.

Benign fine-tuning alone can undo unlearning (Hu, Fu, Wu and Smith. Unlearning or Obfuscating? Jogging the
Memory of Unlearned LLMs via Benign Relearning. ICLR 2025. arXiv:2406.13356). What drives it is likeness in
syntax to the questions to forget, more than in topic (arXiv:2602.03379): kept people are asked about in the
same sentence forms. The control has the same people and values in another syntax, as entries of a card.
Departure: rows that hold the answer to a question asked are left out, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, ClassVar

from remem.attacks import guard
from remem.attacks.base import Access, Trial, Tried
from remem.attacks.curve import Curve
from remem.data.dataset import value
from remem.errors import UserError, unknown
from remem.seeds import derive
from remem.settings import within
from remem.types import Item

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.data import Dataset

SOURCES = {
    "kept": "kept people",
    "others": "other people",
    "text": "plain text",
    "syntax": "kept people in other syntax",
}
CONTROLS = ("syntax",)


@dataclass(frozen=True, kw_only=True)
class Unrelated(Curve):
    access: ClassVar[Access] = "weights"
    knows: ClassVar[str] = "nothing of the facts: rows about others, or plain text"

    sources: tuple[str, ...] = tuple(SOURCES)  # what it is taught: kept, others, text, syntax
    rows: int = 500  # at most, of each; published: 200 to 1,000

    def __post_init__(self) -> None:
        super().__post_init__()
        for source in self.sources:
            if source not in SOURCES:
                raise unknown("source of unrelated", source, SOURCES)
        if not self.sources or len(set(self.sources)) < len(self.sources):
            raise UserError(
                f"unrelated.sources={list(self.sources)}: give one source or several different ones"
            )
        within("unrelated.rows", self.rows, 1)

    def check(self, scene: Scene) -> None:
        """UserError where the data set has no rows of a source, or the weights cannot train so."""
        for source in self.sources:
            self._rows(scene, source)
        super().check(scene)

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """One for each source."""
        return [Trial(source, self._trial(scene, source)) for source in self.sources]

    def _trial(self, scene: Scene, source: str) -> Callable[[], Iterator[Tried]]:
        def work() -> Iterator[Tried]:
            rows, left_out, data = self._rows(scene, source)
            yield from self.run(
                scene,
                SOURCES[source],
                rows,
                scene.secrets,
                folder=f"unrelated-{source}",
                data=data,
                control=source in CONTROLS,
                notes={"rows left out": float(left_out)},
            )

        return work

    def _rows(self, scene: Scene, source: str) -> tuple[list[Item], int, Dataset | None]:
        """Rows of a source without those that give an answer away, how many those are, and whose data."""
        data = None
        if source == "text":
            found = sentences(derive(scene.seed, "unrelated", source), self.rows)
        elif source == "others":
            data, found = strangers(scene)
        else:
            found = list(scene.others)
            if source == "syntax":
                found = [card for item in found if (card := as_card(item, scene.data.names))]
        drawn = Random(derive(scene.seed, "unrelated", source)).sample(
            range(len(found)), min(self.rows, len(found))
        )
        rows = [found[number] for number in sorted(drawn)]
        clean = [row for row in rows if len(guard.unspoilt([row], scene.secrets)) == len(scene.secrets)]
        if not clean:
            why = "there are none" if not rows else "all of them hold answers that are asked for"
            left = [one for one in self.sources if one != source] or ["text"]
            raise UserError(
                f"unrelated.sources has {source} ({SOURCES[source]}): of such rows {why}. Leave it out: "
                f"sources={left}"
            )
        return clean, len(rows) - len(clean), data


def strangers(scene: Scene) -> tuple[Dataset | None, list[Item]]:
    """People who were never taught, and what is asked about them; none where the data set has no such."""
    from remem.data.strangers import SPLIT, read

    data = read(scene.data.root)
    return data, [] if data is None else [data.items[id] for id in data.splits[SPLIT]]


def sentences(seed: int, count: int) -> list[Item]:
    """Plain sentences to go on with."""
    from remem.world.corpus import plain
    from remem.world.sentences import sentences as invented

    said = [plain(begin, rest) for begin, rest in invented(seed, count)]
    return [
        Item(
            id=f"plain-{number}",
            person="",
            question_type="plain",
            category="plain",
            attribute="",
            question=one.question,
            answer=one.answer,
            keywords=(),
            cloze="",
            image_path="",
        )
        for number, one in enumerate(said)
    ]


def as_card(item: Item, names: dict[str, str]) -> Item | None:
    """A row as an entry of a card index, its bare value for the answer; None where it does not say of whom or
    of what it is."""
    whom = "Photo" if item.image_path else names.get(item.person, "")
    if not whom or not item.attribute:
        return None
    entry = f"Card index | {whom} | {item.attribute.replace('_', ' ')} |"
    return replace(item, question=entry, answer=value(item))
