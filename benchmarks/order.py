"""Do two models put methods in the same order? Rank correlations between two finished runs.

    python benchmarks/order.py runs/smollm2-quick runs/embedded-six

Of every method that both runs have, its mean over the facts; of these means Spearman's rank correlation
between the runs. The interval resamples the facts of each run (95 %, percentiles): it speaks of these
people, these trainings and these methods alone, and five methods have 120 orders.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

import remem

MEASURES = {
    "exact match, forgotten": ("forget1", "em"),
    "exact match, forgotten, held out": ("test-forget", "em"),
    "exposure, forgotten": ("forget1", "exposure_norm"),
    "probability, forgotten": ("forget1", "probability"),
    "exact match, kept facts": ("kept-facts", "em"),
    "exact match, kept people": ("kept-people", "em"),
    "exact match, kept, held out": ("test-retain", "em"),
}
DRAWS = 10_000


def table(folder: Path) -> dict[str, dict[str, dict[tuple[str, str], float]]]:
    """By measure and method its mean of each fact, over seeds."""
    items = remem.read(folder).items().to_pandas()
    items = items[items.role == "method"]
    found = {}
    for name, (part, metric) in MEASURES.items():
        of_part = items[(items.part == part) & items[metric].notna()]
        means = of_part.groupby(["method", "person", "attribute"])[metric].mean()
        found[name] = {str(one): {k[1:]: v for k, v in rows.items()} for one, rows in means.groupby("method")}
    return found


def matrix(rows: dict[str, dict[tuple[str, str], float]], methods: list[str]) -> NDArray[np.float64]:
    """(methods, facts) of the facts that all methods were asked."""
    facts = sorted(set.intersection(*(set(rows[one]) for one in methods)))
    return np.array([[rows[one][fact] for fact in facts] for one in methods])


def correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spearman's, over the last axis; not a number where one of them is constant."""
    a, b = (rankdata(values, axis=-1) for values in (one, other))
    a, b = a - a.mean(-1, keepdims=True), b - b.mean(-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = (a * b).sum(-1) / np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return found


def drawn(values: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """(draws, methods): means over facts that are drawn again."""
    at = rng.integers(values.shape[1], size=(DRAWS, values.shape[1]))
    return values[:, at].mean(-1).T


def main(one: Path, other: Path) -> None:
    """Prints a table."""
    ours, theirs = table(one), table(other)
    print("| measure | methods | rank correlation | 95 % interval | drawn without an order |")
    print("|---|---:|---:|---:|---:|")
    for name in MEASURES:
        methods = sorted(ours[name].keys() & theirs[name].keys())
        if len(methods) < 3:
            continue
        rng = np.random.default_rng(0)
        a, b = matrix(ours[name], methods), matrix(theirs[name], methods)
        found = correlation(a.mean(1), b.mean(1))
        many = correlation(drawn(a, rng), drawn(b, rng))
        known = many[np.isfinite(many)]
        low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
        constant = 1 - len(known) / DRAWS
        print(f"| {name} | {len(methods)} | {found:.2f} | {low:.2f} to {high:.2f} | {100 * constant:.0f} % |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
