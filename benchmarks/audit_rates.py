"""How often is an audit right? The tables of docs/results/audit.md.

    python benchmarks/audit_rates.py runs/rates --page docs/results/audit.md

Five worlds of twelve rendered people; four of each are to be forgotten. Each world has the taught model, a
retraining without the four, and the four unlearnt by NPO and PO as tuned for the demo. Of a retraining it is
known that nothing is left, of the taught model that all is: there an answer is right or wrong. All other
answers are rates. What is there already is taken as it is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from remem.given.audit import outcome
from remem.given.document import Measure
from remem.given.person import Person, measured
from remem.report.read import read_run
from remem.run.context import open_run

SEEDS = (11, 12, 13, 14, 15)
MODELS = {  # label -> the arm of the world's run, and what it is
    "gone": ("goal", "retrained without them"),
    "still": ("taught", "never unlearnt"),
    "po": ("po-s0", "unlearnt by PO"),
    "npo": ("npo-s0", "unlearnt by tuned NPO"),
}
RIGHT = {"gone": "no-trace", "still": "not-honoured"}
WRONG = {"gone": "not-honoured", "still": "no-trace"}
OUTCOMES = ("not-honoured", "undecided", "no-trace")
SIDES = ("says", "knows", "comes back", "membership")


class Answer(NamedTuple):
    """What an audit of one person says."""

    world: int
    model: str
    outcome: str
    open: tuple[str, ...]  # sides that are not decided
    measures: dict[str, Measure]


def make(folder: Path, seed: int, never: bool) -> Path:
    """The world of a seed and the run that judges its models; `never`: with the base as never taught."""
    world, judged = folder / f"w{seed}", folder / f"{'never' if never else 'strangers'}-{seed}"
    own = [f"build.seed={seed}", f"seed={seed}", "build.forget=0.334", "build.strangers=12"]
    _remem("forget", "demo", "--out", world, *_set(*own, "methods=npo,po", "attacks=none"))
    models = [f"--model={name}={world / arm / 'model'}" for name, (arm, _) in MODELS.items()]
    models = models[:2] if never else models
    floor = ["--goal=embedded"] if never else []
    asked = ["quick.lr=1e-3", "evaluate.items=150", f"evaluate.world={'none' if never else 'embedded'}"]
    _remem(
        *("assess", "--data", world / "dataset", "--taught", world / "taught" / "model"),
        *(*floor, *models, "--out", judged, *_set(*asked)),
    )
    return judged


def _set(*settings: str) -> list[str]:
    return [part for one in settings for part in ("--set", one)]


def _remem(*arguments: object) -> None:
    command = [sys.executable, "-m", "remem", *map(str, arguments), "--quiet", "--workers", "1"]
    subprocess.run(command, check=True, env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"})


def answers(root: Path, world: int) -> Iterator[Answer]:
    """Of everybody who is to be forgotten, in every model of a run. That the taught model is the model before
    is left aside: its numbers have to tell."""
    context, _ = open_run(root)
    data = context.data()
    run = read_run(root, data)
    people = sorted({data.items[id].person for id in data.splits[run.forget or ""]})
    for arm in run.arms.values():
        for person in people if arm.role == "given" else ():
            about = Person(run, data, person, arm.name)
            parts, member, attacks = measured(about), about.membership(), about.attacks()
            found = outcome(about, parts, member, attacks)
            shown = {one.name: one for side in ("says", "knows") for one in parts[side]}
            shown |= {"membership": member} | {f"attack: {one.access}": one.measure for one in attacks}
            sides = tuple(dict.fromkeys(one.side for one in found.because))
            yield Answer(world, arm.record.label, found.outcome, sides, shown)


def rates(found: Sequence[Answer]) -> list[str]:
    """A line for each kind of model."""
    lines = [
        "| the people were | people | not honoured | undecided | no trace | right | wrong |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, (_, title) in MODELS.items():
        own = [one for one in found if one.model == name]
        if own:
            count = Counter(one.outcome for one in own)
            told = [str(count[one]) for one in OUTCOMES]
            sure = [str(count[which[name]]) if name in which else "" for which in (RIGHT, WRONG)]
            lines.append(f"| {title} | {len(own)} | {' | '.join([*told, *sure])} |")
    return lines


def shares(found: Sequence[Answer]) -> list[str]:
    """Of each measure the mean share that is left, and how often it was called left, undecided and gone."""
    lines = [
        "| measure | " + " | ".join(title for _, title in MODELS.values()) + " |",
        "|---|" + "---|" * len(MODELS),
    ]
    names = dict.fromkeys(name for one in found for name in one.measures)
    for name in names:
        cells = []
        for model in MODELS:
            own = [one.measures[name] for one in found if one.model == model and name in one.measures]
            there = [one.share for one in own if one.share is not None]
            words = Counter(one.word for one in own)
            told = ", ".join(f"{count} {word}" for word, count in words.most_common())
            cells.append(f"{100 * sum(there) / len(there):.0f}: {told}" if there else "")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def open_sides(found: Sequence[Answer]) -> str:
    """What leaves retrained people undecided."""
    own = [one for one in found if one.model == "gone" and one.outcome == "undecided"]
    count = Counter(side for one in own for side in one.open)
    told = ", ".join(f"{side} {count[side]}" for side in SIDES if count[side])
    return f"Of {len(own)} retrained people who stay undecided: {told}." if own else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--page", type=Path)
    chosen = parser.parse_args()
    parts = []
    for never, title in ((False, "Beside strangers"), (True, "Beside the base, which was never taught")):
        found = [one for seed in SEEDS for one in answers(make(chosen.folder, seed, never), seed)]
        first = [one for one in found if one.world == SEEDS[0]]
        fresh = [one for one in found if one.world != SEEDS[0]]
        parts += [f"## {title}", "\n".join(rates(found)), open_sides(found)]
        parts += [f"World {SEEDS[0]} alone:", "\n".join(rates(first)), "The others:", "\n".join(rates(fresh))]
        parts += ["\n".join(shares(found))]
    text = "\n\n".join(filter(None, parts)) + "\n"
    print(text)
    if chosen.page is not None:
        head = (
            chosen.page.read_text("utf-8").partition("## Beside strangers")[0] if chosen.page.exists() else ""
        )
        chosen.page.write_text(head + text, "utf-8")


if __name__ == "__main__":
    main()
