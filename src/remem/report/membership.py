"""How far two models are apart in what membership gives away, from the answers that they gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from remem.asking.records import read_responses
from remem.data import strangers
from remem.report.read import Arm, Data
from remem.scoring.differences import Difference, difference, together
from remem.scoring.facts import fact
from remem.scoring.metrics.membership import SIGNALS, Rows, compared
from remem.scoring.stats import Interval, area_interval, placements
from remem.types import Item

Placed = tuple[dict[str, float | None], dict[str, float | None]]  # of members, of strangers


class Membership:
    """One attack on the rows to forget, for all arms of a run: each arm's answers are read once."""

    def __init__(self, data: Data, ids: Sequence[str], attack: str) -> None:
        self.data, self.ids, self.attack = data, set(ids), attack
        self._found: dict[str, Placed | None] = {}

    @cached_property
    def strangers(self) -> Mapping[str, Item]:
        """Who were never taught; none where the data has no such people."""
        known = strangers.read(getattr(self.data, "root", ""))
        return known.items if known else {}

    def gap(self, arms: Sequence[Arm], others: Sequence[Arm]) -> Difference | None:
        """A method's area under the attack's ROC curve less other arms'. None where somebody was not asked.

        Placements are compared row by row; strangers are a sample, too, and have a term of their own. One
        stranger has no spread: nothing can then be shown.
        """
        sides = [[placed for arm in side if (placed := self._placed(arm))] for side in (arms, others)]
        ours, theirs = sides
        if not ours or not theirs or len(ours) < len(arms) or len(theirs) < len(others):
            return None
        found = []
        for place, items in ((0, self.data.items), (1, self.strangers)):
            rows = {id for one in [*ours, *theirs] for id in one[place]}
            found.append(
                difference(
                    [one[place] for one in ours],
                    [one[place] for one in theirs],
                    {id: items[id].target for id in rows},
                    {id: fact(items[id]) for id in rows},
                    others="goal models" if others[0].role == "goal" else others[0].role,
                )
            )
        members, asked = found
        spread = [replace(one, name="strangers") for one in asked.terms if one.name in ("people", "facts")]
        if members.se is None or not spread:
            return replace(members, se=None, unknown=(*members.unknown, "strangers"))
        terms = (*members.terms, *spread)
        se, df = together(terms)
        return replace(members, terms=terms, se=se, df=df)

    def area(self, arm: Arm, level: float) -> Interval | None:
        """The area under the attack's ROC curve; None where the arm was not asked about both sides."""
        sides = self._sides(arm)
        return area_interval(sides[0].side, sides[1].side, level=level) if sides else None

    def _placed(self, arm: Arm) -> Placed | None:
        if arm.name not in self._found:
            self._found[arm.name] = self._place(arm)
        return self._found[arm.name]

    def _place(self, arm: Arm) -> Placed | None:
        sides = self._sides(arm)
        if sides is None:
            return None
        ours, theirs = sides
        told, new = placements(ours.side, theirs.side), 1 - placements(theirs.side, ours.side)
        return (
            {item.id: float(share) for item, share in zip(ours.items, told, strict=True)},
            {item.id: float(share) for item, share in zip(theirs.items, new, strict=True)},
        )

    def _sides(self, arm: Arm) -> tuple[Rows, Rows] | None:
        """The attacker's numbers of members and strangers, where there are both."""
        files = [arm.folder / step / "responses.parquet" for step in ("responses", "strangers")]
        if not self.strangers or not all(file.is_file() for file in files):
            return None
        known = self.strangers
        members = [(self.data.items[one.id], one) for one in read_responses(files[0]) if one.id in self.ids]
        others = [(known[one.id], one) for one in read_responses(files[1]) if one.id in known]
        ours, theirs = compared(SIGNALS[self.attack], members, others)
        return (ours, theirs) if ours.values and theirs.values else None
