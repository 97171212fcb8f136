"""The words of the document: outcomes, measures, what is stated, and what it does not prove."""

from __future__ import annotations

from typing import NamedTuple

from remem.attacks.base import Access
from remem.given.document import Outcome, Word


class Answer(NamedTuple):
    heading: str  # up to a colon, or the whole sentence
    reason: str  # after it


OUTCOMES: dict[Outcome, Answer] = {
    "not-honoured": Answer(
        "The request was not honoured:",
        "the model after unlearning still holds something of what it was to forget.",
    ),
    "undecided": Answer(
        "This does not decide it:",
        "what was measured shows neither that something is left nor that it is gone.",
    ),
    "no-trace": Answer(
        "No trace was found by what was tested.",
        "That is no proof that none is left: it holds for these questions and these attacks.",
    ),
    "nothing-to-forget": Answer(
        "There was nothing to forget:",
        "the model before did not know it, as far as it was asked.",
    ),
    "unsound": Answer(
        "The models cannot be compared:",
        "a check that every comparison rests on has failed, so that nothing is said about the request.",
    ),
}
WORDS: dict[Word, str] = {
    "left": "left",
    "gone": "gone",
    "undecided": "not decided",
    "known": "known before",
    "not-shown": "not shown to be known",
    "unknown-to-it": "not known before",
    "told": "can be told",
    "not-told": "not told apart",
    "kept": "kept",
    "lost": "lost",
    "unknown": "not measured",
}
# From what weighs most to what weighs least: the word of a part is that of its worst measure.
WORST: tuple[Word, ...] = (
    "left", "told", "lost", "not-shown", "unknown-to-it", "undecided", "known", "gone", "not-told", "kept",
    "unknown",
)  # fmt: skip
ROLES = {"before": "Before", "after": "After", "never": "Never taught"}
ACCESS: dict[Access, str] = {
    "queries": "Queries",
    "gradients": "Gradients",
    "hidden states": "Hidden states",
    "weights": "Weights",
}
REQUEST = {
    "id": "Request",
    "received": "Received",
    "due": "Due",
    "answered": "Answered",
    "scope": "What is to be forgotten",
}
MADE = {"seeds": "Seeds", "lineage": "Lineage: from what the models were made"}
METHOD = {
    "method": "Method and settings",
    "set_by": "Who set it",
    "kind": "Kind",
}
KINDS = {
    "approximate": "approximate: the model was changed, not trained anew without the data",
    "retrained": "retrained: the model was trained anew without the data",
}
INVENTORY = {
    "checkpoints": "Checkpoints",
    "adapters": "Adapters",
    "data_sets": "Data sets",
    "caches": "Caches and embeddings",
    "backups": "Backups",
    "recipients": "Recipients (Article 19)",
}
FLOOR = {
    "never": "a model that was never taught this person",
    "strangers": "what the same models say of people who do not exist",
}
NOT_PROVEN = (
    "That no other copy of the data, or of a model that saw it, exists. remem opened the models that are "
    "listed here and nothing else.",
    "That the model that is served is the model that was shown. Who answers for it could show another one.",
    "That an attack which was not tried finds nothing. More time or another idea may bring more back.",
    "Anything about other people than this one, or about other facts than those that were asked.",
    "Anything about backups, caches, data sets or recipients: of these it has only what was stated.",
)
SOURCES = (
    (
        "GDPR, Articles 17, 12(3), 19 and 5(2)",
        "erasure; an answer within a month; recipients are told; whoever answers for the data must be able "
        "to show it.",
    ),
    (
        "EDPB, Opinion 28/2024 on AI models",
        "extraction and what queries obtain must be insignificant, with all means reasonably likely to be "
        "used; case by case.",
    ),
    (
        "EDPB, coordinated enforcement: report on the right to erasure, 2026",
        "764 controllers; what was missing: procedures, and backups.",
    ),
    (
        "OWASP AISVS, C12.2 (draft)",
        "deletion reaches evaluation sets, caches and embeddings; a membership test under a written "
        "threshold.",
    ),
    ("NIST AI RMF 1.0, MEASURE 2.10", "the privacy risk of the system is examined and documented."),
    ("ISO/IEC 42001, Annex A", "controls on the data and the life cycle of AI systems."),
    (
        "ForgetGate",
        "what an attack brings out of a model that never saw the data was not remembered: an attack without "
        "such a model beside it proves nothing.",
    ),
    (
        "Verification of Machine Unlearning is Fragile, ICML 2024",
        "a dishonest provider can pass any check of this kind.",
    ),
)
SIDES = {  # side of the matter -> what it is where something is left, where nothing is, and where who knows
    "says": ("It still says it", "It no longer says it", "whether it says it"),
    "knows": ("It still knows it", "It no longer knows it", "whether it knows it"),
    "comes back": ("It comes back under attack", "No attack brings it back", "whether it comes back"),
    "membership": (
        "That the person was in the data can be told",
        "That the person was in the data cannot be told",
        "whether membership can be told",
    ),
    "known before": (
        "The model before knew it",
        "The model before did not know it",
        "whether the model before knew it",
    ),
    "the same model": ("The model after is the model before: their weights are the same numbers", "", ""),
    "sound": ("", "", "whether the model after is whole: a check of it failed"),
}


def because(side: str, name: str, word: str) -> str:
    """One reason, as a sentence without its end. `name`: of the measure, "" where there is none."""
    left, gone, open_ = SIDES[side]
    if word in ("left", "known"):
        said = left
    elif word in ("gone", "not-told", "unknown-to-it"):
        said = gone
    elif word == "told":
        said = "It can be told from strangers, and no model that was never taught shows what that means"
    else:
        said = f"Not {'measured' if word == 'unknown' else 'decided'}: {open_}"
    return f"{said} ({name})" if name else said
