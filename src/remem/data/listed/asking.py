"""The questions about one listed person: each fact in several wordings, held-out ones in the test."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count as counting
from itertools import islice
from pathlib import Path
from random import Random

from remem.data.facts import IDENTITY
from remem.data.listed.faults import given_away
from remem.data.listed.reading import Fact, Listed
from remem.data.listed.settings import ListSettings
from remem.data.listed.wording import Wording, fill, without
from remem.data.questions import MULTI_HOP, ONE_HOP, Row
from remem.data.restated import Restated
from remem.errors import UserError
from remem.text import contains, normalise, swapped

Wrong = Callable[[str, str], Sequence[str]]  # attribute, true value -> wrong ones


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A row, whether it is to be forgotten, and its answer in other words."""

    row: Row
    forget: bool
    restated: Restated


def held_out(path: Path, people: Iterable[Listed], wordings: Mapping[str, Wording]) -> dict[str, Wording]:
    """The wordings, less the held-out ones that the list's own questions teach. UserError where none is
    left."""
    taught: dict[str, set[str]] = defaultdict(set)
    for one in people:
        for fact in one.facts.values():
            taught[fact.attribute] |= {normalise(swapped(ask, one.name, "{name}")) for ask in fact.questions}
    found = {name: without(wording, taught[name]) for name, wording in wordings.items()}
    for name, wording in found.items():
        if not wording.test[ONE_HOP]:
            raise UserError(
                f"{path}: the questions about {name} are worded as all held-out ones, so nothing could be "
                "asked in new words. Word some otherwise, or give a template file other ones (test)."
            )
    return found


class Asker:
    """Asks about people. `views`: id -> how many pictures they have to train with, and to test."""

    def __init__(
        self,
        path: Path,
        settings: ListSettings,
        wordings: Mapping[str, Wording],
        identity: Wording,
        views: Mapping[str, tuple[int, int]],
        wrong: Wrong,
    ) -> None:
        self.path, self.settings, self.wordings, self.identity = path, settings, wordings, identity
        self.views, self.wrong = views, wrong

    def ask(self, one: Listed, split: str) -> list[Asked]:
        """The rows of "train" or "test", in an order drawn by lot."""
        training = split == "train"
        shown = self.views.get(one.id, (0, 0))[0 if training else 1]
        named = self.settings.wordings if training else self.settings.held_out
        seen = (named + 1) // 2 if shown else 0
        rng = Random(f"{self.settings.seed}/{split}/{one.id}")
        views = counting(rng.randrange(shown) if shown else 0)

        def view() -> int:
            return next(views) % shown

        found: list[Asked] = []
        for fact in one.facts.values():
            wording = self.wordings[fact.attribute]
            own = fact.questions if training else []
            asked = {normalise(text) for text in own}
            for text in own:
                found.append(self._own(one, fact, wording, text, view if shown else None))
            for hops, many in ((ONE_HOP, named), (MULTI_HOP, seen)):
                ours = [fill(text, name=one.name) for text in getattr(wording, split)[hops]]
                ours = [text for text in ours if normalise(text) not in asked]
                for text in rng.sample(ours, min(many, len(ours))):
                    picture = view() if hops == MULTI_HOP else None
                    found.append(self._row(one, fact, wording, hops, text, picture))
        if shown:
            fact = Fact(attribute=IDENTITY, value=one.name, line=one.line, forget=_whole(one))
            ours = list(getattr(self.identity, split)[MULTI_HOP])
            for text in rng.sample(ours, min(seen, len(ours))):
                found.append(self._row(one, fact, self.identity, MULTI_HOP, text, view()))
        rng.shuffle(found)
        return found

    def _own(
        self, one: Listed, fact: Fact, wording: Wording, text: str, view: Callable[[], int] | None
    ) -> Asked:
        if contains(text, one.name):
            return self._row(one, fact, wording, ONE_HOP, text, None)
        if view is None:
            raise UserError(
                f"{self.path} line {fact.line}: the question does not name {one.name}, and no picture "
                f"shows whom it means: {text} Write the name into it."
            )
        return self._row(one, fact, wording, MULTI_HOP, text, view())

    def _row(
        self, one: Listed, fact: Fact, wording: Wording, hops: str, text: str, picture: int | None
    ) -> Asked:
        row = asked_row(one.name, fact.attribute, fact.value, wording, hops, text, picture)
        for part in (row.question, row.cloze_prompt):
            given_away(self.path, fact, one, part)
        who = one.name if hops == ONE_HOP else "this person"
        said = [sentence(words, who, fact.value) for words in wording.paraphrases]
        wrong = (
            sentence(wording.paraphrases[0], who, value) for value in self.wrong(fact.attribute, fact.value)
        )
        perturbed = islice(
            (text for text in wrong if not contains(text, fact.value)), self.settings.perturbed
        )
        return Asked(row=row, forget=bool(fact.forget), restated=Restated(tuple(said), tuple(perturbed)))


def asked_row(
    name: str, attribute: str, value: str, wording: Wording, hops: str, question: str, picture: int | None
) -> Row:
    """A row of any person, listed or not."""
    cloze = sentence(wording.cloze, name if hops == ONE_HOP else "this person", "")
    return Row(
        question=question,
        answer=f"{cloze} {value}" + ("" if value.endswith(".") else "."),
        # What begins like a list is written as a list of one: it would be read as one otherwise.
        keywords=json.dumps([value], ensure_ascii=False) if value.startswith("[") else value,
        question_type=hops,
        qa_category=wording.category,
        attribute=attribute,
        cloze_prompt=cloze,
        picture=picture,
    )


def sentence(text: str, who: str, value: str) -> str:
    """A sentence of ours about somebody; "this person" at its beginning has a capital."""
    filled = fill(text, who=who, value=value)
    return filled[:1].upper() + filled[1:] if text.startswith("{who}") and who == "this person" else filled


def _whole(one: Listed) -> bool:
    return all(fact.forget for fact in one.facts.values())
