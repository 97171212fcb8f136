"""Models that were made elsewhere: is each the model that it is taken for, and is it sound?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from remem.asking.given import Given
from remem.asking.records import read_table
from remem.report.read import Arm, RunRecord
from remem.training.outcome import Guard

MUTE = 1000.0  # perplexity from which a model before has no language of its own that could be broken
BROKEN = 2.0  # times the perplexity of the model before: such a model is broken, whatever it forgot
BLIND = 1e-4  # nats per answer: less than that, and a picture changes nothing
BROKEN_BY = ("finite", "speaks")  # guards without which a model is none
CUT = 0.1  # share of the answers that were cut off
ALIKE = {  # print -> what is said where the model before has the same one, and where it has another
    "tokenizer": ("its tokenizer is that of the {} model", "its tokenizer is not that of the {} model"),
    "template": (
        "its chat template is that of the {} model",
        "its chat template is not that of the {} model",
    ),
    "processor": (
        "it is shown pictures as the {} model is",
        "it is shown pictures in another form than the {} model",
    ),
}
_NO_GOAL = "There is no goal model, for nothing was taught here that could be left out"
CHANGED = "its weights are not those of the {} model"
SAME = "its weights are those of the {} model: nothing changed"


def reference(run: RunRecord) -> Arm | None:
    """The model that others are compared with: what they began as."""
    for role in ("taught", "base"):
        for arm in run.arms.values():
            if arm.role == role and arm.given:
                return arm
    return None


def elsewhere(run: RunRecord) -> bool:
    """Whether the run judges models that it did not make."""
    return any(arm.given for arm in run.arms.values())


def absent(run: RunRecord) -> list[str]:
    """What was not given, and what that means; nothing for models that the run made."""
    if not elsewhere(run):
        return []
    said = []
    made = not any(arm.role == "given" for arm in run.arms.values())
    if not run.goals:
        said.append(
            f"{_NO_GOAL if made else 'No goal model was given'}: what the models say of strangers, whom "
            "nobody taught them, is the floor in its place (0 and chance, where the data set has no "
            "strangers). Strangers are no model "
            "that never saw the forgotten: no verdict is better than “forgets and keeps the rest”."
        )
    if not any(arm.role == "taught" for arm in run.arms.values()):
        said.append(
            "No taught model was given: nothing shows that what is to be forgotten was ever known, nor how "
            "much of what should stay there was."
        )
    if made:
        return said
    said.append(
        "What the given models rehearsed is not known: what is called never rehearsed here may have been."
    )
    return said


def guards(run: RunRecord, arm: Arm) -> list[Guard]:
    """Of one model; none of models that the run made itself."""
    found = _guards(run, arm, arm.given) if arm.given else ()
    return [Guard(name, passed, what) for name, passed, what in found]


def broken(run: RunRecord, arm: Arm) -> list[str]:
    """What is wrong with a model that can say nothing about forgetting."""
    return [one.what for one in guards(run, arm) if not one.passed and one.guard in BROKEN_BY]


def failed(run: RunRecord) -> dict[str, list[str]]:
    """Arm -> what is wrong with it, of those models where something is."""
    found: dict[str, list[str]] = {}
    for name, arm in run.arms.items():
        wrong = [one.what for one in guards(run, arm) if not one.passed]
        found |= {name: wrong} if wrong else {}
    return found


def equal(run: RunRecord) -> list[tuple[str, ...]]:
    """Arms that are one model under several names: their weights are the same numbers."""
    same: dict[str, list[str]] = {}
    for name, arm in run.arms.items():
        if arm.given:
            same.setdefault(arm.given.weights, []).append(name)
    return [tuple(names) for names in same.values() if len(names) > 1]


def _guards(run: RunRecord, arm: Arm, given: Given) -> Iterator[tuple[str, bool, str]]:
    before, seen = reference(run), given.sound
    numbers = "all weights are numbers" if seen.finite else "some weights are no numbers"
    yield "finite", seen.finite, numbers
    if before is not None and before.given is not None and before.name != arm.name:
        for name, (good, bad) in ALIKE.items():
            alike = getattr(given, name) == getattr(before.given, name)
            yield name, alike, (good if alike else bad).format(before.role)
        other = given.weights != before.given.weights
        yield "changed", other, (CHANGED if other else SAME).format(before.role)
    judged = arm.role == "given"  # of a base nobody asks to answer as it was taught later
    yield from _speaks(seen.perplexity, before if judged else None)
    if seen.pictures:
        sees = seen.grey is not None and seen.grey > BLIND
        moved = "nothing" if seen.grey is None else f"{seen.grey:.3g} nats an answer"
        yield "sees", sees, f"a grey picture in place of {seen.pictures} changes {moved}"
    yield from _whole(arm) if judged or arm.role == "taught" else ()


def _speaks(perplexity: float | None, before: Arm | None) -> Iterator[tuple[str, bool, str]]:
    then = before.given.sound.perplexity if before is not None and before.given is not None else None
    if perplexity is None:
        yield "speaks", False, "the perplexity of plain sentences is beyond numbers"
    elif then is not None and before is not None and then < MUTE:
        text = f"perplexity of plain sentences {perplexity:.1f}, of the {before.role} model {then:.1f}"
        yield "speaks", perplexity <= BROKEN * then, text


def _whole(arm: Arm) -> Iterator[tuple[str, bool, str]]:
    path = arm.folder / "responses" / "responses.parquet"
    ends = _ends(path, path.stat().st_mtime_ns) if path.is_file() else ()
    if ends:
        text = f"{sum(ends):,} of {len(ends):,} answers end by themselves"
        room = "" if all(ends) else "; the others were cut off: give room with --set evaluate.max_new_tokens"
        yield "ends", ends.count(False) <= CUT * len(ends), text + room


@lru_cache(maxsize=64)
def _ends(path: Path, of: int) -> tuple[bool, ...]:
    """Whether each answer ended by itself; every table asks."""
    return tuple(row["finished"] for row in read_table(path, ["finished"]))
