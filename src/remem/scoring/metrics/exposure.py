"""Exposure: how far up does the true value stand among candidate values of the same form?

Carlini et al., The Secret Sharer, 2019 (arXiv:1802.08232). ReMem's own formula for cloze prompts
is not public, so several are computed under names that say what they are, and none is called official.

Ranks are by the summed log-prob of the value after the cloze prompt, as in the Secret Sharer. Ties share
the middle rank, so a model that cannot tell the candidates apart is not rewarded. Higher always means
that the value is better known.
"""

import math

from remem.scoring.metrics.metric import RankingMetric
from remem.types import Ranking


def rank(ranking: Ranking) -> float | None:
    """Rank of the true value, 1 (most likely) to |R|; ties share the middle rank, so halves occur.

    None with fewer than two candidates, or when a log-prob is not a number: nothing can be told apart.
    """
    if len(ranking.candidates) < 2 or any(math.isnan(logp) for logp in ranking.logp):
        return None
    truth = ranking.logp[ranking.truth]
    above = sum(logp > truth for logp in ranking.logp)
    level = sum(logp == truth for logp in ranking.logp) - 1  # besides itself
    return 1 + above + level / 2


def logp_sum(ranking: Ranking) -> float | None:
    """Log-prob of the true value after its cloze prompt, summed over tokens; nats, at most 0."""
    return ranking.logp[ranking.truth]


def logp_mean(ranking: Ranking) -> float | None:
    """Log-prob of the true value per token; nats, at most 0."""
    return ranking.logp[ranking.truth] / ranking.tokens[ranking.truth]


def prob_geomean(ranking: Ranking) -> float | None:
    """Geometric mean of the true value's token probabilities, exp(logp_mean), 0 to 1."""
    return math.exp(ranking.logp[ranking.truth] / ranking.tokens[ranking.truth])


def exposure_bits(ranking: Ranking) -> float | None:
    """log2 |R| - log2 rank: bits of guessing that the model spares. log2 |R| when first, 0 when last."""
    place = rank(ranking)
    return None if place is None else math.log2(len(ranking.candidates) / place)


def exposure_norm(ranking: Ranking) -> float | None:
    """exposure_bits / log2 |R|: 1 when first, 0 when last, comparable between sets of unlike size."""
    place = rank(ranking)
    if place is None:
        return None
    size = len(ranking.candidates)
    return math.log2(size / place) / math.log2(size)


def outranked(ranking: Ranking) -> float | None:
    """1 - (rank - 1)/(|R| - 1): the share of the other candidates that the true value beats, 0 to 1."""
    place = rank(ranking)
    return None if place is None else 1 - (place - 1) / (len(ranking.candidates) - 1)


def expected_bits(size: int, known: int) -> float:
    """Mean exposure_bits over the ranks known + 1 to `size`, all equally likely.

    What a model earns that never saw the value, but was taught `known` (0 to size - 1) of the other
    candidates about other people: those stand above, and it guesses among the rest. Known 0 is chance.
    """
    below = range(known + 1, size + 1)
    return math.log2(size) - math.fsum(map(math.log2, below)) / len(below)


def expected_norm(size: int, known: int) -> float:
    """Mean exposure_norm over the same ranks, of at least 2 candidates."""
    return expected_bits(size, known) / math.log2(size)


def expected_outranked(size: int, known: int) -> float:
    """Mean outranked over the same ranks: one half where nothing is known, however many candidates."""
    return (size - known - 1) / (2 * (size - 1))


_REMEM = "ReMem, arXiv:2605.03759 (formula not public)"
_SECRET_SHARER = "Carlini et al., 2019, arXiv:1802.08232"

LOGP_SUM = RankingMetric(
    key="logp_sum", title="Cloze log-prob", unit="nats", low=None, high=0, source=_REMEM, function=logp_sum
)
LOGP_MEAN = RankingMetric(
    key="logp_mean",
    title="Cloze log-prob per token",
    unit="nats",
    low=None,
    high=0,
    source=_REMEM,
    function=logp_mean,
)
PROB_GEOMEAN = RankingMetric(
    key="prob_geomean",
    title="Cloze probability per token",
    unit="probability per token",
    source=_REMEM,
    function=prob_geomean,
)
EXPOSURE_BITS = RankingMetric(
    key="exposure_bits",
    title="Exposure",
    unit="bits",
    high=None,
    source=_SECRET_SHARER,
    function=exposure_bits,
    expected=expected_bits,
)
EXPOSURE_NORM = RankingMetric(
    key="exposure_norm",
    title="Exposure, share of its maximum",
    unit="share of log2 |R|",
    source=_SECRET_SHARER,
    function=exposure_norm,
    expected=expected_norm,
)
OUTRANKED = RankingMetric(
    key="outranked",
    title="Candidates outranked",
    unit="share of candidates",
    source=_SECRET_SHARER,
    function=outranked,
    expected=expected_outranked,
)
