"""What a reader must know before believing a table: said in every table of a run, in all its forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from remem.report import taken, teaching, words
from remem.report.comparison import UNRELIABLE
from remem.report.findings import forgotten_people
from remem.report.read import Data, RunRecord

FEW = 5  # people to forget: below it an interval over people is narrower than it should be


@dataclass(frozen=True)
class Mark:
    """One caution. `arms`: those that it is about; none: all."""

    code: str  # in CSV tables
    text: str  # everywhere else
    arms: tuple[str, ...] = ()


def marks(run: RunRecord, data: Data) -> list[Mark]:
    """The cautions of a run's tables; none where there is nothing to say."""
    found = []
    if not run.reliable:
        found.append(Mark("gate-failed", UNRELIABLE))
    if run.old:
        kept = sorted({step.rpartition("/")[0] or step for step in run.old})
        about = tuple(name for name in run.arms if name in kept)
        text = f"Kept as it was, though stale: {words.listing(kept)} ({next(iter(run.old.values()))})."
        found.append(Mark("kept-old", text, about))
    if run.former:
        text = f"Made by remem {run.version}, whose rules and questions its numbers follow."
        if not run.parted:
            text += " What is kept was measured on rows that methods rehearsed."
        found.append(Mark("former-rules", text))
    for names in taken.equal(run):
        text = f"{words.listing(list(names))} have equal weights: one model under several names."
        found.append(Mark("equal-weights", text, names))
    for name, wrong in taken.failed(run).items():
        found.append(Mark("doubtful-model", f"{name}: {'; '.join(wrong)}.", (name,)))
    if said := teaching.sentence(teaching.lost(run)):
        found.append(Mark("teaching-cost", said))
    people = len(forgotten_people(run, data))
    if people == 1:
        found.append(Mark("one-person", "One person was to be forgotten: intervals are about that person."))
    elif 1 < people < FEW:
        number = words.count(people, "person", "people").capitalize()
        found.append(Mark("few-people", f"{number} were to be forgotten: few for an interval over people."))
    single = tuple(arm.name for arms in run.methods.values() if len(arms) == 1 for arm in arms)
    if single:
        found.append(Mark("one-seed", "Each method was run with one seed.", single))
    if run.left_out:
        found.append(Mark("left-out", f"Left out: {words.listing(list(run.left_out))}."))
    return found


def noted(
    header: Sequence[str], rows: Sequence[Sequence[object]], found: Sequence[Mark]
) -> tuple[list[str], list[list[object]]]:
    """A table for machines with its cautions in a last column, by their codes.

    A row's first cells name its arm.
    """
    whole = [*header, "notes"]
    return whole, [[*row, "; ".join(mark.code for mark in found if _about(mark, row))] for row in rows]


def _about(mark: Mark, row: Sequence[object]) -> bool:
    return not mark.arms or any(str(cell) in mark.arms for cell in row[:3])


def sentences(found: Sequence[Mark]) -> str:
    """The cautions as text; "" where there are none."""
    return " ".join(mark.text for mark in found)
