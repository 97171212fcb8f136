"""Min-k % and Min-k %++: how surprising are the least expected tokens of the true answer?

Shi et al., Detecting Pretraining Data from Large Language Models, 2024 (arXiv:2310.16789);
Zhang et al., Min-K%++, 2025 (arXiv:2404.02936). k = 10 as in ReMem (arXiv:2605.03759); over which tokens
ReMem takes it, and how it rounds their number, is not known to us.
"""

from collections.abc import Sequence

from remem.scoring.metrics.metric import AnswerMetric
from remem.types import Item, Response

# A narrower distribution is certain beyond float32: its sd is rounding, and dividing by it is noise.
_NARROWEST = 1e-4  # nats


def min_k_10(item: Item, response: Response) -> float | None:
    """Mean log-prob of the least likely tenth of answer tokens (at least one token), in nats, at most 0.

    Near 0: every token was expected, the text was probably seen. None without tokens.
    """
    return lowest(response.logp)


def min_k_pp_10(item: Item, response: Response) -> float | None:
    """As min_k_10, each log-prob standardised by the vocabulary's mean and sd at its position; unbounded.

    Where the model is all but certain the sd is held at 1e-4 nats, so that a certain and right token gives 0.
    None without tokens.
    """
    return lowest(standardised(response))


def standardised(response: Response) -> list[float]:
    """Each log-prob less the vocabulary's mean at its position, in the vocabulary's sd."""
    pairs = zip(response.logp, response.mean, response.sd, strict=True)
    return [(logp - mean) / max(sd, _NARROWEST) for logp, mean, sd in pairs]


def lowest(values: Sequence[float], percent: int = 10) -> float | None:
    """The mean of the lowest so many per cent of values, of one at least; None without any."""
    if not values:
        return None
    count = max(1, len(values) * percent // 100)
    return sum(sorted(values)[:count]) / count


MIN_K_10 = AnswerMetric(
    key="min_k_10",
    title="Min-10 %",
    unit="nats",
    low=None,
    high=0,
    source="Shi et al., 2024, arXiv:2310.16789",
    function=min_k_10,
)
MIN_K_PP_10 = AnswerMetric(
    key="min_k_pp_10",
    title="Min-10 %++",
    unit="standard deviations",
    low=None,
    high=None,
    source="Zhang et al., 2025, arXiv:2404.02936",
    function=min_k_pp_10,
)
