"""Intervals of a mean over people that were tried: of the person means, (draws, people), two ends each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import betaln, expit, logit

Floats = NDArray[np.float64]
Ends = tuple[Floats, Floats]
Kind = Callable[[Floats, int], Ends]  # person means, questions a person

COUNTS = (2, 3, 5, 8, 11, 20)
RESAMPLED = 200  # draws of the bootstraps that scipy makes, which are slow


def _mean(means: Floats) -> tuple[Floats, Floats, float]:
    """Mean, its variance, and the 97.5 % quantile of Student's t."""
    count = means.shape[1]
    return means.mean(1), means.var(1, ddof=1) / count, float(stats.t.ppf(0.975, count - 1))


def raw(means: Floats, each: int) -> Ends:
    mean, variance, t = _mean(means)
    reach = t * variance**0.5
    return np.clip(mean - reach, 0, 1), np.clip(mean + reach, 0, 1)


def on_logits(coin: float, capped: bool = False, floor: bool = False) -> Kind:
    """`coin`: by how much of a person who lands at an end of the scale by a coin the variance grows."""

    def ends(means: Floats, each: int) -> Ends:
        count, items = means.shape[1], means.shape[1] * each
        mean, variance, t = _mean(means)
        middle, centre = (count * mean + 0.5) / (count + 1), (items * mean + 0.5) / (items + 1)
        if floor:
            variance = np.maximum(variance, centre * (1 - centre) / items)
        variance = variance + coin * middle * (1 - middle) / count**2
        reach = t * variance**0.5 / (centre * (1 - centre))
        low = np.minimum(expit(logit(centre) - reach), mean)
        high = np.maximum(expit(logit(centre) + reach), mean)
        if capped:
            least, most = _coins(mean, np.full_like(mean, count))
            low, high = np.maximum(low, least), np.minimum(high, most)
        return low, high

    return ends


def _coins(mean: Floats, number: Floats) -> Ends:
    """Clopper and Pearson's, of a number of coins."""
    with np.errstate(all="ignore"):
        low = stats.beta.ppf(0.025, number * mean, number * (1 - mean) + 1)
        high = stats.beta.ppf(0.975, number * mean + 1, number * (1 - mean))
    return np.where(mean <= 0, 0, low), np.where(mean >= 1, 1, high)


def _effective(means: Floats, coin: float) -> tuple[Floats, Floats, float]:
    count = means.shape[1]
    mean, variance, t = _mean(means)
    middle = (count * mean + 0.5) / (count + 1)
    return mean, middle * (1 - middle) / (variance + coin * middle * (1 - middle) / count**2), t


def wilson(coin: float) -> Kind:
    """Wilson's, with an effective number of questions and Student's t."""

    def ends(means: Floats, each: int) -> Ends:
        mean, number, t = _effective(means, coin)
        centre = (mean + t * t / 2 / number) / (1 + t * t / number)
        reach = t / (1 + t * t / number) * (mean * (1 - mean) / number + t * t / 4 / number**2) ** 0.5
        return centre - reach, centre + reach

    return ends


def jeffreys(coin: float) -> Kind:
    """With an effective number of questions, reduced for few people (Korn and Graubard, 1998)."""

    def ends(means: Floats, each: int) -> Ends:
        mean, number, t = _effective(means, coin)
        number = number * (1.96 / t) ** 2
        alpha, beta = number * mean + 0.5, number * (1 - mean) + 0.5
        return np.minimum(stats.beta.ppf(0.025, alpha, beta), mean), np.maximum(
            stats.beta.ppf(0.975, alpha, beta), mean
        )

    return ends


def korn_graubard(means: Floats, each: int) -> Ends:
    """Clopper and Pearson's with an effective number of questions."""
    mean, number, t = _effective(means, 1e-9)
    return _coins(mean, np.maximum(number * (1.96 / t) ** 2, 1e-9))


def beta_binomial(means: Floats, each: int) -> Ends:
    """The middle of the posterior of the mean; Jeffreys' prior for it, a flat one for the correlation."""
    places = np.linspace(0.0025, 0.9975, 200)
    right = np.arange(each + 1)
    counts = np.zeros((len(means), each + 1))
    np.add.at(counts, (np.arange(len(means))[:, None], np.rint(means * each).astype(int)), 1)
    logs = []
    for inside in np.linspace(0.01, 0.99, 50):
        scale = (1 - inside) / inside
        alpha, beta = places * scale, (1 - places) * scale
        logs.append(
            counts @ (betaln(right[:, None] + alpha, each - right[:, None] + beta) - betaln(alpha, beta))
        )
    whole = np.stack(logs)
    posterior = np.exp(whole - whole.max((0, 2), keepdims=True)).sum(0) / (places * (1 - places)) ** 0.5
    below = posterior.cumsum(1) / posterior.sum(1, keepdims=True)
    last = len(places) - 1
    low, high = ((below < chance).sum(1).clip(0, last) for chance in (0.025, 0.975))
    return places[low] - 0.00125, places[high] + 0.00125


def resampling(method: str) -> Kind:
    def ends(means: Floats, each: int) -> Ends:
        with np.errstate(all="ignore"):
            found = stats.bootstrap(
                (means[:RESAMPLED],), np.mean, axis=1, n_resamples=999, method=method, rng=0, vectorized=True
            ).confidence_interval  # fmt: skip
        # Where all people agree it is not defined.
        mean = means[:RESAMPLED].mean(1)
        return tuple(np.where(np.isnan(end), mean, end) for end in found)  # type: ignore[return-value]

    return ends


def studentised(means: Floats, each: int) -> Ends:
    """Bootstrap t: the quantiles of the resamples' own t (Davison and Hinkley, 1997, section 2.4)."""
    means = means[:RESAMPLED]
    count = means.shape[1]
    drawn = np.random.default_rng(0).integers(0, count, (999, count))
    mean, error = means.mean(1), means.std(1, ddof=1) / count**0.5
    again = means[:, drawn]  # (draws, resamples, people)
    with np.errstate(all="ignore"):
        t = (again.mean(2) - mean[:, None]) / (again.std(2, ddof=1) / count**0.5)
    t = np.where(np.isfinite(t), t, 0)
    low, high = np.quantile(t, [0.025, 0.975], axis=1)
    return np.clip(mean - high * error, 0, 1), np.clip(mean - low * error, 0, 1)


KINDS: dict[str, Kind] = {
    "percentile bootstrap (before)": resampling("percentile"),
    "BCa bootstrap": resampling("BCa"),
    "studentised bootstrap": studentised,
    "t": raw,
    "Wilson, effective number": wilson(1e-9),
    "Wilson, a fifth of a coin": wilson(0.2),
    "Jeffreys, effective number": jeffreys(1e-9),
    "Jeffreys, a fifth of a coin": jeffreys(0.2),
    "Korn and Graubard": korn_graubard,
    "beta-binomial posterior": beta_binomial,
    "t on logits": on_logits(1e-9),
    "t on logits, a tenth of a coin": on_logits(0.1),
    "t on logits, a fifth of a coin": on_logits(0.2),
    "the same, capped by coins, floored: taken": on_logits(0.2, capped=True, floor=True),
}


def grid(means: Sequence[float], inside: Sequence[float], each: int, draws: int, seed: int) -> str:
    """The table, in Markdown. In the last two columns the answers of a person correlate by 0.9."""
    rng = np.random.default_rng(seed)

    def drawn(count: int, mean: float, correlation: float) -> Floats:
        scale = (1 - correlation) / correlation
        return rng.binomial(each, rng.beta(mean * scale, (1 - mean) * scale, (draws, count))) / each

    usual = {c: [(m, drawn(c, m, r)) for m in means for r in inside] for c in COUNTS}
    whole = {c: [(0.5, drawn(c, 0.5, 0.9))] for c in (3, 8)}
    head = [f"{count} people" for count in COUNTS] + [f"{count}, all or none" for count in whole]
    lines = ["| | " + " | ".join(head) + " |", "|---" * (len(head) + 1) + "|"]
    for name, kind in KINDS.items():
        row = []
        for found in [*usual.values(), *whole.values()]:
            held, wide = [], []
            for truth, drawing in found:
                low, high = kind(drawing, each)
                held.append(float(((low <= truth) & (truth <= high)).mean()))
                wide.append(float((high - low).mean()))
            span = f"{min(held):.2f} to {max(held):.2f}" if len(held) > 1 else f"{held[0]:.2f}"
            row.append(f"{span}; {np.mean(wide):.2f}")
        lines.append(f"| {name} | " + " | ".join(row) + " |")
    return "\n".join(lines)
