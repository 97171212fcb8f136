"""Membership attacks: can answers that were taught be told from answers that never were?

An attacker sees how likely the model finds the true answer to a question about somebody and guesses from
that whether it was taught. Members are the rows to forget, the others rows about people whom no model here
ever saw, asked in the same wording. Told is the area under the attacker's ROC curve: the chance that a
member's row looks more familiar than another's, ties counting one half. 1: every row is told. 0.5: no trace.
Below 0.5: the rows to forget look less familiar than a stranger's, and that, too, gives them away.

Yeom et al., Privacy Risk in Machine Learning, 2018 (arXiv:1709.01604) for the loss; Shi et al., 2024
(arXiv:2310.16789) and Zhang et al., 2025 (arXiv:2404.02936) for Min-k %. The goal is "as retrained", which is
0.5 up to how easy the two sets of values are to spell: compare with the Goal model's.

Like is compared with like (`kind_of`): a question in text with one in text, one on a picture with one on a
picture, who with who and a scene with a scene. Else the area would tell how unlike two mixtures of questions
are.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from remem.scoring.metrics.metric import SetMetric
from remem.scoring.metrics.min_k import lowest, standardised
from remem.types import Item, Response

Familiar = Callable[[Response], float | None]


def familiarity(response: Response) -> float | None:
    """Mean log-prob of the answer's tokens, nats: the loss, turned round. None without tokens."""
    return sum(response.logp) / len(response.logp) if response.logp else None


def measured(signal: Familiar, responses: Sequence[Response]) -> list[float | None]:
    """The attacker's number of each response; None where it is missing or not a number."""
    found = [signal(one) for one in responses]
    return [None if value is None or math.isnan(value) else value for value in found]


def beaten(members: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """(members, others): 1 where the member's number is higher, one half where they are equal."""
    above: NDArray[np.float64] = np.greater.outer(members, others).astype(np.float64)
    return above + np.equal.outer(members, others) / 2


Kind = tuple[str, bool]  # question type, and whether there is a picture


def kind_of(item: Item) -> Kind:
    """What a row may be compared with: rows of the same kind, and no others."""
    return item.question_type.strip().lower(), bool(item.image_path)


def alike(members: Sequence[Kind], others: Sequence[Kind]) -> NDArray[np.float64]:
    """(members, others): the weight of each pair, 0 between kinds.

    A member's pairs weigh 1 together, so that the members' mixture of kinds counts and not the others'; all
    are 0 where the others have none of its kind.
    """
    same = np.array([[one == other for other in others] for one in members], dtype=np.float64)
    same = same.reshape(len(members), len(others))
    weights: NDArray[np.float64] = same / np.maximum(same.sum(1, keepdims=True), 1)
    return weights


def auc(members: Sequence[float], others: Sequence[float]) -> float | None:
    """Area under the ROC curve, 0 to 1; None when either side is empty. Order and scale do not matter."""
    if not members or not others:
        return None
    return float(beaten(np.asarray(members, float), np.asarray(others, float)).mean())


def _attack(signal: Familiar) -> Callable[[Sequence[Response], Sequence[Response]], float | None]:
    def area(members: Sequence[Response], others: Sequence[Response]) -> float | None:
        sides = [[v for v in measured(signal, side) if v is not None] for side in (members, others)]
        return auc(*sides)

    return area


SIGNALS: Mapping[str, Familiar] = {
    "loss_auc": familiarity,
    "min_k_10_auc": lambda response: lowest(response.logp),
    "min_k_pp_10_auc": lambda response: lowest(standardised(response)),
}

LOSS_AUC = SetMetric(
    key="loss_auc",
    title="Membership AUC, loss",
    unit="area under the ROC curve",
    source="Yeom et al., 2018, arXiv:1709.01604",
    function=_attack(SIGNALS["loss_auc"]),
)
MIN_K_AUC = SetMetric(
    key="min_k_10_auc",
    title="Membership AUC, Min-10 %",
    unit="area under the ROC curve",
    source="Shi et al., 2024, arXiv:2310.16789",
    function=_attack(SIGNALS["min_k_10_auc"]),
)
MIN_K_PP_AUC = SetMetric(
    key="min_k_pp_10_auc",
    title="Membership AUC, Min-10 %++",
    unit="area under the ROC curve",
    source="Zhang et al., 2025, arXiv:2404.02936",
    function=_attack(SIGNALS["min_k_pp_10_auc"]),
)
