"""What an evidence document says: nothing but numbers, words of ours, digests, and what the user states.

Every part is there. What was not measured, or not stated, is None, and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

SCHEMA: Final = "remem-audit-1"

Outcome = Literal["not-honoured", "undecided", "no-trace", "nothing-to-forget", "unsound"]
Word = Literal[
    "left",
    "gone",
    "undecided",
    "known",
    "not-shown",
    "unknown-to-it",
    "told",
    "not-told",
    "kept",
    "lost",
    "unknown",
]


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What whoever answers for the models says of the request. remem has seen nothing of it."""

    id: str | None = None
    received: str | None = None  # dates, as ISO 8601 has them
    due: str | None = None
    answered: str | None = None
    scope: str | None = None  # what is to be forgotten, in words
    method: str | None = None  # how it was unlearnt, and with which settings
    set_by: str | None = None  # who chose these
    kind: str | None = None  # "approximate" or "retrained"
    seeds: str | None = None
    lineage: str | None = None  # from what the models were made
    checkpoints: str | None = None  # other copies of the person's data or of models that saw it, and what was
    adapters: str | None = None  # done about each
    data_sets: str | None = None
    caches: str | None = None
    backups: str | None = None
    recipients: str | None = None


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom it is about."""

    hash: str  # HMAC-SHA-256 of their id, by a salt that is kept apart
    facts: int
    questions: int
    pictures: int
    kinds: dict[str, int]  # kind of value ("date", "e-mail", ...) -> facts
    others: int  # people who stay, asked about beside
    strangers: int  # people who do not exist, asked about beside


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One model that remem opened."""

    role: Literal["before", "after", "never"]
    content: str  # digest of its files
    weights: str  # digest of its weights as they were loaded
    parameters: int
    family: str  # transformers' model type
    dtype: str
    adapters: list[str]  # digests of the adapters on it, lowest first
    tokenizer: str  # digests
    template: str
    processor: str


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A check that this is a model to be judged at all."""

    name: str
    role: Literal["before", "after", "never"]
    passed: bool
    what: str


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measure of what is left, from 0 to 1; None where it was not measured."""

    name: str  # "exact match", "exposure", ...
    before: float | None = None
    after: float | None = None
    floor: float | None = None  # of who never knew
    # Of what teaching added, the share that is left (after - floor) / (before - floor), with its 90 %
    # interval about this person. Of membership: the area under the curve. Of what stays: the share kept.
    share: float | None = None
    low: float | None = None
    high: float | None = None
    units: int = 0  # facts of this person, or people who stay
    word: Word = "unknown"


@dataclass(frozen=True, kw_only=True)
class Attack:
    """The worst of the attacks with one kind of access."""

    access: str
    knows: str  # what the attacker must know
    setting: str
    tried: int  # settings it was chosen from
    measure: Measure  # `after`: under the attack; `floor`: the control under the same attack
    without: float | None  # the share that is left without it


@dataclass(frozen=True, kw_only=True)
class Verdict:
    outcome: Outcome
    because: list[str]  # names of the parts that decide, in words of ours
    untested: list[str]
    rule: dict[str, float]  # every threshold, fixed beforehand


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds that remem took, by what it did."""

    seconds: dict[str, float]
    machine: str


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One question about the person, in the clear."""

    question: str
    value: str
    before: str  # what was answered
    after: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """One request for deletion, and what the models show."""

    schema: Literal["remem-audit-1"] = SCHEMA
    version: str  # of remem
    libraries: dict[str, str]
    made: str  # a date
    seed: int
    floor: Literal["never", "strangers"]  # who never knew: a model never taught, or people who do not exist
    stated: Stated = field(default_factory=Stated)
    subject: Subject
    models: list[Judged]
    same: bool  # before and after have equal weights
    guards: list[Guard]
    known: list[Measure]  # before, beside the floor: was there anything to forget?
    says: list[Measure]
    knows: list[Measure]
    membership: list[Measure]
    attacks: list[Attack]
    others: list[Measure]  # what should stay, and general ability
    verdict: Verdict
    cost: Cost
    evidence: dict[str, str]  # step of the run folder -> digest of all that it holds
    command: str  # to make it again, with digests in place of names and paths
    shown: list[Shown] = field(default_factory=list)  # with --show-values alone
