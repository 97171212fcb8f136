"""All metrics, by key. A metric is one pure function over what a model was once asked; none needs the model.

METRICS and STATE_SHARES take (Item, Response), EXPOSURE takes a Ranking, MEMBERSHIP two sets of Responses.
"""

from typing import TypeVar

from remem.scoring.metrics.exposure import (
    EXPOSURE_BITS,
    EXPOSURE_NORM,
    LOGP_MEAN,
    LOGP_SUM,
    OUTRANKED,
    PROB_GEOMEAN,
)
from remem.scoring.metrics.keywords import EM, KEYWORD_RECALL
from remem.scoring.metrics.membership import LOSS_AUC, MIN_K_AUC, MIN_K_PP_AUC
from remem.scoring.metrics.memorization import EXACT_MEMORIZATION, EXTRACTION_STRENGTH
from remem.scoring.metrics.metric import AnswerMetric, Goal, Metric, RankingMetric, Role, SetMetric
from remem.scoring.metrics.min_k import MIN_K_10, MIN_K_PP_10
from remem.scoring.metrics.probability import PROBABILITY
from remem.scoring.metrics.rouge import ROUGE_L_F1, ROUGE_L_RECALL
from remem.scoring.metrics.state import STATES, State, share, state

__all__ = [
    "EXPOSURE",
    "MEMBERSHIP",
    "METRICS",
    "OWN",
    "STATES",
    "STATE_SHARES",
    "AnswerMetric",
    "Goal",
    "Metric",
    "RankingMetric",
    "Role",
    "SetMetric",
    "State",
    "all_metrics",
    "register",
    "state",
]

OWN: list[str] = []  # keys of metrics of plugins
M = TypeVar("M", AnswerMetric, RankingMetric, SetMetric)


def _by_key(*metrics: M) -> dict[str, M]:
    return {metric.key: metric for metric in metrics}


METRICS: dict[str, AnswerMetric] = _by_key(
    EM,
    KEYWORD_RECALL,
    ROUGE_L_RECALL,
    ROUGE_L_F1,
    PROBABILITY,
    EXACT_MEMORIZATION,
    EXTRACTION_STRENGTH,
    MIN_K_10,
    MIN_K_PP_10,
)

STATE_SHARES: dict[str, AnswerMetric] = _by_key(
    share("correct", "higher"),
    share("refused", "lower"),
    share("wrong", "lower"),
    share("degenerate", "lower", "lower"),
)

EXPOSURE: dict[str, RankingMetric] = _by_key(
    LOGP_SUM, LOGP_MEAN, PROB_GEOMEAN, EXPOSURE_BITS, EXPOSURE_NORM, OUTRANKED
)

MEMBERSHIP: dict[str, SetMetric] = _by_key(LOSS_AUC, MIN_K_AUC, MIN_K_PP_AUC)


def all_metrics() -> tuple[AnswerMetric | RankingMetric | SetMetric, ...]:
    """Every metric of summary.json, in the order in which tables show them."""
    return (*METRICS.values(), *STATE_SHARES.values(), *EXPOSURE.values(), *MEMBERSHIP.values())


def register(metric: AnswerMetric) -> None:
    """Adds a metric of the user's own, of single answers."""
    METRICS[metric.key] = metric
    OWN.append(metric.key)
