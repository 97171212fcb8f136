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
from dataclasses import dataclass

from remem.scoring.facts import fact
from remem.scoring.metrics.metric import SetMetric
from remem.scoring.metrics.min_k import lowest, standardised
from remem.scoring.stats import Side, placements
from remem.types import Item, Response

Familiar = Callable[[Response], float | None]


def familiarity(response: Response) -> float | None:
    """Mean log-prob of the answer's tokens, nats: the loss, turned round. None without tokens."""
    return sum(response.logp) / len(response.logp) if response.logp else None


def measured(signal: Familiar, responses: Sequence[Response]) -> list[float | None]:
    """The attacker's number of each response; None where it is missing or not a number."""
    found = [signal(one) for one in responses]
    return [None if value is None or math.isnan(value) else value for value in found]


Kind = tuple[str, bool]  # question type, and whether there is a picture


def kind_of(item: Item) -> Kind:
    """What a row may be compared with: rows of the same kind, and no others."""
    return item.question_type.strip().lower(), bool(item.image_path)


@dataclass(frozen=True)
class Rows:
    """One side of an attack, as far as it can be compared: the attacker's numbers, and whose they are."""

    values: list[float]
    items: list[Item]
    missing: int  # rows without a number, or of a kind that the other side has none of

    @property
    def side(self) -> Side:
        return Side(
            values=self.values,
            people=[item.target for item in self.items],
            facts=[fact(item) for item in self.items],
            kinds=[kind_of(item) for item in self.items],
        )


def compared(
    signal: Familiar, members: Sequence[tuple[Item, Response]], others: Sequence[tuple[Item, Response]]
) -> tuple[Rows, Rows]:
    """Both sides, each less what the other has nothing alike of."""
    sides = []
    for rows in (members, others):
        numbers = measured(signal, [response for _, response in rows])
        there = [(value, item) for value, (item, _) in zip(numbers, rows, strict=True) if value is not None]
        sides.append((there, len(rows)))
    kinds = [{kind_of(item) for _, item in there} for there, _ in sides]
    found = []
    for there, whole in sides:
        fit = [(value, item) for value, item in there if kind_of(item) in kinds[0] & kinds[1]]
        found.append(Rows([value for value, _ in fit], [item for _, item in fit], whole - len(fit)))
    return found[0], found[1]


def auc(members: Sequence[float], others: Sequence[float]) -> float | None:
    """Area under the ROC curve, 0 to 1; None when either side is empty. Order and scale do not matter."""
    if not members or not others:
        return None
    ours, theirs = (Side(values=list(side), people=(), facts=()) for side in (members, others))
    return float(placements(ours, theirs).mean())


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
