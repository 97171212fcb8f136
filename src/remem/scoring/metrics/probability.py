"""Probability of the true answer, teacher-forced. As in TOFU (Maini et al., 2024, arXiv:2401.06121)."""

import math

from remem.scoring.metrics.metric import AnswerMetric
from remem.types import Item, Response


def probability(item: Item, response: Response) -> float | None:
    """Geometric mean of the answer tokens' probabilities, exp(mean logp), 0 to 1. None without tokens.

    The end-of-turn token counts as a token of the answer.
    """
    if not response.logp:
        return None
    return math.exp(sum(response.logp) / len(response.logp))


PROBABILITY = AnswerMetric(
    key="probability",
    title="Answer probability",
    unit="probability per token",
    source="TOFU, arXiv:2401.06121",
    function=probability,
)
