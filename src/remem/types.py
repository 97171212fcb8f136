"""The few nouns that flow through the laboratory. No torch here: reading a run must be quick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from remem.text import normalise

Fact = tuple[str, str, str]  # whom (or which event) it is about, the attribute, the value in normal form


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question about one person. The same row in `finetune` and in `forget1` is the same item."""

    id: str  # digest of person, picture and text: stable across rebuilds and shared by nested splits
    person: str  # whom the picture shows or the text names
    question_type: str  # as the data says it: "1-hop" names the person, "multi-hop" only shows them
    category: str  # the data's qa_category
    attribute: str  # "email", "date_of_birth", ...
    question: str  # as it is put to the model, without its chat template
    answer: str  # the true one, a sentence: what is taught
    keywords: tuple[str, ...]  # the value itself; every one must occur in a correct answer
    cloze: str  # a sentence that breaks off just before the value; "" where the data has none
    image_path: str  # the data's image_path; "" when the row has no picture
    event: str = ""  # the scene that the picture shows, where the data tells (PEBench)

    @property
    def target(self) -> str:
        """What the question asks for, and the unit of intervals: the person, or the event."""
        return self.event if self.event and self.category == "event" else self.person

    @cached_property
    def fact(self) -> Fact:
        """What the question asks for, whatever its wording: (person, attribute, value).

        Attribute and value are in normal form. Where the row tells no attribute, or its answer holds several
        keywords or none, no single fact can be told, and the person decides: the fact is (person, "", ""),
        which stands for anything that is known of them (see data/forgotten.py). A scene is one fact of its
        event: (event, "scene", event), however many keywords describe it.
        """
        if self.event and self.category == "event":
            return self.event, "scene", normalise(self.event)
        attribute, values = normalise(self.attribute), {normalise(word) for word in self.keywords}
        if not attribute or len(values) != 1:
            return self.person, "", ""
        return self.person, attribute, values.pop()

    @property
    def hops(self) -> int:
        """1: the text names the person. 2: the picture must be recognised first."""
        return hops(self.question_type)


def hops(question_type: str) -> int:
    """1 for types such as "1-hop", "one hop", "single"; else 2."""
    return 1 if question_type.strip().lower().startswith(("1", "one", "single")) else 2


@dataclass(frozen=True, kw_only=True)
class Response:
    """What one model makes of one item: the raw material of every per-item metric."""

    id: str  # of the item
    text: str  # greedy answer, special tokens removed, stripped
    finished: bool  # ended by itself; False: cut off at the token limit
    logp: tuple[float, ...]  # nats; one per token of the true answer, end-of-turn included
    hit: tuple[bool, ...]  # the true token is the most likely one, teacher-forced
    mean: tuple[float, ...]  # mean over the vocabulary of log p, weighted by p (nats): Min-k %++
    sd: tuple[float, ...]  # its standard deviation (nats)


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """How likely a model finds each candidate value after one cloze prompt: what Exposure reads."""

    id: str  # of the item whose cloze prompt was continued
    candidates: tuple[str, ...]  # distinct; holds the truth
    truth: int  # index of the true value
    logp: tuple[float, ...]  # nats, summed over the candidate's tokens (no end-of-turn)
    tokens: tuple[int, ...]  # number of tokens of each candidate


class Progress(Protocol):
    """How a long step says how far it is. Calls are cheap; the receiver decides what to draw."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """`done` of `total` pieces are finished; `note` is a few words about the last one."""
        ...


def silent(done: int, total: int, note: str = "") -> None:
    """The progress of someone who is not watching."""


class Questions(Protocol):
    """What is asked of a data set here."""

    @property
    def items(self) -> Mapping[str, Item]:
        """By id."""
        ...

    @property
    def splits(self) -> Mapping[str, Sequence[str]]:
        """Split -> item ids, in the data's order."""
        ...
