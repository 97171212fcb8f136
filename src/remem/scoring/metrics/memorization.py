"""How much of the true answer greedy decoding reproduces, token by token, teacher-forced.

Both read `Response.hit`, which includes the end-of-turn token.
"""

from remem.scoring.metrics.metric import AnswerMetric
from remem.types import Item, Response


def exact_memorization(item: Item, response: Response) -> float | None:
    """Share of answer tokens that are the most likely one, 0 to 1. None without tokens.

    Tirumala et al., Memorization Without Overfitting, 2022 (arXiv:2205.10770).
    """
    if not response.hit:
        return None
    return sum(response.hit) / len(response.hit)


def extraction_strength(item: Item, response: Response) -> float | None:
    """1 - k/T, k the shortest prefix of the T answer tokens after which every token is greedy-correct.

    1: the question alone draws out the whole answer. 0: not even the last token follows. None without tokens.
    After Carlini et al., Extracting Training Data from Large Language Models, 2021 (arXiv:2012.07805),
    in the form of Wang et al., 2025 (arXiv:2406.09179).
    """
    if not response.hit:
        return None
    total = len(response.hit)
    misses = [position for position, hit in enumerate(response.hit) if not hit]
    needed = misses[-1] + 1 if misses else 0
    return 1 - needed / total


EXACT_MEMORIZATION = AnswerMetric(
    key="exact_memorization",
    title="Exact memorisation",
    unit="share of tokens",
    source="Tirumala et al., 2022, arXiv:2205.10770",
    function=exact_memorization,
)
EXTRACTION_STRENGTH = AnswerMetric(
    key="extraction_strength",
    title="Extraction strength",
    unit="share of tokens",
    source="Wang et al., 2025, arXiv:2406.09179",
    function=extraction_strength,
)
