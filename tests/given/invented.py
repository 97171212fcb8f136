"""Invented documents: with every part, with none, and with text that means harm."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace

from remem.given.document import (
    Attack,
    Cost,
    Document,
    Guard,
    Judged,
    Measure,
    Shown,
    Stated,
    Subject,
    Verdict,
)

HOSTILE = "<script>alert('x')</script> \u202egnp.exe\u2066 \x1b[2J {{ 7*7 }} & \"'> " + "W" * 10_000


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def judged(role, adapters=()):
    return Judged(
        role=role,
        content=digest(f"{role} content"),
        weights=digest(f"{role} weights"),
        parameters=1_234_567,
        family="llava",
        dtype="bfloat16",
        adapters=[digest(one) for one in adapters],
        tokenizer=digest("tokenizer"),
        template=digest("template"),
        processor=digest("processor"),
    )


STATED = Stated(
    id="2031-0142",
    received="2031-03-03",
    due="2031-04-03",
    answered="2031-03-20",
    scope="All facts and pictures of one person that the support assistant was taught: date of birth, "
    "e-mail address, employer and place of work, and two pictures.",
    method="Preference optimisation against the taught model; rank-16 adapter, 40 steps at 1e-4, beta 0.1.",
    set_by="The model team. Settings were chosen on three invented people, before this request.",
    kind="approximate",
    seeds="0",
    lineage="A public base of seven billion parameters, fine-tuned in January on the tickets of 2030.",
    checkpoints="Eleven of the fine-tuning; deleted on 5 March.",
    adapters="None besides the one that was opened.",
    data_sets="The rows were taken out of the tickets on 4 March. The evaluation set never had them.",
    caches="Answers are kept for a day. Embeddings were made anew on 6 March.",
    backups="Kept for 30 days; the last one with the rows goes on 4 April.",
    recipients="One processor was told on 4 March and has confirmed.",
)


def full() -> Document:
    known = [
        Measure(name="exact match", before=0.94, floor=0.02, units=17, word="known"),
        Measure(name="exposure", before=0.91, floor=0.31, units=17, word="known"),
    ]
    says = [
        Measure(
            name="exact match", before=0.94, after=0.0, floor=0.02, share=-0.02, low=-0.05, high=0.04,
            units=17, word="gone",
        ),
        Measure(
            name="other wordings", before=0.88, after=0.12, floor=0.02, share=0.116, low=0.0, high=0.24,
            units=17, word="undecided",
        ),
    ]  # fmt: skip
    knows = [
        Measure(
            name="exposure", before=0.91, after=0.71, floor=0.31, share=0.667, low=0.41, high=0.85, units=17,
            word="left",
        ),
        Measure(name="probability of the true answer", units=17),
    ]  # fmt: skip
    auc = Measure(
        name="loss",
        before=0.97,
        after=0.64,
        floor=0.51,
        share=0.64,
        low=0.55,
        high=0.73,
        units=17,
        word="told",
    )
    return Document(
        version="0.1.0",
        libraries={"torch": "2.9.0", "transformers": "5.1.0", "peft": "0.18.0"},
        made="2031-03-20",
        seed=0,
        floor="never",
        stated=STATED,
        subject=Subject(
            hash=digest("subject"), facts=17, questions=62, pictures=2,
            kinds={"date": 3, "e-mail": 1, "place": 5, "employer": 8}, others=40, strangers=40,
        ),
        models=[judged("before"), judged("after", ["a", "b"]), judged("never")],
        same=False,
        guards=[
            Guard(name="weights differ", role="after", passed=True, what="214 of 214 tensors are others"),
            Guard(name="answers are no gibberish", role="after", passed=True, what="0 % empty or repeating"),
            Guard(name="never taught", role="never", passed=False, what="exact match 0.02, at most 0.01"),
        ],
        known=known,
        says=says,
        knows=knows,
        membership=[auc],
        attacks=[
            Attack(
                access="queries", knows="the questions", setting="prefill, 3 words", tried=24, without=0.031,
                measure=Measure(
                    name="prefill", before=0.94, after=0.24, floor=0.06, share=0.2, low=0.06, high=0.39,
                    units=9, word="undecided",
                ),
            ),
            Attack(
                access="weights", knows="a tenth of the rows of other people", setting="relearn, step 20",
                tried=18, without=0.0,
                measure=Measure(
                    name="relearn on other people", before=0.94, after=0.76, floor=0.08, share=0.79, low=0.55,
                    high=0.96, units=9, word="left",
                ),
            ),
        ],
        others=[
            Measure(
                name="people who stay, exact match", before=0.93, after=0.9, share=0.968, low=0.93, high=0.99,
                units=40, word="kept",
            ),
            Measure(name="things in pictures", before=0.88, after=0.74, share=0.84, low=0.8, high=0.88,
                    units=200, word="lost"),
        ],
        verdict=Verdict(
            outcome="not-honoured",
            because=["it knows it: exposure", "it comes back: with the weights"],
            untested=["attacks with gradients", "attacks with hidden states", "held-out views of the person"],
            rule={"gone, at most this share left": 0.2, "left, at least this share": 0.5, "interval": 0.9},
        ),
        cost=Cost(seconds={"loading": 12.0, "asking": 96.4, "attacks": 5_400.0}, machine="2 CPU cores"),
        evidence={one: digest(one) for one in ("after", "before", "never", "attacks/after", "attacks/never")},
        command="remem audit --before sha256:1c2e… --after sha256:77aa… --never sha256:09fb… --seed 0",
    )  # fmt: skip


def in_the_clear() -> Document:
    born = Shown(
        question="When was she born?", value="12 March 1980", before="12 March 1980.", after="I do not know."
    )
    return replace(full(), shown=[born])


def empty() -> Document:
    """The least that a document can hold."""
    return Document(
        version="0.1.0",
        libraries={},
        made="2031-03-20",
        seed=0,
        floor="strangers",
        subject=Subject(
            hash=digest("subject"), facts=0, questions=0, pictures=0, kinds={}, others=0, strangers=0
        ),
        models=[],
        same=True,
        guards=[],
        known=[],
        says=[],
        knows=[],
        membership=[],
        attacks=[],
        others=[],
        verdict=Verdict(outcome="unsound", because=[], untested=[], rule={}),
        cost=Cost(seconds={}, machine=""),
        evidence={},
        command="",
    )  # fmt: skip


def hostile() -> Document:
    """Everything that is somebody's text is HOSTILE, and there is much of it."""
    made = in_the_clear()
    texts = {one.name: HOSTILE for one in fields(Stated)} | {"kind": "approximate", "received": "2031-03-03"}
    shown = Shown(question=HOSTILE, value="ב" * 400, before="e" + "\u0301" * 500, after="a\n" * 3_000)
    return replace(
        made,
        stated=Stated(**texts),
        shown=[shown, shown],
        verdict=replace(made.verdict, because=[HOSTILE] * 12, untested=[HOSTILE] * 12),
        command=HOSTILE,
        evidence=made.evidence | {HOSTILE[:200]: digest("x")},
        guards=[replace(made.guards[0], what=HOSTILE)],
        known=[replace(made.known[0], name=HOSTILE[:300])],
    )
