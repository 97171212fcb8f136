"""Does the worst of many attacks look like one where none is? Populations without any, drawn again and again.

python benchmarks/worst_case.py [--draws N] [--seed N] [--page docs/results/worst-case.md]

Seeds and Goal models are drawn alike, so no setting recovers anything. The naive worst case takes the setting
with the largest excess and its own interval; the other one chooses on other folds (scoring/worst.py).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from remem.scoring.differences import Difference, difference
from remem.scoring.recovered import Sides
from remem.scoring.worst import FOLDS, worst

Floats = NDArray[np.float64]
TRIED = (2, 3, 5, 99)  # folds; 99 leaves one unit out at a time
UNIT, ITEM = 0.3, 0.3  # of the variance: what a unit's questions share; what all models find hard alike


@dataclass(frozen=True)
class Cell:
    """One population."""

    units: int
    each: int  # questions of a unit
    one: bool  # units are facts of one person; else people
    settings: int
    runs: int  # seeds, and as many Goal models
    alike: float  # of what differs between models, the share that all settings have in common
    shift: float = 0.0  # standard deviation of what a model does to all questions alike, on the latent scale
    level: float = 0.15  # of right answers; 0: exposure, whose mean is a half
    effect: float = 0.0  # of one setting, on the latent scale, in the seeds alone

    @property
    def what(self) -> str:
        return f"{self.units} facts of one person" if self.one else f"{self.units} people"


def draw(cell: Cell, rng: np.random.Generator) -> Floats:
    """(models, settings, items), from 0 to 1; seeds first."""
    models, items = 2 * cell.runs, cell.units * cell.each

    def noise(*shape: int) -> Floats:
        unit = rng.normal(size=(*shape, cell.units)).repeat(cell.each, -1)
        return UNIT**0.5 * unit + (1 - UNIT) ** 0.5 * rng.normal(size=(*shape, items))

    own, common = (1 - ITEM) * (1 - cell.alike), (1 - ITEM) * cell.alike
    found = ITEM**0.5 * noise(1, 1) + common**0.5 * noise(models, 1) + own**0.5 * noise(models, cell.settings)
    found += cell.shift * cell.alike**0.5 * rng.normal(size=(models, 1, 1))
    found += cell.shift * (1 - cell.alike) ** 0.5 * rng.normal(size=(models, cell.settings, 1))
    found /= (1 + cell.shift**2) ** 0.5
    found[: cell.runs, cell.settings // 2] += cell.effect
    if not cell.level:
        return np.asarray(norm.cdf(found))
    return (found + norm.ppf(cell.level) > 0).astype(float)


@dataclass(frozen=True)
class Found:
    """Of one way: how often its 95 % interval excludes 0, above and below; and its mean excess."""

    above: float
    below: float
    mean: float

    @property
    def wrong(self) -> float:
        return self.above + self.below


def measure(cell: Cell, draws: int, seed: int) -> list[Found]:
    """The naive way first, then by the numbers of folds TRIED."""
    ids = [f"u{unit:02}q{q}" for unit in range(cell.units) for q in range(cell.each)]
    units = {id: id[:3] for id in ids}
    people = dict.fromkeys(ids, "she") if cell.one else units
    rng = np.random.default_rng([seed, *repr(cell).encode()])
    tally = np.zeros((1 + len(TRIED), 3))
    for _ in range(draws):
        drawn = draw(cell, rng)
        runs = [[dict(zip(ids, row, strict=True)) for row in model.tolist()] for model in drawn]
        settings = {
            f"setting {number}": Sides(
                [run[number] for run in runs[: cell.runs]], [run[number] for run in runs[cell.runs :]]
            )
            for number in range(cell.settings)
        }
        means = drawn.mean(2)
        best = int(np.argmax(means[: cell.runs].mean(0) - means[cell.runs :].mean(0)))
        ways = [settings[f"setting {best}"]]
        for folds in TRIED:
            chosen = worst(settings, people, units, folds)
            assert chosen is not None
            ways.append(chosen.sides)
        tally += [_told(difference(*sides, people, units)) for sides in ways]
    return [Found(*row) for row in (tally / draws).tolist()]


def _told(gap: Difference) -> tuple[bool, bool, float]:
    ends = gap.ends()
    assert gap.mean is not None
    return ends is not None and ends[0] > 0, ends is not None and ends[1] < 0, gap.mean


def cells() -> Iterator[Cell]:
    shapes = ((5, 4, True), (15, 4, True), (3, 12, False), (10, 12, False))
    for units, each, one in shapes:
        for settings in (5, 60):
            for runs in (1, 2):
                for level in (0.15, 0.0):
                    for alike in (0.2, 0.8):
                        yield Cell(units, each, one, settings, runs, alike, level=level)


def others() -> Iterator[tuple[str, Cell]]:
    """What the table has besides: models that differ by setting, and an attack that works."""
    for runs in (1, 2):
        models = f"{runs} seed{'s' * (runs > 1)} and Goal model{'s' * (runs > 1)}"
        for units, one in ((15, True), (10, False)):
            each = 4 if one else 12
            shifted = Cell(units, each, one, 20, runs, 0.5, shift=0.3)
            yield f"{shifted.what}, {models} that differ by setting", shifted
            works = Cell(units, each, one, 20, runs, 0.5, effect=2.0)
            yield f"{works.what}, {models}, one attack of 20 works", works


def table(found: Sequence[tuple[Cell, list[Found]]]) -> str:
    heads = ["naive", *(f"{folds} folds" if folds < 99 else "one out" for folds in TRIED)]
    lines = [
        f"| units | settings | runs a side | {' | '.join(heads)} | naive excess | excess, {FOLDS} folds |",
        "|---|---:|---:|" + "---|" * len(heads) + "---:|---:|",
    ]
    rows = dict.fromkeys((cell.what, cell.settings, cell.runs) for cell, _ in found)
    for what, settings, runs in rows:
        here = [
            ways for cell, ways in found if (cell.what, cell.settings, cell.runs) == (what, settings, runs)
        ]
        spans = [
            f"{min(ways[n].wrong for ways in here):.3f} to {max(ways[n].wrong for ways in here):.3f}"
            for n in range(len(heads))
        ]
        means = [sum(ways[n].mean for ways in here) / len(here) for n in (0, 1 + TRIED.index(FOLDS))]
        lines.append(
            f"| {what} | {settings} | {runs} | {' | '.join(spans)} | {means[0]:+.3f} | {means[1]:+.3f} |"
        )
    return "\n".join(lines)


def besides(found: Sequence[tuple[str, list[Found]]]) -> str:
    place = 1 + TRIED.index(FOLDS)
    lines = [
        f"| 20 settings | naive: excludes 0 | {FOLDS} folds: excludes 0 "
        f"| naive excess | excess, {FOLDS} folds |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {what} | {ways[0].wrong:.3f} | {ways[place].wrong:.3f} "
        f"| {ways[0].mean:+.3f} | {ways[place].mean:+.3f} |"
        for what, ways in found
    ]
    return "\n".join(lines)


def page(first: str, second: str, draws: int, seed: int, seconds: float) -> str:
    error = (0.05 * 0.95 / draws) ** 0.5
    return f"""# The worst of many attacks

Made by `python benchmarks/worst_case.py --draws {draws} --seed {seed} --page docs/results/worst-case.md` in
{seconds / 60:.0f} min of one core. How often a 95 % interval of the worst attack's excess over the Goal
models excludes 0 where nothing is to be brought back: seeds and Goal models are drawn alike. {draws} draws a
cell, so 0.05 is known to ± {error:.3f} (one standard error); ranges are over exact match (15 % right) and
exposure, and over settings that have 20 or 80 % of what differs between models in common.

{first}

- **Naive**: the setting with the largest excess, and its own interval. It finds something in models that know
  nothing, the more often the more settings were tried, and the excess it tells of is not there.
- **Folds**: the setting is chosen on other units than it is counted on (`src/remem/scoring/worst.py`). The
  excess is 0 on average with any number of folds, but the more there are, the more they have in common that
  chooses, and the less independent are their units than the interval takes them to be; leaving out one unit
  at a time is the worst. Remem uses {FOLDS}.
- With two seeds and two Goal models the intervals carry both terms, at one degree of freedom each, and are
  wide.

## What it does not even out, and what it finds

Models may differ by setting for all facts alike (a standard deviation of 0.3 on the latent scale): then the
chosen setting is one that suits these models, on all folds. With one seed and one Goal model the interval
speaks of these two alone, as everywhere in remem, and says so (`unknown`); with several, the terms of the
seeds and of the Goal models are in it. "Works": one setting of twenty moves the seeds by 2 on the latent
scale.

{second}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=400, help="of each cell")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--page", type=Path, help="writes a Markdown page, too")
    asked = parser.parse_args()
    clock = time.process_time()
    found = []
    for cell in cells():
        ways = measure(cell, asked.draws, asked.seed)
        found.append((cell, ways))
        print(cell, *(f"{way.wrong:.3f}" for way in ways), flush=True)
    second = [(what, measure(cell, asked.draws, asked.seed)) for what, cell in others()]
    tables = table(found), besides(second)
    print(*tables, sep="\n\n")
    if asked.page:
        text = page(*tables, asked.draws, asked.seed, time.process_time() - clock)
        asked.page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
