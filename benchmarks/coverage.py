"""How often do intervals hold the truth, and how wide are they? Known populations, drawn again and again.

python benchmarks/coverage.py [--draws N] [--seed N] [--page docs/results/coverage.md]

The percentile bootstraps that the intervals replaced are kept here alone, for the column "before"; what else
was tried is in `tried.py`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tried import RESAMPLED, grid

from remem.scoring.stats import Interval, Side, area_interval, interval, nested_interval, paired_difference

QUESTIONS = 60
MEANS, CORRELATIONS = (0.1, 0.5, 0.9), (0.05, 0.3)
Ends = tuple[float, float]
Floats = NDArray[np.float64]
Trial = Callable[[np.random.Generator], tuple[float, Ends, Ends]]  # truth, before, after


@dataclass(frozen=True)
class Cell:
    """One population, and how it is drawn and measured."""

    what: str  # the row of the table
    where: str  # the cell inside it
    trial: Trial


def shares(mean: float, correlation: float, size: int, rng: np.random.Generator) -> Floats:
    """Shares of right answers, beta: questions inside a unit correlate by so much. 1: all or none."""
    if correlation >= 1:
        return (rng.random(size) < mean).astype(float)
    scale = (1 - correlation) / correlation
    return rng.beta(mean * scale, (1 - mean) * scale, size)


def percentile(means: Floats) -> Ends:
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def resampled(sums: Floats, rng: np.random.Generator, draws: int = 2000) -> Floats:
    """How often each unit is drawn in each resample."""
    return rng.multinomial(len(sums), [1 / len(sums)] * len(sums), size=draws).astype(float)


def bootstrap(values: Floats, each: int, rng: np.random.Generator) -> Ends:
    """Whole units of `each` values resampled."""
    units = values.reshape(-1, each).mean(1)
    return percentile(resampled(units, rng) @ units / len(units))


def ends(found: Interval) -> Ends:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def names(count: int, each: int) -> list[str]:
    return [f"p{number}" for number in range(count) for _ in range(each)]


def people(count: int, mean: float, correlation: float) -> Trial:
    who = names(count, QUESTIONS)

    def trial(rng: np.random.Generator) -> tuple[float, Ends, Ends]:
        right = (rng.random(len(who)) < shares(mean, correlation, count, rng).repeat(QUESTIONS)).astype(float)
        return mean, bootstrap(right, QUESTIONS, rng), ends(interval(right.tolist(), who))

    return trial


def one_person(mean: float, correlation: float, facts: int = 15, asked: int = 4) -> Trial:
    """Her facts, each asked several times; the truth is her mean over all facts that she could be asked."""
    which = names(facts, asked)

    def trial(rng: np.random.Generator) -> tuple[float, Ends, Ends]:
        right = (rng.random(len(which)) < shares(mean, correlation, facts, rng).repeat(asked)).astype(float)
        found = interval(right.tolist(), ["she"] * len(which), facts=which)
        return mean, bootstrap(right, 1, rng), ends(found)

    return trial


def seeds(count: int, mean: float, between: float, inside: float, each: int = 5, asked: int = 20) -> Trial:
    """Each seed has five people of its own, twenty questions each."""
    who = names(count * each, asked)
    which = [number for number in range(count) for _ in range(each * asked)]

    def trial(rng: np.random.Generator) -> tuple[float, Ends, Ends]:
        own = [
            shares(min(0.995, max(0.005, m)), inside, each, rng) for m in shares(mean, between, count, rng)
        ]
        right = (rng.random(len(who)) < np.concatenate(own).repeat(asked)).astype(float)
        after = ends(nested_interval(right.tolist(), who, which))
        return mean, _nested(right.reshape(count, each, asked).mean(2), rng), after

    return trial


def _nested(means: Floats, rng: np.random.Generator, draws: int = 2000) -> Ends:
    """Seeds resampled, then people within each. (seeds, people)"""
    count, each = means.shape
    times = rng.multinomial(count, [1 / count] * count, size=draws)
    inside = [rng.multinomial(times[:, s] * each, [1 / each] * each) @ means[s] for s in range(count)]
    return percentile(sum(inside) / (count * each))


def pairs_of_arms(count: int, mean: float, other: float, correlation: float) -> Trial:
    """Two arms; half of the people are alike to both where the arms are equally good."""
    who = names(count, QUESTIONS)
    ids = [str(number) for number in range(len(who))]
    owner = dict(zip(ids, who, strict=True))

    def trial(rng: np.random.Generator) -> tuple[float, Ends, Ends]:
        first, second = shares(mean, correlation, count, rng), shares(other, correlation, count, rng)
        if mean == other:
            second = np.where(rng.random(count) < 0.5, first, second)
        one, two = ((rng.random(len(who)) < side.repeat(QUESTIONS)).astype(float) for side in (first, second))
        found = paired_difference(
            dict(zip(ids, one.tolist(), strict=True)), dict(zip(ids, two.tolist(), strict=True)), owner
        )
        return mean - other, bootstrap(one - two, QUESTIONS, rng), ends(found)

    return trial


def areas(count: int, others: int, area: float, spread: float, facts: int = 15, asked: int = 4) -> Trial:
    """Familiarity is normal: of a person (variance `spread`), of a fact (0.3), of a row.

    With one person the truth is hers, against all strangers.
    """
    from scipy.stats import norm

    shift = norm.ppf(area) * 2**0.5

    def side(size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        own = rng.normal(0, spread**0.5, size)
        fact = rng.normal(0, 0.3**0.5, size * facts)
        row = rng.normal(0, (0.7 - spread) ** 0.5, size * facts * asked)
        return own, own.repeat(facts * asked) + fact.repeat(asked) + row

    def of(values: Floats, size: int) -> Side:
        return Side(
            values=values.tolist(), people=names(size, facts * asked), facts=names(size * facts, asked)
        )

    def trial(rng: np.random.Generator) -> tuple[float, Ends, Ends]:
        own, ours = side(count, rng)
        _, theirs = side(others, rng)
        truth = float(norm.cdf((shift + own[0]) / (2 - spread) ** 0.5)) if count == 1 else area
        ours = ours + shift
        pairs = np.greater.outer(ours, theirs)
        units = pairs.reshape(len(ours) if count == 1 else count, -1, others, facts * asked).mean((1, 3))
        drawn = resampled(units[:, 0], rng) @ units / len(units)
        before = percentile((drawn * resampled(units[0], rng)).sum(1) / others)
        return truth, before, ends(area_interval(of(ours, count), of(theirs, others)))

    return trial


def cells() -> Iterator[Cell]:
    for count in (2, 3, 4, 5, 8, 11, 20):
        for mean in MEANS:
            for inside in CORRELATIONS:
                yield Cell(f"mean, {count} people", f"{mean}, {inside}", people(count, mean, inside))
    for mean in MEANS:
        for inside in (0.3, 1.0):
            yield Cell("mean, one person, 15 facts", f"{mean}, {inside}", one_person(mean, inside))
    for count in (2, 3, 5):
        for mean in (0.5, 0.9):
            for between in (0.01, 0.1):
                yield Cell(f"mean, {count} seeds", f"{mean}, {between}", seeds(count, mean, between, 0.2))
    for count in (2, 3, 5, 11, 20):
        for mean, other in ((0.5, 0.5), (0.9, 0.9), (0.9, 0.5)):
            for inside in CORRELATIONS:
                yield Cell(
                    f"difference, {count} people",
                    f"{mean} against {other}, {inside}",
                    pairs_of_arms(count, mean, other, inside),
                )
    for count, others in ((1, 4), (4, 4), (8, 8)):
        for area in (0.5, 0.8, 0.95):
            for spread in CORRELATIONS:
                yield Cell(
                    f"AUC, {count} against {others}", f"{area}, {spread}", areas(count, others, area, spread)
                )


@dataclass(frozen=True)
class Found:
    what: str
    where: str
    before: float  # coverage
    after: float
    narrow: float  # mean width before
    wide: float  # and after


def measure(cell: Cell, draws: int, seed: int) -> Found:
    rng = np.random.default_rng([seed, *cell.what.encode(), *cell.where.encode()])
    held, width = np.zeros(2), np.zeros(2)
    for _ in range(draws):
        truth, *both = cell.trial(rng)
        held += [low <= truth <= high for low, high in both]
        width += [high - low for low, high in both]
    return Found(cell.what, cell.where, *(held / draws), *(width / draws))


def table(found: Sequence[Found]) -> str:
    lines = [
        "| | cells | covers, before | covers, after | weakest cell after | width, before | width, after |",
        "|---|---:|---|---|---|---|---|",
    ]
    for what in dict.fromkeys(one.what for one in found):
        inside = [one for one in found if one.what == what]
        weakest = min(inside, key=lambda one: one.after)
        lines.append(
            f"| {what} | {len(inside)} | {_span([one.before for one in inside], 3)} "
            f"| {_span([one.after for one in inside], 3)} | {weakest.where}: {weakest.after:.3f} "
            f"| {_span([one.narrow for one in inside], 2)} | {_span([one.wide for one in inside], 2)} |"
        )
    return "\n".join(lines)


def _span(values: Sequence[float], digits: int) -> str:
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def page(found: Sequence[Found], trials: str, draws: int, seed: int, seconds: float) -> str:
    error = (0.95 * 0.05 / draws) ** 0.5
    return f"""# Coverage

Made by `python benchmarks/coverage.py --draws {draws} --seed {seed} --page docs/results/coverage.md` in
{seconds:.0f} s of one core. Nominal 95 %; {draws:,} draws a cell, so a coverage of 0.95 is known to ±
{error:.3f} (one standard error). "Before" is the percentile bootstrap of whole people (of questions, for one
person) that the intervals of [decision 30](../decisions/0030-intervals-that-cover.md) replaced. Ranges are
over the cells of a row.

{table(found)}

- **Mean**: exact match; person means 0.1, 0.5 and 0.9, correlation inside a person 0.05 and 0.3
  (beta-binomial), 60 questions each.
- **One person**: 15 facts asked four times, correlation inside a fact 0.3 and 1; the truth is her mean over
  facts.
- **Seeds**: means 0.5 and 0.9, correlation inside a seed 0.01 and 0.1, five people a seed with 0.2 inside
  each, 20 questions.
- **Difference**: two arms with the same questions, equally good (half of the people alike to both) or 0.9
  against 0.5.
- **AUC**: 0.5, 0.8 and 0.95; familiarity is normal, a person has 0.05 or 0.3 of the variance, a fact 0.3; 15
  facts asked four times. With one person the truth is hers against all strangers.

## What was tried

Of the mean over people, in the six cells of each number of people: least and largest coverage, and mean
width. "All or none": mean 0.5, correlation inside a person 0.9. {RESAMPLED} draws a cell for bootstraps.

{trials}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1000, help="of each cell")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--page", type=Path, help="writes a Markdown page, too")
    asked = parser.parse_args()
    clock = time.process_time()
    found = []
    for cell in cells():
        one = measure(cell, asked.draws, asked.seed)
        found.append(one)
        print(
            f"{one.what:<28} {one.where:<22} {one.before:.3f} -> {one.after:.3f}"
            f"   width {one.narrow:.2f} -> {one.wide:.2f}",
            flush=True,
        )
    trials = grid(MEANS, CORRELATIONS, QUESTIONS, asked.draws, asked.seed)
    print(f"\n{table(found)}\n\n{trials}")
    if asked.page:
        text = page(found, trials, asked.draws, asked.seed, time.process_time() - clock)
        asked.page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
