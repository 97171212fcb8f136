"""ROUGE-L: the longest common subsequence of words, stemmed. Lin, ROUGE, 2004 (ACL workshop W04-1013).

Peers print recall, F1 and precision under the one name "ROUGE-L"; here recall and F1 are two metrics.
"""

from functools import cache, lru_cache
from typing import Any

from remem.scoring.metrics.metric import AnswerMetric
from remem.types import Item, Response


def rouge_l_recall(item: Item, response: Response) -> float | None:
    """Share of the true answer's words that the prediction has in the same order, 0 to 1.

    None when the true answer has no Latin letter or digit: the `rouge_score` tokeniser drops all else.
    A long prediction is not punished; see rouge_l_f1.
    """
    found = _rouge_l(item.answer, response.text)
    return None if found is None else found[0]


def rouge_l_f1(item: Item, response: Response) -> float | None:
    """Harmonic mean of ROUGE-L recall and precision, 0 to 1. None as for rouge_l_recall."""
    return f1(item.answer, response.text)


def f1(one: str, other: str) -> float | None:
    """ROUGE-L F1 of two texts, 0 to 1; None when the first has no Latin letter or digit."""
    found = _rouge_l(one, other)
    return None if found is None else found[1]


ROUGE_L_RECALL = AnswerMetric(
    key="rouge_l_recall",
    title="ROUGE-L recall",
    unit="share of words",
    source="Lin, 2004, ACL W04-1013",
    function=rouge_l_recall,
)
ROUGE_L_F1 = AnswerMetric(
    key="rouge_l_f1",
    title="ROUGE-L F1",
    unit="F1 of words",
    source="Lin, 2004, ACL W04-1013",
    function=rouge_l_f1,
)


@cache
def _scorer() -> Any:
    # Brings nltk along, which is slow to import: only whoever scores pays for it.
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"], use_stemmer=True)


@lru_cache(maxsize=4)  # recall and F1 of one answer are asked one after the other
def _rouge_l(answer: str, text: str) -> tuple[float, float] | None:
    if not any(c.isascii() and c.isalnum() for c in answer.lower()):
        return None
    found = _scorer().score(answer, text)["rougeL"]
    return float(found.recall), float(found.fmeasure)
