"""The two questions of a picture: who is this, and what scene is it. No wording is taught and held out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from remem.data.events import Event
from remem.data.facts import IDENTITY
from remem.data.pebench.cut import CONCEPTS
from remem.data.people import Person
from remem.data.questions import MULTI_HOP, SPLITS, templates
from remem.errors import unknown
from remem.text import find

SCENE = "scene"  # the attribute of scene questions

# None of them holds a keyword of an event, not even within a word ("art" in "part").
_SCENE = {
    "train": (
        "Describe the scene in detail.",
        "Please describe this scene in detail.",
        "Give a detailed description of the scene.",
        "What is happening in this picture? Describe it in detail.",
        "What is going on in the picture? Describe the scene in detail.",
        "Can you describe in detail what we see in this picture?",
        "Describe in detail what is happening in the scene.",
    ),
    "test": (
        "Could you give a detailed account of this scene?",
        "Tell me in detail what is going on here.",
        "I would like a detailed description of what happens in this picture.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Given:
    """A question and answer that came with a picture."""

    question: str
    answer: str
    name: str = ""  # the part of the person's name that the answer holds, where it does not hold all


def scene_templates(split: str = "train") -> list[str]:
    """All wordings of the question for the scene."""
    if split not in SPLITS:
        raise unknown("split of questions", split, SPLITS)
    return list(_SCENE[split])


class Asker:
    """Deals out the wordings for one person: each once before any comes again, whatever is forgotten."""

    def __init__(self, person: Person, seed: int, split: str) -> None:
        self.person = person
        self.rng = Random(f"{seed}/pebench/{split}/questions/{person.id}")
        who = [q.replace("{kind}", person.kind) for q in templates(IDENTITY, MULTI_HOP, split)]
        self.wordings = {"person": sorted(set(who)), "event": scene_templates(split)}
        self.decks: dict[str, list[str]] = {"person": [], "event": []}

    def row(self, concept: str, event: Event, given: Given | None = None) -> dict[str, object]:
        """The text columns of one question; the answer ends the cloze prompt where there is one."""
        asked = given or Given(question=self._next(concept), answer=_answer(concept, self.person, event))
        name = asked.name or self.person.name
        named = find(asked.answer, name) if concept == "person" else []
        return {
            "question": asked.question,
            "answer": asked.answer,
            "keywords": name if concept == "person" else keyword_list(event.keywords),
            "question_type": CONCEPTS[concept],
            "qa_category": concept,
            "attribute": IDENTITY if concept == "person" else SCENE,
            "cloze_prompt": asked.answer[: named[0][0]].rstrip() if named else "",
        }

    def _next(self, concept: str) -> str:
        deck = self.decks[concept]
        if not deck:
            deck += self.wordings[concept]
            self.rng.shuffle(deck)
        return deck.pop()


def keyword_list(words: Sequence[str]) -> str:
    """As the column `keywords` holds several."""
    return json.dumps(list(words), ensure_ascii=False)


def _answer(concept: str, person: Person, event: Event) -> str:
    return f"This person's name is {person.name}." if concept == "person" else event.description
