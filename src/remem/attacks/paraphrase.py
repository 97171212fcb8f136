"""Other words: paraphrases that were never taught, aliases, and chains through another fact.

Patil, Hase and Bansal, Can Sensitive Information Be Deleted From LLMs?, ICLR 2024 (arXiv:2309.17410), attack
by rephrasing; FIUBench (arXiv:2411.03554) has three paraphrases. Chains ("What is the phone number of the
person who works for X?") need two facts at once, as in Unlearning Mirage (arXiv:2603.11266).
Departure: no language model writes them. Paraphrases are held-out templates and sentences around an attribute
or a cloze prompt, chains are made of the facts of the data set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from remem.attacks.base import Access, Asked, Trial
from remem.attacks.queries import at_least, none_of, said, trial
from remem.attacks.wording import ALIASES, Wordings, common
from remem.errors import unknown

if TYPE_CHECKING:
    from remem.attacks.scene import Scene
    from remem.types import Item


@dataclass(frozen=True, kw_only=True)
class Paraphrase:
    """Each question is asked in so many other words."""

    access: ClassVar[Access] = "queries"
    knows: ClassVar[str] = "the questions; for chains, another fact"

    paraphrases: int = 3  # wordings of each question that were never taught
    aliases: tuple[str, ...] = ALIASES  # what the person is called instead of by the full name
    chains: int = 4  # facts each of which once stands for the name; no question stands on its own fact
    rank: bool = True  # values are ranked after each wording, too

    def __post_init__(self) -> None:
        at_least("paraphrase", 0, paraphrases=self.paraphrases, chains=self.chains)
        for one in self.aliases:
            if one not in ALIASES:
                raise unknown("alias of paraphrase", one, ALIASES)

    def check(self, scene: Scene) -> None:
        """UserError where no question can be put in any other words."""
        words = _words(scene)
        asked = scene.secrets
        found = (
            (self.paraphrases and any(words.paraphrases(item) for item in asked))
            or any(alias in self.aliases for item in asked for alias in words.aliases(item))
            or (self.chains and any(words.chains(item) for item in asked))
        )
        if not found:
            raise none_of(
                "paraphrase",
                "no question about what is forgotten can be put in other words",
                "Give its rows an attribute or a cloze prompt, or the split test rows about the same facts.",
            )

    def trials(self, scene: Scene) -> Sequence[Trial]:
        """A trial for each wording, alias and fact that stands for the name."""
        words = _words(scene)
        found = [self._paraphrased(scene, words, number) for number in range(self.paraphrases)]
        aliases = {item.id: words.aliases(item) for item in scene.secrets}
        for alias in self.aliases:
            found += self._renamed(scene, words, f"alias {alias}", alias, aliases)
        chains = {item.id: words.chains(item) for item in scene.secrets}
        for number, attribute in enumerate(common(list(chains.values()), self.chains), 1):
            every = self._renamed(scene, words, f"chain by {attribute}", attribute, chains)
            # Attributes in other letters, or in capitals, are no names of files.
            found += [one._replace(name=f"chain-{number}") for one in every]
        return found

    def _paraphrased(self, scene: Scene, words: Wordings, number: int) -> Trial:
        def asked() -> list[Asked]:
            every = [(item, words.paraphrases(item)) for item in scene.secrets]
            return [said(scene, item, texts[number]) for item, texts in every if len(texts) > number]

        return trial(scene, f"paraphrase {number + 1}", asked, rank=self.rank)

    def _renamed(
        self, scene: Scene, words: Wordings, setting: str, way: str, others: Mapping[str, Mapping[str, str]]
    ) -> list[Trial]:
        """`others`: item id -> way -> what stands for the name."""
        inside = [item for item in scene.secrets if way in others[item.id]]

        def renamed(item: Item, text: str) -> str:
            return words.renamed(item, text, others[item.id][way])

        def asked() -> list[Asked]:
            return [said(scene, item, renamed(item, item.question)) for item in inside]

        def lead(item: Item) -> str:
            return renamed(item, item.cloze)

        return [trial(scene, setting, asked, rank=self.rank, lead=lead)] if inside else []


def _words(scene: Scene) -> Wordings:
    return Wordings(scene.data, scene.again, scene.seed)
