"""Attacks on the arms of an invented run: what they bring out is written down, no model is asked."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from remem.attacks.base import Answer, Tried
from remem.attacks.records import Cost, write_cost, write_tried
from remem.types import Item, Ranking
from report.invented_run import CANDIDATES, Invented

# How often an attack brings a value out of an arm; arms that are not named: 0.
CURVE = {0: 0.0, 5: 0.3, 10: 0.9}
PREFILL = {"taught": 1.0, "po-s0": 0.95, "kl-s0": 0.45, "gd-s0": 0.1}
CHOICE = {"base": 0.9, "taught": 1.0, "goal": 0.9} | {f"{m}-s0": 0.9 for m in ("ga", "gd", "kl", "npo", "po")}
RELEARN = {"npo-s0": 1.0, "po-s0": 1.0, "kl-s0": 1.0, "gd-s0": 0.5}
SHARE = {"taught": 1.0, "po-s0": 1.0, "kl-s0": 0.8, "npo-s0": 0.4}  # exposure, through the lens


def attack(run: Path, data: Invented, arms: tuple[str, ...] = ()) -> None:
    """A quick set of attacks on every arm (or on these), and one attack in a step of its own."""
    asked = [data.items[id] for id in data.splits["forget1"]]
    for number, folder in enumerate(sorted(path.parent for path in run.glob("*/responses"))):
        if not arms or folder.name in arms:
            rng = np.random.default_rng(100 + number)
            found = list(_quick(folder.name, asked, rng))
            _step(folder / "attack-quick", data, "quick", "weights", "the weights", found)
            own = [_said("4 options", folder.name, CHOICE, asked, rng)]
            _step(folder / "attack-choice", data, "choice", "queries", "values to choose from", own)


def _quick(arm: str, asked: list[Item], rng: np.random.Generator):
    yield _said("sure", arm, PREFILL, asked, rng, access="queries", attack="prefill")
    yield Tried(
        setting="layer 4 of 4",
        access="hidden states",
        attack="lens",
        rankings=[_ranked(item, SHARE.get(arm, 0.2)) for item in asked[:5]],
    )
    rest = asked[len(asked) // 5 :]  # the others are what it relearns
    for step, share in CURVE.items():
        much = {
            name: 1.0 if name == "taught" else share * RELEARN.get(name, 0.0) for name in ("taught", *RELEARN)
        }
        yield _said(
            f"10 %, step {step}", arm, much, rest, rng, at=float(step), curve="10 %", attack="relearn"
        )
    yield _said("shuffled labels", arm, {}, rest, rng, control=True, attack="relearn")


def _said(setting: str, arm: str, shares: dict[str, float], asked: list[Item], rng, **more) -> Tried:
    right = rng.random(len(asked)) < shares.get(arm, 0.0)
    texts = [
        item.answer if one else f"<it> is not {n}"
        for n, (item, one) in enumerate(zip(asked, right, strict=True))
    ]
    answers = [Answer(item.id, (text,)) for item, text in zip(asked, texts, strict=True)]
    return Tried(setting=setting, answers=answers, **more)


def _ranked(item: Item, share: float) -> Ranking:
    rank = round(2 ** ((1 - share) * math.log2(CANDIDATES)))
    logp = tuple(-float(place) for place in range(1, CANDIDATES + 1))
    names = tuple(f"value {place}" for place in range(CANDIDATES))
    return Ranking(id=item.id, candidates=names, truth=rank - 1, logp=logp, tokens=(2,) * CANDIDATES)


def _step(folder: Path, data: Invented, name: str, access: str, knows: str, found: list[Tried]) -> None:
    folder.mkdir(parents=True)
    write_tried(folder, data, found)
    write_cost(folder, Cost(attack=name, access=access, knows=knows))
    (folder / "provenance.json").write_text('{"seconds": 3.5}', "utf-8")
