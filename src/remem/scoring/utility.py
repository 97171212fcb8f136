"""What else does a model still know? The world's exam marked, and one score of utility.

Real and World Fact are axes of PEBench (Xu et al., arXiv:2503.12545), presence is asked as in POPE (Li et
al., EMNLP 2023, arXiv:2305.10355). Utility is a harmonic mean, as in TOFU (Maini et al., arXiv:2401.06121): a
model that lost one part of what it knew is not saved by the others. Its parts are ours.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from remem.scoring.metrics import METRICS
from remem.scoring.stats import SHARE, Bounds, Spread
from remem.types import Item, Ranking, Response

LEVEL = 0.95
POINTS = 12  # their number, as a power of two
PARTS = ("kept", "test-retain", "real", "world-fact", "plain")
GENERAL = ("kept", "test-retain", "general", "plain")  # the same, of an exam of general knowledge


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A figure of the exam with its interval."""

    split: str  # "real", "world-fact", "general", "plain", "utility"
    metric: str
    mean: float | None  # None: nothing was asked that gives it
    low: float | None = None
    high: float | None = None
    groups: int = 0  # people, scenes or sentences: the units of the interval
    items: int = 0
    missing: int = 0


@dataclass(frozen=True)
class _Sample:
    """Values with their groups."""

    values: list[float]
    groups: list[str]
    missing: int = 0
    bounds: Bounds = SHARE
    ids: tuple[str, ...] = ()  # of the questions

    @property
    def mean(self) -> float:
        return float(np.mean(self.values))

    def spread(self) -> Spread | None:
        return Spread.of(self.values, self.groups, self.bounds)


def world_marks(
    items: Mapping[str, Item],
    splits: Mapping[str, Sequence[str]],
    responses: Sequence[Response],
    rankings: Sequence[Ranking],
    base: Sequence[Response],
) -> tuple[list[Mark], dict[str, _Sample]]:
    """The figures of each split of the exam, and the samples that utility is made of.

    `base` is what the model said before stage 1: the plain-language part of utility is measured against it.
    """
    said = {one.id: one for one in responses}
    before = {one.id: one for one in base}
    inside = {name: [one for one in ids if one in said] for name, ids in splits.items()}
    marks: list[Mark] = []
    parts: dict[str, _Sample] = {}
    truth = {one.id: float(np.argmax(one.logp) == one.truth) for one in rankings}

    for name in ("real", "general"):
        if name in inside:
            here = inside[name]
            for key in ("em", "rouge_l_f1", "probability"):
                metric = METRICS[key]
                values = {one: metric(items[one], said[one]) for one in here}
                marks.append(_mark(name, key, sample(values, items, here)))
            parts[name] = _sample(items, here, lambda one: METRICS["em"](items[one], said[one]))
    if "general" in inside:
        likeliest = sample(truth, items, [one for one in inside["general"] if one in truth])
        marks.append(_mark("general", "accuracy_logits", likeliest))
    if "world_fact" in inside:
        found, parts["world-fact"] = _presence(items, inside["world_fact"], said, rankings, truth)
        marks += found

    # Sentences differ little in length, so a mean over sentences of the mean over tokens is taken.
    nll = _sample(items, inside["plain"], lambda one: _nll(said[one]), (0.0, None))
    marks.append(_through(_mark("plain", "perplexity", nll), _exp))
    worse = _sample(
        items,
        [o for o in inside["plain"] if o in before],
        lambda one: _less(_nll(said[one]), _nll(before[one])),
        (None, None),
    )
    parts["plain"] = worse
    return marks, parts


def _presence(
    items: Mapping[str, Item],
    asked: Sequence[str],
    said: Mapping[str, Response],
    rankings: Sequence[Ranking],
    truth: Mapping[str, float],
) -> tuple[list[Mark], _Sample]:
    """The figures of what is in pictures, and whether each answer is right."""
    right = _sample(items, asked, lambda one: METRICS["em"](items[one], said[one]))
    marks = [_mark("world-fact", "accuracy", right)]
    yes = _sample(items, asked, lambda one: float(_says(said[one].text) == "yes"))
    marks.append(_mark("world-fact", "yes_rate", yes))
    marks.append(_f1(items, asked, said))
    logits = _sample(items, [one for one in asked if one in truth], lambda one: truth[one])
    marks.append(_mark("world-fact", "accuracy_logits", logits))
    leaning = {one.id: float(one.candidates[int(np.argmax(one.logp))].lower() == "yes") for one in rankings}
    marks.append(
        _mark(
            "world-fact",
            "yes_rate_logits",
            _sample(items, [o for o in asked if o in leaning], lambda one: leaning[one]),
        )
    )
    return marks, right


def utility(parts: Mapping[str, _Sample]) -> Mark:
    """The harmonic mean of PARTS, or of those of GENERAL, each from 0 to 1, with its interval.

    kept, test-retain, real, general: exact match. world-fact: accuracy above chance, 2a - 1. plain:
    perplexity of the base over that of the model, at most 1. None unless every part is there. The interval
    holds the middle 95 % of the harmonic means of values that the parts' own intervals (`Spread.below`) give
    at points spread evenly over all chances (Sobol's): a part of a single group leaves none.
    """
    every = GENERAL if "general" in parts else PARTS
    if any(name not in parts or not parts[name].values for name in every):
        return Mark(split="utility", metric="utility", mean=None)
    means = np.array([[_share(name, parts[name].mean)] for name in every])
    low, high = _middle({name: parts[name].spread() for name in every})
    return Mark(
        split="utility",
        metric="utility",
        mean=float(_harmonic(means)[0]),
        low=low,
        high=high,
        groups=sum(len(set(parts[name].groups)) for name in every),
        items=sum(len(parts[name].values) for name in every),
    )


def kept_of_the_world(parts: Mapping[str, _Sample]) -> list[dict[str, str | float]]:
    """Question by question what is left of what nobody taught here: rows of world.parquet.

    Differences of two models' values are differences of what is left, as a share: exact match (real,
    general); 1 where right and -1 where wrong, which is 2a - 1 (world-fact); log-prob a token against the
    base's in nats, a tenth of which is a tenth of the ratio of perplexities (plain).
    """
    turned: dict[str, Callable[[float], float]] = {
        "real": lambda value: value,
        "general": lambda value: value,
        "world-fact": lambda value: 2 * value - 1,
        "plain": lambda value: -value,
    }
    return [
        {"id": id, "group": group, "split": name, "value": turn(value)}
        for name, turn in turned.items()
        if name in parts
        for id, group, value in zip(parts[name].ids, parts[name].groups, parts[name].values, strict=True)
    ]


def sample(values: Mapping[str, float | None], items: Mapping[str, Item], ids: Sequence[str]) -> _Sample:
    """The values of these items as a part of utility."""
    return _sample(items, ids, lambda one: values.get(one))


def _exp(nats: float) -> float:
    """A ruined model's perplexity may be larger than any number."""
    return math.exp(min(700.0, nats))


def _share(name: str, mean: float) -> float:
    if name == "world-fact":
        return max(0.0, 2 * mean - 1)
    return min(1.0, _exp(-mean)) if name == "plain" else mean


def _harmonic(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """(draws,) from (parts, draws); 0 where any part is."""
    safe = np.maximum(parts, 1e-300)
    out: NDArray[np.float64] = np.where((parts <= 0).any(0), 0.0, len(parts) / (1 / safe).sum(0))
    return out


def _sample(
    items: Mapping[str, Item],
    ids: Sequence[str],
    value: Callable[[str], float | None],
    bounds: Bounds = SHARE,
) -> _Sample:
    found = [(one, value(one)) for one in ids]
    there = [(one, v) for one, v in found if v is not None and math.isfinite(v)]
    return _Sample(
        values=[v for _, v in there],
        groups=[items[one].person for one, _ in there],
        missing=len(found) - len(there),
        bounds=bounds,
        ids=tuple(one for one, _ in there),
    )


def _middle(spreads: Mapping[str, Spread | None]) -> tuple[float | None, float | None]:
    from scipy.stats import qmc  # slow to import

    known = {name: spread for name, spread in spreads.items() if spread is not None}
    if len(known) < len(spreads):
        return None, None
    chances = qmc.Sobol(len(known), scramble=False).random_base2(POINTS) + 0.5**POINTS / 2
    found = _harmonic(
        np.stack([
            np.vectorize(lambda mean, name=name: _share(name, mean))(spread.below(chances[:, place]))
            for place, (name, spread) in enumerate(known.items())
        ])
    )  # fmt: skip
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _mark(split: str, metric: str, found: _Sample) -> Mark:
    if not found.values:
        return Mark(split=split, metric=metric, mean=None, missing=found.missing)
    spread = found.spread()
    low, high = (None, None) if spread is None else spread.ends(LEVEL)
    return Mark(
        split=split,
        metric=metric,
        mean=found.mean,
        low=low,
        high=high,
        groups=len(set(found.groups)),
        items=len(found.values),
        missing=found.missing,
    )


def _through(mark: Mark, function: Callable[[float], float]) -> Mark:
    """The mark of a rising function of the figure."""
    mean, low, high = (None if v is None else function(v) for v in (mark.mean, mark.low, mark.high))
    return replace(mark, mean=mean, low=low, high=high)


def _f1(items: Mapping[str, Item], asked: Sequence[str], said: Mapping[str, Response]) -> Mark:
    """F1 of "yes" (POPE), a ratio of two means; its interval is of what each item adds to it, linearised."""
    truth = {one: items[one].keywords[0].lower() == "yes" for one in asked}
    yes = {one: _says(said[one].text) == "yes" for one in asked}
    hit = _sample(items, asked, lambda one: float(truth[one] and yes[one]))
    either = _sample(items, asked, lambda one: float(truth[one]) + float(yes[one]))
    if not hit.values or either.mean == 0:
        return Mark(split="world-fact", metric="f1", mean=None, items=len(hit.values))
    ratio = 2 * hit.mean / either.mean
    adds = [ratio + (2 * h - ratio * e) / either.mean for h, e in zip(hit.values, either.values, strict=True)]
    found = _mark("world-fact", "f1", _Sample(adds, hit.groups))
    return replace(found, mean=ratio)


def _says(text: str) -> str:
    """ "yes", "no" or "": the first word of an answer."""
    words = text.lower().replace(",", " ").replace(".", " ").split()
    return words[0] if words and words[0] in ("yes", "no") else ""


def _nll(response: Response) -> float | None:
    return -float(np.mean(response.logp)) if response.logp else None


def _less(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or theirs is None else ours - theirs
