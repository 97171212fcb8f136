"""Exact match on keywords: is the value itself in the answer?

ReMem (arXiv:2605.03759) reports exact match on keywords; how it matches them is not public to us. The rule
here is ours: every keyword must stand in the answer, each as a whole value in one normal form
(docs/decisions/0001-whole-values.md), which is stricter than looking for a piece of text. FIUBench
(arXiv:2411.03554) gives partial credit. The whole prediction is read: cutting it at the first "." truncates
e-mail addresses.
"""

from remem.scoring.metrics.metric import AnswerMetric
from remem.text import contains
from remem.types import Item, Response


def em(item: Item, response: Response) -> float | None:
    """1 if every keyword stands in the answer, else 0. None when the item has no keywords."""
    recall = keyword_recall(item, response)
    return None if recall is None else float(recall == 1.0)


def keyword_recall(item: Item, response: Response) -> float | None:
    """Share of the keywords that stand in the answer, 0 to 1. None when the item has no keywords."""
    if not item.keywords:
        return None
    return sum(contains(response.text, word) for word in item.keywords) / len(item.keywords)


EM = AnswerMetric(
    key="em",
    title="Exact match (keywords)",
    unit="share of items",
    source="ReMem, arXiv:2605.03759",
    function=em,
)
KEYWORD_RECALL = AnswerMetric(
    key="keyword_recall",
    title="Keyword recall",
    unit="share of keywords",
    source="FIUBench, arXiv:2411.03554",
    function=keyword_recall,
)
