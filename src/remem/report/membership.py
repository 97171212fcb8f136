"""How far two models are apart in what membership gives away, from the answers that they gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from remem.asking.records import read_responses
from remem.data import strangers
from remem.report.read import Arm, Data
from remem.scoring.differences import Difference, difference
from remem.scoring.facts import fact
from remem.scoring.metrics.membership import SIGNALS, compared
from remem.scoring.stats import placements
from remem.types import Item

Placed = tuple[dict[str, float | None], dict[str, float | None]]  # of members, of strangers


def gap(
    data: Data, arms: Sequence[Arm], others: Sequence[Arm], ids: Sequence[str], attack: str
) -> Difference | None:
    """A method's area under an attack's ROC curve less other arms'. None where somebody was not asked.

    Placements are compared row by row; strangers are a sample, too, and have a term of their own. One
    stranger has no spread: nothing can then be shown.
    """
    known = strangers.read(getattr(data, "root", ""))
    if known is None:
        return None
    sides = [[_placed(arm, data, known.items, ids, attack) for arm in side] for side in (arms, others)]
    ours, theirs = ([one for one in side if one is not None] for side in sides)
    if not ours or not theirs or len(ours) < len(arms) or len(theirs) < len(others):
        return None
    name = "goal models" if others[0].role == "goal" else others[0].role
    found = []
    for place, items in ((0, data.items), (1, known.items)):
        rows = {id for one in [*ours, *theirs] for id in one[place]}
        found.append(
            difference(
                [one[place] for one in ours],
                [one[place] for one in theirs],
                {id: items[id].target for id in rows},
                {id: fact(items[id]) for id in rows},
                others=name,
            )
        )
    members, asked = found
    spread = [replace(term, name="strangers") for term in asked.terms if term.name in ("people", "facts")]
    if members.se is None or not spread:
        return replace(members, se=None, unknown=(*members.unknown, "strangers"))
    terms = (*members.terms, *spread)
    return replace(members, terms=terms, se=sum(term.variance for term in terms) ** 0.5)


def _placed(
    arm: Arm, data: Data, known: Mapping[str, Item], ids: Sequence[str], attack: str
) -> Placed | None:
    files = [arm.folder / step / "responses.parquet" for step in ("responses", "strangers")]
    if not all(file.is_file() for file in files):
        return None
    wanted = set(ids)
    members = [(data.items[one.id], one) for one in read_responses(files[0]) if one.id in wanted]
    others = [(known[one.id], one) for one in read_responses(files[1]) if one.id in known]
    ours, theirs = compared(SIGNALS[attack], members, others)
    if not ours.values or not theirs.values:
        return None
    told, new = placements(ours.side, theirs.side), 1 - placements(theirs.side, ours.side)
    return (
        {item.id: float(share) for item, share in zip(ours.items, told, strict=True)},
        {item.id: float(share) for item, share in zip(theirs.items, new, strict=True)},
    )
